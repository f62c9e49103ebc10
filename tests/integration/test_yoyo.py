"""yoyo's own command on both backends: one history, and each goes on where the other stopped."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from sqlwright.config import Project
from sqlwright.errors import HistoryError
from sqlwright.migrations import migrate
from sqlwright.migrations.history import State

ROOT = Path(__file__).parent.parent.parent


def plain(url):
    """The same database for yoyo's own psycopg backend, which takes libpq's options as they are."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


def yoyo(project, *arguments, database=None):
    """Runs yoyo in the project's folder: on our backend, or on the URL that is given."""
    folder = project.root / "migrations"
    sources = [str(f) for f in sorted(folder.iterdir()) if f.is_dir()]
    command, *options = arguments
    return subprocess.run(
        [
            sys.executable,
            "-m",
            "yoyo",
            command,
            "--batch",
            "--database",
            database or "postgresql+sqlwright:///",
            *options,
            *sources,
        ],
        cwd=project.root,
        env={**os.environ, "DATABASE_URL": project.url},
        capture_output=True,
        text=True,
        check=False,
    )


def listed(result):
    """What `yoyo list` says: A or U, by id."""
    assert result.returncode == 0, result.stderr
    return {i: s for s, i in re.findall(r"^([AU])\s+(\w+)", result.stdout, re.MULTILINE)}


def books(url):
    """The form of yoyo's tables."""
    with psycopg.connect(url) as conn:
        return conn.execute(
            "select table_name, column_name, data_type, character_maximum_length, is_nullable,"
            " column_default from information_schema.columns where table_name ~ 'yoyo'"
            " order by table_name, ordinal_position"
        ).fetchall()


@pytest.fixture
def shop(write):
    """Two migrations, the second on the first."""
    return write(
        shop_0001_items="create table items (id int);",
        shop_0001_items__rollback="drop table items;",
        shop_0002_names="-- depends: shop_0001_items\nalter table items add column name text;",
        shop_0002_names__rollback="alter table items drop column name;",
    )


def test_yoyo_on_our_backend_applies_lists_and_rolls_back(shop):
    """The commands of yoyo do what they say, and our status agrees."""
    assert listed(yoyo(shop, "list")) == {"shop_0001_items": "U", "shop_0002_names": "U"}
    assert yoyo(shop, "apply").returncode == 0
    assert listed(yoyo(shop, "list")) == {"shop_0001_items": "A", "shop_0002_names": "A"}
    assert yoyo(shop, "rollback").returncode == 0
    assert [e.state for e in migrate.read_entries(shop)] == [State.APPLIED, State.PENDING]


def test_yoyo_marks_and_unmarks_through_us(shop):
    """A mark made by yoyo has its checksum, so that a later edit is seen."""
    assert yoyo(shop, "mark").returncode == 0
    entries = migrate.read_entries(shop)
    assert all(entry.applied.checksum == entry.migration.checksum for entry in entries)
    assert yoyo(shop, "unmark", "--all").returncode == 0
    assert [e.state for e in migrate.read_entries(shop)] == [State.PENDING, State.PENDING]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["apply", "--force"], "--force would go on after a migration that failed"),
        (["apply", "-m", "names"], "depends on shop_0001_items, which is neither applied nor"),
        (["apply", "-m", "notes"], "none of the project's migrations. Pending: 2."),
    ],
)
def test_what_yoyo_would_let_pass_is_refused(shop, blank, arguments, message):
    """The error is ours, without a traceback, and nothing is changed."""
    result = yoyo(shop, *arguments)
    assert result.returncode != 0
    assert message in result.stderr
    assert "Traceback" not in result.stderr
    assert [e.state for e in migrate.read_entries(shop)] == [State.PENDING, State.PENDING]


def test_an_edited_file_stops_yoyo_on_our_backend(shop, write):
    """yoyo's own hash is of the id alone; ours is of the text."""
    migrate.apply(shop)
    write(shop_0001_items="create table items (id bigint);")
    result = yoyo(shop, "apply")
    assert result.returncode != 0
    assert "shop_0001_items was edited after it was applied" in result.stderr


def test_a_broken_lock_is_broken(shop, blank):
    """`yoyo break-lock` on our backend takes the row away."""
    migrate.install(shop)
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute("insert into yoyo_lock values (1, now(), 4242)")
        assert yoyo(shop, "break-lock").returncode == 0
        assert conn.execute("select count(*) from yoyo_lock").fetchone()[0] == 0


def test_what_plain_yoyo_applied_is_adopted(shop, write):
    """On first sight its checksums are kept; from then on an edit is seen."""
    assert yoyo(shop, "apply", database=plain(shop.url)).returncode == 0
    assert [e.state for e in migrate.read_entries(shop)] == [State.APPLIED, State.APPLIED]
    assert migrate.apply(shop) == []
    write(shop_0002_names="alter table items add column name varchar(9);")
    with pytest.raises(HistoryError, match="shop_0002_names was edited"):
        migrate.apply(shop)


def test_each_goes_on_where_the_other_stopped(shop, write):
    """Plain yoyo takes back and applies again what we applied, and it is not taken for an edit."""
    migrate.apply(shop)
    write(shop_0002_names="-- depends: shop_0001_items\nalter table items add column title text;")
    write(shop_0002_names__rollback="alter table items drop column if exists name;")
    assert yoyo(shop, "rollback", database=plain(shop.url)).returncode == 0
    write(shop_0002_names__rollback="alter table items drop column title;")
    assert yoyo(shop, "apply", database=plain(shop.url)).returncode == 0
    assert [e.state for e in migrate.read_entries(shop)] == [State.APPLIED, State.APPLIED]
    assert [done.id for done in migrate.rollback(shop)] == ["shop_0002_names"]


def test_both_roads_lead_to_one_catalogue(server, template, blank, catalogue):
    """The five schemas by plain yoyo and by us: equal catalogues, equal tables of yoyo's."""
    project = Project(root=ROOT, name="tests", url=blank)
    result = yoyo(project, "apply", database=plain(blank))
    assert result.returncode == 0, result.stderr
    with server.janitor("ours", template_dbname=template):
        ours = server.url("ours")
        assert books(blank) == books(ours)
        with psycopg.connect(blank) as theirs, psycopg.connect(ours) as conn:
            assert catalogue(theirs) == catalogue(conn)
