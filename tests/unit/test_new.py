"""New migrations: what is written, under which number, on what it depends, and what is refused."""

from __future__ import annotations

import re

import pytest

from sqlwright.config import Project
from sqlwright.errors import SourceError
from sqlwright.migrations.executor import check_apply, check_rollback
from sqlwright.migrations.merge import write_merge
from sqlwright.migrations.new import write_new
from sqlwright.migrations.source import read_project

CHAIN = {"shop_0001_schema": [], "shop_0002_orders": ["shop_0001_schema"]}
FORK = CHAIN | {
    "shop_0003_notes": ["shop_0002_orders"],
    "shop_0003_tags": ["shop_0002_orders"],
}
TODO = "-- TODO: say in one sentence why this migration exists.\n"


@pytest.fixture
def having(tmp_path):
    """`having({id: depends, …})`: a project with those migrations, each in its schema's folder."""

    def project(migrations):
        for name, depends in migrations.items():
            folder = tmp_path / "migrations" / re.split(r"_\d+_", name)[0]
            folder.mkdir(parents=True, exist_ok=True)
            header = f"-- depends: {' '.join(depends)}\n" if depends else ""
            (folder / f"{name}.sql").write_text(f"-- Why.\n{header}select 1;\n")
            (folder / f"{name}.rollback.sql").write_text("select 1;\n")
        return Project(root=tmp_path, name="shop")

    return project


def _refusal(write, *arguments, **options):
    with pytest.raises(SourceError) as caught:
        write(*arguments, **options)
    return str(caught.value)


def test_header(having):
    """It has a first line to be written and the newest migration of its schema."""
    written = write_new(having(CHAIN), "totals")
    assert (written.id, written.depends) == ("shop_0003_totals", ("shop_0002_orders",))
    assert written.path.read_text() == f"{TODO}-- depends: shop_0002_orders\n\n"
    assert written.rollback_path.read_text() == (
        "-- Write here what undoes shop_0003_totals, in reverse order, or: irreversible: why\n"
    )


def test_why(having):
    """The sentence can be given, and ends in a full stop."""
    written = write_new(having(CHAIN), "totals", why="No order is worth  less\nthan nothing")
    assert written.path.read_text() == (
        "-- No order is worth less than nothing.\n-- depends: shop_0002_orders\n\n"
    )


@pytest.mark.parametrize(
    "why", ["Depends: on luck", "depends: on luck", f"{'word ' * 18}depends: x"]
)
def test_why_is_no_directive(having, why):
    """A sentence that would be read as a directive, on whichever line, is not written."""
    project = having(CHAIN)
    assert _refusal(write_new, project, "totals", why=why) == (
        f"{why!r} would be taken for a directive.\nWord it otherwise."
    )
    assert len(read_project(project)) == len(CHAIN)


def test_not_transactional(having):
    """What works concurrently is for large tables: its header asks for the locks."""
    written = write_new(having(CHAIN), "index", transactional=False)
    assert written.path.read_text() == (
        f"{TODO}"
        "-- Locks: TODO: which lock on what, for how long, and whether a table is rewritten.\n"
        "-- depends: shop_0002_orders\n"
        "-- transactional: false\n\n"
    )


def test_depends(having):
    """What it builds on can be said, and is read back as it was said, however much it is."""
    ids = {f"shop_{number:04}_with_rather_a_long_name": [] for number in range(1, 9)}
    project = having(ids)
    written = write_new(project, "all", depends=[*ids, *ids])
    assert all(len(line) < 100 for line in written.path.read_text().split("\n"))
    assert read_project(project)[-1].depends == set(ids)


@pytest.mark.parametrize(
    ("migrations", "schema", "name"),
    [
        ({}, "shop", "shop_0001_x"),
        (CHAIN, "shop", "shop_0003_x"),
        (CHAIN, "blog", "blog_0001_x"),
        ({"shop_0007_a": []}, "shop", "shop_0008_x"),
        ({"shop_9999_a": []}, "shop", "shop_10000_x"),
        ({"v2_shop_0001_a": []}, "v2_shop", "v2_shop_0002_x"),
        ({"shop_09_a": [], "shop_10_b": ["shop_09_a"]}, "shop", "shop_11_x"),
    ],
)
def test_number(having, migrations, schema, name):
    """The number is the next of its schema, as wide as the others are."""
    assert write_new(having(migrations), "x", schema=schema).id == name


def test_flat(having, tmp_path):
    """Migrations that lie in the folder itself are numbered in their own form."""
    project = having({})
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations" / "0041-people.sql").write_text("select 1;")
    written = write_new(project, "x")
    assert (written.id, written.depends) == ("0042_x", ("0041-people",))


def test_the_newest_head(having):
    """Of several heads it depends on the one with the highest number."""
    project = having(FORK | {"shop_0004_late": ["shop_0002_orders"]} | {"shop_0005_x": []})
    (project.root / "migrations/shop/shop_0003_tags.sql").unlink()
    assert write_new(project, "y").depends == ("shop_0005_x",)


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("Add note", ": add_note"),
        ("add-note", ": add_note"),
        ("../x", ": x"),
        ("a__b", ": a_b"),
        ("备注", "."),
        ("", "."),
    ],
)
def test_bad_name(having, name, better):
    """A name that can't be part of an id is refused, with one that can."""
    assert _refusal(write_new, having(CHAIN), name) == (
        f"{name!r} can't be part of an id.\n"
        f"Write lower-case letters, digits and single underscores{better}"
    )


