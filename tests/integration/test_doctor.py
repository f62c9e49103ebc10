"""The doctor: what it finds, why that matters, what it says to do, and what it can't see."""

import json
import os
import signal
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from commands import Said, project
from sqlwright.config import Project
from sqlwright.migrations import migrate
from sqlwright.observe.measures import Measure, Measures
from sqlwright.operations import doctor
from sqlwright.operations.alerts import judge, read_rules
from sqlwright.operations.doctor import Level, diagnose
from sqlwright.operations.doctor_server import tls, version
from sqlwright.operations.doctor_settings import look_at_settings
from sqlwright.operations.metrics import Judgement
from sqlwright.server import temporary_server
from sqlwright.server.database import create_database

pytestmark = pytest.mark.newest

SAFE = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "idle_in_transaction_session_timeout": "5min",
    "log_min_duration_statement": "1s",
    "log_lock_waits": "on",
    "timezone": "UTC",
}


@pytest.fixture
def cli(tmp_path, blank):
    """A project whose three migrations are applied."""
    made = project(tmp_path / "project", DATABASE_URL=blank)
    migrate.apply(Project(root=made.folder, name="shop", url=blank))
    return made


@pytest.fixture
def where(cli, blank):
    """The same project, for calls."""
    return Project(root=cli.folder, name="shop", url=blank)


@pytest.fixture
def conn(blank):
    """A connection to its database, in autocommit."""
    with psycopg.connect(blank, autocommit=True) as conn:
        yield conn


@pytest.fixture
def backed_up(cli):
    """`backed_up(hours)`: a backup that was finished so long ago."""

    def write(hours, name="one", text=None):
        at = datetime.now(UTC) - timedelta(hours=hours)
        path = cli.folder / "backups" / name / "manifest.json"
        path.parent.mkdir(parents=True)
        path.write_text(text or json.dumps({"finished_at": at.isoformat()}))
        return at

    return write


def _found(project, *names, with_drift=False):
    """The findings of those names."""
    findings = diagnose(project, with_drift=with_drift)
    return [one for one in findings if one.name in names]


@pytest.fixture(scope="module")
def safe():
    """A server as it should be."""
    with temporary_server(settings=SAFE) as running:
        yield running


def test_all_is_well(safe, tmp_path):
    """A server as it should be, migrated and backed up, leaves nothing to do: exit 0."""
    url = safe.url(database="shop")
    cli = project(tmp_path / "project", DATABASE_URL=url, DB_STATEMENT_TIMEOUT="30")
    where = Project(root=cli.folder, name="shop", url=url)
    create_database(where)
    migrate.apply(where)
    made = cli.folder / "backups" / "one" / "manifest.json"
    made.parent.mkdir(parents=True)
    made.write_text(json.dumps({"finished_at": datetime.now(UTC).isoformat()}))
    said = cli("doctor --json")
    findings = json.loads(said.out)["findings"]
    assert [one for one in findings if one["level"] in {"problem", "advice"}] == []
    assert said.code == 0


def test_a_server_that_hangs(safe, tmp_path):
    """While the server stands still the doctor waits for it a while, and then says so."""
    where = Project(root=tmp_path, name="shop", url=safe.url())
    os.kill(safe.pid, signal.SIGSTOP)
    try:
        (connection, _) = diagnose(where, patience=0.2)
    finally:
        os.kill(safe.pid, signal.SIGCONT)
    assert (connection.seen, connection.do) == (
        "no answer within 0.2 s.",
        "It takes connections, but hangs: look at its machine and its log.",
    )


def test_text(cli, backed_up):
    """What is wrong comes first, with why and what to do, and exit 1; what is fine in one line."""
    backed_up(0)
    said = cli("doctor --no-drift", DB_STATEMENT_TIMEOUT="30")
    assert (said.code, said.err) == (1, "")
    lines = said.out.splitlines()
    assert lines[:3] == [
        "problem: setting fsync: fsync is off",
        "    A crash of the machine can destroy the whole database.",
        "    alter system set fsync = on; select pg_reload_conf();",
    ]
    assert lines[-2].startswith("Fine: connection, tls, version, ")
    assert lines[-2].endswith(", migrations, measures, backups.")


