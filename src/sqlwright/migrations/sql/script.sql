-- What a script for psql does around the migrations, where the executor would do it in Python.
-- Names in braces are filled in before the script is written: identifiers and literals.

-- name: check_schema()#
do $check$
declare
    found text := (
{find_schema}
    );
begin
    if found is distinct from {schema} then
        raise exception 'The record of migrations is in schema %, not in %.', found, {schema}
            using hint = 'Make the script with a connection to this database.';
    end if;
end
$check$;

-- name: take_lock()#
do $check$
begin
    if not pg_catalog.pg_try_advisory_lock({namespace}, {key}) then
        raise exception 'Another process migrates this database.'
            using hint = 'Wait until it has finished, and run the script again.';
    end if;
end
$check$;

-- name: note_version()#
insert into {version} (version, installed_at_utc)
select 2, pg_catalog.timezone('utc', pg_catalog.now())
where not exists (select from {version});

-- name: check_state()#
do $check$
declare
    wrong text;
begin
    select pg_catalog.min(migration_id) into wrong
    from {migrations}
    where migration_id = any({absent});
    if wrong is not null then
        raise exception '% is applied, and this script was made for a database without it.', wrong
            using hint = 'Nothing was changed. Make the script anew: sqlwright sql';
    end if;
    select pg_catalog.min(wanted) into wrong
    from pg_catalog.unnest({present}) as wanted
    where not exists (select from {migrations} where migration_id = wanted);
    if wrong is not null then
        raise exception '% is not applied, and this script was made for a database with it.', wrong
            using hint = 'Nothing was changed. Make the script anew: sqlwright sql';
    end if;
end
$check$;

-- name: take_lock_row()#
do $check$
begin
    delete from {lock}
    where exists (
        select
        from (
{find_lock_row}
        ) as lock_rows
        where lock_rows.is_stale
    );
    perform from {lock};
    if found then
        raise exception 'This database is locked by yoyo.'
            using hint = 'If nobody migrates it, run `yoyo break-lock`, then this script again.';
    end if;
end
$check$;

-- name: let_go()#
select pg_catalog.pg_advisory_unlock({namespace}, {key});
