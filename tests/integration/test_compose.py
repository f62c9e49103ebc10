"""docker-compose.yml and .env.example: what a parser can see of them, since no engine runs here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from sqlwright.config import read_env_file

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / ".env.example"
# A file of PostgreSQL's, and variables that it and we set for ourselves.
NOT_FOR_USERS = {"PG_VERSION", "PG_GRANDPARENT_PID", "PGOPTIONS"}


@pytest.fixture(scope="module")
def service():
    """The only service: PostgreSQL."""
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
    return document["services"]["postgres"]


def test_the_image_is_the_newest_major_version(service):
    """The container runs what the embedded server runs."""
    assert service["image"] == "postgres:18"


def test_data_are_kept_where_the_image_wants_them(service):
    """A named volume lies at /var/lib/postgresql, which holds a folder for each version."""
    assert service["volumes"] == ["data:/var/lib/postgresql"]


def test_the_port_is_open_to_this_machine_alone(service):
    """The port is bound to 127.0.0.1."""
    assert service["ports"] == ["127.0.0.1:${POSTGRES_PORT:-5432}:5432"]


def test_health_is_asked_by_tcp(service):
    """`--wait` waits for the server that stays, not for the one that sets the image up."""
    assert service["healthcheck"]["test"] == [
        "CMD",
        "pg_isready",
        "--host=127.0.0.1",
        "--username=postgres",
    ]


def test_there_is_no_default_password(service):
    """The password comes from `.env`, and compose refuses to go on without it."""
    assert service["environment"] == {
        "POSTGRES_PASSWORD": "${POSTGRES_PASSWORD:?set it in .env, see .env.example}"
    }


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
def test_every_variable_is_explained(page, service):
    """What the toolkit or docker-compose.yml reads is named in the example and on the page."""
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py"))
    wanted = set(re.findall(r'"((?:SQLWRIGHT|PG|XDG|DATABASE)_?[A-Z_]+)"', code))
    wanted.update(re.findall(r"\$\{(\w+)", str(service)))
    assert wanted - NOT_FOR_USERS - _named_in(page) == set()


def _named_in(page: Path) -> set[str]:
    text = page.read_text(encoding="utf-8")
    pattern = r"`([A-Z][A-Z_]+)`" if page.suffix == ".md" else r"^#?([A-Z_]+)="
    return set(re.findall(pattern, text, re.MULTILINE))
