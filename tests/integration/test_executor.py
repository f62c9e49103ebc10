"""The executor's promises: whole or not at all, once, and clean for the next file."""

from __future__ import annotations

import dataclasses
import os
import re
import signal
import subprocess
import sys
import time
from urllib.parse import quote

import psycopg
import pytest

from sqlwright.errors import (
    ConnectError,
    HistoryError,
    LockError,
    MigrationError,
    SourceError,
    StatementError,
)
from sqlwright.migrations import executor, migrate, session
from sqlwright.migrations.history import State
from sqlwright.migrations.limits import Limits
from sqlwright.migrations.source import read_project
from sqlwright.migrations.stamp import Choice, stamp

QUICK = Limits(wait=0.5, lock=0.2, attempts=2)


def one(url, query, *values):
    """The first column of the first row."""
    with psycopg.connect(url, autocommit=True) as conn:
        return conn.execute(query, values).fetchone()[0]


def states(project):
    """Each migration's state, by id."""
    return {entry.id: entry.state for entry in migrate.read_entries(project)}


def start(project, command):
    """`sqlwright <command>` in a process of its own."""
    environ = {**os.environ, "DATABASE_URL": project.url}
    return subprocess.Popen(
        [sys.executable, "-c", "from sqlwright.cli import main; main()", command],
        cwd=project.root,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(url, query):
    """Until the query says true."""
    deadline = time.monotonic() + 30
    while not one(url, query):
        assert time.monotonic() < deadline, query
        time.sleep(0.02)


POLLS = (
    "select count(*) = 1 from pg_stat_activity"
    " where query ~ 'select case\\s+when pg_catalog.pg_try_advisory_lock' and state = 'idle'"
    " and datname = current_database()"
)
SLEEPS = (
    "select exists (select from pg_stat_activity"
    " where query ~ 'pg_sleep' and pid <> pg_backend_pid())"
)


def test_a_failing_file_leaves_nothing_of_itself(write, blank):
    """What stood before the failing statement is gone, and what was committed before stays."""
    project = write(
        shop_0001_items="create table items (id int);",
        shop_0002_more="-- depends: shop_0001_items\ncreate table more (id int);\nselect 1 / 0;",
    )
    with pytest.raises(StatementError) as caught:
        migrate.apply(project)
    path = project.root / "migrations/shop/shop_0002_more.sql"
    assert str(caught.value) == (
        f"{path}, line 3, column 1: division by zero (SQLSTATE 22012)\n"
        "  3 | select 1 / 0;\n"
        "    | ^\n"
        "Nothing of this file stays. Mend it and run the command again."
    )
    assert states(project) == {
        "shop_0001_items": State.APPLIED,
        "shop_0002_more": State.PENDING,
    }
    assert one(blank, "select to_regclass('more') is null")


def test_a_second_apply_does_nothing(write):
    """What is applied is not applied again."""
    project = write(shop_0001_items="create table items (id int);")
    assert [done.id for done in migrate.apply(project)] == ["shop_0001_items"]
    assert migrate.apply(project) == []


def test_a_rollback_takes_back_the_newest(write, blank):
    """Table and mark go together; the next apply brings both back."""
    project = write(
        shop_0001_items="create table items (id int);",
        shop_0001_items__rollback="drop table items;",
        shop_0002_more="create table more (id int);",
        shop_0002_more__rollback="drop table more;",
    )
    migrate.apply(project)
    assert [done.id for done in migrate.rollback(project)] == ["shop_0002_more"]
    assert one(blank, "select to_regclass('more') is null and to_regclass('items') is not null")
    assert states(project)["shop_0002_more"] == State.PENDING
    assert [done.id for done in migrate.apply(project)] == ["shop_0002_more"]


def test_what_came_meanwhile_is_not_rolled_back(write, blank):
    """Whoever asked for the newest to be taken back, and waited for the lock, meant another."""
    project = write(shop_0001_a="create table a ();", shop_0002_b="create table b ();")
    (project.root / "migrations" / "shop" / "shop_0002_b.rollback.sql").write_text("drop table b;")
    write(shop_0001_a__rollback="drop table a;")
    migrate.apply(project, to="shop_0001_a")
    migrations = {migration.id: migration for migration in read_project(project)}
    with migrate.locked(project, Limits()) as (conn, tables):
        process = start(project, "rollback")
        wait_for(blank, POLLS)
        executor.apply_one(conn, tables, migrations["shop_0002_b"], limits=Limits())
    assert process.communicate()[1] == (
        "error: Another process has migrated meanwhile: this would roll back shop_0002_b now.\n"
        "Nothing was changed. See `sqlwright status`, and run the command again.\n"
    )
    assert process.returncode == 2
    assert states(project)["shop_0002_b"] == State.APPLIED


def test_a_missing_rollback_file_is_refused_before_anything_runs(write, blank):
    """Of two to take back, neither is touched when one can't be."""
    project = write(
        shop_0001_items="create table items (id int);",
        shop_0002_more="create table more (id int);",
        shop_0002_more__rollback="drop table more;",
    )
    migrate.apply(project)
    with pytest.raises(SourceError, match="shop_0001_items has no rollback file"):
        migrate.rollback(project, steps=2)
    assert one(blank, "select to_regclass('more') is not null")


def test_an_irreversible_migration_says_why(write):
    """The reason in the rollback file is the message."""
    project = write(
        shop_0001_items="create table items (id int);",
        shop_0001_items__rollback="-- irreversible: the old rows are gone\n",
    )
    migrate.apply(project)
    with pytest.raises(SourceError, match="shop_0001_items is irreversible: the old rows are gone"):
        migrate.rollback(project)


def test_what_a_file_sets_does_not_reach_the_next_or_the_bookkeeping(write, blank):
    """search_path, role, timeouts and temporary tables end with their file."""
    role = f"shop_{os.getpid()}_{time.monotonic_ns()}"
    project = write(
        shop_0001_mess=(
            f"create role {role}; create schema other; set search_path = other;"
            " set statement_timeout = '7s'; create temporary table scratch (id int);"
            f" create table inside (id int); set role {role};"
        ),
        shop_0002_clean=(
            "create table public.seen as select current_user::text as who,"
            " current_setting('search_path') as path,"
            " current_setting('statement_timeout') as timeout,"
            " to_regclass('pg_temp.scratch') is null as no_scratch;"
        ),
    )
    migrate.apply(project)
    with psycopg.connect(blank, autocommit=True) as conn:
        seen = conn.execute("select who, path, timeout, no_scratch from seen").fetchone()
        conn.execute(f"drop role {role}")
    assert seen == ("postgres", '"$user", public', "15min", True)
    assert one(blank, "select to_regclass('other._yoyo_migration') is null")


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_files_are_utf_8_whatever_the_client_says(write, blank, encoding):
    """PGCLIENTENCODING, the URL or the database may say otherwise: nothing is garbled."""
    project = write(shop_0001_items="create table items as select '商品é' as name;")
    url = f"{blank}&client_encoding={encoding}"
    migrate.apply(dataclasses.replace(project, url=url))
    assert one(blank, "select name from items") == "商品é"


def test_a_file_s_own_encoding_does_not_reach_the_bookkeeping(write, blank):
    """An old dump says `set client_encoding`; the id is not of that encoding."""
    project = write(shop_0001_商品="set client_encoding = 'LATIN1'; create table items ();")
    migrate.apply(project)
    assert one(blank, "select migration_id from _yoyo_migration") == "shop_0001_商品"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "set transaction read only;",
            "cannot execute INSERT in a read-only transaction (SQLSTATE 25006)",
        ),
        (
            "alter table _yoyo_log rename to old;",
            'relation "public._yoyo_log" does not exist (SQLSTATE 42P01)',
        ),
    ],
)
def test_a_file_that_cannot_be_marked_is_named(write, blank, text, said):
    """What a file did to the transaction or to the bookkeeping is the file's own error."""
    project = write(shop_0001_odd=f"create table items ();{text}")
    with pytest.raises(StatementError) as caught:
        migrate.apply(project)
    assert str(caught.value) == (
        f"{project.root}/migrations/shop/shop_0001_odd.sql: {said}\n"
        "Nothing of this file stays. Mend it and run the command again."
    )
    assert one(blank, "select to_regclass('items') is null")


