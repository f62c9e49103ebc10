"""Bad input: one clear error on standard error, exit 2, nothing lost, and no password anywhere."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg
import pytest

from commands import COMMAND, Said, project
from sqlwright.config import Project
from sqlwright.server import start, stop

pytestmark = pytest.mark.newest

SECRET = "s3cr3t"
# Root may read everything, and nobody may not read root's Python: so all is imported before.
AS_NOBODY = """
import os
from sqlwright import cli
from sqlwright.cli import app
from sqlwright.migrations import migrate
if os.geteuid() == 0:
    os.setuid(65534)
cli.main()
"""
DATABASE = ["up", "create", "drop", "reset --yes", "apply", "rollback", "status", "history"]


@pytest.fixture
def cli(tmp_path, blank):
    """A project on an empty database."""
    return project(tmp_path / "project", DATABASE_URL=blank)


@pytest.fixture
def offline(tmp_path):
    """A project that never gets as far as a server."""
    return project(tmp_path / "project")


@pytest.fixture(scope="module")
def with_passwords():
    """A server on TCP that asks for passwords, as host and port; that of `postgres` is SECRET."""
    state = Path(tempfile.mkdtemp(prefix="sqlwright-test-"))
    state.chmod(0o711)
    served = Project(root=state, name="shop", environ={"SQLWRIGHT_STATE": str(state)})
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    running = start(served, tcp_port=port)
    try:
        local = f"host={running.socket} port={running.port} user=postgres dbname=postgres"
        with psycopg.connect(local, autocommit=True) as conn:
            conn.execute(f"alter role postgres password '{SECRET}'")
        yield f"127.0.0.1:{port}"
    finally:
        stop(served)
        shutil.rmtree(state, ignore_errors=True)


def _failed(said, message, hint):
    """The whole of what a command says that fails."""
    assert said == Said(2, "", f"error: {message}\n{hint}\n")


def _tables(url):
    with psycopg.connect(url) as conn:
        query = "select count(*) from pg_tables where schemaname in ('public', 'shop')"
        return conn.execute(query).fetchone()[0]


@pytest.mark.parametrize("command", DATABASE)
def test_no_server(offline, command):
    """Where no server listens, that is said, and where it was looked for."""
    url = f"postgresql://u:{SECRET}@127.0.0.1:1/shop"
    said = offline(command, DATABASE_URL=url)
    name = "shop" if command in {"apply", "rollback", "status", "history"} else "postgres"
    _failed(
        said,
        f"No connection to postgresql://u:***@127.0.0.1:1/{name}: Connection refused.",
        "Start the server there, or mend host and port in DATABASE_URL.",
    )


def test_no_socket(offline, tmp_path):
    """Where there is no socket, that is said too."""
    url = f"postgresql:///shop?host={tmp_path}"
    _failed(
        offline("status", DATABASE_URL=url),
        f"No connection to {url}: No such file or directory.",
        "Start the server there, or mend host and port in DATABASE_URL.",
    )


@pytest.mark.parametrize("command", DATABASE)
def test_wrong_password(offline, with_passwords, command):
    """A wrong password is called that, and not repeated."""
    said = offline(command, DATABASE_URL=f"postgresql://postgres:wr0ng@{with_passwords}/postgres")
    _failed(
        said,
        f"No connection to postgresql://postgres:***@{with_passwords}/postgres:"
        ' password authentication failed for user "postgres".',
        "Check the user and the password in DATABASE_URL.",
    )


def test_no_password(offline, with_passwords):
    """A missing password is called that."""
    url = f"postgresql://postgres@{with_passwords}/postgres"
    _failed(
        offline("status", DATABASE_URL=url),
        f"No connection to {url}: fe_sendauth: no password supplied.",
        "Give the password in DATABASE_URL, PGPASSWORD or ~/.pgpass.",
    )


@pytest.mark.parametrize("line", [f"PGPASSWORD={SECRET}", f'export PGPASSWORD="{SECRET}"'])
def test_password_of_env_file(offline, with_passwords, line):
    """libpq's variables in `.env` reach libpq, and are never shown."""
    (offline.folder / ".env").write_text(f"{line}\nPGUSER=postgres\nPGDATABASE=postgres\n")
    said = offline("apply", DATABASE_URL=f"postgresql://{with_passwords}")
    assert (said.code, SECRET in said.out + said.err) == (0, False)
    offline("rollback --steps 9 --yes", DATABASE_URL=f"postgresql://{with_passwords}")


