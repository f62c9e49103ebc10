-- Tables and what belongs to them. A column that a version hasn't is taken from `absent`.

-- name: list_relations()
-- Tables, foreign tables, views and materialized views.
select
    classes.tableoid as class,
    classes.oid as id,
    case classes.relkind
        when 'v' then 'view'
        when 'm' then 'materialized view'
        when 'f' then 'foreign table'
        else 'table'
    end as kind,
    classes.oid::regclass::text as name,
    spaces.nspname as schema,
    pg_get_userbyid(classes.relowner) as owner,
    case
        when classes.relkind not in ('r', 'p') then null
        when classes.relpersistence = 'u' then 'unlogged'
        else 'permanent'
    end as persistence,
    array(
        select unnest(classes.reloptions)
        union all
        select 'toast.' || unnest(toast.reloptions)
        order by 1
    ) as options,
    tablespaces.spcname as tablespace,
    methods.amname as access_method,
    case
        when classes.relkind not in ('r', 'p') then null
        when classes.relreplident = 'n' then 'nothing'
        when classes.relreplident = 'f' then 'full'
        when classes.relreplident = 'i' then 'index ' || coalesce(
            (
                select indexrelid::regclass::text
                from pg_index
                where indrelid = classes.oid and indisreplident
            ),
            'dropped'
        )
        else 'default'
    end as replica_identity,
    case when classes.relkind in ('r', 'p') then classes.relrowsecurity end as row_security,
    case
        when classes.relkind in ('r', 'p') then classes.relforcerowsecurity
    end as forced_row_security,
    pg_get_partkeydef(classes.oid) as partition_by,
    array(
        select inhparent::regclass::text
        from pg_inherits
        where inhrelid = classes.oid
        order by inhseqno
    ) as inherits,
    pg_get_expr(classes.relpartbound, classes.oid) as bound,
    (
        select true
        from pg_inherits
        where inhrelid = classes.oid and inhdetachpending
    ) as detach_pending,
    nullif(classes.reloftype, 0)::regtype::text as of_type,
    (
        select indexrelid::regclass::text
        from pg_index
        where indrelid = classes.oid and indisclustered
    ) as clustered_on,
    case
        when classes.relkind in ('r', 'p', 'f') then array(
            select quote_ident(attname)
            from pg_attribute
            where attrelid = classes.oid and attnum > 0 and not attisdropped
            order by attnum
        )
    end as column_order,
    case when classes.relkind in ('v', 'm') then pg_get_viewdef(classes.oid) end as definition,
    case when classes.relkind = 'm' then classes.relispopulated end as populated,
    servers.srvname as server,
    array(select unnest(foreign_tables.ftoptions) order by 1) as foreign_options
from pg_class as classes
join pg_namespace as spaces on spaces.oid = classes.relnamespace
left join pg_class as toast on toast.oid = classes.reltoastrelid
left join pg_tablespace as tablespaces on tablespaces.oid = classes.reltablespace
left join pg_am as methods on methods.oid = classes.relam
left join pg_foreign_table as foreign_tables on foreign_tables.ftrelid = classes.oid
left join pg_foreign_server as servers on servers.oid = foreign_tables.ftserver
where classes.relkind in ('r', 'p', 'v', 'm', 'f')
    and spaces.nspname !~ '^pg_|^information_schema$';

