-- A column for secrets takes ciphertext or a hash and nothing else, whoever writes to it.
--
-- These are checks of form: they can't tell a good key from a bad one, but plain text never fits.
-- depends: common_0001_schema

-- Fernet's version byte 0x80 and the high bytes of its time make every token begin alike; the
-- shortest token, of an empty text, has 100 characters.
create function common.is_ciphertext(value text)
returns boolean
language sql
immutable
parallel safe
return value ~ '^gAAAAA[A-Za-z0-9_-]{92,}={0,2}$' and length(value) % 4 = 0;

comment on function common.is_ciphertext(text) is
    'Whether the value has the form of a Fernet token (https://github.com/fernet/spec).';

create function common.is_sha256(value text)
returns boolean
language sql
immutable
parallel safe
return value ~ '^[0-9a-f]{64}$';

comment on function common.is_sha256(text) is
    'Whether the value has the form of a SHA-256 digest in lower-case hexadecimal.';

-- Argon2id for new passwords; bcrypt, which the documents used, until the next login.
create function common.is_password_hash(value text)
returns boolean
language sql
immutable
parallel safe
return value ~ '^\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}$'
    or value ~ '^\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}$';

comment on function common.is_password_hash(text) is
    'Whether the value has the form of an Argon2id or a bcrypt hash.';
