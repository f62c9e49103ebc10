drop function common.is_password_hash(text);
drop function common.is_sha256(text);
drop function common.is_ciphertext(text);