def test_no_connection(tmp_path):
    """Without a connection that is the finding, with what to do, and backups are looked at."""
    cli = project(tmp_path / "p", DATABASE_URL="postgresql://bob:geheim@127.0.0.1:1/shop")
    assert cli("doctor") == Said(
        1,
        "problem: connection: Connection refused.\n"
        "    Nothing else can be looked at.\n"
        "    Start the server there, or mend host and port in DATABASE_URL.\n"
        f"problem: backups: there is none of shop in {cli.folder}/backups\n"
        "    What is lost now is lost for good.\n"
        "    Run `sqlwright backup` every day, and name its folder in [tool.sqlwright] backups.\n"
        "Fine: nothing.\n"
        "Problem: 2 / Advice: 0 / Unseen: 0 / Fine: 0\n",
        "",
    )


def test_migrations(cli, where):
    """Pending, edited and missing migrations are each a finding, and drift can't be judged then."""
    cli.write("shop/shop_0003_more.sql", "-- More.\n-- depends: shop_0002_items\nselect 1;\n")
    cli.write("shop/shop_0002_items.sql", "-- Edited.\n-- depends: shop_0001_schema\nselect 1;\n")
    findings = [
        one
        for one in diagnose(where, with_drift=True)
        if one.name.startswith(("migrations", "drift"))
    ]
    assert [(one.name, one.level, one.seen) for one in findings[:2]] == [
        ("migrations pending", Level.PROBLEM, "1 pending: shop_0003_more"),
        ("migrations changed", Level.PROBLEM, "1 changed: shop_0002_items"),
    ]
    assert (findings[2].name, findings[2].level) == ("drift", Level.UNSEEN)


def test_what_somebody_has_locked(where, blank):
    """A migration that stands still may be why one asks: it is not waited for."""
    with psycopg.connect(blank) as other:
        other.execute("lock table _yoyo_migration")
        found = _found(where, "migrations", "drift", with_drift=True)
    assert [(one.level, one.seen) for one in found] == [
        (Level.UNSEEN, "canceling statement due to lock timeout")
    ] * 2


def test_what_can_only_be_read(where, conn):
    """On a standby there is no scratch database: that is said of drift alone."""
    conn.execute("create role doctor_reader login superuser")
    conn.execute("alter role doctor_reader set default_transaction_read_only = on")
    reader = replace(where, url=where.url.replace("postgres@", "doctor_reader@"))
    try:
        (drift,) = _found(reader, "drift", with_drift=True)
    finally:
        conn.execute("drop role doctor_reader")
    assert (drift.level, drift.do) == (Level.UNSEEN, "Look on the primary.")


def test_a_deadlock_of_long_ago(where, monkeypatch):
    """Nobody knows when a counter grew, so that it can't be a problem for ever."""
    measures = Measures(measures=(Measure(name="sqlwright_deadlocks_total", value=1),))
    alerts = tuple(judge(read_rules(), measures.measures))
    judgement = Judgement(measures=measures, alerts=alerts, unjudged={})
    monkeypatch.setattr(doctor, "check", lambda _: judgement)
    (deadlocks,) = _found(where, "Deadlocks")
    assert (deadlocks.level, deadlocks.seen) == (Level.ADVICE, "deadlocks_total is 1")


def test_drift(where, conn):
    """What was changed by hand is counted and named."""
    conn.execute("alter table shop.items add spare text")
    (drift,) = _found(where, "drift", with_drift=True)
    assert (drift.level, drift.seen) == (Level.PROBLEM, "1 difference: column shop.items.spare")


def test_an_invalid_index(where, conn):
    """What the alert rules say of what lasts is a finding."""
    conn.execute("insert into shop.items values ('a'), ('a')")
    with pytest.raises(psycopg.errors.UniqueViolation):
        conn.execute("create unique index concurrently broken on shop.items (name)")
    (index,) = _found(where, "IndexIsInvalid")
    assert index.level is Level.PROBLEM
    assert index.seen == "invalid_index of shop.broken is 1"


@pytest.mark.parametrize(
    ("hours", "level"), [((1,), Level.FINE), ((30, 2), Level.FINE), ((30, 50), Level.PROBLEM)]
)
def test_backups(where, backed_up, hours, level):
    """The newest backup counts; one of more than a day and two hours is too old."""
    newest = max(backed_up(one, name=str(one)) for one in hours)
    (found,) = _found(where, "backups")
    assert found.level is level
    assert found.seen.startswith(f"the newest is of {newest:%Y-%m-%dT%H:%M:%SZ}")


