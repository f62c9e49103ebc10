"""The graph of migrations: yoyo's order, circles named, and what hangs together."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yoyo.topologicalsort import topological_sort

from sqlwright.errors import SourceError
from sqlwright.migrations.order import closure, dependents, heads, in_order
from sqlwright.migrations.source import Migration


def _migration(name, *depends, schema="shop"):
    return Migration(
        id=name,
        schema=schema,
        path=Path(f"{name}.sql"),
        text="",
        rollback_path=Path(f"{name}.rollback.sql"),
        rollback_text=None,
        depends=frozenset(depends),
        transactional=True,
    )


def _ids(migrations):
    return [migration.id for migration in migrations]


@st.composite
def graphs(draw):
    """Migrations whose dependencies draw no circle, in any order of their files."""
    count = draw(st.integers(0, 12))
    graph = [
        _migration(str(number), *draw(st.sets(st.sampled_from(names))) if names else ())
        for number in range(count)
        for names in [[str(before) for before in range(number)]]
    ]
    return draw(st.permutations(graph))


DIAMOND = [
    _migration("d", "b", "c"),
    _migration("c", "a"),
    _migration("b", "a"),
    _migration("a"),
    _migration("e", schema="other"),
]


@given(graphs())
def test_as_yoyo(migrations):
    """The order is that of yoyo, for any graph and any order of the files."""
    names = [migration.id for migration in migrations]
    graph = {migration.id: migration.depends for migration in migrations}
    assert _ids(in_order(migrations)) == list(topological_sort(names, graph))


@given(graphs())
def test_after_what_it_needs(migrations):
    """Each migration comes after all that it depends on, and none is lost."""
    ordered = _ids(in_order(migrations))
    assert sorted(ordered) == sorted(_ids(migrations))
    for migration in migrations:
        assert all(ordered.index(name) < ordered.index(migration.id) for name in migration.depends)


def test_ready_ones_in_their_order():
    """Of those that may come next, the first in the order of the files does."""
    assert _ids(in_order(DIAMOND)) == ["a", "c", "b", "d", "e"]


@pytest.mark.parametrize(
    ("edges", "named"),
    [
        ({"a": "a"}, "a"),
        ({"a": "b", "b": "a"}, "a, b"),
        ({"a": "b", "b": "c", "c": "a", "d": "a", "e": "d", "f": ""}, "a, b, c"),
        ({"a": "", "b": "ac", "c": "b"}, "b, c"),
    ],
)
def test_circles(edges, named):
    """A circle is refused with those that make it, and not those that merely wait for it."""
    with pytest.raises(SourceError) as caught:
        in_order([_migration(name, *depends) for name, depends in edges.items()])
    assert str(caught.value) == (
        f"These migrations depend on each other in a circle: {named}.\n"
        "Take out the -- depends: that points forward."
    )


@pytest.mark.parametrize(
    ("chosen", "expected"), [("a", "a"), ("b", "ba"), ("d", "dcba"), ("be", "bae"), ("", "")]
)
def test_closure(chosen, expected):
    """What is chosen brings all that it depends on, in the order that is given."""
    picked = [migration for migration in DIAMOND if migration.id in chosen]
    assert _ids(closure(picked, DIAMOND)) == list(expected)


@pytest.mark.parametrize(
    ("chosen", "expected"), [("d", "d"), ("c", "dc"), ("a", "dcba"), ("e", "e"), ("", "")]
)
def test_dependents(chosen, expected):
    """What is chosen brings all that depends on it, in the order that is given."""
    picked = [migration for migration in DIAMOND if migration.id in chosen]
    assert _ids(dependents(picked, DIAMOND)) == list(expected)


def test_heads():
    """A head is what no other migration of its schema depends on."""
    chain = [
        _migration("a"),
        _migration("b", "a"),
        _migration("c", "a"),
        _migration("x", "c", schema="other"),
    ]
    assert _ids(heads(chain)) == ["b", "c", "x"]
