"""Nothing secret is ever seen: every place is looked through, while commands run and after.

A server asks for a password, and logs every statement; a project has keys, and passwords of roles.
What is looked for is in each of them.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree
from urllib.parse import quote

import psycopg
import pytest

from commands import COMMAND, project
from sqlwright.secrets import Keyring, new_key
from sqlwright.server import temporary_server

pytestmark = pytest.mark.newest

CANARY = "c4n4ry"
PASSWORD = f"{CANARY} p@ss:w/ör%d'1"
OLD, NEW, LOST = new_key(), new_key(), new_key()
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR")
HOOKS = """
from sqlwright.hooks.retention import Policy, Removed
from sqlwright.hooks.rotation import Ciphertexts
from psycopg.rows import namedtuple_row


def _rows(conn, statement, *values):
    return conn.cursor(row_factory=namedtuple_row).execute(statement, values).fetchall()


def seed(conn, keys):
    conn.execute("insert into shop.items (name) values (%s)", [keys.encrypt("c4n4ry phone")])
    return {"shop.items": 1}


def ciphertexts():
    def replace(conn, old, new):
        statement = "update shop.items set name = %s where id = %s and name = %s"
        return conn.execute(statement, [new.name, old.id, old.name]).rowcount

    def page(conn, after, limit):
        statement = "select id, name from shop.items where id > %s order by id limit %s"
        return _rows(conn, statement, after or 0, limit)

    return [Ciphertexts(table="shop.items", columns=("name",), page=page, replace=replace)]


def policies():
    def find(conn, before, limit):
        return _rows(conn, "select id, count(*) over () as due from shop.items where id > 99")

    return [Policy(table="shop.items", find=find, remove=lambda *_: Removed(0))]
"""
SETTINGS = """
name = "shop"
package = "shop_queries"
[hooks]
seed = ["shop_hooks:seed"]
cleanup = ["shop_hooks:policies"]
rotate = ["shop_hooks:ciphertexts"]
"""
# A command and how it ends; in this order.
COMMANDS = {
    "up": 0,
    "status": 0,
    "seed": 0,
    "rotate-secrets": 1,  # one ciphertext is of a key that is lost
    "cleanup --dry-run --json": 0,
    "diff": 0,
    "prove": 0,
    "generate": 0,
    "sql": 0,
    "backup --keep 1 --to ../backups": 0,
    "restore --into copy --from ../backups": 0,
    "rehearse --json --from ../backups": 0,
    "doctor": 1,  # the server is one that forgets
    "health": 0,
}


@dataclass
class Watched:
    """A project whose commands are watched: what they say, and what processes show meanwhile."""

    folder: Path
    environ: dict[str, str]
    seen: bytes = b""

    def run(self, line: str, **environ: str) -> int:
        """Runs a command; its exit code."""
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        said = self.folder / "said"
        with said.open("ab") as file:
            process = subprocess.Popen(
                [COMMAND, *shlex.split(line)],
                cwd=self.folder,
                env={**kept, "HOME": str(self.folder), **self.environ, **environ},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )
            while True:
                self.seen += _process_list()
                with suppress(subprocess.TimeoutExpired):
                    return process.wait(0.03)


def _process_list() -> bytes:
    """The command lines of all processes, as any account can read them."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            lines.append(path.read_bytes())
    return b"\n".join(set(lines))


@pytest.fixture(scope="module")
def home():
    """A folder that the account of the server can enter, and the project's state in it."""
    folder = Path(tempfile.mkdtemp(prefix="sqlwright-secrecy-"))
    folder.chmod(0o755)
    yield folder
    rmtree(folder)


@pytest.fixture(scope="module")
def watched(home):
    """The project on a server that asks for the password and logs what it is sent."""
    settings = {"log_statement": "all", "log_connections": "on", "log_min_duration_statement": "0"}
    with temporary_server(home / "server", settings=settings) as server:
        with psycopg.connect(server.url(), autocommit=True) as conn:
            verifier = conn.pgconn.encrypt_password(PASSWORD.encode(), b"postgres")
            conn.execute(f"alter role postgres password '{verifier.decode()}'")
            hba = server.data / "pg_hba.conf"
            hba.write_text("local all all scram-sha-256\nlocal replication all scram-sha-256\n")
            conn.execute("select pg_reload_conf()")
        url = server.url(database="shop").replace(
            "postgres@", f"postgres:{quote(PASSWORD, safe='')}@"
        )
        environ = {
            "DATABASE_URL": url,
            "SQLWRIGHT_SECRET_KEYS": f"{NEW},{OLD}",
            "SQLWRIGHT_OWNER_PASSWORD": f"{CANARY}-owner",
            "SQLWRIGHT_APP_PASSWORD": f"{CANARY}-app",
            "SQLWRIGHT_READER_PASSWORD": f"{CANARY}-reader",
            "SQLWRIGHT_STATE": str(home / "state"),
        }
        yield _project(home / "shop", environ)


def _project(folder, environ):
    made = project(folder)
    (folder / "sqlwright.toml").write_text(SETTINGS)
    (folder / "shop_hooks.py").write_text(HOOKS)
    rows = ", ".join(f"('{Keyring([key]).encrypt(CANARY)}')" for key in (OLD, LOST))
    made.write(
        "shop/shop_0002_items.sql",
        "-- What is for sale.\n-- depends: shop_0001_schema\ncreate table shop.items"
        " (id bigint generated by default as identity primary key, name text not null);\n"
        f"insert into shop.items (name) values {rows};\n",
    )
    (folder / "sql" / "shop").mkdir(parents=True)
    (folder / "sql" / "shop" / "items.sql").write_text(
        "-- name: get(id)^\n-- One.\nselect id, name from shop.items where id = :id;\n"
    )
    return Watched(folder, environ)


@pytest.fixture(scope="module")
def ended(watched):
    """How each command ended, and the wrong uses that say most."""
    codes = {line: watched.run(line) for line in COMMANDS}
    wrong = watched.environ["DATABASE_URL"].replace("postgres:", f"postgres:{CANARY}")
    watched.run("status --debug", DATABASE_URL=wrong)
    watched.run("status --debug", DATABASE_URL=f"mysql://root:{CANARY}@localhost/shop")
    watched.run("rotate-secrets --debug", SQLWRIGHT_SECRET_KEYS=f"{NEW[:-4]}{CANARY}")
    return codes


def test_the_commands_end_as_they_should(ended, watched):
    """Else there would be nothing to be seen."""
    assert ended == COMMANDS, (watched.folder / "said").read_text()


def _secrets():
    """What must not be seen, as a text or as a URL has it."""
    return [secret.encode() for secret in (CANARY, quote(PASSWORD, safe=""), OLD, NEW, LOST)]


def test_processes_show_nothing(ended, watched):
    """No argument of any process held a secret; the commands themselves were seen."""
    assert b"rotate-secrets" in watched.seen
    assert b"pg_dump" in watched.seen
    assert [secret for secret in _secrets() if secret in watched.seen] == []


@pytest.mark.parametrize("place", ["shop", "state", "backups", "server"])
def test_files_hold_nothing(ended, home, watched, place):
    """Output, state, backups with their manifests, the server's log and its data."""
    files = [path for path in (home / place).rglob("*") if path.is_file()]
    given = {watched.folder / "shop_hooks.py"}  # where the test itself wrote the plain text
    found = {
        str(path.relative_to(home)): secret
        for path in files
        if path not in given and path.suffix != ".pyc"
        for secret in _secrets()
        if secret in path.read_bytes()
    }
    assert found == {}
    assert files or place == "state"