def test_a_backup_that_is_none(where, backed_up):
    """Nor is one of another database's rows, or of a time that is still to come."""
    backed_up(0, name="cut", text='{"finished_at": "2026-')
    backed_up(0, name="unfinished", text='{"started_at": "2026-11-22T00:00:00Z"}')
    backed_up(-48, name="future")
    at = datetime.now(UTC).isoformat()
    other = {"kind": "logical", "database": "another", "finished_at": at}
    backed_up(0, name="another", text=json.dumps(other))
    (found,) = _found(where, "backups")
    name = psycopg.conninfo.conninfo_to_dict(where.url)["dbname"]
    assert found.seen == f"there is none of {name} in {where.root}/backups"


def test_without_rights(where, conn):
    """A role without rights gets all that it can see, and is told what it can't, and to do what."""
    conn.execute('create role "doctor-guest" login')
    guest = replace(where, url=where.url.replace("postgres@", "doctor-guest@"))
    try:
        findings = diagnose(guest)
    finally:
        conn.execute('drop role "doctor-guest"')
    does = {one.do for one in findings if one.level is Level.UNSEEN}
    assert does == {"Look as the database's owner.", 'grant pg_monitor to "doctor-guest";'}
    unseen = {one.name: one.seen for one in findings if one.level is Level.UNSEEN}
    assert unseen == {
        "migrations": "permission denied for table _yoyo_migration",
        "drift": "permission denied for table _yoyo_migration",
        "sqlwright_longest_statement_seconds": "it takes the role pg_monitor",
        "sqlwright_longest_transaction_seconds": "it takes the role pg_monitor",
        "sqlwright_disk_used_ratio": "it takes the role pg_monitor",
    }
    assert any(one.name == "setting fsync" for one in findings)


def test_mighty_roles(where, conn):
    """An application that may more than its rights is a problem, and so is an open schema."""
    conn.execute(f"create role {conn.info.dbname}_app login superuser")
    conn.execute("grant create on schema public to public")
    try:
        roles, public = _found(where, "roles", "schema public")
    finally:
        conn.execute(f"drop role {conn.info.dbname}_app")
    assert roles.seen == f"{conn.info.dbname}_app may more than the database needs"
    assert public.do == "revoke create on schema public from public;"


@pytest.mark.parametrize(
    ("number", "level", "seen"),
    [
        (140020, Level.PROBLEM, "PostgreSQL 14.20"),
        (150018, Level.FINE, "PostgreSQL 15.18"),
        (150001, Level.PROBLEM, "PostgreSQL 15.1, while there is 15.18"),
        (180009, Level.FINE, "PostgreSQL 18.9"),
        (190000, Level.ADVICE, "PostgreSQL 19.0"),
    ],
)
def test_versions(number, level, seen):
    """A version that is too old, or misses minor releases, is a problem; a newer one advice."""
    found = version(number)
    assert (found.level, found.seen) == (level, seen)


@pytest.mark.parametrize(
    ("has_tls", "is_local", "level"),
    [(True, False, Level.FINE), (False, True, Level.FINE), (False, False, Level.PROBLEM)],
)
def test_tls(has_tls, is_local, level):
    """Between two machines there must be TLS."""
    session = {"has_tls": has_tls, "is_local": is_local, "address": "10.0.0.7"}
    assert tls(session).level is level


@pytest.mark.parametrize(
    ("settings", "name", "level"),
    [
        ({"autovacuum": "off"}, "setting autovacuum", Level.PROBLEM),
        ({"password_encryption": "md5"}, "setting password_encryption", Level.PROBLEM),
        ({"data_checksums": "off"}, "setting data_checksums", Level.ADVICE),
        ({"TimeZone": "Asia/Shanghai"}, "setting TimeZone", Level.ADVICE),
        ({"TimeZone": "Etc/UTC"}, "setting TimeZone", Level.FINE),
        ({"statement_timeout": "0"}, "setting statement_timeout", Level.ADVICE),
        ({"statement_timeout": "500"}, "setting statement_timeout", Level.FINE),
        ({"max_connections": "20"}, "setting max_connections", Level.PROBLEM),
    ],
)
def test_settings(settings, name, level):
    """A setting is judged by its value, and by what a pool asks for."""
    given = {"max_connections": "100", "superuser_reserved_connections": "3", **settings}
    found = {
        one.name: one.level for one in look_at_settings(given, statement_timeout=None, pool=30)
    }
    assert found[name] is level
