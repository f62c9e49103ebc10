"""`draft`: whatever a person changes by hand comes out as files that lead there and back."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from commands import Sqlwright
from conftest import ROOT
from sqlwright.catalog import read_snapshot
from sqlwright.config import Project
from sqlwright.errors import HistoryError, SourceError
from sqlwright.migrations import migrate
from sqlwright.migrations.difference import compare, fold, ignore
from sqlwright.migrations.draft import draft, write
from sqlwright.migrations.order import in_order
from sqlwright.migrations.readable import lines
from sqlwright.migrations.source import read_project
from sqlwright.migrations.stamp import Choice, stamp

pytestmark = pytest.mark.newest

HERE = Path(__file__).parent
SQUAWK = Path(sys.executable).parent / "squawk"
# What the executor sees to, or CONVENTIONS decides otherwise: each statement is sent once, under
# time-outs; the documents have their varchar and integer; the check that proved a not null goes.
NOT_OURS = (
    "prefer-robust-stmts",
    "require-timeout-settings",
    "require-lock-timeout",
    "require-statement-timeout",
    "prefer-text-field",
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "ban-drop-constraint",
)


def changes():
    """Each change of draft_changes.sql: its title and its SQL."""
    text = (HERE / "draft_changes.sql").read_text(encoding="utf-8")
    for block in re.split(r"\n\n(?=-- [a-z]+: )", text)[1:]:
        title, _, sql = block.partition("\n")
        yield pytest.param(sql, id=title.removeprefix("-- "))


def said(name, sql):
    """What lines `-- name: …` say."""
    return re.findall(rf"^-- {name}: (.*)", sql, re.MULTILINE)


def run(url, sql):
    """Runs the SQL as a person does, one part after the other."""
    with psycopg.connect(url, autocommit=True) as conn:
        for part in sql.split("-- then"):
            conn.execute(part)


def look(url):
    """The catalogue."""
    with psycopg.connect(url) as conn:
        return read_snapshot(conn, called="shop")


def differing(before, after):
    """How two catalogues differ, but for the order of columns, which can't be drafted."""
    return list(lines(fold(ignore(compare(before, after), ("column_order", "database")))))


@pytest.fixture(scope="session")
def shop(server, tmp_path_factory):
    """A project with one migration, a template database that has it and rows, and its catalogue."""
    root = tmp_path_factory.mktemp("shop")
    folder = root / "migrations" / "shop"
    folder.mkdir(parents=True)
    base = (HERE / "draft_base.sql").read_text(encoding="utf-8")
    (folder / "shop_0001_all.sql").write_text(base, encoding="utf-8")
    undo = "drop schema shop cascade;\ndrop schema stock;\n"
    (folder / "shop_0001_all.rollback.sql").write_text(undo, encoding="utf-8")
    with server.janitor("template_shop", as_template=True) as janitor:
        project = Project(root=root, name="shop", url=server.url(janitor.dbname))
        migrate.apply(project)
        run(project.url, (HERE / "draft_rows.sql").read_text(encoding="utf-8"))
        before = look(project.url)
        yield janitor.dbname, root, before


@pytest.fixture
def project(server, shop, tmp_path):
    """A project of the test's own, on a database with rows."""
    template, root, _ = shop
    shutil.copytree(root / "migrations", tmp_path / "migrations")
    with server.janitor("drafted", template_dbname=template):
        yield Project(root=tmp_path, name="shop", url=server.url("drafted"))


def drafted(project, sql, name="change"):
    """The draft of what the SQL does."""
    run(project.url, sql)
    schema = (said("schema", sql) or ["shop"])[0]
    return draft(project, name, schema=schema)


def finish(result):
    """The files as a person leaves them: with a reason in the first line."""
    files = [
        replace(one, text=one.text.replace("TODO: say in one sentence why", "Why"))
        for one in result.files
    ]
    return replace(result, files=tuple(files))


@pytest.mark.parametrize("sql", list(changes()))
def test_a_change_is_drafted_there_and_back(project, shop, sql):
    """The files are proved, and undo and repeat the change on the very database that has rows."""
    result = drafted(project, sql)
    assert result.error is None
    assert list(lines((*result.unproved, *result.not_undone))) == []
    assert {str(one.object.key) for one in result.not_drafted} <= set(said("not drafted", sql))
    assert result.is_proved
    assert result.files
    wanted = look(project.url)
    write(project, finish(result))
    stamp(project, Choice(everything=True))
    migrate.rollback(project, steps=len(result.files))
    assert differing(shop[2], look(project.url)) == []
    for _ in result.files:
        migrate.apply(project, steps=1)
        for fill in said("fill", sql):
            run(project.url, fill)
    assert differing(wanted, look(project.url)) == []
    for text in [text for one in result.files for text in (one.text, one.rollback_text)]:
        check_form(text)
        check_no_table_is_made_again(text)


