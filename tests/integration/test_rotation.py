"""After a change of key everything is under the newest, whoever writes meanwhile."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest
from cryptography.fernet import Fernet

from commands import Sqlwright
from sqlwright.config import load_project
from sqlwright.errors import ConfigError, DatabaseError
from sqlwright.migrations.backfill import Pace
from sqlwright.operations.rotation import Rotated, Unreadable, rotate
from sqlwright.secrets import Keyring, new_key

pytestmark = pytest.mark.newest

ROOT = Path(__file__).parent.parent.parent
OLD, NEW, LOST = new_key(), new_key(), new_key()
QUICK = Pace(batch=3, pause=0, lock=0.2)
USERS = """
insert into iopaint.users (openid, phone, email)
select 'o' || n, phones.phone, case n %% 2 when 0 then phones.phone end
from unnest(%s::text[]) with ordinality as phones (phone, n)
"""


@pytest.fixture
def users(database):
    """Seven users whose phones, and some of whose addresses, the older key encrypted."""
    keys = Keyring([OLD])
    with psycopg.connect(database, autocommit=True) as conn:
        conn.execute(USERS, [[keys.encrypt(f"1380000000{n}") for n in range(7)]])
        yield conn


@pytest.fixture
def project(database):
    """The five systems, with the newer key in front of the older one."""
    environ = {"SQLWRIGHT_SECRET_KEYS": f"{NEW},{OLD}"}
    return load_project(start=ROOT, database=database, environ=environ)


def _phones(conn, key):
    """The phones, opened by that key alone."""
    rows = conn.execute("select phone from iopaint.users order by id")
    return [Keyring([key]).decrypt(phone) for (phone,) in rows]


def test_everything_is_under_the_newest_key_afterwards(users, project):
    """The same texts, which the newest key alone opens; a second run finds nothing to do."""
    first = rotate(project, pace=QUICK)
    assert first[0] == Rotated(table="iopaint.users", rows=7, outdated=10, rotated=10)
    assert _phones(users, NEW) == [f"1380000000{n}" for n in range(7)]
    again = rotate(project, pace=QUICK)
    assert again[0] == Rotated(table="iopaint.users", rows=7, current=10)


def test_a_look_changes_nothing(users, project):
    """It counts what is under which key."""
    (looked, *_) = rotate(project, dry_run=True, pace=QUICK)
    assert looked == Rotated(table="iopaint.users", rows=7, outdated=10)
    assert len(_phones(users, OLD)) == 7


def test_a_run_that_is_stopped_is_gone_on_with(users, project):
    """It stops between two pages; the next run leaves alone what is done."""
    seen = []
    stopped = rotate(project, pace=QUICK, show=seen.append, stop=lambda: len(seen) == 1)
    assert stopped == [
        Rotated(table="iopaint.users", rows=3, outdated=4, rotated=4, finished=False)
    ]
    resumed = rotate(project, pace=QUICK)
    assert resumed[0] == Rotated(table="iopaint.users", rows=7, current=4, outdated=6, rotated=6)


@pytest.mark.parametrize(
    "lost",
    [Keyring([LOST]).encrypt("13900000000"), Fernet(OLD).encrypt(b"\xff").decode()],
    ids=["of a lost key", "of no text"],
)
def test_what_no_key_opens_is_named_and_stays(users, project, lost):
    """By its key and column; the rest is rotated."""
    users.execute("update iopaint.users set email = %s where id = 3", [lost])
    (came, *_) = rotate(project, pace=QUICK)
    assert came.unreadable == (Unreadable(key="3", column="email"),)
    assert (came.rotated, came.outdated) == (10, 10)
    assert users.execute("select email from iopaint.users where id = 3").fetchone() == (lost,)


def test_who_writes_meanwhile_is_not_overwritten(users, project, monkeypatch):
    """What was changed since it was read is read again, and rotated too."""
    written = []

    def write_before(self, ciphertext):
        if not written:
            written.append(True)
            fresh = Keyring([OLD]).encrypt("13911111111")
            users.execute("update iopaint.users set phone = %s where id = 2", [fresh])
        return rotated(self, ciphertext)

    rotated = Keyring.rotate
    monkeypatch.setattr(Keyring, "rotate", write_before)
    (came, *_) = rotate(project, pace=QUICK)
    assert came == Rotated(table="iopaint.users", rows=7, outdated=10, rotated=10)
    assert _phones(users, NEW)[1] == "13911111111"


def test_a_row_in_use_is_waited_for(users, project):
    """A page whose row somebody holds is tried again, smaller."""
    told = []
    with psycopg.connect(users.info.dsn) as other:
        other.execute("select from iopaint.users where id = 2 for update")

        def talk(line):
            told.append(line.partition(";")[0])
            other.rollback()

        (came, *_) = rotate(project, pace=QUICK, talk=talk)
    assert told == ["canceling statement due to lock timeout"]
    assert came == Rotated(table="iopaint.users", rows=7, outdated=10, rotated=10)


def test_a_row_that_is_kept_as_it_is(users, project):
    """It is tried some times, and then said: else nobody would know why there is no end."""
    users.execute(
        "create function keep() returns trigger language plpgsql as 'begin return null; end';"
        "create trigger keep before update on iopaint.users"
        " for each row when (old.id = 2) execute function keep()"
    )
    rounds = iter(range(100))
    with pytest.raises(DatabaseError) as caught:
        rotate(project, pace=QUICK, stop=lambda: next(rounds, None) is None)
    assert str(caught.value) == (
        "iopaint.users 2 stays as it was, 10 times.\n"
        "See what `replace` of its hook asks for, and whether a trigger keeps the row."
    )
    (phone,) = users.execute("select phone from iopaint.users where id = 1").fetchone()
    assert Keyring([NEW]).decrypt(phone) == "13800000000"


def test_a_table_that_is_not_there_is_said_to_be_left_out(users, project):
    """Somebody might take the older key away."""
    told = []
    users.execute("drop table iopaint.system_configs")
    done = rotate(project, pace=QUICK, talk=told.append)
    assert [came.table for came in done] == ["iopaint.users", "sisyphus.database_configs"]
    assert told == ["iopaint.system_configs is not in this database, and is left out."]


def test_every_column_of_ciphertext_has_a_hook(db):
    """Each column that a check holds to be ciphertext is one that a rotation reaches."""
    from sqlwright.hooks import load_hooks

    hooks = load_hooks(load_project(start=ROOT), "rotate")
    reached = {
        f"{one.table}.{column}" for hook in hooks for one in hook() for column in one.columns
    }
    rows = db.execute(
        "select conrelid::regclass || '.' || attname from pg_constraint"
        " join pg_attribute on attrelid = conrelid and attnum = any(conkey)"
        " where contype = 'c' and pg_get_constraintdef(pg_constraint.oid) ~"
        " format('is_ciphertext\\(\\(?%I\\)?', attname)"
    )
    assert {name for (name,) in rows} == reached


def test_the_command(users, database):
    """It counts by table, names what can't be opened, and ends with 1 for that."""
    users.execute(
        "update iopaint.users set phone = %s where id = 7", [Keyring([LOST]).encrypt("x")]
    )
    sqlwright = Sqlwright(ROOT, {"DATABASE_URL": database, "SQLWRIGHT_SECRET_KEYS": f"{NEW},{OLD}"})
    said = sqlwright("rotate-secrets --pause 0")
    assert said.out == (
        "table                      rows  newest key  rotated  unreadable\n"
        "iopaint.users                 7           0        9           1\n"
        "iopaint.system_configs        0           0        0           0\n"
        "sisyphus.database_configs     0           0        0           0\n"
    )
    assert said.code == 1
    assert said.err == (
        "iopaint.users 7: no key opens phone.\n"
        "Put the key that made them behind the newest, and run the command again.\n"
    )
    looked = sqlwright("rotate-secrets --dry-run --json")
    assert json.loads(looked.out)["tables"][0] == {
        "table": "iopaint.users",
        "rows": 7,
        "current": 9,
        "outdated": 0,
        "rotated": 0,
        "unreadable": [{"key": "7", "column": "phone"}],
        "finished": True,
    }


def test_a_project_without_the_hook_is_told(tmp_path, blank):
    """There is nothing to rotate, and how to say what is."""
    (tmp_path / "sqlwright.toml").write_text('name = "shop"\n')
    environ = {"SQLWRIGHT_SECRET_KEYS": NEW}
    with pytest.raises(ConfigError) as caught:
        rotate(load_project(start=tmp_path, database=blank, environ=environ))
    assert str(caught.value) == (
        "The project has no rotate hook.\n"
        'Write rotate = ["package.module:function"] in [tool.sqlwright.hooks].'
    )
