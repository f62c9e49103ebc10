-- The form of a secret is checked in a tenth of the time: each write of a row checks all its
-- columns again, so that counting a login paid for the ciphertext beside it.
--
-- The same values pass. A repetition with a count, {92,}, makes a state of the matcher for each
-- character of every value; a plain one with a length beside it makes a handful.
-- Locks: none on tables; what is there is not checked again.
-- depends: common_0004_secrets

create or replace function common.is_ciphertext(value text)
returns boolean
language sql
immutable
parallel safe
return value ~ '^gAAAAA[A-Za-z0-9_-]*={0,2}$'
    and length(rtrim(value, '=')) >= 98
    and length(value) % 4 = 0;

create or replace function common.is_sha256(value text)
returns boolean
language sql
immutable
parallel safe
return value !~ '[^0-9a-f]' and length(value) = 64;

create or replace function common.is_password_hash(value text)
returns boolean
language sql
immutable
parallel safe
return (
        value ~ '^\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$'
        and length(split_part(value, '$', 5)) >= 11
        and length(split_part(value, '$', 6)) >= 16
    )
    or (
        value ~ '^\$2[abxy]?\$\d\d\$[./A-Za-z0-9]+$'
        and length(split_part(value, '$', 4)) = 53
    );