def check_no_table_is_made_again(text):
    """Rows stay: what a table is called on another's account is no reason to drop it."""
    dropped, made = (
        re.findall(rf"^{verb} table (\S+)", text, re.MULTILINE) for verb in ("drop", "create")
    )
    assert {name.rstrip(";") for name in dropped} & set(made) == set()


def check_form(text):
    """The text is as CONVENTIONS wants it, as far as lines tell."""
    assert [line for line in text.split("\n") if len(line) > 99] == []
    assert re.findall(r"[ \t]+$|\n\n\n|\t", text, re.MULTILINE) == []
    code = re.sub(r"(?s)--[^\n]*|'(?:[^']|'')*'|\"[^\"]*\"|\$(\w*)\$.*?\$\1\$", "", text)
    assert re.findall(r"[A-Z]+", code) == []
    assert re.findall(r"drop .*\bcascade;|\bif exists\b", code) == []


@pytest.mark.parametrize("schema", ["claude_fastapi", "emotional_chat", "iopaint", "sisyphus"])
def test_a_whole_schema_made_by_hand(blank, tmp_path, schema):
    """All of a real schema is drafted from its catalogue, and squawk has nothing to say."""
    shutil.copytree(ROOT / "migrations" / "common", tmp_path / "migrations" / "common")
    project = Project(root=tmp_path, name="whole", url=blank)
    migrate.apply(project)
    for migration in in_order(read_project(Project(root=ROOT, name="whole"))):
        if migration.schema == schema:
            run(blank, migration.text)
    result = draft(project, "all", schema=schema)
    assert result.is_proved
    assert result.not_drafted == ()
    (file,) = write(project, result)
    check_form(result.files[0].text)
    assert squawk(file.path) == ""


def squawk(*paths):
    """What squawk finds in the files."""
    done = subprocess.run(
        [SQUAWK, "--assume-in-transaction", "--exclude", ",".join(NOT_OURS), "--reporter", "Gcc"]
        + [str(path) for path in paths],
        capture_output=True,
        text=True,
        check=False,
    )
    return "".join(line for line in done.stdout.splitlines(keepends=True) if "warning" in line)


def test_squawk_finds_nothing(project):
    """A normal change: columns, a check and a key, and an index, each in the way that is safe."""
    result = drafted(
        project,
        """
        alter table shop.orders add column giver_id bigint;
        alter table shop.orders add constraint orders_giver_id_fkey
            foreign key (giver_id) references shop.people (id) on delete set null;
        alter table shop.orders add constraint orders_price_is_positive check (price >= 0);
        create index orders_giver_id_idx on shop.orders (giver_id);
        alter table shop.people alter column email set not null;
        """,
    )
    assert [one.transactional for one in result.files] == [True, True, False]
    for one in write(project, result):
        assert squawk(one.path) == ""


def test_the_files_read_like_this(project):
    """Unchecked first, checked in the next, and an index in a file of its own."""
    result = drafted(
        project,
        """
        alter table shop.orders add constraint orders_price_is_positive check (price >= 0);
        create index orders_price_idx on shop.orders (price);
        """,
    )
    assert [(one.id, one.text, one.rollback_text) for one in result.files] == [
        (
            "shop_0002_change",
            (
                "-- TODO: say in one sentence why this migration exists.\n"
                "-- Locks: access exclusive on shop.orders for a moment; no rewrite.\n"
                "-- depends: shop_0001_all\n"
                "\n"
                "alter table shop.orders\n"
                "    add constraint orders_price_is_positive check (price >= 0) not valid;\n"
            ),
            "alter table shop.orders drop constraint orders_price_is_positive;\n",
        ),
        (
            "shop_0003_change_validated",
            (
                "-- What shop_0002_change demands of new rows is checked in those that were"
                " there.\n"
                "-- Locks: share update exclusive on shop.orders while it is read; no rewrite.\n"
                "-- depends: shop_0002_change\n"
                "\n"
                "alter table shop.orders validate constraint orders_price_is_positive;\n"
            ),
            (
                "alter table shop.orders drop constraint orders_price_is_positive;\n"
                "\n"
                "alter table shop.orders\n"
                "    add constraint orders_price_is_positive check (price >= 0) not valid;\n"
            ),
        ),
        (
            "shop_0004_orders_price_idx",
            (
                "-- TODO: say in one sentence why this migration exists.\n"
                "-- Locks: share update exclusive on shop.orders while it is read; no rewrite.\n"
                "-- depends: shop_0003_change_validated\n"
                "-- transactional: false\n"
                "\n"
                "create index concurrently orders_price_idx on shop.orders (price);\n"
            ),
            "drop index concurrently shop.orders_price_idx;\n",
        ),
    ]


