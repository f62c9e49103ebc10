"""`rehearse`: the newest backup comes back on a server of its own, and what differs is said."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace

import psycopg
import pytest

from backups import back_up, silent
from commands import project
from conftest import ROOT
from sqlwright.config import Project
from sqlwright.operations.backup import list_backups
from sqlwright.operations.backup.manifest import MANIFEST, Rows, write_manifest
from sqlwright.operations.rehearse import as_markdown, rehearse
from sqlwright.operations.rehearse.place import new_folder

PAGE = r"""# Rehearsal of \S+-logical: passed

At \S+Z the newest logical backup of blank was restored on a server of its own, PostgreSQL \S+\.

- It holds what was committed up to \S+Z\.
- Time to restore: \S+ s; with all checks \S+ s\.
- Data lost, had the live server gone now: .+\.

\| check \| \| found \|
\|---\|---\|---\|
\| files \| ok \| [\d,]+ bytes are as they were written \|
\| rows \| ok \| [\d,]+ rows in 7 tables: counts, hashes, sequences and large objects held .+ \|
\| migrations \| ok \| common_0001_schema, shop_0002_items \|
\| diff \| ok \| no differences from what the migrations make \|
\| named queries \| ok \| 3 of 3 prepared, 1 run \|
"""
QUERIES = """
-- name: list_items()
-- What is for sale.
select name from shop.items order by name;

-- name: add(name)!
-- Adds an item.
insert into shop.items (name) values (:name);

-- name: divide()$
-- What no null can stop.
select 1 / count(*) filter (where name is null) from shop.items;
"""


@pytest.fixture
def cli(tmp_path, blank):
    """A project with queries, everything applied."""
    made = project(tmp_path / "shop", DATABASE_URL=blank)
    (made.folder / "sql" / "shop").mkdir(parents=True)
    (made.folder / "sql" / "shop" / "items.sql").write_text(QUERIES)
    assert made("apply").code == 0
    return made


def test_the_page(cli):
    """A backup that is whole passes: files, rows, migrations, diff and named queries."""
    assert cli("backup").code == 0
    said = cli("rehearse")
    assert said.code == 0, said.out + said.err
    assert re.fullmatch(PAGE, said.out)


@pytest.mark.newest
def test_what_differs(cli):
    """A newer backup that is damaged, drift, other rows, a query that no longer fits: exit 1."""
    with psycopg.connect(cli.environ["DATABASE_URL"], autocommit=True) as conn:
        conn.execute("alter table shop.items rename name to label")
    assert cli("backup").code == 0
    [backup] = list_backups(cli.folder / "backups")
    (backup.folder / MANIFEST).unlink()
    changed = {"shop.items": Rows(rows=1, hash="1")}
    tables = {**backup.whole.tables, **changed}
    write_manifest(backup.folder, replace(backup.whole, tables=tables))
    newer = backup.folder.with_name("20990101T000000Z-logical")
    shutil.copytree(backup.folder, newer)
    (newer / "dump" / "toc.dat").unlink()
    said = cli("rehearse --json --to report.md")
    assert said.code == 1
    document = json.loads(said.out)
    failed = {one["name"]: one["differences"] for one in document["checks"] if not one["passed"]}
    assert failed.keys() == {"files", "rows", "diff", "named queries"}
    assert failed["files"] == [
        f"{newer.name} is newer and damaged: {newer}/dump/toc.dat is missing."
    ]
    assert failed["rows"] == ["shop.items has 0 rows, and the manifest says 1"]
    assert failed["named queries"] == [
        'shop.items.list_items: column "name" does not exist',
        'shop.items.add: column "name" of relation "items" does not exist',
        'shop.items.divide: column "name" does not exist',
    ]
    page = (cli.folder / "report.md").read_text()
    assert page.startswith(f"# Rehearsal of {backup.name}: FAILED\n")
    assert "## diff\n\n```\n" in page


@pytest.mark.newest
def test_a_killed_one_is_cleaned_up(tmp_path, monkeypatch):
    """The folder of a rehearsal that was killed goes with the next one; one that runs stays."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left = tmp_path / "sqlwright-rehearsal-left"
    (left / "pg18").mkdir(parents=True)
    (left / "lock").touch()
    with new_folder() as running, new_folder() as another:
        assert set(tmp_path.iterdir()) == {running, another}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.newest
def test_no_backup(cli):
    """Without a backup there is nothing to rehearse."""
    said = cli("rehearse")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "error: There is no whole logical or physical backup of blank in"
        f" {cli.folder}/backups.\n"
        f"sqlwright backup --list --to {cli.folder}/backups shows what there is.\n"
    )


@pytest.mark.newest
def test_the_five_systems(database, tmp_path):
    """Each of the five systems comes back, and its queries run."""
    made = Project(root=ROOT, name="sqlwright", url=database, package="sqlwright_systems")
    back_up(made, tmp_path)
    found = rehearse(made, tmp_path, step=silent, talk=silent)
    assert found.passed, as_markdown(found)
    prepared = re.match(r"(\d+) of (\d+) prepared, (\d+) run", found.checks[-1].found)
    assert prepared
    assert int(prepared[1]) == int(prepared[2])
    assert int(prepared[3]) > 300
    assert found.transactions is not None
