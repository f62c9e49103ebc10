"""Whatever ends at whatever point: the same command once more, and all is as if nothing had been.

`make soak` tries random points of all kinds; here the process ends between any two messages that
are waited on, the rest ends at some.
"""

from __future__ import annotations

import time
from contextlib import closing
from itertools import islice

import psycopg
import pytest

import crash
from crash import APPLY, KINDS, ROLLBACK, VERSIONS
from proxy import Proxy

# The process ends before each round; odd strides take turns between before and after one.
STRIDES = {"process": 2, "network": 9, "backend": 11, "server": 13}
BRAKE = "select pg_sleep(seconds) from public.brake;"
INDEX = "-- transactional: false\ncreate index concurrently items_id_idx on public.items (id);\n"


@pytest.fixture(scope="module", params=VERSIONS)
def mortal(request):
    """A server that may be killed."""
    binaries = VERSIONS[request.param]
    if binaries is not None and not binaries.is_dir():
        pytest.skip(f"{binaries} is not installed")
    with crash.mortal_server(binaries) as server:
        yield server


@pytest.mark.parametrize("line", [APPLY, ROLLBACK], ids=["apply", "rollback"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_crash_at_any_point_does_no_harm(mortal, tmp_path, kind, line):
    """Nothing is there twice or half: catalogue, rows, marks, log and locks."""
    with crash.trials(mortal, crash.write_project(tmp_path)) as trials:
        tried = 0
        for point in islice(crash.points(kind), 0, None, STRIDES[kind]):
            if not trials.survives(point, line):
                break
            tried += 1
    assert tried * STRIDES[kind] > 60


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("migration", "working"),
    [(f"insert into items values (2); {BRAKE}", "pg_sleep"), (INDEX, "create index")],
    ids=["transaction", "concurrently"],
)
def test_a_crash_within_a_statement_does_no_harm(mortal, tmp_path, kind, migration, working):
    """A file that had done half of its work, and an index that was half built."""
    folder = tmp_path / "migrations" / "shop"
    folder.mkdir(parents=True)
    (tmp_path / "sqlwright.toml").write_text('name = "shop"\n')
    (folder / "shop_0001_x.sql").write_text(migration)
    with crash.clone(mortal) as database:
        url = mortal.url(database)
        execute(url, "create table items (id int); insert into items values (1)")
        execute(url, "create table brake as select 60 as seconds")
        # An index waits for the first transaction, a file sleeps: both are found at work.
        with closing(psycopg.connect(url)) as old, Proxy(mortal.socket) as proxy:
            old.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            old.execute("select from items")
            process = crash.start(APPLY, tmp_path, proxy.url(database))
            wait_until(url, f"query ~ '{working}' and client_addr is null and state = 'active'")
            strikes = {
                "process": process.kill,
                "network": proxy.cut,
                "backend": mortal.kill_backend,
                "server": mortal.kill,
            }
            strikes[kind]()
            crash.ended(process, APPLY)
        mortal.recover()
        execute(url, "update brake set seconds = 0")
        assert crash.run(APPLY, tmp_path, url)[0] == 0
        rows = 1 if migration is INDEX else 2
        assert execute(url, "select count(*)::int from items") == rows
        valid = (
            "select count(*)::int from pg_index where indrelid = 'items'::regclass and indisvalid"
        )
        assert execute(url, valid) == 2 - rows
        assert execute(url, "select count(*)::int from _yoyo_log") == 1


def execute(url, statement):
    """The first value, if there is one."""
    with psycopg.connect(url, autocommit=True) as conn:
        cursor = conn.execute(statement)
        return cursor.fetchone()[0] if cursor.description else None


def wait_until(url, condition):
    """Until there is such a session."""
    others = "pg_stat_activity where pid <> pg_backend_pid()"
    query = f"select exists (select from {others} and {condition})"
    deadline = time.monotonic() + 30
    while not execute(url, query):
        assert time.monotonic() < deadline, condition
        time.sleep(0.01)