-- name: list_columns()
-- Columns, and the attributes of composite types. Since 18 a not-null is a constraint with a name;
-- it is told only where it isn't the one that the server chose. Generated columns have their
-- expression in place of a default.
select
    classes.tableoid as class,
    classes.oid as id,
    columns.attnum as part,
    coalesce(types.tableoid, classes.tableoid) as parent_class,
    coalesce(types.oid, classes.oid) as parent_id,
    case classes.relkind when 'c' then 'attribute' else 'column' end as kind,
    format('%s.%I', coalesce(types.oid::regtype::text, classes.oid::regclass::text), attname)
        as name,
    spaces.nspname as schema,
    format_type(columns.atttypid, columns.atttypmod) as type,
    case
        when columns.attcollation <> column_types.typcollation
            then columns.attcollation::regcollation::text
    end as collation,
    case columns.attgenerated when '' then pg_get_expr(adbin, adrelid) end as default,
    case columns.attgenerated when 's' then 'stored' when 'v' then 'virtual' end as generated,
    case when columns.attgenerated <> '' then pg_get_expr(adbin, adrelid) end as expression,
    case columns.attidentity when 'a' then 'always' when 'd' then 'by default' end as identity,
    case when classes.relkind in ('r', 'p', 'f') then columns.attnotnull end as not_null,
    case
        when not_null.coninhcount > 0 then null
        when not_null.conname = relname || '_' || attname || '_not_null' then null
        when octet_length(relname || '_' || attname) > 54 and not_null.conname ~ '_not_null\d*$'
            then null
        else not_null.conname
    end as not_null_name,
    nullif(not_null.convalidated, true) as not_null_valid,
    nullif(not_null.connoinherit, false) as not_null_no_inherit,
    case
        when not_null.coninhcount > 0 then nullif(not_null.conislocal, false)
    end as not_null_local,
    descriptions.description as not_null_comment,
    case
        when columns.attstorage <> column_types.typstorage and classes.relkind <> 'v'
            then case columns.attstorage
                when 'p' then 'plain'
                when 'e' then 'external'
                when 'm' then 'main'
                when 'x' then 'extended'
            end
    end as storage,
    case columns.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end as compression,
    nullif(columns.attstattarget, -1) as statistics_target,
    array(select unnest(columns.attoptions) order by 1) as options,
    array(select unnest(columns.attfdwoptions) order by 1) as foreign_options,
    nullif(columns.attislocal, true) as local,
    nullif(columns.attinhcount, 0) as inherited
from pg_attribute as columns
join pg_class as classes on classes.oid = columns.attrelid
join pg_namespace as spaces on spaces.oid = classes.relnamespace
join pg_type as column_types on column_types.oid = columns.atttypid
left join pg_type as types on types.oid = classes.reltype and classes.relkind = 'c'
left join pg_attrdef as defaults
    on defaults.adrelid = columns.attrelid and defaults.adnum = columns.attnum
left join pg_constraint as not_null
    on not_null.conrelid = columns.attrelid
    and not_null.contype = 'n'
    and not_null.conkey[1] = columns.attnum
left join pg_description as descriptions
    on descriptions.classoid = not_null.tableoid and descriptions.objoid = not_null.oid
where columns.attnum > 0
    and not columns.attisdropped
    and classes.relkind in ('r', 'p', 'v', 'm', 'f', 'c')
    and spaces.nspname !~ '^pg_|^information_schema$';

-- name: list_constraints()
-- Constraints of tables and domains, but for not-null. What can be changed alone is a property of
-- its own and is left out of the definition. A foreign key to a partitioned table has a row for
-- each partition there, which is the server's own affair.
select
    constraints.tableoid as class,
    constraints.oid as id,
    coalesce(classes.tableoid, types.tableoid) as parent_class,
    coalesce(classes.oid, types.oid) as parent_id,
    case when contypid = 0 then 'constraint' else 'domain constraint' end as kind,
    format(
        '%I on %s', conname, coalesce(classes.oid::regclass::text, types.oid::regtype::text)
    ) as name,
    spaces.nspname as schema,
    case contype
        when 'c' then 'check'
        when 'f' then 'foreign key'
        when 'p' then 'primary key'
        when 'u' then 'unique'
        else 'exclude'
    end as type,
    regexp_replace(
        pg_get_constraintdef(constraints.oid),
        '( NO INHERIT)?( DEFERRABLE)?( INITIALLY DEFERRED)?( NOT ENFORCED| NOT VALID)?$',
        ''
    ) as definition,
    convalidated or not constraints.conenforced as validated,
    case when contype <> 'c' then condeferrable end as deferrable,
    case when contype <> 'c' then condeferred end as deferred,
    nullif(constraints.conenforced, true) as enforced,
    case when contype = 'c' then nullif(connoinherit, false) end as no_inherit,
    nullif(conislocal, true) as local,
    nullif(coninhcount, 0) as inherited,
    case
        when contype = 'f' then array(
            select distinct case tgenabled
                when 'D' then 'disabled' when 'A' then 'always' else 'on replicas'
            end
            from pg_trigger
            where tgconstraint = constraints.oid and tgenabled <> 'O'
            order by 1
        )
    end as triggers
