"""The commands over migrations, run as a person runs them: what is said, where, and exit codes."""

import json
import shutil
from pathlib import Path

import psycopg
import pytest

from commands import Said, project

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
    ],
)
def test_apply_some(cli, options, ids):
    """`--schema` and `--to` apply these, with what they depend on."""
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
        " on it.\nRoll shop_0001_schema back first.\n",
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
