-- What a version needs beside it: other adapters, each within a range of versions.
--
-- Adapters must not need each other in a circle, over whatever versions: an installation would
-- have no end. That is stricter than ranges would have it, and can be explained to an author.
-- depends: zishu_0009_adapter_versions

create table zishu.adapter_dependencies (
    version_id uuid,
    depends_on_id uuid,
    minimum varchar(64) not null,
    below varchar(64),
    is_optional boolean not null default false,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint adapter_dependencies_pkey primary key (version_id, depends_on_id),
    constraint adapter_dependencies_version_id_fkey
        foreign key (version_id) references zishu.adapter_versions (id) on delete cascade,
    constraint adapter_dependencies_depends_on_id_fkey
        foreign key (depends_on_id) references zishu.adapters (id) on delete restrict,
    constraint adapter_dependencies_minimum_is_a_version
        check (zishu.version_number(minimum) is not null),
    constraint adapter_dependencies_below_is_a_version
        check (below is null or zishu.version_number(below) is not null),
    constraint adapter_dependencies_range_is_not_empty
        check (zishu.version_number(minimum) < zishu.version_number(below))
);

-- Who needs this adapter?
create index adapter_dependencies_depends_on_id_idx
    on zishu.adapter_dependencies (depends_on_id);

-- After the row is there: walks from what it needs to all that is needed in turn, and must not
-- come back. One transaction at a time adds dependencies: the walk begins when it has the lock,
-- and sees (under read committed) what the one before it added, so that two can't close a circle
-- together. Publishing is rare enough for that.
create function zishu.refuse_circular_dependency()
returns trigger
language plpgsql
set search_path = pg_catalog
as $$
begin
    perform pg_advisory_xact_lock(tg_relid::bigint);
    if exists (
        with recursive needed (adapter_id) as (
            select new.depends_on_id
            union
            select dependencies.depends_on_id
            from needed
            join zishu.adapter_versions as versions on versions.adapter_id = needed.adapter_id
            join zishu.adapter_dependencies as dependencies
                on dependencies.version_id = versions.id
        )
        select
        from needed
        join zishu.adapter_versions as dependent on dependent.adapter_id = needed.adapter_id
        where dependent.id = new.version_id
    ) then
        raise exception 'adapter version % would need itself through adapter %',
            new.version_id, new.depends_on_id
            using errcode = 'check_violation',
                schema = tg_table_schema,
                table = tg_table_name,
                constraint = tg_name;
    end if;
    return null;
end
$$;

comment on function zishu.refuse_circular_dependency() is
    'After insert or update, for each row: refuses a dependency that leads back to its adapter.';

create trigger adapter_dependencies_have_no_circle
    after insert or update of version_id, depends_on_id on zishu.adapter_dependencies
    for each row execute function zishu.refuse_circular_dependency();

create trigger adapter_dependencies_set_updated_at
    before update on zishu.adapter_dependencies
    for each row execute function common.set_updated_at();

comment on table zishu.adapter_dependencies is
    'An adapter that a version needs, from a minimum on and below a bound.';
comment on column zishu.adapter_dependencies.minimum is
    'The lowest version that will do. Compare by zishu.version_number.';
comment on column zishu.adapter_dependencies.below is
    'The first version that will not: 2.0.0 for all of 1.x. Null for no bound.';
comment on column zishu.adapter_dependencies.is_optional is 'Works without it, but less well.';