def test_a_file_that_lets_the_lock_go_is_rolled_back(write, blank):
    """pg_advisory_unlock_all() would let a second process in."""
    project = write(shop_0001_items="create table items (id int); select pg_advisory_unlock_all();")
    with pytest.raises(SourceError) as caught:
        migrate.apply(project)
    assert str(caught.value) == (
        "shop_0001_items let go of the migration lock; it was rolled back.\n"
        "Take pg_advisory_unlock_all() or discard all out of the file."
    )
    assert one(blank, "select to_regclass('items') is null")


def test_a_file_of_many_statements_is_sent_whole(write, blank):
    """20,000 inserts in one file need no savepoint each, by the command as by the function."""
    inserts = "".join(f"insert into items values ({n});\n" for n in range(20_000))
    project = write(shop_0001_items=f"create table items (id int);\n{inserts}")
    process = start(project, "apply")
    said = process.communicate()
    assert process.returncode == 0, said
    assert one(blank, "select count(*) from items") == 20_000


def test_a_deferred_constraint_fails_the_file(write):
    """What only the commit finds wrong rolls the file back, with its name in the message."""
    project = write(
        shop_0001_items=(
            "create table items (id int primary key, next int references items"
            " deferrable initially deferred); insert into items values (1, 2);"
        )
    )
    with pytest.raises(StatementError, match=r"shop_0001_items\.sql: .*items_next_fkey"):
        migrate.apply(project)
    assert states(project) == {"shop_0001_items": State.PENDING}


