"""How two snapshots differ, and how a person reads it; no server is asked."""

from __future__ import annotations

import pytest

from sqlwright.catalog import Key, Object, Snapshot, Value
from sqlwright.errors import ConfigError
from sqlwright.migrations.difference import (
    Change,
    Changed,
    Difference,
    check_patterns,
    compare,
    fold,
    ignore,
)
from sqlwright.migrations.readable import lines

SCHEMA = Key("schema", "shop")
TABLE = Key("table", "shop.items")


def _object(kind: str, name: str, parent: Key | None = None, **properties: Value) -> Object:
    return Object(kind=kind, name=name, schema="shop", parent=parent, properties=properties)


def _snapshot(*objects: Object) -> Snapshot:
    return Snapshot(objects={one.key: one for one in objects}, version=180000)


def _table(**properties: Value) -> Object:
    return _object("table", "shop.items", SCHEMA, **properties)


def _column(name: str, **properties: Value) -> Object:
    return _object("column", f"shop.items.{name}", TABLE, **properties)


def _names(differences: tuple[Difference, ...]) -> list[str]:
    return [f"{one.change} {one.object.key}" for one in differences]


def test_equal_snapshots_do_not_differ():
    """The order of objects and the server's version count for nothing."""
    first = Snapshot(objects=_snapshot(_table(), _column("a")).objects, version=150000)
    assert compare(first, _snapshot(_column("a"), _table())) == ()


def test_a_body_that_postgresql_prints_may_be_worded_otherwise():
    """As a dump words it; a body that is kept as a text may not."""

    def snapshot(body: str) -> Snapshot:
        return _snapshot(_object("function", "shop.f()", SCHEMA, body=body))

    assert compare(snapshot("RETURN ((a OR b) OR c)"), snapshot("RETURN (a OR b OR c)")) == ()
    assert compare(snapshot("RETURN (a OR b)"), snapshot("RETURN (a AND b)"))
    assert compare(snapshot("select 1"), snapshot("select  1"))


def test_what_is_missing_unexpected_and_changed():
    """Each kind of difference has the objects it was found in, and its properties."""
    gone, new = _column("gone", type="text"), _column("new", type="text")
    before, after = _column("a", type="text"), _column("a", type="integer", not_null=True)
    changes = (
        Changed(property="type", expected="text", found="integer"),
        Changed(property="not_null", expected=None, found=True),
    )
    assert compare(_snapshot(gone, before), _snapshot(new, after)) == (
        Difference(expected=before, found=after, properties=changes),
        Difference(expected=gone, found=None),
        Difference(expected=None, found=new),
    )


def test_parts_follow_what_they_belong_to():
    """A table's columns and indexes come after it, and before the next table."""
    objects = [
        _object("schema", "shop"),
        _table(),
        _column("a"),
        _object("index", "shop.items_a_idx", TABLE),
        _object("table", "shop.orders", SCHEMA),
    ]
    found = compare(_snapshot(), _snapshot(*reversed(objects)))
    assert [one.object for one in found] == objects


@pytest.mark.parametrize(
    ("expected", "found", "differs"),
    [
        (("a", "b"), ("b", "a"), True),
        (("a", "b"), ("a", "b", "c"), False),
        (("a", "b", "c"), ("a", "c"), False),
        (("a", "b", "c"), ("c", "x", "a"), True),
    ],
)
def test_the_order_of_columns(expected, found, differs):
    """The order counts of those that are in both: a new column is a difference of its own."""
    result = compare(
        _snapshot(_table(column_order=expected)), _snapshot(_table(column_order=found))
    )
    assert bool(result) is differs


def test_fold():
    """Of what is missing or unexpected as a whole, the parts go without saying."""
    objects = [_table(), _column("a"), _object("sequence", "s", Key("column", "shop.items.a"))]
    assert _names(fold(compare(_snapshot(), _snapshot(*objects)))) == [
        "unexpected table shop.items"
    ]
    assert _names(fold(compare(_snapshot(*objects), _snapshot()))) == ["missing table shop.items"]


