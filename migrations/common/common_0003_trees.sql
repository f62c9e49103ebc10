-- A tree held by parent_id must not loop: a recursive query over a loop never ends.
-- depends: common_0001_schema

-- Walks from the new parent to the root, one row at a time. Each ancestor is locked against a move
-- of its own: of two transactions that would close a loop together one waits, and then sees it, or
-- is ended as a deadlock. A check or a recursive query alone would let both through.
create function common.refuse_loop()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
declare
    row_id text := to_jsonb(new) ->> 'id';
    ancestor text := to_jsonb(new) ->> tg_argv[0];
begin
    while ancestor is not null loop
        if ancestor = row_id then
            raise exception '%.% %: its % would make it an ancestor of itself',
                tg_table_schema, tg_table_name, row_id, tg_argv[0]
                using errcode = 'check_violation',
                    schema = tg_table_schema,
                    table = tg_table_name,
                    column = tg_argv[0],
                    constraint = tg_name;
        end if;
        execute format(
            'select %I::text from %I.%I where id = $1::%s for share',
            tg_argv[0], tg_table_schema, tg_table_name, tg_argv[1]
        ) into ancestor using ancestor;
    end loop;
    return new;
end
$$;

comment on function common.refuse_loop() is
    'Before insert or update of the parent, for each row: refuses a row that would become its own '
    'ancestor. Arguments: the parent''s column and the type of id (bigint or uuid). Named in the '
    'error as a constraint: the trigger.';