from (values (true)) as absent (conenforced)
cross join lateral (
    select
        found.tableoid,
        found.oid,
        conname,
        connamespace,
        contype,
        conrelid,
        contypid,
        conparentid,
        convalidated,
        condeferrable,
        condeferred,
        connoinherit,
        conislocal,
        coninhcount,
        conenforced
    from pg_constraint as found
    where contype in ('c', 'f', 'p', 'u', 'x')
) as constraints
join pg_namespace as spaces on spaces.oid = connamespace
left join pg_class as classes on classes.oid = conrelid
left join pg_type as types on types.oid = contypid
where spaces.nspname !~ '^pg_|^information_schema$'
    and not exists (
        select
        from pg_constraint as parents
        where parents.oid = constraints.conparentid
            and parents.conrelid = constraints.conrelid
    );

-- name: list_indexes()
-- Indexes, those behind constraints too; their definition has uniqueness, operator classes,
-- predicate and options.
select
    classes.tableoid as class,
    classes.oid as id,
    coalesce(constraints.tableoid, tables.tableoid) as parent_class,
    coalesce(constraints.oid, tables.oid) as parent_id,
    'index' as kind,
    classes.oid::regclass::text as name,
    spaces.nspname as schema,
    pg_get_indexdef(classes.oid) as definition,
    indexes.indisvalid as valid,
    indexes.indisready as ready,
    nullif(indexes.indislive, true) as live,
    constraints.conname as constraint,
    tablespaces.spcname as tablespace,
    (
        select inhparent::regclass::text
        from pg_inherits
        where inhrelid = classes.oid
    ) as partition_of,
    array(
        select format('column %s: %s', attnum, attstattarget)
        from pg_attribute
        where attrelid = classes.oid and attstattarget >= 0
        order by attnum
    ) as statistics_targets
from pg_index as indexes
join pg_class as classes on classes.oid = indexes.indexrelid
join pg_class as tables on tables.oid = indexes.indrelid
join pg_namespace as spaces on spaces.oid = classes.relnamespace
left join pg_tablespace as tablespaces on tablespaces.oid = classes.reltablespace
left join pg_constraint as constraints
    on constraints.conindid = classes.oid and constraints.contype in ('p', 'u', 'x')
where spaces.nspname !~ '^pg_|^information_schema$';

-- name: list_sequences()
-- Sequences, those of identity columns too.
select
    classes.tableoid as class,
    classes.oid as id,
    owners.refclassid as parent_class,
    owners.refobjid as parent_id,
    owners.refobjsubid as parent_part,
    'sequence' as kind,
    classes.oid::regclass::text as name,
    spaces.nspname as schema,
    pg_get_userbyid(classes.relowner) as owner,
    case classes.relpersistence when 'u' then 'unlogged' else 'permanent' end as persistence,
    sequences.seqtypid::regtype::text as type,
    sequences.seqstart as start,
    sequences.seqincrement as increment,
    sequences.seqmin as minimum,
    sequences.seqmax as maximum,
    sequences.seqcache as cache,
    sequences.seqcycle as cycle,
    columns.attrelid::regclass || '.' || quote_ident(columns.attname) as owned_by,
    owners.deptype = 'i' as for_identity
from pg_sequence as sequences
join pg_class as classes on classes.oid = sequences.seqrelid
join pg_namespace as spaces on spaces.oid = classes.relnamespace
left join pg_depend as owners
    on owners.classid = 'pg_class'::regclass
    and owners.objid = classes.oid
    and owners.refclassid = 'pg_class'::regclass
    and owners.deptype in ('a', 'i')
