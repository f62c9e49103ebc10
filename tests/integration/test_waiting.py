"""Who is in the way of a migration is named: at each retry, while it waits long, and at the end."""

from __future__ import annotations

import dataclasses
import re
import threading
import time

import psycopg
import pytest

from callers import wait_until_blocked
from sqlwright.errors import LockError
from sqlwright.migrations import migrate
from sqlwright.migrations.limits import Limits

QUICK = Limits(wait=0.5, lock=1, statement=1.5, attempts=2)
ITEMS = "create table public.items (id int primary key, name text); insert into items values (1);"
MASKS = ((r"pid \d+", "pid N"), (r"backend\(\d+\)", "backend(N)"), (r"[\d.]+ s\b", "N s"))


def masked(text):
    """The message with what differs from run to run masked."""
    for pattern, mask in (*MASKS, (r"\d\d:\d\d:\d\d", "T")):
        text = re.sub(pattern, mask, str(text))
    return text


@pytest.fixture
def held(write, blank):
    """`held(migration, statement)`: what apply says while traffic holds what it wants."""

    def run(migration, statement, **options):
        project = write(shop_0001_items=ITEMS)
        migrate.apply(project)
        write(shop_0002_change=migration)
        said = []
        with psycopg.connect(blank, application_name="psql", **options) as conn:
            conn.execute(statement)
            with pytest.raises(LockError) as caught:
                migrate.apply(project, limits=QUICK, talk=said.append)
        return [masked(line) for line in said], masked(caught.value)

    return run


def test_whoever_holds_a_table_is_named(held):
    """What is wanted, who holds it how and since when, its query without literals, a way out."""
    said, error = held(
        "alter table items add column price int;", "select name, 'secret' from items where id = 1"
    )
    holder = "pid N (postgres, psql, idle in transaction for N s) holds access share lock since T"
    waits = f"shop_0002_change waits for access exclusive lock on public.items: {holder}"
    assert said == [f"{waits}; trying again in N s"]
    assert error == (
        "shop_0002_change waited N s for access exclusive lock on public.items, 2 times.\n"
        f"{holder}.\n"
        "  select name, '…' from items where id = 1\n"
        "Run the command again when that has ended; to end it: select pg_terminate_backend(N);"
    )


def test_whoever_holds_a_row_is_named(held):
    """A row waits for a transaction; the table is said."""
    _, error = held("update items set name = 'a';", "update items set name = 'b'")
    assert error == (
        "shop_0002_change waited N s for a row of public.items, 2 times.\n"
        "pid N (postgres, psql, idle in transaction for N s) has a transaction open since T.\n"
        "  update items set name = '…'\n"
        "Run the command again when that has ended; to end it: select pg_terminate_backend(N);"
    )


def test_what_works_concurrently_names_the_old_transaction(write, blank):
    """It is said while it waits, as that may take long, and in the error."""
    project = write(shop_0001_items=ITEMS)
    migrate.apply(project)
    write(
        shop_0002_index=(
            "-- transactional: false\n"
            "create index concurrently items_name_idx on public.items (name);"
        )
    )
    said = []
    with psycopg.connect(blank, application_name="report") as old:
        old.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        old.execute("select 1 from pg_class limit 1")
        with pytest.raises(LockError) as caught:
            migrate.apply(project, limits=Limits(statement=1.5, attempts=1), talk=said.append)
    holder = "pid N (postgres, report, idle in transaction for N s) has a transaction open since T"
    assert [masked(line) for line in said] == [
        f"shop_0002_index waits for older transactions to end: {holder}"
    ]
    assert masked(caught.value) == (
        "shop_0002_index waited N s for older transactions to end, once.\n"
        f"{holder}.\n"
        "  select 1 from pg_class limit 1\n"
        "Run the command again when that has ended; to end it: select pg_terminate_backend(N);"
    )
    assert [masked(line) for line in retried(project)] == [
        "shop_0002_index: drops the INVALID index items_name_idx, left by a broken run"
    ]


def retried(project):
    """What the next apply says, which succeeds."""
    said = []
    assert len(migrate.apply(project, talk=said.append)) == 1
    return said


def test_a_lock_on_the_books_is_waited_for(write, blank):
    """Between a file and its mark: the file is rolled back, tried again, and whole in the end."""
    project = write(shop_0001_items=ITEMS)
    migrate.apply(project)
    write(shop_0002_more="create table public.more (id int);")
    said = []
    with psycopg.connect(blank, application_name="curious") as conn:
        conn.execute("lock table _yoyo_log in share mode")

        def talk(line):
            said.append(line)
            conn.commit()

        assert len(migrate.apply(project, limits=Limits(lock=1.5), talk=talk)) == 1
    assert "row exclusive lock on public._yoyo_log: pid" in said[0]


def test_whoever_waits_ahead_is_named_too(write, blank):
    """A session that queues for the table before us holds us up as its holder does."""
    project = write(shop_0001_items=ITEMS)
    migrate.apply(project)
    write(shop_0002_change="alter table items add column price int;")
    with psycopg.connect(blank) as reads, psycopg.connect(blank) as queues:
        reads.execute("lock table items in access share mode")
        vacuum = threading.Thread(target=queue, args=(queues,))
        vacuum.start()
        wait_until_blocked(reads, queues.info.backend_pid)
        with pytest.raises(LockError) as caught:
            migrate.apply(project, limits=QUICK)
        reads.rollback()
        vacuum.join()
    lines = masked(caught.value).splitlines()
    assert "holds access share lock" in lines[1]
    assert "waits ahead for access exclusive lock" in lines[3]


def queue(conn):
    """Waits for the table until its reader goes."""
    conn.execute("lock table items in access exclusive mode")
    conn.rollback()


def test_what_a_role_may_not_see_is_left_out(write, blank):
    """It sees neither state nor query of another's session; pid, user and name are enough."""
    project = write(shop_0001_items="select 1;")
    role = f"plain_{time.monotonic_ns()}"
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute(f"create role {role} login; create schema {role} authorization {role}")
        conn.execute(
            f"create table {role}.items (id int); alter table {role}.items owner to {role}"
        )
    mine = dataclasses.replace(project, url=blank.replace("postgres@", f"{role}@", 1))
    migrate.apply(mine)
    write(shop_0002_change=f"alter table {role}.items add column price int;")
    with psycopg.connect(blank, application_name="psql") as conn:
        conn.execute(f"select from {role}.items")
        with pytest.raises(LockError) as caught:
            migrate.apply(mine, limits=QUICK)
        conn.rollback()
        conn.execute(f"drop owned by {role}; drop role {role}")
    assert masked(caught.value).splitlines()[1:-1] == [
        "pid N (postgres, psql) holds access share lock."
    ]