LOSSES = {
    "drop table shop.days_2025": ["shop.days_2025 is dropped with its rows."],
    "alter table shop.people rename column note to remark": [
        (
            "shop.people.note is dropped with its values. If it was renamed, write instead:"
            " alter table shop.people rename column note to remark;"
        )
    ],
    "alter table shop.orders rename to purchases": [
        (
            "shop.orders is dropped with its rows. If it was renamed, write instead: alter table"
            " shop.orders rename to purchases;"
        ),
    ],
    "alter table shop.people alter column email type varchar(30)": [
        (
            "shop.people.email becomes character varying(30) from character varying(90): values"
            " that don't fit are refused, rounded or cut."
        )
    ],
    "alter type shop.mood rename value 'ugly' to 'odd'": [
        (
            "shop.mood loses 'ugly': rows that hold one are refused. If it was renamed, write"
            " instead: alter type shop.mood rename value 'ugly' to 'odd';"
        )
    ],
    "drop sequence shop.numbers cascade": [
        "shop.numbers is dropped, and where it stood is lost.",
    ],
    "alter table shop.people alter column id drop identity": [
        "shop.people_id_seq is dropped, and where it stood is lost.",
    ],
    "alter table shop.people alter age set not null, alter age add generated always as identity": [
        "shop.people.age counts from 1, whatever its rows hold: move it with setval.",
    ],
    "alter type shop.size drop attribute height": ["shop.size.height is dropped with its values."],
    (
        "alter table shop.people drop column note;"
        " alter table shop.people add column note text generated always as (upper(name)) stored"
    ): ["shop.people.note is dropped with its values."],
    "alter table shop.people alter column email type text": [],
    "alter table shop.people add column remark text": [],
    "alter table shop.orders alter column tax drop expression": [],
}


@pytest.mark.parametrize("sql", LOSSES)
def test_every_loss_is_said(project, sql):
    """In the file above its statement, and to who drafts; how a rename is written, too."""
    result = drafted(project, sql)
    assert result.is_proved
    assert list(result.losses) == LOSSES[sql]
    text = " ".join(one.text.replace("\n-- ", " ") for one in result.files)
    assert [loss for loss in result.losses if f"WARNING: {loss}" not in text] == []


def test_a_rollback_says_where_it_fails_on_rows(project):
    """A column that takes no null and has no default comes back only to an empty table."""
    result = drafted(project, "alter table shop.people drop column name cascade")
    assert (
        "-- The values of shop.people.name do not come back, and it is the last one then.\n"
        "-- It takes no null and has no default: where shop.people has rows, give it one here, or"
        " this\n-- fails.\n"
    ) in "".join(one.rollback_text for one in result.files)


def test_what_is_not_drafted_is_listed(project):
    """Grants, owners and the rest are left to the reader, each with kind and name."""
    result = drafted(
        project,
        """
        create aggregate shop.product(numeric) (sfunc = numeric_mul, stype = numeric);
        create table shop.more (id bigint);
        comment on column shop.more.id is 'More.';
        alter table shop.people cluster on people_pkey;
        """,
    )
    assert [
        (str(one.object.key), [p.property for p in one.properties]) for one in result.not_drafted
    ] == [
        ("table shop.people", ["clustered_on"]),
        ("aggregate shop.product(numeric)", []),
    ]
    assert result.is_proved
    assert [one.id for one in result.files] == ["shop_0002_change"]


def test_a_name_that_postgresql_chose_is_noted(project):
    """It is kept, and the reader is told."""
    result = drafted(project, "create table shop.more (id bigint check (id > 0))")
    assert list(result.notes) == [
        (
            "more_id_check is PostgreSQL's own name; CONVENTIONS would have the rule in words:"
            " rename it in the database and draft again."
        )
    ]


def test_nothing_differs(project):
    """Then there is nothing to write."""
    result = draft(project, "change")
    assert (result.files, result.is_proved) == ((), True)


def test_pending_is_refused(project):
    """What the database hasn't had yet would be undone."""
    folder = project.root / "migrations" / "shop"
    (folder / "shop_0002_more.sql").write_text(
        "-- More.\n-- depends: shop_0001_all\ncreate table shop.more ();\n"
    )
    with pytest.raises(HistoryError) as caught:
        draft(project, "change")
    assert str(caught.value) == (
        "shop_0002_more is pending: a draft would undo it.\n"
        "Apply what is pending first: sqlwright apply"
    )


