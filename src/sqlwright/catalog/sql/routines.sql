-- Functions, and what calls them by itself.

-- name: list_routines()
-- Functions, procedures and aggregates. `statement` makes the whole of it, and is not compared.
-- A range type comes with functions that make its values.
select
    routines.tableoid as class,
    routines.oid as id,
    makers.refclassid as parent_class,
    coalesce(
        (select rngtypid from pg_range where rngmultitypid = makers.refobjid), makers.refobjid
    ) as parent_id,
    case routines.prokind when 'p' then 'procedure' when 'a' then 'aggregate' else 'function' end
        as kind,
    routines.oid::regprocedure::text as name,
    spaces.nspname as schema,
    case when routines.prokind <> 'a' then pg_get_functiondef(routines.oid) end as statement,
    pg_get_userbyid(routines.proowner) as owner,
    pg_get_function_arguments(routines.oid) as arguments,
    pg_get_function_result(routines.oid) as result,
    languages.lanname as language,
    case
        when routines.prokind <> 'a'
            then coalesce(pg_get_function_sqlbody(routines.oid), routines.prosrc)
    end as body,
    routines.probin as library,
    case routines.prokind when 'w' then true end as window,
    case routines.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end
        as volatility,
    case routines.proparallel when 's' then 'safe' when 'r' then 'restricted' else 'unsafe' end
        as parallel,
    case when routines.prosecdef then 'definer' else 'invoker' end as security,
    routines.proisstrict as strict,
    routines.proleakproof as leakproof,
    routines.procost as cost,
    nullif(routines.prorows, 0) as rows,
    nullif(routines.prosupport, 0)::regproc::text as support,
    array(
        select type::regtype::text
        from unnest(routines.protrftypes) with ordinality as transformed (type, place)
        order by place
    ) as transforms,
    array(select unnest(routines.proconfig) order by 1) as settings,
    case aggregates.aggkind when 'o' then 'ordered set' when 'h' then 'hypothetical set' end
        as aggregate_kind,
    nullif(aggregates.aggnumdirectargs, 0) as direct_arguments,
    nullif(aggregates.aggtransfn, 0)::regproc::text as transition,
    nullif(aggregates.aggtranstype, 0)::regtype::text as state_type,
    nullif(aggregates.aggtransspace, 0) as state_size,
    aggregates.agginitval as initial,
    nullif(aggregates.aggfinalfn, 0)::regproc::text as final,
    nullif(aggregates.aggfinalextra, false) as final_extra,
    aggregates.aggfinalmodify as final_modify,
    nullif(aggregates.aggcombinefn, 0)::regproc::text as combine,
    nullif(aggregates.aggserialfn, 0)::regproc::text as serialize,
    nullif(aggregates.aggdeserialfn, 0)::regproc::text as deserialize,
    nullif(aggregates.aggmtransfn, 0)::regproc::text as moving_transition,
    nullif(aggregates.aggminvtransfn, 0)::regproc::text as moving_inverse,
    nullif(aggregates.aggmtranstype, 0)::regtype::text as moving_state_type,
    nullif(aggregates.aggmtransspace, 0) as moving_state_size,
    aggregates.aggminitval as moving_initial,
    nullif(aggregates.aggmfinalfn, 0)::regproc::text as moving_final,
    nullif(aggregates.aggmfinalextra, false) as moving_final_extra,
    aggregates.aggmfinalmodify as moving_final_modify,
    nullif(aggregates.aggsortop, 0)::regoperator::text as sort_operator
from pg_proc as routines
join pg_namespace as spaces on spaces.oid = routines.pronamespace
join pg_language as languages on languages.oid = routines.prolang
left join pg_aggregate as aggregates on aggregates.aggfnoid = routines.oid
left join pg_depend as makers
    on makers.classid = routines.tableoid
    and makers.objid = routines.oid
    and makers.refclassid = 'pg_type'::regclass
    and makers.deptype = 'i'
where spaces.nspname !~ '^pg_|^information_schema$';

-- name: list_event_triggers()
select
    triggers.tableoid as class,
    triggers.oid as id,
    'event trigger' as kind,
    quote_ident(triggers.evtname) as name,
    pg_get_userbyid(triggers.evtowner) as owner,
    triggers.evtevent as event,
    triggers.evtfoid::regprocedure::text as function,
    array(select unnest(triggers.evttags) order by 1) as tags,
    case triggers.evtenabled
        when 'O' then 'yes' when 'D' then 'no' when 'A' then 'always' else 'on replicas'
    end as enabled
from pg_event_trigger as triggers;

-- name: list_languages()
select
    languages.tableoid as class,
    languages.oid as id,
    'language' as kind,
    quote_ident(languages.lanname) as name,
    pg_get_userbyid(languages.lanowner) as owner,
    languages.lanpltrusted as trusted,
    nullif(languages.lanplcallfoid, 0)::regprocedure::text as handler,
    nullif(languages.laninline, 0)::regprocedure::text as inline,
    nullif(languages.lanvalidator, 0)::regprocedure::text as validator
from pg_language as languages
where languages.oid >= 16384;

-- name: list_transforms()
select
    transforms.tableoid as class,
    transforms.oid as id,
    'transform' as kind,
    format('for %s language %I', transforms.trftype::regtype, languages.lanname) as name,
    nullif(transforms.trffromsql, 0)::regprocedure::text as from_sql,
    nullif(transforms.trftosql, 0)::regprocedure::text as to_sql
from pg_transform as transforms
join pg_language as languages on languages.oid = transforms.trflang;
