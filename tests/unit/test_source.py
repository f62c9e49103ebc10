"""Migration files: what yoyo would ignore is refused, and what is accepted yoyo reads alike."""

import hashlib
import os
import sys
from pathlib import Path

import postgast
import pytest
import yoyo.migrations
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sqlwright.config import Project, load_project
from sqlwright.errors import SourceError
from sqlwright.migrations.source import find_sources, read_project, read_sources

ROOT = Path(__file__).parent.parent.parent
FILES = sorted((ROOT / "migrations").glob("*/*.sql"))
TEXTS = [path.read_text() for path in FILES if not path.name.endswith(".rollback.sql")]
IGNORED = (
    "Write -- depends: … or -- transactional: false, in lower case, in the comment lines before"
    " the first statement; if it is prose, word it otherwise."
)


@pytest.fixture
def folder(tmp_path):
    """A source with two migrations that others can depend on."""
    made = tmp_path / "migrations" / "shop"
    made.mkdir(parents=True)
    (made / "shop_0001_a.sql").write_text("-- Why.\nselect 1;\n")
    (made / "shop_0002_b.sql").write_text("-- Why.\n-- depends: shop_0001_a\nselect 1;\n")
    return made


def _write(folder, text, name="shop_0003_c"):
    path = folder / f"{name}.sql"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def _refusal(folder):
    with pytest.raises(SourceError) as caught:
        read_sources([folder])
    return caught.value.message, caught.value.hint


def _last(folder):
    return read_sources([folder])[-1]


ACCEPTED = {
    "select 1;": (set(), True),
    "": (set(), True),
    "-- Why.\n": (set(), True),
    "-- depends: shop_0001_a\nselect 1;": ({"shop_0001_a"}, True),
    "--depends:shop_0001_a\nselect 1;": ({"shop_0001_a"}, True),
    "\n\n  --  depends  :  shop_0001_a  shop_0002_b  \nselect 1;": (
        {"shop_0001_a", "shop_0002_b"},
        True,
    ),
    "-- depends: shop_0001_a\n-- Why.\n-- depends: shop_0002_b\nselect 1;": (
        {"shop_0001_a", "shop_0002_b"},
        True,
    ),
    "-- depends:\nselect 1;": (set(), True),
    "-- transactional: false\nselect 1;": (set(), False),
    "-- transactional: FALSE\nselect 1;": (set(), False),
    "-- transactional: true\nselect 1;": (set(), True),
    "-- depends: shop_0001_a\r\n-- transactional: false\r\nselect 1;\r\n": ({"shop_0001_a"}, False),
    "-- What it depends on: nothing.\n-- In one transaction.\nselect 1;": (set(), True),
    "-- This depends on the reader.\n-- depends on what you mean\nselect 1;": (set(), True),
    "select 'depends: x';\nselect 1 as depends;": (set(), True),
    "create function f() returns void language plpgsql as $$\nbegin\n  depends := 1;\nend $$;": (
        set(),
        True,
    ),
}


@pytest.mark.parametrize(("text", "expected"), ACCEPTED.items())
def test_directives(folder, text, expected):
    """Directives are read as they are written."""
    _write(folder, text)
    assert (_last(folder).depends, _last(folder).transactional) == expected


LOOKS_LIKE_ONE = {
    "after a statement": "select 1;\n-- depends: shop_0001_a\n",
    "after a block comment": "/* Why. */\n-- depends: shop_0001_a\nselect 1;",
    "in a block comment": "/* depends: shop_0001_a */\nselect 1;",
    "in lines of a block comment": "/*\ndepends: shop_0001_a\n*/\nselect 1;",
    "in starred lines": "/*\n * transactional: false\n */\nselect 1;",
    "behind a statement": "select 1; -- depends: shop_0001_a",
    "capital": "-- Depends: shop_0001_a\nselect 1;",
    "capitals": "-- TRANSACTIONAL: false\nselect 1;",
    "singular": "-- depend: shop_0001_a\nselect 1;",
    "with on": "-- depends on: shop_0001_a\nselect 1;",
    "with an underscore": "-- depends_on: shop_0001_a\nselect 1;",
    "with a hyphen": "-- depends-on: shop_0001_a\nselect 1;",
    "dependencies": "-- dependencies: shop_0001_a\nselect 1;",
    "equals": "-- transactional = false\nselect 1;",
    "no colon": "-- transactional false\nselect 1;",
    "no colon either": "-- depends on shop_0001_a, shop_0002_b\nselect 1;",
    "wide colon": "-- depends：shop_0001_a\nselect 1;",  # noqa: RUF001
    "misspelt": "-- depnds: shop_0001_a\nselect 1;",
    "misspelt too": "-- trasactional: false\nselect 1;",
    "transaction": "-- transaction: false\nselect 1;",
    "two more hyphens": "---- depends: shop_0001_a\nselect 1;",
    "a second comment": "-- -- depends: shop_0001_a\nselect 1;",
    "a zero-width space": "--\u200bdepends: shop_0001_a\nselect 1;",
}


