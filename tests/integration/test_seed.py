"""`seed`: rows to develop with, bulk rows that are the same every time, and what is refused."""

import json
import os
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import psycopg
import pytest
from psycopg import pq
from pytest_postgresql.janitor import DatabaseJanitor

from commands import COMMAND, Said, project
from conftest import BINARIES
from sqlwright import seeding
from sqlwright.config import load_project
from sqlwright.conninfo import remote_hosts
from sqlwright.errors import LockError
from sqlwright.migrations import migrate
from sqlwright.secrets import Keyring, new_key, verify_password
from sqlwright.seeding import rows
from sqlwright.server import temporary_server
from sqlwright.urls import local_url
from sqlwright_systems.claude_fastapi import users as accounts
from sqlwright_systems.emotional_chat import users as people
from sqlwright_systems.sisyphus import users as testers
from sqlwright_systems.zishu import users as companions

pytestmark = pytest.mark.newest

ROOT = Path(__file__).parent.parent.parent
HOOKS = """
from pathlib import Path

def seed(conn, keys):
    query = "insert into shop.items select '茶' where not exists (select from shop.items {})"
    return {"shop.items": conn.execute(query.format("where name = '茶'")).rowcount}

def encrypt(conn, keys):
    made = conn.execute("insert into shop.items values (%s)", [keys.encrypt("秘密")]).rowcount
    return {"shop.items": made}

def fill():
    return Path(__file__).parent / "shop" / "fill.sql"
"""
FILL = """
-- name: items(rows)!
insert into shop.items
select '商品' || n || ' ' || random()
from generate_series(1, :rows::integer) as n;
"""
SEEDED = "table       rows made\nshop.items  {:>9}\n"
WOULD = (
    "This would empty database blank, with:\n"
    "  shop  1  tables,  1  rows\n"
    "Nothing was changed. Add --yes to do it.\n"
)
# Each row without the time of its last change; ciphertext differs each time.
CONTENT = r"""
    select
        count(*),
        md5(string_agg(line, '' order by line collate "C"))
    from (
        select regexp_replace((to_jsonb(t) - 'updated_at')::text, 'gAAAAA[\w=-]+', '…', 'g') as line
        from {} as t
    ) as lines
"""


@pytest.fixture
def cli(tmp_path, blank):
    """A project with hooks, on a database with its migrations."""
    made = project(tmp_path / "project", DATABASE_URL=blank)
    _set_hooks(made, seed="shop_hooks:seed", fill="shop_hooks:fill")
    (made.folder / "shop_hooks.py").write_text(HOOKS, encoding="utf-8")
    (made.folder / "shop").mkdir()
    (made.folder / "shop" / "fill.sql").write_text(FILL, encoding="utf-8")
    assert made("apply").code == 0
    return made


def _set_hooks(cli, **hooks):
    lines = [f'{name} = ["{hook}"]\n' for name, hook in hooks.items()]
    (cli.folder / "sqlwright.toml").write_text(f'name = "shop"\n[hooks]\n{"".join(lines)}')


def _items(url):
    with psycopg.connect(url) as conn:
        return [row[0] for row in conn.execute("select name from shop.items order by name")]


def test_seed(cli, blank):
    """The first `seed` makes the rows, the next finds them there."""
    assert cli("seed") == Said(0, SEEDED.format(1), "")
    assert cli("seed") == Said(0, SEEDED.format(0), "")
    assert _items(blank) == ["茶"]


def test_seed_json(cli):
    """`--json` is one document."""
    assert json.loads(cli("seed --json").out) == {"rows": {"shop.items": 1}}


@pytest.mark.parametrize("options", ["--reset", "--scale 1"])
def test_wants_yes(cli, blank, options):
    """What empties says what it would take away, and does nothing without `--yes`."""
    cli("seed")
    assert cli(f"seed {options}") == Said(2, "", WOULD)
    assert _items(blank) == ["茶"]


@pytest.mark.parametrize("options", ["--reset", "--scale 1"])
def test_empty_tables_want_no_yes(cli, options):
    """Where there are no rows there is nothing to agree to."""
    assert cli(f"seed {options}").code == 0


def test_reset(cli, blank):
    """`--reset` leaves the seed rows alone in the tables, and the migrations applied."""
    with psycopg.connect(blank) as conn:
        conn.execute("insert into shop.items values ('咖啡')")
    assert cli("seed --reset --yes") == Said(0, SEEDED.format(1), "")
    assert _items(blank) == ["茶"]
    assert cli("status --check").code == 0


