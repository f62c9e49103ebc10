"""The commands over migrations, run as a person runs them: what is said, where, and exit codes."""

import json
import re
import shutil
from pathlib import Path

import psycopg
import pytest

from commands import Said, project

pytestmark = pytest.mark.newest

APPLIED = (
    "Applied common_0001_schema in … ms\n"
    "Applied shop_0001_schema in … ms\n"
    "Applied shop_0002_items in … ms\n"
    "3 migrations in … s\n"
)
IDS = ["common_0001_schema", "shop_0001_schema", "shop_0002_items"]


@pytest.fixture
def cli(tmp_path, blank):
    """A project on an empty database, nothing applied."""
    return project(tmp_path / "project", DATABASE_URL=blank)


@pytest.fixture
def applied(cli):
    """The project with everything applied."""
    assert cli("apply").code == 0
    return cli


def _states(cli):
    return {entry["id"]: entry["state"] for entry in _json(cli("status --json"))["migrations"]}


def _json(said):
    assert (said.code, said.err) == (0, "")
    return json.loads(said.out)


def test_apply(cli):
    """Each migration is a line of its own; then there is nothing to apply."""
    first, second = cli("apply"), cli("apply")
    assert (first.code, first.masked, first.err) == (0, APPLIED, "")
    assert (second.code, second.out, second.err) == (0, "Nothing to apply.\n", "")


def test_apply_json(cli):
    """`apply --json` is one document, also where nothing is left to do."""
    first, second = (_json(cli("apply --json"))["migrations"] for _ in range(2))
    assert [(done["id"], done["operation"]) for done in first] == [(name, "apply") for name in IDS]
    assert second == []


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ("--schema common", IDS[:1]),
        ("--schema shop", IDS),
        ("-s shop --to shop_0001_schema", IDS[:2]),
        ("--to shop_0001_schema", IDS[:2]),
        ("--to common_0001_schema", IDS[:1]),
        ("--steps 2", IDS[:2]),
    ],
)
def test_apply_some(cli, options, ids):
    """`--schema`, `--to` and `--steps` apply these, with what they depend on."""
    done = _json(cli(f"apply --json {options}"))["migrations"]
    assert [entry["id"] for entry in done] == ids


def test_apply_dry_run(cli):
    """`apply --dry-run` prints the SQL and changes nothing."""
    said = cli("apply --dry-run --to shop_0001_schema")
    assert (said.code, said.err) == (0, "")
    assert said.out == (
        "-- common_0001_schema\n-- What all share.\ncreate schema common;\n\n"
        "-- shop_0001_schema\n-- The shop.\n-- depends: common_0001_schema\n"
        "create schema shop;\n\n"
    )
    assert set(_states(cli).values()) == {"pending"}


def test_dry_run_json(applied):
    """`--dry-run --json` is one document with the SQL of each."""
    assert _json(applied("rollback --dry-run --json")) == {
        "migrations": [{"id": "shop_0002_items", "sql": "drop table shop.items;\n"}]
    }
    assert _json(applied("apply --dry-run --json")) == {"migrations": []}


def test_dry_run_of_nothing(applied):
    """With nothing to do standard output stays empty."""
    said = applied("apply --dry-run")
    assert (said.code, said.out, said.err) == (0, "", "Nothing to do.\n")


@pytest.mark.parametrize("options", ["", "--dry-run"])
def test_apply_is_refused_before_it_begins(cli, options):
    """A file that can't be sent stops the others too, in a dry run as in earnest."""
    path = cli.write("shop/shop_0003_x.sql", "-- Why.\n-- depends: shop_0002_items\ncommit;\n")
    said = cli(f"apply {options}")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        f"error: {path}, line 3 begins or ends a transaction.\n"
        "Take it out: the whole file is one transaction, its mark included.\n"
    )
    assert set(_states(cli).values()) == {"pending"}


def test_status(cli):
    """`status` shows each migration with its sign, and how many there are."""
    cli("apply --to shop_0001_schema")
    said = cli("status")
    assert (said.code, said.err) == (0, "")
    assert said.masked == (
        "[X]  common_0001_schema  …\n"
        "[X]  shop_0001_schema    …\n"
        "[ ]  shop_0002_items     pending\n"
        "\n"
        "Applied: 2 / Pending: 1\n"
    )


def test_status_creates_nothing(cli, blank):
    """`status` looks and touches nothing."""
    cli("status")
    with psycopg.connect(blank) as conn:
        tables = conn.execute("select tablename from pg_tables where schemaname = 'public'")
        assert tables.fetchall() == []