def test_a_killed_process_leaves_nothing_and_no_lock(write, blank):
    """kill -9 within a file: the server ends its work, and the next apply does it all."""
    project = write(shop_0001_items="create table items (id int); select pg_sleep(60);")
    process = start(project, "apply")
    wait_for(blank, SLEEPS)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    write(shop_0001_items="create table items (id int);")
    assert [done.id for done in migrate.apply(project)] == ["shop_0001_items"]
    assert one(blank, "select count(*) from yoyo_lock") == 0


def test_eight_processes_apply_each_migration_once(write, blank):
    """All succeed; each migration is in the log once."""
    project = write(
        **{
            f"shop_{n:04}_t": f"create table t{n} (id int); select pg_sleep(0.05);"
            for n in range(6)
        }
    )
    processes = [start(project, "apply") for _ in range(8)]
    results = [(p.communicate(), p.returncode) for p in processes]
    assert [code for _, code in results] == [0] * 8, results
    assert one(blank, "select count(*) from _yoyo_log") == 6


def test_whoever_migrates_is_named_after_the_wait(write, blank):
    """The message says which session holds the lock."""
    project = write(shop_0001_items="create table items (id int); select pg_sleep(60);")
    process = start(project, "apply")
    wait_for(blank, SLEEPS)
    try:
        with pytest.raises(
            LockError,
            match=r"^blank is being migrated by server process \d+ \(postgres, sqlwright from"
            r" this machine, since .*\)\.\nWait until it has finished",
        ):
            migrate.apply(project, limits=QUICK)
    finally:
        process.kill()
        process.communicate()


def test_a_lock_that_comes_free_is_waited_for(write, blank):
    """A table that traffic holds delays the migration, and does not fail it."""
    project = write(
        shop_0001_items="create table items (id int);",
        shop_0002_name="alter table items add column name text;",
    )
    migrate.apply(project, to="shop_0001_items")
    said = []
    with psycopg.connect(blank, application_name="traffic") as conn:
        conn.execute("lock table items in access share mode")

        def talk(line):
            said.append(line)
            conn.commit()

        migrate.apply(project, limits=Limits(lock=1.5), talk=talk)
    assert re.sub(r"pid \d+|[\d.]+ s|[\d:]{8}", "…", said[0]) == (
        "shop_0002_name waits for access exclusive lock on public.items: … (postgres, traffic,"
        " idle in transaction for …) holds access share lock since …; trying again in …"
    )
    assert states(project)["shop_0002_name"] == State.APPLIED


@pytest.mark.newest
def test_a_role_s_own_time_outs_do_not_end_it(write, blank):
    """Neither between two attempts nor within a long file."""
    project = write(
        shop_0001_items="create table items (id int);",
        shop_0002_name="alter table items add column name text; select pg_sleep(0.4);",
    )
    migrate.apply(project, to="shop_0001_items")
    options = one(
        blank,
        "select string_agg('-c ' || name || '=300', ' ') from pg_settings"
        " where name in ('idle_session_timeout', 'transaction_timeout')",
    )
    with psycopg.connect(blank) as conn:
        conn.execute("lock table items in access share mode")
        said = []

        def talk(line):
            said.append(line)
            conn.commit()

        url = f"{blank}&options={quote(options)}"
        migrate.apply(dataclasses.replace(project, url=url), limits=Limits(lock=0.2), talk=talk)
    assert said
    assert states(project)["shop_0002_name"] == State.APPLIED