def test_reset_keeps_the_bookkeeping(cli, blank):
    """In a schema of the project's that holds the bookkeeping too, that stays."""
    cli.write("public/public_0001_things.sql", "-- Things.\ncreate table public.things (n int);\n")
    cli("apply")
    with psycopg.connect(blank) as conn:
        conn.execute("insert into public.things values (1)")
    assert cli("seed --reset --yes").code == 0
    assert cli("status --check").code == 0
    with psycopg.connect(blank) as conn:
        assert conn.execute("select count(*) from public.things").fetchone() == (0,)


def test_scale(cli, blank):
    """`--scale 1` fills with 1,000 rows beside the seed rows, and repeated with the same ones."""
    assert cli("seed --scale 1") == Said(0, SEEDED.format(1001), "")
    first = _items(blank)
    assert cli("seed --scale 1 --yes") == Said(0, SEEDED.format(1001), "")
    assert (_items(blank), len(set(first))) == (first, 1001)


def test_scale_analyzes(cli, blank):
    """The planner knows what was filled."""
    cli("seed --scale 1")
    with psycopg.connect(blank) as conn:
        query = "select reltuples from pg_class where oid = 'shop.items'::regclass"
        assert conn.execute(query).fetchone() == (1000,)


def test_fill_from_a_folder(cli, blank):
    """A hook may name a folder: its files are read in sorted order."""
    folder = cli.folder / "shop" / "fill"
    folder.mkdir()
    (cli.folder / "shop" / "fill.sql").rename(folder / "01_items.sql")
    hooks = HOOKS.replace('/ "fill.sql"', '/ "fill"')
    (cli.folder / "shop_hooks.py").write_text(hooks, encoding="utf-8")
    assert cli("seed --scale 1").code == 0
    assert len(_items(blank)) == 1001


