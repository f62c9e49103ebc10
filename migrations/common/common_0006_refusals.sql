-- What may be added but not changed: a check sees one version of a row, a trigger sees both.
-- depends: common_0001_schema

create function common.refuse_write()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    raise exception '%.% refuses this %: %',
        tg_table_schema, tg_table_name, lower(tg_op), replace(tg_name, '_', ' ')
        using errcode = 'check_violation',
            schema = tg_table_schema,
            table = tg_table_name,
            constraint = tg_name;
end
$$;

comment on function common.refuse_write() is
    'Before a write: refuses it. The trigger''s name is the rule, and named as a constraint in '
    'the error; its when clause is the condition.';