@pytest.mark.parametrize(
    ("migrations", "options", "said"),
    [
        ({}, {}, "There is no schema yet.\nSay which it is for: --schema NAME"),
        (
            CHAIN | {"blog_0001_a": []},
            {},
            "There are several schemas: blog, shop.\nSay which it is for: --schema NAME",
        ),
        (
            CHAIN,
            {"schema": "../x"},
            (
                "'../x' can't be the name of a schema's folder.\n"
                "Write lower-case letters, digits and single underscores: x"
            ),
        ),
        (
            CHAIN,
            {"depends": ["shop_0002_order"]},
            "There is no migration 'shop_0002_order'.\nDid you mean shop_0002_orders?",
        ),
        (
            FORK,
            {},
            (
                "shop has several heads that were written side by side: shop_0003_notes,"
                " shop_0003_tags.\n"
                "Join them: sqlwright merge shop_0003_notes shop_0003_tags; or say --depends ID."
            ),
        ),
    ],
)
def test_refused(having, migrations, options, said):
    """What is not clear is asked for."""
    assert _refusal(write_new, having(migrations), "x", **options) == said


def test_too_long(having):
    """An id that no file could bear is refused."""
    said = _refusal(write_new, having(CHAIN), "x" * 200)
    assert said == (
        f"shop_0003_{'x' * 200} has 210 bytes, too many for an id.\n"
        "Choose a name that leaves it at 200."
    )


@pytest.mark.parametrize("suffix", [".sql", ".rollback.sql"])
def test_never_overwrites(having, suffix, monkeypatch):
    """A file that came in between stays as it is, and nothing is left beside it."""
    project = having(CHAIN)
    path = project.root / f"migrations/shop/shop_0003_x{suffix}"
    known = read_project(project)
    monkeypatch.setattr("sqlwright.migrations.new.read_known", lambda _: known)
    path.write_text("mine")
    assert _refusal(write_new, project, "x") == (
        f"{path} is there already.\nChoose another name, or take it away."
    )
    assert [path.read_text() for path in path.parent.glob("shop_0003*")] == ["mine"]


def test_what_is_not_written_is_not_applied(having):
    """Neither the first line that says TODO nor an empty file passes."""
    project = having(CHAIN)
    path = write_new(project, "x").path
    with pytest.raises(SourceError, match="is not written yet: its first line says TODO"):
        check_apply(read_project(project)[-1])
    path.write_text("-- Why.\n-- depends: shop_0002_orders\n;\n")
    with pytest.raises(SourceError, match="holds no statement"):
        check_apply(read_project(project)[-1])


def test_merge(having):
    """It depends on every head, does nothing, and can be applied and rolled back."""
    project = having(FORK)
    written = write_merge(project)
    assert written.path.read_text() == (
        "-- Joins shop_0003_notes and shop_0003_tags, which were written side by side.\n"
        "-- depends: shop_0003_notes shop_0003_tags\n\n"
    )
    assert written.rollback_path.read_text() == (
        "-- There is nothing to undo: shop_0004_merge only joins others.\n"
    )
    joined = read_project(project)[-1]
    check_apply(joined)
    check_rollback(joined)
    assert write_new(project, "x").depends == ("shop_0004_merge",)


@pytest.mark.parametrize(
    ("migrations", "arguments", "options", "said"),
    [
        (
            CHAIN,
            [],
            {},
            "There is nothing to join: no schema has more than one head.\nSee `sqlwright heads`.",
        ),
        (
            CHAIN,
            [],
            {"schema": "shop"},
            "There is nothing to join: shop has one head.\nSee `sqlwright heads`.",
        ),
        (
            FORK | {"blog_0001_a": [], "blog_0002_b": []},
            [],
            {},
            (
                "Several schemas have several heads: blog, shop.\n"
                "Say which to join: --schema NAME, or the ids."
            ),
        ),
        (
            FORK,
            ["shop_0003_tags", "shop_0002_orders"],
            {},
            (
                "shop_0002_orders is no head: shop_0003_notes depends on it.\n"
                "See `sqlwright heads` for those that are."
            ),
        ),
        (
            FORK,
            ["shop_0003_tags"],
            {},
            "shop_0003_tags alone is nothing to join.\nName another head besides, or none.",
        ),
        (
            FORK | {"blog_0001_a": []},
            ["shop_0003_tags", "blog_0001_a"],
            {},
            (
                "shop_0003_tags and blog_0001_a are of different schemas.\n"
                "Join those of one schema; a migration of its own can depend on another schema's."
            ),
        ),
        (
            FORK,
            ["shop_0003_tags", "shop_0003_notes"],
            {"schema": "blog"},
            "shop_0003_tags is of schema shop, but --schema names another.\nLeave --schema out.",
        ),
    ],
)
def test_nothing_to_merge(having, migrations, arguments, options, said):
    """What can't be joined is refused, and nothing is written."""
    project = having(migrations)
    assert _refusal(write_merge, project, arguments, **options) == said
    assert len(read_project(project)) == len(migrations)