@pytest.mark.parametrize("text", LOOKS_LIKE_ONE.values(), ids=LOOKS_LIKE_ONE)
def test_ignored_directives(folder, text):
    """What somebody meant as a directive and yoyo would ignore is refused, with its line."""
    path = _write(folder, text)
    wanted = ("depend", "transaction", "depnds", "trasact")
    line = next(
        number
        for number, line in enumerate(text.split("\n"), start=1)
        if any(word in line.lower() for word in wanted)
    )
    assert _refusal(folder) == (
        f"{path}, line {line} looks like a directive, but yoyo would ignore it.",
        IGNORED,
    )


VALUES = {
    "transactional: no": (
        "says transactional: no",
        "Write true or false, and nothing after it.",
    ),
    "transactional:": ("says transactional: ", "Write true or false, and nothing after it."),
    "transactional: false ": ("ends in white space", "Write true or false, and nothing after it."),
    "transactional: false\n-- transactional: false": (
        "says transactional a second time",
        "Keep one.",
    ),
    "depends: shop_0001_a, shop_0002_b": (
        "says depends: shop_0001_a, shop_0002_b",
        "Separate ids by spaces, without commas.",
    ),
    "depends: 'shop_0001_a'": (
        "says depends: 'shop_0001_a'",
        "Separate ids by spaces, without commas.",
    ),
}


@pytest.mark.parametrize(("directive", "expected"), VALUES.items())
def test_bad_values(folder, directive, expected):
    """A directive whose value yoyo would take for another is refused."""
    path = _write(folder, f"-- {directive}\nselect 1;")
    line = 1 + directive.count("\n")
    assert _refusal(folder) == (f"{path}, line {line} {expected[0]}.", expected[1])


@pytest.mark.parametrize(
    ("text", "what", "hint"),
    [
        (
            b"\xef\xbb\xbfselect 1;",
            "{path} holds a byte order mark, behind which directives are lost.",
            "Save the file as plain UTF-8.",
        ),
        (b"select 1;\0", "{path} holds a NUL byte.", "Save the file as plain UTF-8."),
        (
            "select '密码';".encode("gbk"),
            "{path}: byte 8 is not UTF-8.",
            "Save the file as UTF-8.",
        ),
    ],
)
@pytest.mark.parametrize("suffix", ["", ".rollback"])
def test_encodings(folder, text, what, hint, suffix):
    """A file that PostgreSQL or yoyo would read otherwise is refused, a rollback too."""
    _write(folder, "select 1;")
    path = _write(folder, text, f"shop_0003_c{suffix}")
    assert _refusal(folder) == (what.format(path=path), hint)


@pytest.mark.parametrize("text", LOOKS_LIKE_ONE.values(), ids=LOOKS_LIKE_ONE)
def test_rollback_directives(folder, text):
    """A rollback file holds no directive, however it is spelt."""
    _write(folder, "select 1;")
    path = _write(folder, text, "shop_0003_c.rollback")
    message, hint = _refusal(folder)
    assert message.startswith(f"{path}, line ")
    assert message.endswith(" holds a directive, but this is a rollback file.")
    assert hint == "Directives belong to the migration alone: take it out."


@pytest.mark.parametrize("name", ["shop_0003_c.py", "__init__.py"])
def test_python(folder, name):
    """A Python file is refused: yoyo would run it."""
    (folder / name).write_text("")
    assert _refusal(folder) == (
        f"{folder / name} is a Python migration, which can't be reviewed as SQL.",
        "Write it as a .sql file, or move it out of the folder of migrations.",
    )


@pytest.mark.parametrize("name", ["post-apply", "post-apply-grants"])
def test_post_apply(folder, name):
    """A post-apply hook is refused: nobody would know that it ran."""
    path = _write(folder, "select 1;", name)
    assert _refusal(folder) == (
        f"{path} is a post-apply hook, which runs again after every apply and has no history.",
        "Make it a migration, or run it by hand.",
    )


def test_two_folders(folder):
    """An id that names two files is refused with both."""
    other = folder.parent / "other"
    other.mkdir()
    path = _write(other, "select 1;", "shop_0001_a")
    with pytest.raises(SourceError) as caught:
        read_sources([folder, other])
    assert str(caught.value) == (
        f"shop_0001_a names two files: {folder / 'shop_0001_a.sql'} and {path}.\n"
        "An id is a file's name in any folder: rename the newer file."
    )