@pytest.mark.newest
def test_a_procedure_that_commits_is_not_tried_again(write, blank):
    """What it has committed would be there twice; before it is run again, that is said."""
    project = write(
        shop_0001_items="create table items (id int); create table held ();"
        "create procedure fill() language plpgsql as $$ begin"
        " insert into items values (1); commit; lock table held; end $$;",
        shop_0002_fill="-- transactional: false\ncall fill();",
    )
    migrate.apply(project, to="shop_0001_items")
    with psycopg.connect(blank) as conn:
        conn.execute("lock table held")
        with pytest.raises(LockError, match=r"shop_0002_fill.*, once\.") as caught:
            migrate.apply(project, limits=Limits(lock=0.3))
    assert caught.value.hint.startswith(
        "What it committed itself stays, and it is run from the beginning the next time:"
        " see that this does no harm, and run the command again."
    )
    assert one(blank, "select count(*) from items") == 1
    said = []
    migrate.apply(project, talk=said.append)
    assert said == [
        "shop_0002_fill was begun before and not seen to end: it is run from the beginning"
    ]


INDEX = (
    "-- transactional: false\ncreate unique index concurrently items_id_key on public.items (id);"
)


def test_a_broken_concurrent_index_is_dropped_and_rebuilt(write, blank):
    """An INVALID index is left as `failed`; once its cause is mended, apply builds it anew."""
    project = write(
        shop_0001_items="create table items (id int); insert into items values (1), (1);",
        shop_0002_index=INDEX,
        shop_0002_index__rollback="drop index concurrently public.items_id_key;",
    )
    with pytest.raises(StatementError, match="could not create unique index"):
        migrate.apply(project)
    assert states(project)["shop_0002_index"] == State.FAILED
    assert not one(
        blank, "select indisvalid from pg_index where indexrelid = 'items_id_key'::regclass"
    )
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute("delete from items where ctid = (select min(ctid) from items)")
    migrate.apply(project)
    assert states(project)["shop_0002_index"] == State.APPLIED
    assert one(blank, "select indisvalid from pg_index where indexrelid = 'items_id_key'::regclass")
    migrate.rollback(project)
    assert one(blank, "select to_regclass('items_id_key') is null")


@pytest.mark.parametrize(
    "statement",
    [
        "create index concurrently items_id_idx on public.items (id)",
        "reindex index concurrently public.items_pkey",
        "drop index concurrently public.items_name_idx",
    ],
)
def test_what_works_concurrently_is_taken_up_again(write, blank, statement):
    """Broken off while it waits for an old transaction, it is cleared up and done again."""
    project = write(
        shop_0001_items=(
            "create table items (id int primary key, name text);"
            " create index items_name_idx on items (name);"
        )
    )
    migrate.apply(project)
    project = write(shop_0002_index=f"-- transactional: false\n{statement};")
    with psycopg.connect(blank) as old:
        old.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        old.execute("select id from items")
        with pytest.raises(LockError):
            migrate.apply(project, limits=Limits(statement=0.3, attempts=1))
        assert states(project)["shop_0002_index"] == State.FAILED
    migrate.apply(project)
    assert states(project)["shop_0002_index"] == State.APPLIED
    assert one(
        blank,
        "select bool_and(indisvalid) and not bool_or(relname ~ '_cc(new|old)')"
        " from pg_index join pg_class on pg_class.oid = indexrelid"
        " where indrelid = 'items'::regclass",
    )
    assert one(blank, "select (to_regclass('items_name_idx') is null) = %s", "drop" in statement)


def test_a_rollback_that_broke_off_is_finished_before_more_is_applied(write, blank):
    """Its mark is still there, so that apply would take the migration for whole."""
    project = write(
        shop_0001_items="create table items (id int);",
        shop_0002_index=INDEX,
        shop_0002_index__rollback="drop index concurrently public.items_id_key;",
    )
    migrate.apply(project)
    with psycopg.connect(blank) as old:
        old.execute("select from items")
        with pytest.raises(LockError):
            migrate.rollback(project, limits=Limits(statement=0.3, attempts=1))
    assert states(project)["shop_0002_index"] == State.FAILED
    with pytest.raises(HistoryError) as caught:
        migrate.apply(project)
    assert str(caught.value) == (
        "shop_0002_index was being rolled back when that broke off.\n"
        "Run `sqlwright rollback` to finish that; then apply again."
    )
    assert [done.id for done in migrate.rollback(project)] == ["shop_0002_index"]
    assert [done.id for done in migrate.apply(project)] == ["shop_0002_index"]