@pytest.mark.parametrize("command", ["up", "up --json", "status", "status --json", "create"])
def test_password_is_never_shown(offline, with_passwords, command):
    """A command that succeeds shows no password either."""
    said = offline(
        command, DATABASE_URL=f"postgresql://postgres:{SECRET}@{with_passwords}/postgres"
    )
    assert (said.code, SECRET in said.out + said.err) == (0, False)
    url = f"postgresql://postgres:{SECRET}@{with_passwords}/postgres"
    offline("rollback --steps 9 --yes", DATABASE_URL=url)


@pytest.mark.parametrize("command", ["apply", "rollback", "status", "current", "history"])
def test_unknown_database(cli, server, command):
    """An unknown database is named, and how to make it."""
    _failed(
        cli(command, DATABASE_URL=server.url("nowhere")),
        f'No connection to {server.url("nowhere")}: database "nowhere" does not exist.',
        "Make it with `sqlwright create`, or mend the name in DATABASE_URL.",
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("nonsense", "nonsense"),
        (f"u:{SECRET}@h/d", "u:***@h/d"),
        (f"mysql://u:{SECRET}@h/d", "mysql://u:***@h/d"),
        ("sqlite:///app.db", "sqlite:///app.db"),
        ("  ", ""),
    ],
)
@pytest.mark.parametrize("command", ["up", "status", "server status"])
def test_not_postgresql(offline, url, shown, command):
    """A URL of another engine, or none at all, is refused, without its password."""
    _failed(
        offline(command, DATABASE_URL=url),
        f"{shown!r} is not a PostgreSQL URL.",
        "Write postgresql://user@host:5432/database, or libpq's host=… dbname=… form.",
    )


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"postgresql://u:a/{SECRET}@h/d", "postgresql://u:***@h/d"),
        (f"postgresql://u:{SECRET}@x@h/d", "postgresql://u:***@h/d"),
        (f"postgresql://u:{SECRET}%zz@h/d", "postgresql://u:***@h/d"),
        (f"postgresql://u:{SECRET}@h/d?nonsense=1", "postgresql://u:***@h/d?nonsense=1"),
        (f"host=h password='{SECRET}", "host=h password=***"),
        (f"host=h passwort={SECRET} password={SECRET}", None),
    ],
)
def test_unreadable_url(offline, url, shown):
    """A URL that libpq can't read is refused, without its password."""
    said = offline("status", DATABASE_URL=url)
    assert (said.code, said.out) == (2, "")
    if shown is not None:
        assert said.err.splitlines()[0] == f"error: {shown!r} can't be read as a PostgreSQL URL."
        assert SECRET not in said.err


@pytest.mark.parametrize("command", ["reset --yes", "generate", "prove"])
def test_empty_option(cli, command):
    """`--database ""`, which a shell makes of an unset variable, does not mean DATABASE_URL."""
    _failed(
        cli(f'{command} --database ""'),
        "The URL that was given is empty.",
        "Name a database, or give no URL at all: then DATABASE_URL counts.",
    )


