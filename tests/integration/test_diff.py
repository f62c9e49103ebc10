"""`diff`: the database against its migrations, and the scratch database that this needs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from commands import project
from conftest import BINARIES
from sqlwright.config import Project
from sqlwright.migrations.scratch import scratch_database

pytestmark = pytest.mark.newest

NOT_OURS = "{name} was not made by `sqlwright create`: owners and grants are not compared.\n"
SCRATCHES = "select datname from pg_database where datname ~ '_scratch_' order by 1"
HOLD = """
import sys, time
from pathlib import Path
from sqlwright.config import Project
from sqlwright.migrations.scratch import scratch_database

project = Project(root=Path(sys.argv[1]), name="held", url=sys.argv[2])
with scratch_database(project, migrations=()) as url:
    print(url, flush=True)
    time.sleep(60)
"""


@pytest.fixture
def cli(tmp_path, blank):
    """A project on an empty database that somebody else made, everything applied."""
    made = project(tmp_path / "project", DATABASE_URL=blank)
    assert made("apply").code == 0
    return made


@pytest.fixture
def ours(tmp_path, server):
    """A project whose database `sqlwright create` made; it and its roles go with the test."""
    made = project(tmp_path / "project", DATABASE_URL=server.url("diffed"))
    assert made("create").code == 0
    assert made("apply").code == 0
    yield made
    assert made("drop --yes").code == 0


@pytest.fixture
def by_hand():
    """`by_hand(sql)`: somebody changes the database of the project."""

    def change(cli, sql):
        with psycopg.connect(cli.environ["DATABASE_URL"], autocommit=True) as conn:
            conn.execute(sql)

    return change


def _scratches(server) -> list[str]:
    with psycopg.connect(server.url()) as conn:
        return [name for (name,) in conn.execute(SCRATCHES)]


def test_no_difference(cli, server):
    """A database as its migrations made it: exit 0, and no scratch database stays."""
    said = cli("diff")
    assert (said.code, said.out) == (0, "No differences.\n")
    assert said.err == NOT_OURS.format(name="blank")
    assert _scratches(server) == []


def test_a_change_by_hand(cli, by_hand):
    """Each object that differs is a line, with lines for its properties; exit 1."""
    by_hand(
        cli,
        """
        alter table shop.items alter name set default 'x', add price numeric;
        create table shop.more (a integer primary key);
        drop schema common cascade;
        """,
    )
    said = cli("diff")
    assert said.code == 1
    assert said.out == (
        "missing     schema common\n"
        "changed     column shop.items.name\n"
        "    default: none -> 'x'::text\n"
        "unexpected  column shop.items.price\n"
        "    numeric\n"
        "unexpected  table shop.more\n"
        "\n"
        "4 differences.\n"
    )


def test_json(cli, by_hand):
    """`--json` has kind, name, change and the properties with both values."""
    by_hand(cli, "alter table shop.items alter name set not null; create sequence shop.numbers")
    said = cli("diff --json")
    document = json.loads(said.out)
    changed, unexpected = document["differences"]
    assert (said.code, document["pending"]) == (1, [])
    assert changed == {
        "kind": "column",
        "name": "shop.items.name",
        "change": "changed",
        "properties": [{"property": "not_null", "expected": False, "found": True}],
    }
    assert (unexpected["kind"], unexpected["name"]) == ("sequence", "shop.numbers")
    assert unexpected["change"] == "unexpected"
    assert {"property": "type", "expected": None, "found": "bigint"} in unexpected["properties"]


def test_what_is_pending_is_no_difference(cli):
    """A migration that the database hasn't had is said, and not counted."""
    cli.write(
        "shop/shop_0003_more.sql", "-- depends: shop_0002_items\ncreate table shop.more ();\n"
    )
    said = cli("diff")
    assert (said.code, said.out) == (0, "No differences.\n")
    assert said.err == (
        NOT_OURS.format(name="blank") + "Pending, which counts as no difference: shop_0003_more.\n"
    )
    assert json.loads(cli("diff --json").out) == {"differences": [], "pending": ["shop_0003_more"]}


def test_what_was_made_by_hand_before_its_migration(cli, by_hand):
    """A table that a pending migration would make is unexpected until then."""
    cli.write(
        "shop/shop_0003_more.sql", "-- depends: shop_0002_items\ncreate table shop.more ();\n"
    )
    by_hand(cli, "create table shop.more ()")
    assert cli("diff").out == "unexpected  table shop.more\n\n1 difference.\n"


