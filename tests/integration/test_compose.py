"""docker-compose.yml and .env.example: what a parser can see of them, since no engine runs here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest
import yaml

from sqlwright.config import read_env_file
from sqlwright.operations.backup import archive_command
from sqlwright.server.account import account_for

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / ".env.example"
# A file of PostgreSQL's, and variables that it and we set for ourselves.
NOT_FOR_USERS = {"PG_VERSION", "PG_GRANDPARENT_PID", "PGOPTIONS"}


@pytest.fixture(scope="module")
def document():
    """The whole file."""
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def services(document):
    """Its services by their names."""
    return document["services"]


@pytest.mark.parametrize("name", ["postgres", "standby"])
def test_the_image_is_the_newest_major_version(services, name):
    """The containers run what the embedded server runs."""
    assert services[name]["image"] == "postgres:18"


@pytest.mark.parametrize(("name", "volume"), [("postgres", "data"), ("standby", "standby")])
def test_data_are_kept_where_the_image_wants_them(document, services, name, volume):
    """A named volume lies at /var/lib/postgresql, which holds a folder for each version."""
    assert services[name]["volumes"] == [f"{volume}:/var/lib/postgresql", "wal:/wal"]
    assert {volume, "wal"} <= document["volumes"].keys()


def test_the_ports_are_open_to_this_machine_alone(services):
    """Every port is bound to 127.0.0.1."""
    ports = {name: service.get("ports", []) for name, service in services.items()}
    assert ports["postgres"] == ["127.0.0.1:${POSTGRES_PORT:-5432}:5432"]
    assert all(port.startswith("127.0.0.1:") for each in ports.values() for port in each)


@pytest.mark.parametrize("name", ["postgres", "standby"])
def test_health_is_asked_by_tcp(services, name):
    """`--wait` waits for the server that stays, not for the one that sets the image up."""
    assert services[name]["healthcheck"]["test"] == [
        "CMD",
        "pg_isready",
        "--host=127.0.0.1",
        "--username=postgres",
    ]


@pytest.mark.parametrize(
    ("name", "variable"), [("postgres", "POSTGRES_PASSWORD"), ("standby", "PGPASSWORD")]
)
def test_there_is_no_default_password(services, name, variable):
    """The password comes from `.env`, and compose refuses to go on without it."""
    said = "${POSTGRES_PASSWORD:?set it in .env, see .env.example}"
    assert services[name]["environment"][variable] == said


def test_one_server_is_what_starts(services):
    """The standby and the pooler are there for who asks for them."""
    asked = {name: service.get("profiles", []) for name, service in services.items()}
    assert (asked["postgres"], asked["standby"], asked["pooler"]) == (
        [],
        ["replicas"],
        ["replicas"],
    )


def test_a_standby_is_set_as_the_primary(services):
    """Once promoted, it archives as the primary did: with the command that backups want."""
    archiving = f"-carchive_command={archive_command(Path('/wal'))}"
    assert services["standby"]["command"] == services["postgres"]["command"]
    assert {"-carchive_mode=on", archiving} <= set(services["postgres"]["command"])


@pytest.mark.skipif(os.geteuid() != 0, reason="the image's script begins as root")
@pytest.mark.newest
def test_the_standby_copies_the_primary_once(services, server, tmp_path):
    """Its script, with what the image has around it; what is there already stays."""
    with psycopg.connect(server.url(), autocommit=True) as conn:
        data = Path(conn.execute("show data_directory").fetchone()[0])
        account = account_for(data).name
        pid = (data / "postmaster.pid").read_text().split()[0]
        tools = f"{_image(tmp_path, account)}:{Path(f'/proc/{pid}/exe').resolve().parent}"
        folder = Path(tempfile.mkdtemp(prefix="sqlwright-compose-"))
        folder.chmod(0o755)
        environ = {
            **dict.fromkeys(services["standby"]["environment"], ""),
            "PATH": f"{tools}:{os.environ['PATH']}",
            "PGDATA": str(folder / "18" / "docker"),
            "PGHOST": server.socket,
            "PGPORT": str(server.port),
            "PGUSER": "postgres",
        }
        program, *rest = services["standby"]["entrypoint"]
        script = [part.replace("$$", "$").replace("--owner postgres", f"--owner {account}")
                  for part in rest]  # fmt: skip
        command = [program, *script, "postgres", "-chot_standby=on"]
        try:
            said = [
                subprocess.run(
                    command, env=environ, check=True, capture_output=True, cwd="/"
                ).stdout
                for _ in range(2)
            ]
            written = (folder / "18/docker/postgresql.auto.conf").read_text()
            slots = conn.execute("select slot_name from pg_replication_slots").fetchall()
        finally:
            shutil.rmtree(folder)
            conn.execute("select pg_drop_replication_slot('standby')")
    assert said == [b"postgres -chot_standby=on\n"] * 2
    assert "primary_slot_name = 'standby'" in written
    assert slots == [("standby",)]


def _image(folder, account):
    """A folder with the two programs that the image has and this machine lacks."""
    for name, script in {
        "gosu": f'shift; exec setpriv --reuid={account} --regid={account} --clear-groups "$@"',
        "docker-entrypoint.sh": 'echo "$@"',
    }.items():
        path = folder / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
    return folder


def test_the_example_holds_no_secret():
    """Nothing in .env.example has a value that somebody could forget to change."""
    assert read_env_file(EXAMPLE) == {"POSTGRES_PASSWORD": ""}


def test_the_example_can_be_filled_in(tmp_path):
    """With every `#` taken off, each line is still an assignment that the toolkit reads."""
    filled = re.sub(r"^#(?=[A-Z_]+=)", "", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (tmp_path / ".env").write_text(filled, encoding="utf-8")
    assert read_env_file(tmp_path / ".env").keys() == _named_in(EXAMPLE)


@pytest.mark.parametrize(
    "page", [EXAMPLE, ROOT / "docs" / "configuration.md"], ids=lambda p: p.name
)
def test_every_variable_is_explained(page, document):
    """What the toolkit or docker-compose.yml reads is named in the example and on the page."""
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    wanted = set(re.findall(r'"((?:SQLWRIGHT|PG|XDG|DATABASE|DB)_?[A-Z_]+)"', code))
    wanted.update(re.findall(r"\$\{(\w+)", str(document)))
    assert wanted - NOT_FOR_USERS - _named_in(page) == set()


def _named_in(page: Path) -> set[str]:
    text = page.read_text(encoding="utf-8")
    pattern = r"`([A-Z][A-Z_]+)`" if page.suffix == ".md" else r"^#?([A-Z_]+)="
    return set(re.findall(pattern, text, re.MULTILINE))