def test_status_json(cli):
    """`status --json` keeps its contract."""
    cli("apply --to shop_0001_schema")
    document = _json(cli("status --json"))
    assert document["schemas"] == [
        {"schema": "common", "applied": 1, "pending": 0, "head": "common_0001_schema"},
        {"schema": "shop", "applied": 1, "pending": 1, "head": "shop_0002_items"},
    ]
    first, _, last = document["migrations"]
    assert list(first) == ["id", "schema", "state", "applied_at", "checksum"]
    assert (first["id"], first["schema"], first["state"]) == (IDS[0], "common", "applied")
    assert first["applied_at"].endswith("Z")
    assert (last["state"], last["applied_at"], len(last["checksum"])) == ("pending", None, 64)


@pytest.mark.parametrize("options", ["", "--json", "--schema shop"])
def test_status_check(cli, options):
    """`status --check` exits 1 while anything is pending, and says the same as without."""
    checked, plain = cli(f"status --check {options}"), cli(f"status {options}")
    assert (checked.code, checked.out, checked.err) == (1, plain.out, "")
    cli("apply")
    assert cli(f"status --check {options}").code == 0


def test_status_of_no_schema(applied):
    """A schema that does not exist is not taken for one that is up to date."""
    said = applied("status --check --schema shopp")
    assert (said.code, said.out, said.err) == (
        2,
        "",
        "error: There is no schema 'shopp' among the migrations.\nDid you mean shop?\n",
    )


def test_status_without_migrations(cli):
    """A project without a migration says so."""
    shutil.rmtree(cli.folder / "migrations")
    (cli.folder / "migrations").mkdir()
    assert cli("status").out == "No migrations.\n"
    assert _json(cli("status --json")) == {"schemas": [], "migrations": []}


def test_changed_and_missing(applied):
    """An edited file and a deleted one are shown, found by `--check`, and stop `apply`."""
    path = applied.write("shop/shop_0002_items.sql", "-- depends: shop_0001_schema\nselect 1;\n")
    assert "[!]  shop_0002_items     " in applied("status").out
    assert applied("status --check").code == 1
    assert applied("apply") == Said(
        2,
        "",
        f"error: shop_0002_items was edited after it was applied ({path}).\n"
        "Restore the file as it was, and write the change as a new migration.\n",
    )
    path.unlink()
    assert _states(applied)["shop_0002_items"] == "missing"
    assert "Missing: 1" in applied("status").out


def test_rollback(applied):
    """A bare `rollback` takes back one, the newest."""
    said = applied("rollback")
    assert (said.code, said.masked, said.err) == (
        0,
        "Rolled back shop_0002_items in … ms\n",
        "",
    )
    assert list(_states(applied).values()) == ["applied", "applied", "pending"]


def test_rollback_of_nothing(cli):
    """With nothing applied there is nothing to roll back."""
    said = cli("rollback")
    assert (said.code, said.out, said.err) == (0, "Nothing to roll back.\n", "")


@pytest.mark.parametrize("options", ["--steps 2", "--schema shop --steps 2 --json"])
def test_rollback_wants_yes(applied, options):
    """More than one is shown and not done without `--yes`."""
    said = applied(f"rollback {options}")
    assert (said.code, said.out) == (2, "")
    assert said.err == (
        "This would roll back 2 migrations, newest first:\n"
        "  shop_0002_items\n"
        "  shop_0001_schema\n"
        "Nothing was changed. Add --yes to do it.\n"
    )
    assert set(_states(applied).values()) == {"applied"}


@pytest.mark.parametrize(
    ("options", "left"),
    [
        ("--steps 3 --yes", []),
        ("--steps 2 --yes", IDS[:1]),
        ("--to shop_0001_schema", IDS[:2]),
        ("--schema shop --steps 9 --yes", IDS[:1]),
    ],
)
def test_rollback_some(applied, options, left):
    """`--steps`, `--to` and `--schema` say how many; with `--yes` it is done."""
    assert _json(applied(f"rollback --json {options}"))["migrations"] != []
    states = _states(applied)
    assert [name for name in IDS if states[name] == "applied"] == left


def test_rollback_without_file(applied):
    """A migration without a rollback file is refused, in a dry run too."""
    path = applied.folder / "migrations" / "shop" / "shop_0002_items.rollback.sql"
    path.unlink()
    for options in ("", "--dry-run"):
        said = applied(f"rollback {options}")
        assert (said.code, said.out, said.err) == (
            2,
            "",
            f"error: shop_0002_items has no rollback file.\nWrite {path}, or restore a backup.\n",
        )
    assert _states(applied)["shop_0002_items"] == "applied"


