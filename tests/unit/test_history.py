"""What is applied against what is on disk: each state, and each disagreement."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sqlwright.errors import HistoryError
from sqlwright.migrations.bookkeeping import Applied, Started
from sqlwright.migrations.history import State, compare, overtaken, remarks, verify
from sqlwright.migrations.source import Migration

DELETED_HINT = (
    "Restore the file from version control. If another project migrates this database too, give"
    " each its own database."
)
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def _migration(name, *depends, text="select 1;"):
    return Migration(
        id=name,
        schema=name.split("_")[0],
        path=Path(f"{name}.sql"),
        text=text,
        rollback_path=Path(f"{name}.rollback.sql"),
        rollback_text=None,
        depends=frozenset(depends),
        transactional=True,
    )


A = _migration("shop_0001_a")
B = _migration("shop_0002_b", "shop_0001_a", text="select 2;")


def _applied(migration, *, minutes=0, checksum=""):
    return Applied(
        hash=migration.hash,
        id=migration.id,
        at=NOON + timedelta(minutes=minutes),
        checksum=migration.checksum if checksum == "" else checksum,
    )


def _started(migration, operation="apply"):
    return Started(hash=migration.hash, id=migration.id, operation=operation, at=NOON)


def _states(entries):
    return {entry.id: str(entry.state) for entry in entries}


@pytest.mark.parametrize(
    ("disk", "applied", "started", "state"),
    [
        ([A], [], [], State.PENDING),
        ([A], [_applied(A)], [], State.APPLIED),
        ([A], [_applied(A, checksum=None)], [], State.APPLIED),
        ([A], [_applied(A, checksum="x")], [], State.CHANGED),
        ([], [_applied(A)], [], State.MISSING),
        ([A], [], [_started(A)], State.FAILED),
        ([A], [_applied(A)], [_started(A, "rollback")], State.FAILED),
        ([A], [_applied(A, minutes=1)], [_started(A)], State.APPLIED),
    ],
)
def test_states(disk, applied, started, state):
    """Each combination of a file, a mark and a start is one state."""
    assert [entry.state for entry in compare(disk, applied, started)] == [state]


def test_order():
    """Those on disk come in their order, then those whose files are gone."""
    gone = _migration("shop_0000_gone")
    entries = compare([B, A], [_applied(gone)], [])
    assert _states(entries) == {
        "shop_0001_a": "pending",
        "shop_0002_b": "pending",
        "shop_0000_gone": "missing",
    }


def test_out_of_order():
    """A file that comes before what is applied is pending, as yoyo has it, and no disagreement."""
    entries = compare([A, B], [_applied(B)], [])
    assert _states(entries) == {"shop_0001_a": "pending", "shop_0002_b": "applied"}
    verify(entries)


def test_applied_at():
    """An entry knows when it was applied, if it was."""
    first, second = compare([A, B], [_applied(A)], [])
    assert (first.applied_at, second.applied_at) == (NOON, None)


@pytest.mark.parametrize(
    ("name", "schema"),
    [("shop_0009_gone", "shop"), ("shop-2030-gone", ""), ("other_0001_gone", ""), ("gone", "")],
)
def test_schema_of_missing(name, schema):
    """A migration whose file is gone belongs to the schema whose name it begins with."""
    assert compare([A], [_applied(_migration(name))], [])[-1].schema == schema


@pytest.mark.parametrize(
    ("disk", "applied", "started"),
    [([A, B], [], []), ([A, B], [_applied(A)], [_started(B)]), ([], [], [])],
)
def test_agreement(disk, applied, started):
    """Pending, applied and failed migrations are no disagreement."""
    verify(compare(disk, applied, started))


def _refusal(disk, applied):
    with pytest.raises(HistoryError) as caught:
        verify(compare(disk, applied, []))
    return caught.value.message, caught.value.hint


def test_edited():
    """A file that was edited after it was applied is refused."""
    assert _refusal([A, B], [_applied(A), _applied(B, checksum="x")]) == (
        "shop_0002_b was edited after it was applied (shop_0002_b.sql).",
        "Restore the file as it was, and write the change as a new migration.",
    )


def test_deleted():
    """A file that is gone though it is applied is refused."""
    assert _refusal([A], [_applied(A), _applied(B)]) == (
        "shop_0002_b is applied, but there is no such file.",
        DELETED_HINT,
    )


def test_renamed():
    """A file that was renamed is known by its text."""
    renamed = _migration("shop_0003_b", text=B.text)
    assert _refusal([A, renamed], [_applied(A), _applied(B)]) == (
        "shop_0002_b is applied, but its file was renamed to shop_0003_b.",
        "Name the file shop_0002_b.sql again: an id is for ever.",
    )


def test_not_renamed():
    """Without a checksum no pending file is taken for the one that is gone."""
    message, _ = _refusal([A], [_applied(B, checksum=None)])
    assert message == "shop_0002_b is applied, but there is no such file."


def test_remark_on_renamed():
    """A missing migration whose text a pending one bears is said to be renamed."""
    renamed = _migration("shop_0003_b", text=B.text)
    entries = compare([A, renamed], [_applied(A), _applied(B)], [])
    assert remarks(entries) == {B.id: "its file was renamed to shop_0003_b"}


@pytest.mark.parametrize(
    ("applied", "found"),
    [
        ([], {}),
        (["shop_0001_a"], {}),
        (["shop_0002_b"], {"shop_0001_a": "shop_0002_b"}),
        (["shop_0003_c"], {"shop_0001_a": "shop_0003_c", "shop_0002_b": "shop_0003_c"}),
        (["shop_0001_a", "shop_0003_c"], {"shop_0002_b": "shop_0003_c"}),
        (["blog_0001_a"], {}),
    ],
)
def test_overtaken(applied, found):
    """A pending migration is overtaken by the next applied one of its own schema."""
    names = ["shop_0001_a", "shop_0002_b", "shop_0003_c", "blog_0001_a"]
    disk = [_migration(name) for name in names]
    entries = compare(disk, [_applied(_migration(name)) for name in applied], [])
    assert overtaken(entries) == found
    said = {
        name: f"comes before {other}, which is applied already" for name, other in found.items()
    }
    assert remarks(entries) == said