def test_url_to_generate_on(offline):
    """`generate` asks the server of the URL, which may be in the words of another driver."""
    queries = offline.folder / "sql" / "shop" / "items.sql"
    queries.parent.mkdir(parents=True)
    queries.write_text("-- name: count_all()$\n-- All.\nselect count(*) as n from shop.items;\n")
    _failed(
        offline("generate --describe -d postgresql+asyncpg://u@127.0.0.1:1/shop"),
        "No connection to postgresql://u@127.0.0.1:1/shop: Connection refused.",
        "Start the server there, or mend host and port in DATABASE_URL.",
    )


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("nope", "No such command 'nope'."),
        ("status --nope", "No such option: --nope"),
        ("apply --to", "Option '--to' requires an argument."),
        ("rollback --steps 0", "Invalid value for '--steps': 0 is not in the range x>=1."),
        ("rollback --steps x", "Invalid value for '--steps': 'x' is not a valid int range."),
        ("apply --wait -1", "Invalid value for '--wait': -1.0 is not in the range x>=0."),
        ("status extra", "Got unexpected extra argument(s) (extra)"),
        ("server nope", "No such command 'nope'."),
    ],
)
def test_wrong_use(offline, line, error):
    """An unknown command or option is named, and where to find the right one."""
    said = offline(line)
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines()[-1] == f"Error: {error}"


@pytest.mark.parametrize(
    "command",
    [
        *("apply", "apply --dry-run", "rollback", "status", "current", "history", "heads"),
        *("sql", "stamp", "stamp --remove", "merge"),
    ],
)
def test_unknown_names(cli, command):
    """An unknown schema is refused with the nearest name."""
    _failed(
        cli(f"{command} --schema shopp"),
        "There is no schema 'shopp' among the migrations.",
        "Did you mean shop?",
    )


@pytest.mark.parametrize(
    "command",
    [
        "apply --to",
        "rollback --to",
        "show",
        "sql --to",
        "sql --from",
        "stamp",
        "stamp --to",
        "merge",
    ],
)
def test_unknown_id(cli, command):
    """An unknown id is refused with the nearest."""
    _failed(
        cli(f"{command} shop_0002_item"),
        "There is no migration 'shop_0002_item'.",
        "Did you mean shop_0002_items?",
    )


def test_missing_folder(cli, blank):
    """Without a folder of migrations nothing is done."""
    shutil.rmtree(cli.folder / "migrations")
    for command in ("apply", "status", "rollback"):
        _failed(
            cli(command),
            f"{cli.folder / 'migrations'}: there is no such folder of migrations.",
            'Make it, or say where it is: migrations = "…" in [tool.sqlwright].',
        )
    assert _tables(blank) == 0