def test_rollback_of_what_others_need(applied):
    """What an applied migration stands on is not rolled back."""
    assert applied("rollback --schema common") == Said(
        2,
        "",
        "error: common_0001_schema can't be rolled back: shop_0001_schema is applied and depends"
        " on it.\nRoll back first, in this order: shop_0002_items, shop_0001_schema.\n",
    )


def test_current(cli):
    """`current` shows the newest of each schema."""
    assert cli("current").out == "Nothing is applied.\n"
    cli("apply")
    assert cli("current").masked == (
        "common  common_0001_schema  …\nshop    shop_0002_items     …\n"
    )
    assert _json(cli("current --json")) == [
        {"schema": "common", "id": "common_0001_schema"},
        {"schema": "shop", "id": "shop_0002_items"},
    ]


def test_current_after_a_clock_was_set_back(applied, blank):
    """What another migration stands on is not the newest, whatever time its mark bears."""
    applied.write("shop/shop_0003_more.sql", "-- More.\n-- depends: shop_0002_items\nselect 1;\n")
    applied("apply")
    with psycopg.connect(blank) as conn:
        conn.execute(
            "update _yoyo_migration set applied_at_utc = applied_at_utc - interval '1 hour'"
            " where migration_id = 'shop_0003_more'"
        )
    assert applied("current --schema shop").masked == "shop  shop_0003_more  …\n"


def test_history(cli):
    """`history` shows what was done, oldest first."""
    assert cli("history").out == "Nothing has been done yet.\n"
    cli("apply --to common_0001_schema")
    cli("rollback")
    rows = [line.split() for line in cli("history").out.splitlines()]
    assert [row[1:3] for row in rows] == [
        ["apply", "common_0001_schema"],
        ["rollback", "common_0001_schema"],
    ]
    document = _json(cli("history --json"))
    assert [list(row) for row in document] == [["at", "operation", "id", "user", "host"]] * 2


def test_history_some(applied):
    """`history` shows one schema, and the newest of it."""
    rows = _json(applied("history --json --schema shop --limit 1"))
    assert [row["id"] for row in rows] == ["shop_0002_items"]
    assert applied("history --schema shopp").err == (
        "error: There is no schema 'shopp' among the migrations.\nDid you mean shop?\n"
    )


def test_current_of_a_schema(applied):
    """`current --schema` shows that one."""
    assert applied("current --schema shop").masked == "shop  shop_0002_items  …\n"


def test_renamed(applied):
    """`status` says of a missing migration what its file is called now."""
    path = applied.folder / "migrations/shop/shop_0002_items.sql"
    path.rename(path.with_name("shop_0002_goods.sql"))
    assert applied("status --schema shop").masked == (
        "[X]  shop_0001_schema  …\n"
        "[ ]  shop_0002_goods   pending\n"
        "[?]  shop_0002_items   …, its file was renamed to shop_0002_goods\n"
        "\n"
        "Applied: 1 / Pending: 1 / Missing: 1\n"
    )


def test_renamed_beneath(applied):
    """That is seen too where another file still depends on the old name."""
    path = applied.folder / "migrations/shop/shop_0001_schema.sql"
    path.rename(path.with_name("shop_0001_shop.sql"))
    assert applied("status --schema shop").masked == (
        "[ ]  shop_0001_shop    pending, comes before shop_0002_items, which is applied already\n"
        "[X]  shop_0002_items   …\n"
        "[?]  shop_0001_schema  …, its file was renamed to shop_0001_shop\n"
        "\n"
        "Applied: 1 / Pending: 1 / Missing: 1\n"
    )
    assert applied("apply").err == (
        "error: shop_0001_schema is applied, but its file was renamed to shop_0001_shop.\n"
        "Name the file shop_0001_schema.sql again: an id is for ever.\n"
    )


def test_out_of_order(applied):
    """What sorts before an applied migration is pending: it is named, and applied."""
    applied.write("shop/shop_0001_a.sql", "-- Why.\ncreate table late ();\n")
    assert applied("status --schema shop").masked == (
        "[ ]  shop_0001_a       pending, comes before shop_0001_schema, which is applied already\n"
        "[X]  shop_0001_schema  …\n"
        "[X]  shop_0002_items   …\n"
        "\n"
        "Applied: 2 / Pending: 1\n"
    )
    said = applied("apply")
    assert (said.code, said.masked, said.err) == (
        0,
        "Applied shop_0001_a in … ms\n",
        "shop_0001_a comes before shop_0001_schema, which is applied already.\n",
    )


