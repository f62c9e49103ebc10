"""The commands over the database and the embedded server, and the examples of every command."""

import json
import os
import re
import shutil
import signal
import tempfile
from pathlib import Path

import psycopg
import pytest
import typer.main

from commands import Said, Sqlwright, project
from sqlwright.cli.app import app
from sqlwright.server.postmaster import find_postmaster

pytestmark = pytest.mark.newest

ROOT = Path(__file__).parent.parent.parent
ROLES = ("made_owner", "made_app", "made_reader")
THERE = """
schema  tables  migrations  newest
common       0           1  common_0001_schema
shop         1           2  shop_0002_items

"""


@pytest.fixture
def cli(tmp_path, server):
    """A project whose database does not exist; it and its roles are dropped with the test."""
    yield project(tmp_path / "project", DATABASE_URL=server.url("made"))
    with psycopg.connect(server.url(), autocommit=True) as conn:
        conn.execute("drop database if exists made with (force)")
        for role in ROLES:
            conn.execute(f"drop role if exists {role}")


@pytest.fixture
def embedded(tmp_path):
    """A project on the embedded server; the server ends with the test, and its data go."""
    state = Path(tempfile.mkdtemp(prefix="sqlwright-test-"))
    state.chmod(0o711)
    yield project(tmp_path / "project", SQLWRIGHT_STATE=str(state))
    for file in state.glob("**/postmaster.pid"):
        if found := find_postmaster(file.parent):
            os.kill(found.pid, signal.SIGQUIT)
            shutil.rmtree(found.socket, ignore_errors=True)
    shutil.rmtree(state, ignore_errors=True)


@pytest.fixture
def roles_gone(server):
    """Drops the roles that a command made for a clone, once the clone is dropped."""
    yield
    with psycopg.connect(server.url(), autocommit=True) as conn:
        query = "select rolname from pg_roles where rolname ~ '^clone.*_(owner|app|reader)$'"
        for (role,) in conn.execute(query).fetchall():
            conn.execute(f'drop role "{role}"')


def _exists(server):
    with psycopg.connect(server.url()) as conn:
        query = "select count(*) from pg_database where datname = 'made'"
        return conn.execute(query).fetchone()[0] == 1


def _roles(server):
    with psycopg.connect(server.url()) as conn:
        query = "select array_agg(rolname::text) from pg_roles where rolname like 'made%'"
        return set(conn.execute(query).fetchone()[0] or ())


def test_up(cli, server):
    """`up` makes the database, applies everything and shows what is there, without a password."""
    said = cli("up")
    assert (said.code, said.err) == (0, "")
    assert re.sub(r"PostgreSQL [\d.]+", "PostgreSQL …", said.out) == (
        "PostgreSQL …, database made\n"
        "Applied 3 migrations.\n"
        f"{THERE}"
        "The application connects with\n"
        f"    {server.url('made', user='made_app')}\n"
        "Next: sqlwright status\n"
    )


def test_up_again(cli):
    """A second `up` only reports."""
    first, second = cli("up"), cli("up")
    assert second.code == 0
    assert second.out == first.out.replace("Applied 3 migrations.", "Nothing to apply.")


def test_up_json(cli, server):
    """`up --json` is one document."""
    document = json.loads(cli("up --json").out)
    assert (document["database"], document["url"]) == ("made", server.url("made", user="made_app"))
    assert document["schemas"][1] == {
        "schema": "shop",
        "tables": ["items"],
        "migrations": 2,
        "newest": "shop_0002_items",
    }


def test_create(cli, server):
    """`create` makes the database and its roles, and repeated it only reports."""
    roles = "Roles: made_owner, made_app, made_reader.\n"
    made, again = cli("create"), cli("create")
    assert made == Said(0, f"Database made created; it belongs to made_owner.\n{roles}", "")
    assert again == Said(
        0, f"Database made is there already; it belongs to made_owner.\n{roles}", ""
    )
    assert _roles(server) == set(ROLES)


def test_few_rows_are_rows(cli, server):
    """What destroys counts the rows of a table that is too small to be analyzed."""
    cli("up")
    with psycopg.connect(server.url("made"), autocommit=True) as conn:
        conn.execute("insert into shop.items values ('商品'), ('kettle')")
        conn.execute("select pg_stat_force_next_flush()")
    assert "  shop    1  tables,  ~2 rows\n" in cli("drop").err


@pytest.mark.parametrize("verb", ["drop", "reset"])
def test_wants_yes(cli, server, verb):
    """What destroys says what it would, and does nothing without `--yes`."""
    cli("up")
    with psycopg.connect(server.url("made")) as conn:
        conn.execute("insert into shop.items select '商品' from generate_series(1, 1000)")
        conn.commit()
        conn.autocommit = True
        conn.execute("analyze")
    said = cli(verb)
    assert (said.code, said.out) == (2, "")
    lines = said.err.splitlines()
    assert lines[0] == f"This would {verb} database made, with:"
    assert lines[-2].split() == ["shop", "1", "tables,", "~1000", "rows"]
    assert lines[-1] == "Nothing was changed. Add --yes to do it."
    assert _exists(server)


