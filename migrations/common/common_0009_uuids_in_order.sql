-- Keys that come in the order of time: random ones put each new row into another page of the key's
-- index, which is read for it and, after each checkpoint, written whole into the log.
-- depends: common_0001_schema

-- A random uuid with the milliseconds since 1970 before it and the bits of version 7. PostgreSQL
-- 18 has uuidv7(); this is for 15 too.
create function common.uuid_in_order()
returns uuid
language sql
volatile
parallel safe
return encode(
    set_bit(
        set_bit(
            overlay(
                uuid_send(gen_random_uuid())
                placing substring(
                    int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3
                )
                from 1 for 6
            ),
            52,
            1
        ),
        53,
        1
    ),
    'hex'
)::uuid;

comment on function common.uuid_in_order() is
    'A new uuid, of version 7: what is made later is greater, but within a millisecond. It tells '
    'when it was made.';