@pytest.mark.parametrize(
    ("wanted", "hint"),
    [
        ("shop_0001_aa", "Did you mean shop_0001_a?"),
        ("zzz", "Write the id of an existing migration."),
    ],
)
def test_unknown_depends(folder, wanted, hint):
    """A migration that depends on nothing that exists is refused, with the nearest id."""
    path = _write(folder, f"-- depends: {wanted}\nselect 1;")
    assert _refusal(folder) == (f"{path} depends on {wanted}, which no file is named.", hint)


@pytest.mark.parametrize("name", ["a\nb", "a\x1bb", os.fsdecode(b"a\xff")])
def test_unprintable_names(folder, name):
    """A name that no message could show, or that is no text, is refused."""
    path = _write(folder, "select 1;", name)
    assert _refusal(folder) == (
        f"{str(path)!r} holds a character that can't be printed in its name.",
        "Rename the file: its name is the migration's id.",
    )


@pytest.mark.parametrize("name", ["shop_0003_c", "shop_0001_a.rollback"])
def test_folder_for_a_file(folder, name):
    """What can't be read is refused by name."""
    path = folder / f"{name}.sql"
    path.mkdir()
    assert _refusal(folder) == (
        f"{path} can't be read: Is a directory.",
        "Check the file's permissions.",
    )


def test_other_files(folder):
    """Files that are no migrations, and what an interrupted `yoyo new` left, are passed by."""
    for name in ("README.md", "_tmp_yoyonew_x.sql", "old.sql.bak", "orphan.rollback.sql"):
        (folder / name).write_text("-- Depends: x")
    assert [migration.id for migration in read_sources([folder])] == ["shop_0001_a", "shop_0002_b"]


def test_missing_folder(tmp_path):
    """A missing folder of migrations is an error; yoyo would find nothing to do."""
    with pytest.raises(SourceError) as caught:
        find_sources(Project(root=tmp_path, name="x", migrations="nowhere"))
    assert str(caught.value) == (
        f"{tmp_path / 'nowhere'}: there is no such folder of migrations.\n"
        'Make it, or say where it is: migrations = "…" in [tool.sqlwright].'
    )


@pytest.mark.parametrize("method", ["iterdir", "is_dir"])
def test_unreadable_folder(folder, monkeypatch, method):
    """A folder that may not be read is an error, even where root is who runs the tests."""

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(f"pathlib.Path.{method}", refuse)
    with pytest.raises(SourceError) as caught:
        find_sources(Project(root=folder.parent.parent, name="x"))
    assert str(caught.value) == (
        f"{folder.parent} can't be read: Permission denied.\nCheck the folder's permissions."
    )


def test_sources(folder):
    """The sources are the sub-folders, `common` first and hidden ones not."""
    for name in ("zebra", "common", ".git", "apple"):
        (folder.parent / name).mkdir()
    found = find_sources(Project(root=folder.parent.parent, name="x"))
    assert [source.name for source in found] == ["common", "apple", "shop", "zebra"]


def test_flat_source(folder):
    """A folder with migrations of its own is a source too, before its sub-folders."""
    _write(folder.parent, "select 1;", "0001_x")
    project = Project(root=folder.parent.parent, name="x")
    assert [migration.id for migration in read_project(project)] == [
        "0001_x",
        "shop_0001_a",
        "shop_0002_b",
    ]
    assert [migration.schema for migration in read_project(project)] == [
        "migrations",
        "shop",
        "shop",
    ]


def test_package(folder, monkeypatch):
    """`package:module:folder` finds the files of an installed package."""
    package = folder.parent / "shop_package"
    (package / "sql").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    _write(package / "sql", "select 1;", "0001_x")
    monkeypatch.setattr(sys, "path", [str(folder.parent), *sys.path])
    project = Project(root=folder, name="x", migrations="package:shop_package:sql")
    assert [migration.path for migration in read_project(project)] == [
        package / "sql" / "0001_x.sql"
    ]


@pytest.mark.parametrize("module", ["no_such_package", "no_such.package", "this", "..x"])
def test_missing_package(tmp_path, module):
    """A package that is not installed, or is none, is an error that names it."""
    with pytest.raises(SourceError) as caught:
        find_sources(Project(root=tmp_path, name="x", migrations=f"package:{module}:sql"))
    assert str(caught.value) == (
        f"package:{module}:sql: there is no package {module!r}.\n"
        'Install it in this environment, or mend migrations = "…" in [tool.sqlwright].'
    )


