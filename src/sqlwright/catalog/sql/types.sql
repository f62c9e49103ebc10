-- Types, and what PostgreSQL can do with their values.

-- name: list_types()
-- Types and domains; row types of tables, arrays and multiranges come with what they belong to.
select
    types.tableoid as class,
    types.oid as id,
    case types.typtype when 'd' then 'domain' else 'type' end as kind,
    types.oid::regtype::text as name,
    spaces.nspname as schema,
    pg_get_userbyid(types.typowner) as owner,
    case types.typtype
        when 'e' then 'enum'
        when 'c' then 'composite'
        when 'r' then 'range'
        when 'b' then 'base'
        when 'p' then 'shell'
    end as form,
    case
        when types.typtype = 'd' then format_type(types.typbasetype, types.typtypmod)
    end as type,
    case
        when types.typtype = 'd' and types.typcollation <> bases.typcollation
            then types.typcollation::regcollation::text
    end as collation,
    types.typdefault as default,
    case when types.typtype = 'd' then types.typnotnull end as not_null,
    (
        select conname
        from pg_constraint
        where contypid = types.oid
            and contype = 'n'
            and conname <> types.typname || '_not_null'
            and octet_length(types.typname) < 54
    ) as not_null_name,
    case
        when types.typtype = 'e' then array(
            select enumlabel::text
            from pg_enum
            where enumtypid = types.oid
            order by enumsortorder
        )
    end as labels,
    case
        when types.typtype = 'c' then array(
            select quote_ident(attname)
            from pg_attribute
            where attrelid = types.typrelid and attnum > 0 and not attisdropped
            order by attnum
        )
    end as column_order,
    ranges.rngsubtype::regtype::text as subtype,
    (
        select format('%I.%I', class_spaces.nspname, opcname)
        from pg_opclass
        join pg_namespace as class_spaces on class_spaces.oid = opcnamespace
        where pg_opclass.oid = ranges.rngsubopc
    ) as subtype_class,
    nullif(ranges.rngcollation, 0)::regcollation::text as subtype_collation,
    nullif(ranges.rngcanonical, 0)::regproc::text as canonical,
    nullif(ranges.rngsubdiff, 0)::regproc::text as difference,
    ranges.rngmultitypid::regtype::text as multirange,
    nullif(base.typinput, 0)::regproc::text as input,
    nullif(base.typoutput, 0)::regproc::text as output,
    nullif(base.typreceive, 0)::regproc::text as receive,
    nullif(base.typsend, 0)::regproc::text as send,
    nullif(base.typmodin, 0)::regproc::text as modifier_input,
    nullif(base.typmodout, 0)::regproc::text as modifier_output,
    nullif(base.typanalyze, 0)::regproc::text as analyze,
    nullif(base.typsubscript, 0)::regproc::text as subscript,
    base.typlen as length,
    base.typbyval as by_value,
    base.typalign as alignment,
    base.typstorage as storage,
    base.typcategory as category,
    base.typispreferred as preferred,
    base.typdelim as delimiter,
    nullif(base.typelem, 0)::regtype::text as element,
    nullif(base.typcollation, 0)::regcollation::text as collatable
from pg_type as types
join pg_namespace as spaces on spaces.oid = types.typnamespace
left join pg_class as classes on classes.oid = types.typrelid
left join pg_range as ranges on ranges.rngtypid = types.oid
left join pg_type as bases on bases.oid = types.typbasetype
left join pg_type as base on base.oid = types.oid and types.typtype = 'b'
where types.typtype in ('b', 'c', 'd', 'e', 'p', 'r')
    and coalesce(classes.relkind, 'c') = 'c'
    and not exists (select from pg_type as elements where elements.typarray = types.oid)
    and spaces.nspname !~ '^pg_|^information_schema$';

-- name: list_collations()
select
    collations.tableoid as class,
    collations.oid as id,
    'collation' as kind,
    collations.oid::regcollation::text as name,
    collations.schema,
    pg_get_userbyid(collations.collowner) as owner,
    case collations.collprovider
        when 'c' then 'libc' when 'i' then 'icu' when 'b' then 'builtin' else 'default'
    end as provider,
    collations.collisdeterministic as deterministic,
    collations.locale,
    collations.collcollate as lc_collate,
    collations.collctype as lc_ctype,
    collations.collicurules as rules,
    nullif(pg_encoding_to_char(collations.collencoding), '') as encoding