def test_what_an_apply_that_broke_off_stands_on_is_not_rolled_back(write, blank):
    """Whoever wants to undo what failed would lose the table beneath it; it is undone first."""
    project = write(
        shop_0001_items="create table items (id int); insert into items values (1), (1);",
        shop_0001_items__rollback="drop table items;",
        shop_0002_index=f"-- depends: shop_0001_items\n{INDEX}",
        shop_0002_index__rollback="drop index concurrently public.items_id_key;",
    )
    with pytest.raises(StatementError, match="could not create unique index"):
        migrate.apply(project)
    with pytest.raises(HistoryError) as caught:
        migrate.rollback(project)
    assert str(caught.value) == (
        "shop_0002_index was being applied when that broke off; it comes first.\n"
        "Run `sqlwright apply` to finish it; or, to go back from there, run"
        " `sqlwright stamp shop_0002_index --yes` and roll it back."
    )
    stamp(project, Choice(ids=["shop_0002_index"]))
    assert [done.id for done in migrate.rollback(project)] == ["shop_0002_index"]
    assert one(blank, "select to_regclass('items_id_key') is null")


def test_another_index_s_leavings_are_left_alone(write, blank):
    """Somebody may be rebuilding an index whose name begins like that of the one to rebuild."""
    long = "i" * 60
    project = write(
        shop_0001_items=(
            "create table items (id int); create index items_id on items (id);"
            f" create index {long} on items (id);"
            " create index items_ccnew on items (id); create index items_id_ccnew1 on items (id);"
            f" create index {long[:57]}_ccnew on items (id);"
            " update pg_index set indisvalid = false"
            " where indexrelid::regclass::text ~ '_ccnew';"
        ),
        shop_0002_one="-- transactional: false\nreindex index concurrently items_id;",
        shop_0003_long=f"-- transactional: false\nreindex index concurrently {long};",
    )
    migrate.apply(project)
    assert one(
        blank,
        "select array_agg(indexrelid::regclass::text) from pg_index where not indisvalid",
    ) == ["items_ccnew"]


def test_a_crash_before_the_mark_is_made_good(write, blank):
    """The index stands and only its mark is missing: apply marks it, and builds nothing."""
    project = write(shop_0001_items="create table items (id int);", shop_0002_index=INDEX)
    migrate.apply(project)
    with psycopg.connect(blank, autocommit=True) as conn:
        before = conn.execute("select 'items_id_key'::regclass::oid").fetchone()
        conn.execute(
            "insert into _sqlwright_started select migration_hash, migration_id, 'apply', now()"
            " from _yoyo_migration where migration_id = 'shop_0002_index'"
        )
        conn.execute("delete from _yoyo_migration where migration_id = 'shop_0002_index'")
    assert states(project)["shop_0002_index"] == State.FAILED
    migrate.apply(project)
    assert states(project)["shop_0002_index"] == State.APPLIED
    assert one(blank, "select 'items_id_key'::regclass::oid") == before[0]


def test_a_partition_that_is_half_detached_is_finished(write, blank):
    """PostgreSQL refuses to begin again; what is left of it is finalized."""
    project = write(
        shop_0001_orders=(
            "create table orders (year int) partition by list (year);"
            " create table orders_2020 partition of orders for values in (2020);"
        )
    )
    migrate.apply(project)
    write(
        shop_0002_detach=(
            "-- transactional: false\n"
            "alter table public.orders detach partition public.orders_2020 concurrently;"
        )
    )
    with psycopg.connect(blank) as old:
        old.execute("select from orders")
        with pytest.raises(LockError):
            migrate.apply(project, limits=Limits(statement=0.3, attempts=1))
    assert one(blank, "select inhdetachpending from pg_inherits")
    said = []
    migrate.apply(project, talk=said.append)
    assert said == [
        'shop_0002_detach: finishes detaching "public"."orders_2020", left by a broken run'
    ]
    assert states(project)["shop_0002_detach"] == State.APPLIED
    assert one(blank, "select count(*) from pg_inherits") == 0