def test_drop(cli, server):
    """`drop --yes` leaves neither the database nor its roles."""
    cli("up")
    assert cli("drop --yes") == Said(0, "", "Dropped database made.\n")
    assert not _exists(server)
    assert _roles(server) == set()


def test_drop_of_nothing(cli):
    """There is nothing to drop where there is no database."""
    assert cli("drop --yes") == Said(
        2, "", "error: There is no database made.\nMake it: sqlwright create.\n"
    )


def test_reset(cli, server):
    """`reset --yes` makes the database anew: rows are gone, migrations applied."""
    cli("up")
    with psycopg.connect(server.url("made")) as conn:
        conn.execute("insert into shop.items values ('商品')")
    said = cli("reset --yes")
    assert (said.code, said.err) == (0, "Dropped database made.\n")
    assert "Applied 3 migrations.\n" in said.out
    with psycopg.connect(server.url("made")) as conn:
        assert conn.execute("select * from shop.items").fetchall() == []


def test_reset_of_nothing(cli, server):
    """`reset --yes` makes the database where there was none."""
    said = cli("reset --yes")
    assert (said.code, said.err) == (0, "")
    assert _exists(server)


def test_embedded_server(embedded):
    """The server starts on demand, says how it is, and stops."""
    status = embedded("server status")
    assert (status.code, status.err) == (1, "")
    assert "not running" in status.out
    assert embedded("up").code == 0
    running = embedded("server status --json")
    assert (running.code, json.loads(running.out)["running"]) == (0, True)
    assert re.fullmatch(r"PostgreSQL [\d.]+ runs as process \d+\.\n", embedded("server start").out)
    url = embedded("server url").out.strip()
    with psycopg.connect(url) as conn:
        assert conn.info.user == "shop_app"
    assert embedded("server stop") == Said(0, "Stopped.\n", "")
    assert embedded("server stop") == Said(0, "It was not running.\n", "")


def test_server_url_beside_database_url(embedded):
    """`server url` is the embedded server's, and says so where DATABASE_URL is set."""
    said = embedded("server url", DATABASE_URL="postgresql://u:s3cr3t@h/d")
    assert said.code == 0
    assert said.out.startswith("postgresql://shop_app@/shop?host=")
    assert said.err == "DATABASE_URL is set, but this is the embedded server's URL.\n"


@pytest.mark.parametrize("port", ["0", "70000", "-1"])
def test_no_port(embedded, port):
    """What is no TCP port is refused."""
    said = embedded(f"server start --tcp={port}")
    assert said == Said(2, "", f"error: {port} is no TCP port.\nChoose one from 1 to 65535.\n")


def _commands(group, *before):
    """Every command of the tree, by the words that call it."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, *before, name)
        yield " ".join((*before, name)), command


COMMANDS = dict(_commands(typer.main.get_command(app)))
# What the examples exit with on a database with every migration, a server that is not running, no
# keys and no backups.
CODES = {
    "drop": {2},
    "reset": {2},
    "rehearse": {2},
    "restore": {2},
    "rotate-secrets": {2},
    "server": {1},
    "server status": {1},
    "generate": {0, 1},
    "doctor": {0, 1},
    "metrics": {0, 1},
}


@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_help(tmp_path, name):
    """`--help` ends with an example, and goes to standard output."""
    said = Sqlwright(tmp_path)(f"{name} --help")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("Usage: sqlwright")
    assert re.fullmatch(rf"\s*Example: sqlwright {name}.*", said.out.splitlines()[-1])


# `serve` only ends when it is told to: tests/integration/test_health.py does.
@pytest.mark.parametrize("name", ["", *(name for name in COMMANDS if name != "serve")])
def test_examples(embedded, roles_gone, database, name):
    """Each example runs in a fresh copy of this project and ends as it should."""
    folder = embedded.folder / "copy"
    for part in ("migrations", "sql", "src/sqlwright_systems"):
        shutil.copytree(ROOT / part, folder / part, symlinks=True)
    shutil.copy(ROOT / "pyproject.toml", folder)
    cli = Sqlwright(folder, {**embedded.environ, "DATABASE_URL": database})
    example = cli(f"{name} --help").out.splitlines()[-1].strip()
    said = cli(example.removeprefix("Example: sqlwright "))
    assert said.code in CODES.get(name, {0}), said
    assert "Traceback" not in said.err


def test_no_arguments(tmp_path):
    """Without a command the help is shown, and nothing is done."""
    said = Sqlwright(tmp_path)("")
    assert said.code == 2
    assert "Usage: sqlwright" in said.out + said.err


def test_version(tmp_path):
    """`--version` says which."""
    assert re.fullmatch(r"sqlwright \d+\.\d+\.\d+\n", Sqlwright(tmp_path)("--version").out)