from (values (null::text, null::text, null::text))
    as absent (colliculocale, colllocale, collicurules)
cross join lateral (
    select
        found.tableoid,
        found.oid,
        spaces.nspname as schema,
        collowner,
        collprovider,
        collisdeterministic,
        collcollate,
        collctype,
        collencoding,
        coalesce(colllocale, colliculocale) as locale,
        collicurules
    from pg_collation as found
    join pg_namespace as spaces on spaces.oid = found.collnamespace
) as collations
where collations.schema !~ '^pg_|^information_schema$';

-- name: list_conversions()
select
    conversions.tableoid as class,
    conversions.oid as id,
    'conversion' as kind,
    format('%I.%I', spaces.nspname, conversions.conname) as name,
    spaces.nspname as schema,
    pg_get_userbyid(conversions.conowner) as owner,
    pg_encoding_to_char(conversions.conforencoding) as source,
    pg_encoding_to_char(conversions.contoencoding) as target,
    conversions.conproc::regproc::text as function,
    conversions.condefault as default
from pg_conversion as conversions
join pg_namespace as spaces on spaces.oid = conversions.connamespace
where spaces.nspname !~ '^pg_|^information_schema$';

-- name: list_operators()
select
    operators.tableoid as class,
    operators.oid as id,
    'operator' as kind,
    operators.oid::regoperator::text as name,
    spaces.nspname as schema,
    pg_get_userbyid(operators.oprowner) as owner,
    nullif(operators.oprresult, 0)::regtype::text as result,
    nullif(operators.oprcode, 0)::regprocedure::text as function,
    nullif(operators.oprcom, 0)::regoperator::text as commutator,
    nullif(operators.oprnegate, 0)::regoperator::text as negator,
    nullif(operators.oprrest, 0)::regproc::text as restrict,
    nullif(operators.oprjoin, 0)::regproc::text as join,
    operators.oprcanmerge as merges,
    operators.oprcanhash as hashes
from pg_operator as operators
join pg_namespace as spaces on spaces.oid = operators.oprnamespace
where spaces.nspname !~ '^pg_|^information_schema$';

-- name: list_operator_families()
-- Operator families with what was put into them, also by their operator classes.
select
    families.tableoid as class,
    families.oid as id,
    'operator family' as kind,
    format('%I.%I using %I', spaces.nspname, families.opfname, methods.amname) as name,
    spaces.nspname as schema,
    pg_get_userbyid(families.opfowner) as owner,
    array(
        select concat_ws(
            ' ',
            amopstrategy,
            amopopr::regoperator,
            'for order by ' || (
                select format('%I.%I', sort_spaces.nspname, sorts.opfname)
                from pg_opfamily as sorts
                join pg_namespace as sort_spaces on sort_spaces.oid = sorts.opfnamespace
                where sorts.oid = amopsortfamily
            )
        )
        from pg_amop
        where amopfamily = families.oid
        order by amopstrategy, amopopr::regoperator::text
    ) as operators,
    array(
        select format(
            '%s (%s, %s) %s',
            amprocnum,
            amproclefttype::regtype,
            amprocrighttype::regtype,
            amproc::regprocedure
        )
        from pg_amproc
        where amprocfamily = families.oid
        order by amprocnum, amproclefttype::regtype::text, amprocrighttype::regtype::text
    ) as functions
from pg_opfamily as families
join pg_namespace as spaces on spaces.oid = families.opfnamespace
join pg_am as methods on methods.oid = families.opfmethod
where spaces.nspname !~ '^pg_|^information_schema$';

-- name: list_operator_classes()
select
    classes.tableoid as class,
    classes.oid as id,
    'operator class' as kind,
    format('%I.%I using %I', spaces.nspname, classes.opcname, methods.amname) as name,
    spaces.nspname as schema,
    pg_get_userbyid(classes.opcowner) as owner,
    classes.opcintype::regtype::text as type,
    nullif(classes.opckeytype, 0)::regtype::text as storage,
    classes.opcdefault as default,
    format('%I.%I', family_spaces.nspname, families.opfname) as family
from pg_opclass as classes
join pg_namespace as spaces on spaces.oid = classes.opcnamespace
join pg_am as methods on methods.oid = classes.opcmethod
join pg_opfamily as families on families.oid = classes.opcfamily
join pg_namespace as family_spaces on family_spaces.oid = families.opfnamespace
where spaces.nspname !~ '^pg_|^information_schema$';