def test_the_order_of_applying_counts(cli):
    """A file that was written later and sorts before others is expected to come after them."""
    for number in (4, 3):
        cli.write(
            f"shop/shop_000{number}_x.sql",
            f"-- depends: shop_0002_items\nalter table shop.items add column c{number} text;\n",
        )
        assert cli("apply").code == 0
    assert cli("diff").out == "No differences.\n"


@pytest.mark.parametrize(
    ("options", "code", "out"),
    [
        ("--schema common", 0, "No differences.\n"),
        ("--ignore comment --ignore trigger", 1, "unexpected  table shop.more\n\n1 difference.\n"),
        (
            "--ignore table:shop.m*",
            1,
            "changed     table shop.items\n    comment: none -> x\n\n1 difference.\n",
        ),
        ("--ignore table", 0, "No differences.\n"),
    ],
)
def test_what_is_not_asked_for(cli, by_hand, options, code, out):
    """`--schema` and `--ignore` leave out what nobody wants to see."""
    by_hand(cli, "comment on table shop.items is 'x'; create table shop.more ()")
    said = cli(f"diff {options}")
    assert (said.code, said.out) == (code, out)


@pytest.mark.parametrize(
    ("options", "err"),
    [
        (
            "--ignore tabel",
            "There is no kind of object or property 'tabel' to ignore.\nDid you mean table?",
        ),
        (
            "--schema shopp",
            """There is no schema 'shopp', neither among the migrations nor in the database.
Did you mean shop?""",
        ),
    ],
)
def test_slips_are_refused(cli, options, err):
    """A name that names nothing is no empty difference."""
    said = cli(f"diff {options}")
    assert (said.code, said.out, said.err) == (2, "", f"error: {err}\n")


def test_a_history_that_lies_is_refused(cli):
    """An edited migration can't be compared with, as `apply` has it."""
    path = cli.write("shop/shop_0002_items.sql", "-- depends: shop_0001_schema\nselect 1;\n")
    said = cli("diff")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        f"error: shop_0002_items was edited after it was applied ({path}).\n"
        "Restore the file as it was, and write the change as a new migration.\n"
    )


def test_rights_of_a_database_of_ours(ours, by_hand):
    """Owners, grants, roles and settings are what `sqlwright create` and the migrations make."""
    first = ours("diff")
    assert (first.code, first.out, first.err) == (0, "No differences.\n", "")
    by_hand(
        ours,
        """
        alter role diffed_app createdb;
        alter role diffed_reader set work_mem = '5MB';
        grant diffed_owner to diffed_app;
        grant temporary on database diffed to public;
        alter role diffed_app in database diffed set work_mem = '5MB';
        alter default privileges for role diffed_owner grant all on tables to diffed_reader;
        grant create on schema shop to diffed_app;
        revoke select on shop.items from diffed_reader;
        grant update (name) on shop.items to diffed_reader;
        alter schema common owner to postgres;
        """,
    )
    said = ours("diff --json")
    found = [
        f"{one['kind']} {one['name']}: {', '.join(p['property'] for p in one['properties'])}"
        for one in json.loads(said.out)["differences"]
    ]
    assert (said.code, said.err) == (1, "")
    assert found == [
        "role diffed_app: create_databases, member_of",
        "role diffed_reader: settings",
        "database diffed: grants, settings",
        "default privileges for role diffed_owner on tables: grants",
        "schema common: owner",
        "schema shop: grants",
        "table shop.items: grants",
        "column shop.items.name: grants",
    ]


def test_a_database_whose_name_wants_quotes(tmp_path, server):
    """Its roles are found by their names, as those of any other."""
    made = project(tmp_path / "project", DATABASE_URL=server.url("Diff%20%25s"))
    try:
        assert made("create").code == 0
        assert made("apply").code == 0
        said = made("diff")
        assert (said.code, said.out, said.err) == (0, "No differences.\n", "")
    finally:
        assert made("drop --yes").code == 0