@pytest.mark.parametrize("mode", [0o000, 0o444])
def test_unreadable_folder(mode):
    """A folder that can't be read, or not be entered, is named."""
    folder = Path(tempfile.mkdtemp(prefix="sqlwright-test-"))
    folder.chmod(0o755)
    project(folder)
    closed = folder / "migrations"
    closed.chmod(mode)
    try:
        done = subprocess.run(
            [sys.executable, "-c", AS_NOBODY, "status"],
            cwd=folder,
            env={**os.environ, "DATABASE_URL": "postgresql://127.0.0.1:1/shop"},
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        closed.chmod(0o755)
        shutil.rmtree(folder)
    place = closed if mode == 0 else closed / "common"
    _failed(
        Said(done.returncode, done.stdout, done.stderr),
        f"{place} can't be read: Permission denied.",
        "Check the folder's permissions.",
    )


def test_syntax_error(cli, blank):
    """A syntax error shows file, line, column, the line and a caret; nothing of the file stays."""
    path = cli.write(
        "shop/shop_0003_x.sql",
        "-- 为什么。\n-- depends: shop_0002_items\ncreate table shop.x (a int);\n"
        "create table shop.y (名称 txet);\n",
    )
    said = cli("apply")
    assert said.code == 2
    assert said.masked == (
        "Applied common_0001_schema in … ms\n"
        "Applied shop_0001_schema in … ms\n"
        "Applied shop_0002_items in … ms\n"
    )
    assert said.err == (
        f'error: {path}, line 4, column 25: type "txet" does not exist (SQLSTATE 42704)\n'
        "  4 | create table shop.y (名称 txet);\n"
        "    |                           ^\n"
        "Nothing of this file stays. Mend it and run the command again.\n"
    )
    with psycopg.connect(blank) as conn:
        query = "select array_agg(tablename::text) from pg_tables where schemaname = 'shop'"
        assert conn.execute(query).fetchone()[0] == ["items"]
    path.write_text("-- Why.\n-- depends: shop_0002_items\nselect 1;\n")
    assert cli("apply").masked == "Applied shop_0003_x in … ms\n"


def test_id_twice(cli, blank):
    """An id that names two files is refused with both, before anything is applied."""
    other = cli.write("other/shop_0002_items.sql", "select 1;\n")
    for command in ("apply", "status", "rollback"):
        _failed(
            cli(command),
            f"shop_0002_items names two files: {other} and"
            f" {cli.folder / 'migrations' / 'shop' / 'shop_0002_items.sql'}.",
            "An id is a file's name in any folder: rename the newer file.",
        )
    assert _tables(blank) == 0


def test_circle(cli, blank):
    """Migrations that depend on each other are refused before anything is applied."""
    cli.write("common/common_0001_schema.sql", "-- depends: shop_0001_schema\nselect 1;\n")
    _failed(
        cli("apply"),
        "These migrations depend on each other in a circle: common_0001_schema, shop_0001_schema.",
        "Take out the -- depends: that points forward.",
    )
    assert _tables(blank) in {0, 6}  # the bookkeeping


def test_broken_settings(offline):
    """A broken file of settings is named by every command."""
    (offline.folder / "sqlwright.toml").write_text("name = \n")
    _failed(
        offline("server status"),
        f"{offline.folder / 'sqlwright.toml'} is not valid TOML: Invalid value (at line 1, column"
        " 8).",
        "Mend the file.",
    )


def test_broken_env_file(offline):
    """A broken line of `.env` is named by its number alone."""
    (offline.folder / ".env").write_text(f"DATABASE_URL postgresql://u:{SECRET}@h/d\n")
    _failed(
        offline("status"),
        f"{offline.folder / '.env'}, line 1 is not an assignment.",
        "Write NAME=value, and quote a value that holds spaces, quotes or #.",
    )


def test_debug(cli):
    """`--debug` shows where an error happened, and only that does."""
    said = cli("--debug status", DATABASE_URL=f"postgresql://u:{SECRET}@127.0.0.1:1/shop")
    assert said.code != 0
    assert "Traceback" in said.err
    assert SECRET not in said.err


def _in_shell(cli, line):
    """What a command says whose output a shell sends somewhere."""
    done = subprocess.run(
        ["bash", "-c", f"'{COMMAND}' {line}"],
        cwd=cli.folder,
        env={**os.environ, **cli.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("line", ["status | true", "status >&-"])
def test_closed_output(cli, line):
    """A reader that goes away, as `head` does, is no error, and none at all neither."""
    assert _in_shell(cli, line) == Said(0, "", "")


@pytest.mark.parametrize("line", ["heads", "sql --from base", "--help"])
def test_full_disk(cli, line):
    """Results that find no room on the disk are an error, whoever of print and flush meets it."""
    _failed(
        _in_shell(cli, f"{line} > /dev/full"),
        "What the command writes can't be written: No space left on device.",
        "Make room, and run the command again: what it wrote is not whole.",
    )


def test_narrow_encoding(cli):
    """What the output's encoding has no letter for is named, since no script may lose it."""
    said = cli("show shop_0002_items", PYTHONIOENCODING="ascii")
    _failed(
        Said(said.code, "", said.err),
        "The output can't be written: ascii has no '\\u5546'.",
        "Set PYTHONUTF8=1, or a locale such as LANG=C.UTF-8, and run the command again.",
    )


def test_read_only(cli):
    """Where nobody can write, it is said where one can."""
    _failed(
        cli("apply", PGOPTIONS="-c default_transaction_read_only=on"),
        "cannot execute CREATE TABLE in a read-only transaction",
        "Connect to the primary, where default_transaction_read_only is off.",
    )


def test_interrupted_before_it_began(cli):
    """Ctrl-C while the command is still being loaded is a word, and no traceback."""
    loading = (
        "import sys; from sqlwright.cli import main\n"
        "class Slow:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'sqlwright.cli.app': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Slow()); main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", loading], cwd=cli.folder, capture_output=True, text=True, check=False
    )
    assert Said(done.returncode, done.stdout, done.stderr) == Said(130, "", "Interrupted.\n")