def test_heads(cli):
    """Each head is a line; a schema with several is named, and found by `--check`."""
    nowhere = {"DATABASE_URL": "postgresql://nobody@/nowhere"}
    said = cli("heads --check", **nowhere)
    assert said == Said(0, "common  common_0001_schema\nshop    shop_0002_items\n", "")
    cli.write("shop/shop_0002_tags.sql", "-- Why.\n-- depends: shop_0001_schema\nselect 1;\n")
    said = cli("heads --schema shop --check", **nowhere)
    assert said == Said(1, "shop  shop_0002_items\nshop  shop_0002_tags\n", "shop has 2 heads.\n")
    document = json.loads(cli("heads --json", **nowhere).out)
    assert document == {
        "schemas": [
            {"schema": "common", "heads": ["common_0001_schema"]},
            {"schema": "shop", "heads": ["shop_0002_items", "shop_0002_tags"]},
        ]
    }


def test_new_and_merge(cli):
    """The paths go to standard output, what it depends on to standard error; then it is applied."""
    nowhere = {"DATABASE_URL": "postgresql://nobody@/nowhere"}
    (cli.folder / "yoyo.ini").write_text("[DEFAULT]\n")
    said = cli("new notes --schema shop --why 'Items have notes.'", **nowhere)
    assert said == Said(
        0,
        "migrations/shop/shop_0003_notes.sql\nmigrations/shop/shop_0003_notes.rollback.sql\n",
        "It depends on shop_0002_items.\n",
    )
    said = cli("new posts --schema blog --json", **nowhere)
    assert json.loads(said.out) == {
        "id": "blog_0001_posts",
        "schema": "blog",
        "path": str(cli.folder / "migrations/blog/blog_0001_posts.sql"),
        "rollback_path": str(cli.folder / "migrations/blog/blog_0001_posts.rollback.sql"),
        "depends": [],
        "is_first": True,
    }
    assert said.err == (
        "It depends on nothing.\n"
        "For yoyo, add it to the sources in yoyo.ini: %(here)s/migrations/blog\n"
    )
    cli.write("blog/blog_0001_posts.sql", "-- Why.\ncreate schema blog;\n")
    cli.write("shop/shop_0003_notes.sql", "-- Why.\n-- depends: shop_0002_items\nselect 1;\n")
    cli.write("shop/shop_0003_tags.sql", "-- Why.\n-- depends: shop_0002_items\nselect 1;\n")
    assert cli("merge", **nowhere) == Said(
        0,
        "migrations/shop/shop_0004_merge.sql\nmigrations/shop/shop_0004_merge.rollback.sql\n",
        "It depends on shop_0003_notes, shop_0003_tags.\n",
    )
    assert cli("apply").code == 0
    assert cli("rollback").masked == "Rolled back shop_0004_merge in … ms\n"


def test_show(cli):
    """`show` says how a migration stands, and shows both its files."""
    cli("apply --to shop_0001_schema")
    said = cli("show shop_0001_schema")
    assert (said.code, said.err) == (0, "")
    facts, _, files = said.masked.partition("\n\n")
    assert re.sub(r"by \S+ on \S+", "by N on N", facts) == (
        "id          shop_0001_schema\n"
        "schema      shop\n"
        "state       applied\n"
        "applied     … by N on N\n"
        "depends     common_0001_schema\n"
        "dependents  shop_0002_items"
    )
    assert files == (
        "-- shop_0001_schema.sql\n-- The shop.\n-- depends: common_0001_schema\n"
        "create schema shop;\n\n-- shop_0001_schema.rollback.sql\ndrop schema shop;\n"
    )


def test_show_json(cli):
    """`show --json` has all that is known of it."""
    cli.write(
        "shop/shop_0003_i.sql",
        "-- Why.\n-- Locks: none.\n-- depends: shop_0002_items\n-- transactional: false\nselect 1",
    )
    path = cli.write("shop/shop_0003_i.rollback.sql", "-- irreversible: it is gone\n")
    document = _json(cli("show shop_0003_i --json"))
    assert len(document.pop("checksum")) == 64
    assert document == {
        "id": "shop_0003_i",
        "schema": "shop",
        "state": "pending",
        "remark": None,
        "applied_at": None,
        "applied_by": None,
        "dependents": [],
        "title": "Why.",
        "depends": ["shop_0002_items"],
        "transactional": False,
        "locks": ["none."],
        "irreversible": "it is gone",
        "path": str(path.with_name("shop_0003_i.sql")),
        "sql": "-- Why.\n-- Locks: none.\n-- depends: shop_0002_items\n-- transactional: false\n"
        "select 1",
        "rollback": "-- irreversible: it is gone\n",
    }