def test_several_schemas_are_drafted_one_after_the_other(project):
    """Each has its own folder and its own numbers."""
    other = project.root / "migrations" / "stock"
    other.mkdir()
    (other / "stock_0001_more.sql").write_text("-- More.\ncreate table stock.more ();\n")
    (other / "stock_0001_more.rollback.sql").write_text("drop table stock.more;\n")
    migrate.apply(project)
    run(project.url, "create table shop.a (); create table stock.b ()")
    with pytest.raises(SourceError) as caught:
        draft(project, "change")
    assert str(caught.value) == (
        "Several schemas differ: shop, stock.\nDraft one after the other: --schema shop"
    )
    heard = []
    result = draft(project, "change", schema="stock", talk=heard.append)
    assert [one.id for one in result.files] == ["stock_0002_change"]
    assert heard == ["Left out, though it differs too: shop."]
    with pytest.raises(SourceError, match="There is no schema 'stok'"):
        draft(project, "change", schema="stok")


def test_a_draft_that_cannot_be_proved_is_not_written(project, tmp_path):
    """It is shown with what differs, exit 1; --force writes it for the reader to mend."""
    cli = Sqlwright(tmp_path, {"DATABASE_URL": project.url})
    (tmp_path / "sqlwright.toml").write_text('name = "shop"\n')
    # A partition's key has the name that the server gives it, and this is another.
    run(
        project.url,
        "create table shop.days_9 (day date not null, sold integer, constraint nine primary key"
        " (day)); alter table shop.days attach partition shop.days_9 for values from"
        " ('2029-01-01') to ('2030-01-01')",
    )
    seen = cli("draft nine --schema shop")
    assert seen.code == 1
    assert "After the files, this still differs:\n" in seen.err
    assert seen.err.endswith(
        "No file is written. --force writes them all the same, for you to mend.\n"
    )
    assert seen.out.startswith("-- shop_0002_nine.sql\n")
    assert not list(tmp_path.glob("migrations/shop/shop_0002*"))
    forced = cli("draft nine --schema shop --force")
    assert forced.code == 1
    assert forced.out == (
        "migrations/shop/shop_0002_nine.sql\nmigrations/shop/shop_0002_nine.rollback.sql\n"
    )
    assert forced.err.endswith(
        "Written, and not proved: mend the files, then: sqlwright prove shop_0002_nine\n"
    )


def test_the_command(project, tmp_path):
    """Paths to standard output and the rest to standard error; --dry-run writes nothing."""
    cli = Sqlwright(tmp_path, {"DATABASE_URL": project.url})
    (tmp_path / "sqlwright.toml").write_text('name = "shop"\n')
    nothing = cli("draft more")
    assert (nothing.code, nothing.out) == (0, "Nothing differs. No file is written.\n")
    run(project.url, "alter table shop.people drop column note")
    dry = cli("draft less --dry-run")
    assert (dry.code, dry.out.split("\n")[0]) == (0, "-- shop_0002_less.sql")
    document = json.loads(cli("draft less --dry-run --json").out)
    assert [one["id"] for one in document["files"]] == ["shop_0002_less"]
    assert (document["written"], document["proved"]) == (False, True)
    assert document["warnings"] == ["shop.people.note is dropped with its values."]
    seen = cli("draft less")
    assert seen.code == 0
    assert seen.out == (
        "migrations/shop/shop_0002_less.sql\nmigrations/shop/shop_0002_less.rollback.sql\n"
    )
    assert seen.err.endswith(
        "warning: shop.people.note is dropped with its values.\n"
        "Proved: the files lead there, and their rollbacks back.\n"
    )


@pytest.mark.parametrize("seed", range(3))
def test_a_walk_of_changes(project, seed):
    """Whatever changes come one after the other, the draft of them all leads there and back."""
    chance = random.Random(seed)
    steps = [param.values[0] for param in changes()]
    steps = [sql for sql in steps if not said("schema", sql) and "cascade" not in sql]
    chance.shuffle(steps)
    with psycopg.connect(project.url, autocommit=True) as conn:
        done = 0
        for sql in steps[:25]:
            try:
                for part in sql.split("-- then"):
                    conn.execute(part)
                done += 1
            except psycopg.Error:  # one that an earlier one has made impossible
                continue
    result = draft(project, "walk", schema="shop")
    assert done > 5
    assert (result.error, list(lines((*result.unproved, *result.not_undone)))) == (None, [])