def test_line_endings(folder):
    """A file that git checked out with other line endings is the same migration."""
    checksums = set()
    for ending in ("\n", "\r\n", "\r"):
        _write(folder, ending.join(["-- Why.", "select 1;", ""]))
        checksums.add(_last(folder).checksum)
    assert len(checksums) == 1


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n", "  \n", "\t\n \n"])
def test_blanks_at_the_end(folder, end):
    """What an editor does to the end of a file does not make it another migration."""
    _write(folder, f"-- Why.\nselect 1;{end}")
    assert _last(folder).checksum == hashlib.sha256(b"-- Why.\nselect 1;\n").hexdigest()


@pytest.mark.parametrize(
    ("text", "locks"),
    [
        ("-- Why.\n-- Locks: access exclusive on x; no rewrite.\nselect 1;", 1),
        ("-- Locks: a\n-- Locks: b\n", 2),
        ("-- Why.\nselect 1; -- Locks: none\n", 0),
    ],
)
def test_locks(folder, text, locks):
    """The lines that say which locks a migration takes are read."""
    _write(folder, text)
    assert len(_last(folder).locks) == locks


def test_hash(folder):
    """The key of a migration is yoyo's own."""
    migration = read_sources([folder])[0]
    assert migration.hash == yoyo.migrations.get_migration_hash("shop_0001_a")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, None),
        ("drop table x;", None),
        ("-- irreversible: the words are gone\n", "the words are gone"),
        ("-- Irreversible: no\n", None),
        ("-- Why.\n-- irreversible: no\n", None),
    ],
)
def test_irreversible(folder, text, why):
    """The first line of a rollback file can say that there is no way back."""
    _write(folder, "select 1;")
    if text is not None:
        _write(folder, text, "shop_0003_c.rollback")
    assert _last(folder).irreversible == why


@pytest.mark.parametrize(
    ("text", "title"),
    [("-- Why it is.\nselect 1;", "Why it is."), ("select 1;", ""), ("", "")],
)
def test_title(folder, text, title):
    """The title is the sentence of the first line."""
    _write(folder, text)
    assert _last(folder).title == title


LINES = st.sampled_from(
    [
        *(f"-- {line}" for line in ("Why.", "it's; so", "transactional: false", "", "/* x */")),
        *(f"-- depends: {names}" for names in ("a", "b", "a b", "", "a\tb", "a\u00a0b")),
        *("--depends:a", "  -- depends: a", "\t--\tdepends :b", "--transactional:TRUE"),
        *("-- Depends: a", "/* x */", "/* x", "*/", "", " ", "\f", ";", "# x", "--"),
        *("select 1;", "select 1", "select '-- depends: a';", "create table x (", ");", "begin"),
        *("create function f() returns int as $$", "$$ language sql;", "'", "-- \u2028 x", "\x0b"),
        *("-- transactional: false ", "-- transactional: no", "select 1; -- depends: a"),
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(st.lists(LINES, max_size=7), st.sampled_from(["\n", "\r\n", "\r"]))
def test_yoyo_reads_the_same(tmp_path, lines, ending):
    """Of every file that we accept, yoyo reads the same dependencies and the same transaction."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.sql").write_text("select 1;")
    (tmp_path / "c.sql").write_bytes(ending.join(lines).encode())
    try:
        ours = read_sources([tmp_path])
    except SourceError:
        assume(False)  # noqa: FBT003 - hypothesis has it so
    theirs = yoyo.migrations.read_migrations(str(tmp_path))
    assert [migration.id for migration in theirs] == [migration.id for migration in ours]
    found = theirs[-1]
    assert {migration.id for migration in found.depends} == ours[-1].depends
    assert found.use_transactions == ours[-1].transactional


@pytest.mark.parametrize("text", [*ACCEPTED, *TEXTS])
def test_yoyo_reads_ours(tmp_path, text):
    """yoyo reads our own files, and each accepted way to write a directive, as we do."""
    directives = yoyo.migrations.read_sql_migration(str(_write(tmp_path, text, "x")))[0]
    (tmp_path / "x.sql").unlink()
    for name in directives.get("depends", "").split():
        _write(tmp_path, "", name)
    _write(tmp_path, text, "zzz")
    assert _last(tmp_path).depends == set(directives.get("depends", "").split())
    assert _last(tmp_path).transactional == (
        directives.get("transactional", "true").lower() == "true"
    )


def test_ours_are_accepted():
    """Every migration of this repository is accepted."""
    project = load_project(start=ROOT, environ={})
    wanted = {path.stem for path in FILES if not path.name.endswith(".rollback.sql")}
    assert {migration.id for migration in read_project(project)} == wanted


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_yoyo_splits_ours(path):
    """yoyo splits each of our files into the statements that PostgreSQL's parser sees."""
    _, _, theirs = yoyo.migrations.read_sql_migration(str(path))
    parser = [postgast.fingerprint(text) for text in postgast.split(path.read_text())]
    assert [postgast.fingerprint(text) for text in theirs] == parser
