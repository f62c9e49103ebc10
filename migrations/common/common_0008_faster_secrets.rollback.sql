-- The bodies of common_0004_secrets.

create or replace function common.is_password_hash(value text)
returns boolean
language sql
immutable
parallel safe
return value ~ '^\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}$'
    or value ~ '^\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{53}$';

create or replace function common.is_sha256(value text)
returns boolean
language sql
immutable
parallel safe
return value ~ '^[0-9a-f]{64}$';

create or replace function common.is_ciphertext(value text)
returns boolean
language sql
immutable
parallel safe
return value ~ '^gAAAAA[A-Za-z0-9_-]{92,}={0,2}$' and length(value) % 4 = 0;