def test_fold_keeps_parts_of_what_is_there():
    """A table that changed says nothing of its columns."""
    before, after = _snapshot(_table(), _column("a")), _snapshot(_table(comment="x"))
    assert _names(fold(compare(before, after))) == [
        "changed table shop.items",
        "missing column shop.items.a",
    ]


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        ([], ["table: comment", "column: type, comment", "index: missing", "type: owner"]),
        (["index"], ["table: comment", "column: type, comment", "type: owner"]),
        (["column:shop.*"], ["table: comment", "index: missing", "type: owner"]),
        (
            ["column:*.b"],
            ["table: comment", "column: type, comment", "index: missing", "type: owner"],
        ),
        (["comment"], ["column: type", "index: missing", "type: owner"]),
        (["comment", "owner"], ["column: type", "index: missing"]),
        (["type"], ["table: comment", "column: type, comment", "index: missing"]),
        ([".type"], ["table: comment", "column: comment", "index: missing", "type: owner"]),
    ],
    ids=str,
)
def test_ignore(patterns, left):
    """A pattern is a kind, a kind with names, or a property; what is both means the kind."""
    before = _snapshot(
        _table(),
        _column("a", type="text"),
        _object("index", "shop.items_a_idx", TABLE),
        _object("type", "shop.state", SCHEMA, owner="ann"),
    )
    after = _snapshot(
        _table(comment="x"),
        _column("a", type="integer", comment="x"),
        _object("type", "shop.state", SCHEMA, owner="bob"),
    )
    found = []
    for one in ignore(compare(before, after), patterns):
        names = ", ".join(changed.property for changed in one.properties)
        found.append(f"{one.object.kind}: {names or one.change}")
    assert sorted(found) == sorted(left)


@pytest.mark.parametrize(
    ("pattern", "message", "hint"),
    [
        ("indx", "There is no kind of object or property 'indx' to ignore.", "Did you mean index?"),
        ("tabel:x", "There is no kind of object 'tabel' to ignore.", "Did you mean table?"),
        (".ownr", "There is no property 'ownr' to ignore.", "Did you mean owner?"),
        (".zzz", "There is no property 'zzz' to ignore.", "There are: comment, owner."),
    ],
)
def test_a_pattern_that_names_nothing_is_refused(pattern, message, hint):
    """A slip in a pattern is not passed over in silence."""
    check_patterns(["index", "owner", ".owner", "table:shop.*"], {"owner", "comment"})
    with pytest.raises(ConfigError) as caught:
        check_patterns([pattern], {"owner", "comment"})
    assert (caught.value.message, caught.value.hint) == (message, hint)


@pytest.mark.parametrize(
    ("expected", "found", "shown"),
    [
        ("text", "integer", ["type: text -> integer"]),
        (None, 5, ["type: none -> 5"]),
        (True, None, ["type: yes -> no"]),
        ("a" * 30, "b" * 30, ["type:", f"  - {'a' * 30}", f"  + {'b' * 30}"]),
        ("x\ny\nz", "x\nq\nz", ["type:", "    x", "  - y", "  + q", "    z"]),
        (("a", "b"), ("b", "c"), ["type:", "  - a", "  + c"]),
        (None, ("a", "b"), ["type:", "  + a", "  + b"]),
        (("a", "b"), ("b", "a"), ["type:", "  - a, b", "  + b, a"]),
    ],
)
def test_a_changed_property_is_readable(expected, found, shown):
    """What is short stands on one line; of a text or a list only what differs is shown."""
    properties = (Changed(property="type", expected=expected, found=found),)
    one = Difference(expected=_column("a"), found=_column("a"), properties=properties)
    assert list(lines([one])) == [
        "changed     column shop.items.a",
        *(f"    {line}" for line in shown),
    ]


def test_what_is_missing_or_unexpected_is_told_by_what_tells_most():
    """An index by its definition, a column by its type, on one line."""
    index = _object("index", "shop.i", TABLE, definition="CREATE INDEX i\n    ON shop.items (a)")
    found = compare(_snapshot(index), _snapshot(_column("a", type="text"), _table()))
    assert list(lines(found)) == [
        "unexpected  table shop.items",
        "unexpected  column shop.items.a",
        "    text",
        "missing     index shop.i",
        "    CREATE INDEX i ON shop.items (a)",
    ]


def test_change_is_what_became_of_the_object():
    """An object in both changed; else it is missing or unexpected."""
    one = _table()
    assert Difference(expected=one, found=one).change is Change.CHANGED
    assert Difference(expected=one, found=None).change is Change.MISSING
    assert Difference(expected=None, found=one).change is Change.UNEXPECTED