-- name: list_casts()
-- Casts; that of a range to its multirange comes with the type.
select
    casts.tableoid as class,
    casts.oid as id,
    ranges.tableoid as parent_class,
    ranges.oid as parent_id,
    'cast' as kind,
    format('(%s as %s)', casts.castsource::regtype, casts.casttarget::regtype) as name,
    nullif(casts.castfunc, 0)::regprocedure::text as function,
    case casts.castcontext when 'e' then 'explicit' when 'a' then 'assignment' else 'implicit' end
        as context,
    case casts.castmethod when 'f' then 'function' when 'i' then 'inout' else 'binary' end
        as method
from pg_cast as casts
left join pg_range as multiranges
    on multiranges.rngtypid = casts.castsource and multiranges.rngmultitypid = casts.casttarget
left join pg_type as ranges on ranges.oid = multiranges.rngtypid
where casts.oid >= 16384;

-- name: list_access_methods()
select
    methods.tableoid as class,
    methods.oid as id,
    'access method' as kind,
    quote_ident(methods.amname) as name,
    methods.amhandler::regproc::text as handler,
    case methods.amtype when 't' then 'table' else 'index' end as type
from pg_am as methods
where methods.oid >= 16384;

-- name: list_text_search_configurations()
select
    configurations.tableoid as class,
    configurations.oid as id,
    'text search configuration' as kind,
    configurations.oid::regconfig::text as name,
    spaces.nspname as schema,
    pg_get_userbyid(configurations.cfgowner) as owner,
    format('%I.%I', parser_spaces.nspname, parsers.prsname) as parser,
    array(
        select format(
            '%s: %s',
            tokens.alias,
            string_agg(mapdict::regdictionary::text, ', ' order by mapseqno)
        )
        from pg_ts_config_map
        join ts_token_type(configurations.cfgparser) as tokens on tokens.tokid = maptokentype
        where mapcfg = configurations.oid
        group by tokens.alias
        order by tokens.alias
    ) as mappings
from pg_ts_config as configurations
join pg_namespace as spaces on spaces.oid = configurations.cfgnamespace
join pg_ts_parser as parsers on parsers.oid = configurations.cfgparser
join pg_namespace as parser_spaces on parser_spaces.oid = parsers.prsnamespace
where spaces.nspname !~ '^pg_|^information_schema$';

-- name: list_text_search_dictionaries()
select
    dictionaries.tableoid as class,
    dictionaries.oid as id,
    'text search dictionary' as kind,
    dictionaries.oid::regdictionary::text as name,
    spaces.nspname as schema,
    pg_get_userbyid(dictionaries.dictowner) as owner,
    format('%I.%I', template_spaces.nspname, templates.tmplname) as template,
    dictionaries.dictinitoption as options
from pg_ts_dict as dictionaries
join pg_namespace as spaces on spaces.oid = dictionaries.dictnamespace
join pg_ts_template as templates on templates.oid = dictionaries.dicttemplate
join pg_namespace as template_spaces on template_spaces.oid = templates.tmplnamespace
where spaces.nspname !~ '^pg_|^information_schema$';

-- name: list_text_search_parsers()
select
    parsers.tableoid as class,
    parsers.oid as id,
    'text search parser' as kind,
    format('%I.%I', spaces.nspname, parsers.prsname) as name,
    spaces.nspname as schema,
    parsers.prsstart::text as start,
    parsers.prstoken::text as token,
    parsers.prsend::text as end,
    nullif(parsers.prsheadline, 0)::text as headline,
    parsers.prslextype::text as token_types
from pg_ts_parser as parsers
join pg_namespace as spaces on spaces.oid = parsers.prsnamespace
where spaces.nspname !~ '^pg_|^information_schema$';

-- name: list_text_search_templates()
select
    templates.tableoid as class,
    templates.oid as id,
    'text search template' as kind,
    format('%I.%I', spaces.nspname, templates.tmplname) as name,
    spaces.nspname as schema,
    nullif(templates.tmplinit, 0)::text as init,
    templates.tmpllexize::text as lexize
from pg_ts_template as templates
join pg_namespace as spaces on spaces.oid = templates.tmplnamespace
where spaces.nspname !~ '^pg_|^information_schema$';
