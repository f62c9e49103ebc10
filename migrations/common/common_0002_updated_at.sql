-- One trigger function keeps updated_at in every table, so that no application has to remember it.
-- depends: common_0001_schema

create function common.set_updated_at()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    new.updated_at := now();
    return new;
end
$$;

comment on function common.set_updated_at() is
    'Before update, for each row: sets updated_at to the time of the transaction.';