def test_what_may_be_done_already_is_said(write, blank):
    """Of a statement that can't tell whether it ran: the work was done, and its mark lost."""
    project = write(
        shop_0001_type="create type mood as enum ('glad');",
        shop_0002_value="-- transactional: false\nalter type mood add value 'sad';",
    )
    migrate.apply(project)
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute(
            "insert into _sqlwright_started select migration_hash, migration_id, 'apply', now()"
            " from _yoyo_migration where migration_id = 'shop_0002_value'"
        )
        conn.execute("delete from _yoyo_migration where migration_id = 'shop_0002_value'")
    with pytest.raises(StatementError, match="already exists") as caught:
        migrate.apply(project)
    assert caught.value.hint == (
        "It was begun before and not seen to end. If what it does is there already, say so:"
        " sqlwright stamp shop_0002_value\n"
        "The file ran without a transaction. Mend it and run the command again:"
        " it clears up first."
    )


def test_an_edited_migration_is_refused(write):
    """Nothing is sent while an applied file has another text; line endings don't count."""
    project = write(shop_0001_items="create table items (\n    id int\n);\n")
    migrate.apply(project)
    path = project.root / "migrations/shop/shop_0001_items.sql"
    path.write_bytes(b"create table items (\r\n    id int\r\n);\r\n")
    assert migrate.apply(project) == []
    write(shop_0001_items="create table items (id bigint);", shop_0002_more="select 1;")
    with pytest.raises(HistoryError) as caught:
        migrate.apply(project)
    assert str(caught.value) == (
        f"shop_0001_items was edited after it was applied ({path}).\n"
        "Restore the file as it was, and write the change as a new migration."
    )
    assert states(project) == {"shop_0001_items": State.CHANGED, "shop_0002_more": State.PENDING}


def test_a_deleted_migration_is_refused(write):
    """What is applied and has no file is named, a renamed file with its new name."""
    project = write(shop_0001_items="create table items (id int);")
    migrate.apply(project)
    path = project.root / "migrations/shop/shop_0001_items.sql"
    path.rename(path.with_name("shop_0001_goods.sql"))
    with pytest.raises(HistoryError, match="its file was renamed to shop_0001_goods"):
        migrate.apply(project)
    path.with_name("shop_0001_goods.sql").unlink()
    with pytest.raises(HistoryError, match="shop_0001_items is applied, but there is no such file"):
        migrate.apply(project)
    assert states(project) == {"shop_0001_items": State.MISSING}


def test_reading_creates_nothing(write, blank):
    """`status` of a database that nobody migrated leaves it as it was."""
    project = write(shop_0001_items="create table items (id int);")
    assert states(project) == {"shop_0001_items": State.PENDING}
    assert (
        one(blank, "select count(*) from pg_class where relnamespace = 'public'::regnamespace") == 0
    )


def test_a_lock_row_of_plain_yoyo_is_waited_for(write, blank):
    """Then the message says how to break it."""
    project = write(shop_0001_items="create table items (id int);")
    migrate.install(project)
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute("insert into yoyo_lock values (1, '2026-01-02 03:04:05', 4242)")
    with pytest.raises(LockError) as caught:
        migrate.apply(project, limits=QUICK)
    assert str(caught.value) == (
        "blank is locked by yoyo: process 4242, since 2026-01-02 03:04:05 UTC.\n"
        "If that process is no more, run `yoyo break-lock`, then this command again."
    )


def test_a_stale_lock_row_of_ours_is_taken_away(write, blank):
    """Its server process is no more, or is another one by now."""
    project = write(shop_0001_items="create table items (id int);")
    migrate.install(project)
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute("insert into yoyo_lock values (1, '2026-01-02', -pg_backend_pid())")
        assert [done.id for done in migrate.apply(project, limits=QUICK)] == ["shop_0001_items"]


def test_a_pooler_is_refused(blank, monkeypatch):
    """A connection whose process number is made up loses session locks: it is not migrated over."""
    with psycopg.connect(blank, autocommit=True) as conn:
        session.refuse_pooler(conn)
        made_up = dataclasses.make_dataclass("Info", ["backend_pid", "dbname"])(1, "shop")
        monkeypatch.setattr(psycopg.Connection, "info", made_up)
        with pytest.raises(ConnectError, match="shop is reached through a pooler"):
            session.refuse_pooler(conn)


def test_no_schema_to_keep_books_in_is_an_error(write, blank):
    """A search_path without a schema that exists is named."""
    project = write(shop_0001_items="create table public.items (id int);")
    bare = dataclasses.replace(project, url=f"{blank}&options=-c%20search_path%3Dnowhere")
    with pytest.raises(MigrationError, match="blank: the search_path names no schema that exists"):
        migrate.apply(bare)