def test_show_what_is_gone(applied):
    """A migration whose file is gone is shown as far as the database knows it."""
    (applied.folder / "migrations/shop/shop_0002_items.sql").unlink()
    said = applied("show shop_0002_items")
    assert re.sub(r"by \S+ on \S+", "by N on N", said.masked) == (
        "id          shop_0002_items\n"
        "schema      shop\n"
        "state       missing\n"
        "applied     … by N on N\n"
        "dependents  none\n"
    )
    assert applied("show nothing").err == (
        "error: There is no migration 'nothing'.\nSee `sqlwright status` for their ids.\n"
    )


def test_stamp(cli, blank):
    """It says what it would believe, and with `--yes` marks without running."""
    said = cli("stamp --all")
    assert said == Said(
        2,
        "",
        "This would mark 3 migrations as applied, and run nothing:\n"
        "  common_0001_schema\n  shop_0001_schema\n  shop_0002_items\n"
        "Nothing was changed. Add --yes to do it.\n",
    )
    assert set(_states(cli).values()) == {"pending"}
    assert cli("stamp --to shop_0001_schema --yes").out == (
        "Marked common_0001_schema as applied\nMarked shop_0001_schema as applied\n"
    )
    with psycopg.connect(blank) as conn:
        assert conn.execute("select to_regnamespace('shop')").fetchone() == (None,)
    assert "applied, without being run" in cli("show shop_0001_schema").out
    assert _json(cli("stamp --remove --schema shop --yes --json")) == {
        "migrations": [{"id": "shop_0001_schema", "operation": "unmark"}]
    }
    assert cli("stamp --remove shop_0002_items --yes").err == (
        "error: shop_0002_items is not applied.\nSee `sqlwright status` for what is.\n"
    )
    assert list(_states(cli).values()) == ["applied", "pending", "pending"]


def test_stamp_accepts_an_edit(applied):
    """A mark that is taken away and made again believes the file as it is now."""
    applied.write("shop/shop_0002_items.sql", "-- Why.\n-- depends: shop_0001_schema\nselect 1;\n")
    assert applied("apply").code == 2
    assert applied("stamp --remove shop_0002_items --yes").code == 0
    assert applied("stamp shop_0002_items --yes").code == 0
    assert applied("apply").out == "Nothing to apply.\n"


def test_sql(cli):
    """`sql` prints the script alone, and nothing where nothing is to be done."""
    said = cli("sql --from base --schema common", DATABASE_URL="postgresql://nobody@/nowhere")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("-- Applies 1 migration, for a database that has nothing yet:\n")
    document = _json(cli("sql --from base --to shop_0001_schema --json"))
    assert (document["operation"], document["migrations"]) == ("apply", IDS[:2])
    assert cli("sql --rollback") == Said(0, "", "Nothing to do.\n")
    assert cli("sql --from base --from shop_0001_schema").err == (
        "error: --from base means that nothing is applied.\nLeave the other ids out.\n"
    )


def test_pipe(applied):
    """Results alone go to standard output, so that they can be piped."""
    said = applied("rollback --steps 3 --dry-run")
    assert said.err == ""
    assert [line for line in said.out.splitlines() if line and not line.startswith("--")] == [
        "drop table shop.items;",
        "drop schema shop;",
        "drop schema common;",
    ]


def test_from_a_folder_within(applied):
    """A command finds its project from any folder within."""
    inner = applied.folder / "migrations" / "shop"
    assert type(applied)(inner, applied.environ)("status --check").code == 0


def test_database_option(cli, blank):
    """`--database` comes before DATABASE_URL."""
    said = cli(f"status --database '{blank}'", DATABASE_URL="postgresql://nobody@/nowhere")
    assert said.code == 0


def test_env_file(cli, blank):
    """DATABASE_URL in `.env` counts where the process has none."""
    Path(cli.folder, ".env").write_text(f'export DATABASE_URL="{blank}"  # ours\n')
    assert type(cli)(cli.folder)("status").code == 0