@pytest.mark.parametrize(("statement", "code"), [("select 1 / 0", 2), ("select pg_sleep(60)", 130)])
def test_nothing_is_half_done(cli, blank, statement, code):
    """Where a fill fails, or is interrupted, every row is there as it was."""
    cli("seed")
    (cli.folder / "shop" / "fill.sql").write_text(f"{FILL}\n-- name: broken()!\n{statement};\n")
    environ = {"PATH": os.defpath, "HOME": str(cli.folder), **cli.environ}
    with subprocess.Popen(
        [COMMAND, "seed", "--scale", "1", "--yes"],
        cwd=cli.folder,
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as running:
        if "sleep" in statement:
            _wait_for(blank, statement)
            running.send_signal(signal.SIGINT)
        assert running.wait(timeout=60) == code
    assert _items(blank) == ["茶"]


def _wait_for(url, statement):
    """Returns once a session runs the statement."""
    query = "select from pg_stat_activity where query like %s and pid <> pg_backend_pid()"
    with psycopg.connect(url, autocommit=True) as conn:
        while not conn.execute(query, [f"{statement}%"]).fetchall():
            time.sleep(0.02)


def test_progress_on_a_terminal(cli):
    """A terminal sees which table is being filled."""
    ours, theirs = os.openpty()
    environ = {"PATH": os.defpath, "HOME": str(cli.folder), "TERM": "xterm", **cli.environ}
    command = [COMMAND, "seed", "--scale", "1"]
    subprocess.run(
        command, cwd=cli.folder, env=environ, stdout=subprocess.DEVNULL, stderr=theirs, check=True
    )
    os.close(theirs)
    assert "shop.items" in os.read(ours, 100_000).decode()
    os.close(ours)


def test_pending_migrations(cli):
    """A database that is not up to date is not seeded."""
    cli.write("shop/shop_0003_more.sql", "-- More.\ncreate table shop.more (n int);\n")
    assert cli("seed") == Said(
        2,
        "",
        "error: blank is not up to date: 1 migration is pending.\nRun `sqlwright apply` first.\n",
    )


@pytest.mark.parametrize("options", ["", "--reset --yes"])
def test_no_seed_hook(cli, options):
    """Without a hook there is nothing to do, and it is said how to write one."""
    _set_hooks(cli)
    assert cli(f"seed {options}") == Said(
        2,
        "",
        "error: The project has no seed hook.\n"
        'Write seed = ["package.module:function"] in [tool.sqlwright.hooks].\n',
    )


def test_unknown_parameter(cli):
    """A fill query that wants what no one gives is refused before anything is emptied."""
    file = cli.folder / "shop" / "fill.sql"
    file.write_text("-- name: items(row)!\ninsert into shop.items values (:row::int::text);\n")
    assert cli("seed --scale 1 --yes") == Said(
        2,
        "",
        f"error: {file}, line 1: items declares row.\n"
        "A fill query may declare rows, password_hash, ciphertext.\n",
    )


def test_key_that_nobody_keeps(cli):
    """What is encrypted without a key of the project's can't be read again, and that is said."""
    _set_hooks(cli, seed="shop_hooks:encrypt")
    assert cli("seed") == Said(
        0,
        SEEDED.format(1),
        "SQLWRIGHT_SECRET_KEYS is not set: what is encrypted in these rows can't be read again.\n",
    )


def test_key_of_the_project(cli, blank):
    """What is encrypted with the project's key can be read with it."""
    _set_hooks(cli, seed="shop_hooks:encrypt")
    key = new_key()
    assert cli("seed", SQLWRIGHT_SECRET_KEYS=key) == Said(0, SEEDED.format(1), "")
    assert Keyring([key]).decrypt(_items(blank)[0]) == "秘密"


def test_rows_of_the_owner(cli, server):
    """On a database that `create` made the rows are made as its owner."""
    (cli.folder / "shop_hooks.py").write_text(HOOKS.replace("'茶' where", "current_user where"))
    url = server.url("seed_owned")
    try:
        assert cli("up", DATABASE_URL=url).code == 0
        assert _items(url) == ["seed_owned_owner"]
    finally:
        cli("drop --yes", DATABASE_URL=url)


def test_up_seeds(cli):
    """`up` ends with seeding, and the next `up` finds nothing to seed."""
    assert "Nothing to apply.\nSeeded 1 row.\n" in cli("up").out
    assert "Nothing to apply.\nNothing to seed.\n" in cli("up").out
    assert json.loads(cli("up --json").out)["seeded"] == {"shop.items": 0}


@pytest.fixture
def away(blank, tmp_path):
    """Variables that name the server of these tests, and then one that is not on this machine."""
    with psycopg.connect(blank) as conn:
        socket, port = conn.info.host, conn.info.port
    service = tmp_path / "service.conf"
    service.write_text(f"[both]\nhost={socket},db.example.com\nport={port},{port}\n")
    return {
        "DATABASE_URL": "postgresql://postgres@/blank?service=both",
        "PGSERVICEFILE": str(service),
    }


def test_another_machine(cli, away, blank):
    """Passwords that everybody knows stay out of another machine's server until they are let in."""
    refused = Said(
        2,
        "",
        "error: blank is on another machine (db.example.com), and seed rows have passwords that"
        " everybody knows.\n"
        "If nobody else can reach that server, add --well-known-passwords.\n",
    )
    for options in ("", "--reset", "--scale 1"):
        assert cli(f"seed {options}", **away) == refused
    assert _items(blank) == []
    assert cli("seed --well-known-passwords", **away) == Said(0, SEEDED.format(1), "")


def test_up_on_another_machine(cli, away, blank):
    """`up` says that it leaves seeding out there."""
    said = cli("up", **away)
    line = "Not seeded, since another machine serves it: db.example.com.\n"
    assert (said.code, said.err) == (0, line)
    assert "eed" not in said.out
    assert _items(blank) == []


@pytest.mark.parametrize(
    ("settings", "hosts"),
    [
        ("", []),
        ("host=/tmp", []),
        ("host=@abstract", []),
        ("host=localhost", []),
        ("host=127.0.0.1,::1", []),
        ("host=127.1.2.3,/tmp", []),
        ("hostaddr=127.0.0.1", []),
        ("host=db.example.com hostaddr=127.0.0.1", []),
        ("host=db.example.com", ["db.example.com"]),
        ("host=localhost,10.0.0.7", ["10.0.0.7"]),
        ("host=localhost hostaddr=10.0.0.7", ["localhost"]),
        ("hostaddr=10.0.0.7,127.0.0.1", ["10.0.0.7"]),
        ("host=127.0.0.1.example.com", ["127.0.0.1.example.com"]),
    ],
)
def test_remote_hosts(settings, hosts):
    """A socket and a loopback address are this machine's; any other of the hosts is not."""
    conn = SimpleNamespace(pgconn=SimpleNamespace(info=pq.Conninfo.parse(settings.encode())))
    assert remote_hosts(conn) == hosts


def test_table_in_use(cli, blank, monkeypatch):
    """A table that somebody works with is waited for, and then it is said."""
    cli("seed")
    monkeypatch.setattr(rows, "_LOCK_TIMEOUT", "set local lock_timeout = '50ms'")
    shop = load_project(start=cli.folder, environ=cli.environ)
    with psycopg.connect(blank) as conn:
        conn.execute("select from shop.items")
        with pytest.raises(LockError) as caught:
            seeding.refill(shop)
    assert str(caught.value) == (
        "A table of blank is in use by another session.\n"
        "End its transaction, or stop the application, and run the command again."
    )


@pytest.fixture
def systems(database):
    """This project, on a database of its own."""
    return load_project(start=ROOT, database=database, environ={})


def _tables(url):
    """The tables of the five systems and their rows."""
    with psycopg.connect(url) as conn:
        names = conn.execute(
            "select format('%I.%I', schemaname, tablename) from pg_tables"
            " where schemaname not in ('pg_catalog', 'information_schema', 'public')"
        ).fetchall()
        conn.execute("set timezone = 'UTC'")
        return {name: conn.execute(CONTENT.format(name)).fetchone() for (name,) in names}


def test_systems_are_seeded_once(systems, database):
    """Every system has seed rows, and a second run makes none."""
    first = seeding.seed(systems)
    before = _tables(database)
    assert {name.partition(".")[0] for name, made in first.items() if made} == {
        name.partition(".")[0] for name in before
    }
    assert set(seeding.seed(systems).values()) == {0}
    assert _tables(database) == before


@pytest.mark.parametrize(
    ("find", "who", "password"),
    [
        (accounts.get_for_login, {"login": "admin"}, "admin123456"),
        (accounts.get_for_login, {"login": "admin@example.com"}, "admin123456"),
        (accounts.get_for_login, {"login": "testuser1"}, "testpass123"),
        (accounts.get_for_login, {"login": "testuser2@example.com"}, "testpass123"),
        (accounts.get_for_login, {"login": "developer"}, "devpass123"),
        (people.get_for_login, {"login": "demo"}, "demo123456"),
        (testers.get_credentials, {"email": "admin@example.com"}, "admin123456"),
        (companions.get_by_login, {"login": "admin"}, "admin123456"),
        (companions.get_by_login, {"login": "xiaolin"}, "testpass123"),
    ],
)
def test_seeded_accounts_log_in(seeded, find, who, password):
    """The accounts have the passwords that the page on seed data names."""
    with psycopg.connect(seeded) as conn:
        found = find(conn, **who)
    stored = found.password_hash if find is companions.get_by_login else found.hashed_password
    assert verify_password(stored, password)


def test_seeded_administrator(seeded):
    """The accounts' administrator is one, and nobody else; all have a verified address."""
    with psycopg.connect(seeded) as conn:
        page = accounts.page(conn, before_id=None, limit=10)
    assert {user.username for user in page if user.is_superuser} == {"admin"}
    assert all(user.is_verified for user in page)


@pytest.fixture(scope="module")
def seeded(server, template):
    """The URL of a database with the seed rows."""
    with server.janitor("seeded", template_dbname=template):
        url = server.url("seeded")
        seeding.seed(load_project(start=ROOT, database=url, environ={}))
        yield url


def test_systems_are_filled(systems, database):
    """Each table has rows, and none more than were wanted beside the seed rows."""
    seeded = seeding.seed(systems)
    seeding.refill(systems, rows=1000)
    counted = {name: count for name, (count, _) in _tables(database).items()}
    assert {name for name, count in counted.items() if not count} == set()
    assert {name for name, count in counted.items() if count > 1000 + seeded.get(name, 0)} == set()


def test_the_same_rows_every_time():
    """A second time, and on another version of PostgreSQL, the rows are the same."""
    made = []
    for binaries in BINARIES.values():
        if binaries is None or binaries.is_dir():
            environ = {"PG_BINDIR": str(binaries)} if binaries else {}
            with temporary_server(environ=environ) as server:
                url = local_url(
                    user="postgres",
                    database="filled",
                    socket=str(server.socket),
                    port=server.port,
                )
                made += _filled_twice(url, server)
    assert all(other == made[0] for other in made)


def _filled_twice(url, server):
    systems = load_project(start=ROOT, database=url, environ={})
    systems = replace(systems, hooks={"fill": systems.hooks["fill"]})
    with DatabaseJanitor(
        user="postgres", host=str(server.socket), port=server.port, dbname="filled"
    ):
        migrate.apply(systems)
        for _ in range(2):
            seeding.refill(systems, rows=200)
            yield _tables(url)