left join pg_attribute as columns
    on columns.attrelid = owners.refobjid and columns.attnum = owners.refobjsubid
where spaces.nspname !~ '^pg_|^information_schema$';

-- name: list_statistics()
-- Extended statistics.
select
    statistics.tableoid as class,
    statistics.oid as id,
    tables.tableoid as parent_class,
    tables.oid as parent_id,
    'statistics' as kind,
    format('%I.%I', spaces.nspname, statistics.stxname) as name,
    spaces.nspname as schema,
    pg_get_userbyid(statistics.stxowner) as owner,
    pg_get_statisticsobjdef(statistics.oid) as definition,
    nullif(statistics.stxstattarget, -1) as target
from pg_statistic_ext as statistics
join pg_namespace as spaces on spaces.oid = statistics.stxnamespace
join pg_class as tables on tables.oid = statistics.stxrelid
where spaces.nspname !~ '^pg_|^information_schema$';

-- name: list_triggers()
-- Triggers, but for those that the server makes for foreign keys. That of a partitioned table has
-- a twin on each partition.
select
    triggers.tableoid as class,
    triggers.oid as id,
    tables.tableoid as parent_class,
    tables.oid as parent_id,
    'trigger' as kind,
    format('%I on %s', triggers.tgname, tables.oid::regclass) as name,
    spaces.nspname as schema,
    pg_get_triggerdef(triggers.oid) as definition,
    quote_ident(parents.tgname) || ' on ' || parents.tgrelid::regclass as partition_of,
    case triggers.tgenabled
        when 'O' then 'yes' when 'D' then 'no' when 'A' then 'always' else 'on replicas'
    end as enabled
from pg_trigger as triggers
join pg_class as tables on tables.oid = triggers.tgrelid
left join pg_trigger as parents on parents.oid = triggers.tgparentid
join pg_namespace as spaces on spaces.oid = tables.relnamespace
where not triggers.tgisinternal
    and spaces.nspname !~ '^pg_|^information_schema$';

-- name: list_rules()
-- Rules; that of a view is its definition.
select
    rules.tableoid as class,
    rules.oid as id,
    tables.tableoid as parent_class,
    tables.oid as parent_id,
    'rule' as kind,
    format('%I on %s', rules.rulename, tables.oid::regclass) as name,
    spaces.nspname as schema,
    pg_get_ruledef(rules.oid) as definition,
    case rules.ev_enabled
        when 'O' then 'yes' when 'D' then 'no' when 'A' then 'always' else 'on replicas'
    end as enabled
from pg_rewrite as rules
join pg_class as tables on tables.oid = rules.ev_class
join pg_namespace as spaces on spaces.oid = tables.relnamespace
where rules.rulename <> '_RETURN'
    and spaces.nspname !~ '^pg_|^information_schema$';

-- name: list_policies()
-- Row security policies.
select
    policies.tableoid as class,
    policies.oid as id,
    tables.tableoid as parent_class,
    tables.oid as parent_id,
    'policy' as kind,
    format('%I on %s', policies.polname, tables.oid::regclass) as name,
    spaces.nspname as schema,
    case policies.polcmd
        when 'r' then 'select'
        when 'a' then 'insert'
        when 'w' then 'update'
        when 'd' then 'delete'
        else 'all'
    end as command,
    policies.polpermissive as permissive,
    array(
        select case role when 0 then 'public' else quote_ident(pg_get_userbyid(role)) end
        from unnest(policies.polroles) as role
        order by 1
    ) as roles,
    pg_get_expr(policies.polqual, tables.oid) as using,
    pg_get_expr(policies.polwithcheck, tables.oid) as with_check
from pg_policy as policies
join pg_class as tables on tables.oid = policies.polrelid
join pg_namespace as spaces on spaces.oid = tables.relnamespace
where spaces.nspname !~ '^pg_|^information_schema$';