def test_rights_of_another_database(cli, by_hand):
    """What somebody else made is compared without owners and grants, unless `--rights` asks."""
    by_hand(cli, "grant select on shop.items to public")
    assert cli("diff").out == "No differences.\n"
    said = cli("diff --rights")
    assert (said.code, said.err) == (1, "")
    assert said.out == (
        "changed     table shop.items\n    grants: none -> public: select\n\n1 difference.\n"
    )


@pytest.fixture
def poor(cli, server):
    """The URL of the project's database for a role that may not create databases."""
    with psycopg.connect(cli.environ["DATABASE_URL"], autocommit=True) as conn:
        conn.execute("create role poor login")
        conn.execute("grant all on all tables in schema public to poor")
        conn.execute("alter table shop.items owner to poor")
    yield server.url("blank", user="poor")
    with psycopg.connect(cli.environ["DATABASE_URL"], autocommit=True) as conn:
        conn.execute("drop owned by poor cascade; drop role poor")


def _other_version(version: int) -> dict[str, str]:
    """Variables for an embedded server of another version."""
    if version == 18 and not BINARIES["pg15"].is_dir():
        pytest.skip("PostgreSQL 15 is not installed")
    return {"PG_BINDIR": str(BINARIES["pg15"])} if version == 18 else {}


def test_a_role_that_may_not_create_databases(cli, poor, server):
    """Without a server of the same version, the error says what to do; `--scratch` does it."""
    with psycopg.connect(poor) as conn:
        version = conn.info.server_version // 10000
    said = cli("diff", DATABASE_URL=poor, **_other_version(version))
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "error: poor may not create a scratch database on the server of blank, and the embedded"
        f" server is not PostgreSQL {version}.\n"
        f"Give --scratch URL with a server of PostgreSQL {version} where one may, or as a"
        " superuser: alter role poor createdb;\n"
    )
    given = cli(f"diff --scratch '{server.url()}'", DATABASE_URL=poor)
    assert (given.code, given.out) == (0, "No differences.\n")
    assert _scratches(server) == []


def _start(folder: Path, url: str) -> tuple[subprocess.Popen, str]:
    """A process that has a scratch database, and the database's name."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, folder, url], stdout=subprocess.PIPE, text=True
    )
    return process, process.stdout.readline()


def _end(process: subprocess.Popen, how: int) -> None:
    process.send_signal(how)
    process.wait(30)
    process.stdout.close()


def test_an_interrupted_process_leaves_nothing(tmp_path, server):
    """Ctrl-C drops the scratch database."""
    process, _ = _start(tmp_path, server.url())
    assert len(_scratches(server)) == 1
    _end(process, signal.SIGINT)
    assert _scratches(server) == []


def test_what_a_killed_process_left_is_dropped_by_the_next(tmp_path, server):
    """A scratch database that a living process holds stays; one that nobody holds goes."""
    killed, _ = _start(tmp_path, server.url())
    alive, _ = _start(tmp_path, server.url())
    both = _scratches(server)
    assert len(both) == 2
    _end(killed, signal.SIGKILL)
    held = Project(root=tmp_path, name="held", url=server.url())
    deadline = time.monotonic() + 30
    while len(_scratches(server)) > 1 and time.monotonic() < deadline:  # until it is noticed
        with scratch_database(held, migrations=()):
            pass
    (left,) = _scratches(server)
    assert left in both
    _end(alive, signal.SIGINT)
    assert _scratches(server) == []


def test_a_scratch_database_has_the_projects_name_in_front(tmp_path, server):
    """However long that is: PostgreSQL cuts a name after 63 bytes."""
    long = Project(root=tmp_path, name="店" * 30, url=server.url())
    with scratch_database(long, migrations=()) as url, psycopg.connect(url) as conn:
        name = conn.info.dbname
    assert name.startswith("店" * 13 + "_scratch_")
    assert len(name.encode()) < 63
    assert _scratches(server) == []


def test_a_scratch_database_is_made_like_the_live_one(cli, server):
    """Encoding and locale are the live one's, so that nothing prints otherwise."""
    with psycopg.connect(server.url(), autocommit=True) as conn:
        conn.execute("create database plain template template0 encoding 'EUC_CN' locale 'C'")
    try:
        url = server.url("plain")
        assert cli("apply", DATABASE_URL=url).code == 0
        assert cli("diff", DATABASE_URL=url).out == "No differences.\n"
    finally:
        with psycopg.connect(server.url(), autocommit=True) as conn:
            conn.execute("drop database plain with (force)")
