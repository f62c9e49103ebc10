"""PostgreSQL's node trees, read."""

from __future__ import annotations

import pytest

from sqlwright.generate.nodes import Node, NodeError, read_nodes, walk


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("<>", None),
        ("-12", -12),
        ("true", True),
        ("(1 2)", [1, 2]),
        ("(i 1 2)", [1, 2]),
        ("(o 16384)", [16384]),
        ("(b 3 1)", frozenset({1, 3})),
        ("(b)", frozenset()),
        ("(<> name)", [None, "name"]),
        ('("a" "b c")', ["a", "b c"]),
        (r"a\ \(b\)", "a (b)"),
        (r'("\"x\"")', ['"x"']),
        (r"\12", "12"),
        (r"\<>", "<>"),
        ("{A :b 1\n:c x}", Node("A", {"b": 1, "c": "x"})),
        ("{A :b :c}", Node("A", {"b": ":c"})),
        ("{A :b <> :location 7}", Node("A", {"b": None})),
        ("{CONST :constvalue 4 [ 1 0 -1 0 ]}", Node("CONST", {"constvalue": b"\x01\x00\xff\x00"})),
        ("{CONST :constvalue <>}", Node("CONST", {"constvalue": None})),
        ("({A :b {C :d 1}})", [Node("A", {"b": Node("C", {"d": 1})})]),
    ],
)
def test_each_kind_of_value_is_read(text, value):
    """As the server writes it, lines broken at a space or not."""
    assert read_nodes(text) == value


@pytest.mark.parametrize(
    "text", ["", "(1", "{A :b 1", "{A b 1}", "{A :b 1 2}", "{CONST :constvalue 4}", "(b x)"]
)
def test_what_is_no_tree_is_refused(text):
    """Nothing is guessed."""
    with pytest.raises(NodeError):
        read_nodes(text)


def test_every_node_below_is_found():
    """Parents first."""
    tree = read_nodes("({A :b {C :d ({E :f 1})}} {G})")
    assert [node.kind for node in walk(tree)] == ["A", "C", "E", "G"]


def test_a_field_that_is_not_there_is_none():
    """Versions of PostgreSQL have other fields."""
    assert read_nodes("{A :b 1}")["c"] is None
