"""The snapshot of a catalogue: each change that a person can make by hand is seen, and named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from conftest import Server
from sqlwright.catalog import Snapshot, read_snapshot
from sqlwright.migrations.difference import Change, compare, fold

HERE = Path(__file__).parent
ROLES = ["diff_one", "diff_super"]
SETUP = """
    set client_min_messages = error;
    create role diff_one;
    create role diff_super superuser;
    set allow_in_place_tablespaces = on;
"""


@dataclass(frozen=True)
class Case:
    """SQL to run before, the change itself, and what is found of it."""

    given: str
    change: str
    finds: list[str]


def _cases(name: str) -> list[Case]:
    """The cases of a file: blocks of SQL below comments that say what is found."""
    blocks = (HERE / name).read_text(encoding="utf-8").strip().split("\n\n")[1:]
    cases = []
    for block in blocks:
        lines = block.splitlines()
        finds = [line.removeprefix("-- ") for line in lines if line.startswith("-- ")]
        given, _, change = block.rpartition("-- then\n")
        cases.append(
            Case(given=given, change=change, finds=[found for found in finds if found != "then"])
        )
    return cases


CASES = _cases("changes.sql")
CASES_18 = _cases("changes_18.sql")


@pytest.fixture(scope="module")
def everything(server: Server) -> Iterator[str]:
    """The URL of a database with one of each kind of object."""
    with (
        server.janitor("everything"),
        psycopg.connect(server.url("everything"), autocommit=True) as conn,
    ):
        conn.execute(SETUP)
        conn.execute("create tablespace diff_space location ''")
        conn.execute((HERE / "everything.sql").read_bytes())
        yield server.url("everything")
        conn.execute("drop schema shop, stock cascade")
        conn.execute("drop tablespace diff_space")
        conn.execute("drop role diff_one, diff_super")


@pytest.fixture(scope="module")
def connection(everything: str) -> Iterator[psycopg.Connection]:
    """A connection that may change the catalogues too."""
    with psycopg.connect(everything, autocommit=True) as conn:
        conn.execute("set allow_system_table_mods = on; set client_min_messages = error")
        yield conn


@pytest.fixture(scope="module")
def before(connection: psycopg.Connection) -> Snapshot:
    """What is there before a change, and after it was taken back."""
    return read_snapshot(connection, roles=ROLES)


def _found(before: Snapshot, after: Snapshot) -> list[str]:
    found = []
    for one in fold(compare(before, after)):
        names = [changed.property for changed in one.properties]
        what = ", ".join(names) if one.change is Change.CHANGED else one.change.value
        found.append(f"{one.object.key}: {what}")
    return found


def _hold(connection: psycopg.Connection, before: Snapshot, case: Case) -> None:
    with connection.transaction(force_rollback=True):
        if case.given:
            connection.execute(case.given)
            before = read_snapshot(connection, roles=ROLES)
        connection.execute(case.change)
        after = read_snapshot(connection, roles=ROLES)
    assert sorted(_found(before, after)) == sorted(case.finds)


@pytest.mark.parametrize("case", CASES, ids=lambda case: "; ".join(case.finds))
def test_a_change_is_found_and_named(connection, before, case):
    """The object and the property are named, and nothing else."""
    _hold(connection, before, case)


@pytest.mark.parametrize("case", CASES_18, ids=lambda case: "; ".join(case.finds))
def test_a_change_that_18_knows_is_found_and_named(connection, before, case):
    """The object and the property are named, and nothing else."""
    if connection.info.server_version < 180000:
        pytest.skip("PostgreSQL 18 knows it")
    _hold(connection, before, case)


def test_what_is_taken_back_is_no_change(connection, before):
    """After all changes were taken back, the snapshot is the first one."""
    assert read_snapshot(connection, roles=ROLES) == before
