"""Whether two texts of PostgreSQL's are one: what a dump words anew, and what it never would."""

from __future__ import annotations

import pytest

from sqlwright.migrations.wording import is_reworded

LIST = "((role)::text = ANY ((ARRAY['a'::character varying, 'b,]'::character varying])::text[]))"
SPREAD = (
    "((role)::text = ANY (ARRAY[('a'::character varying)::text, ('b,]'::character varying)::text]))"
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LIST, SPREAD),
        (f"CHECK ({LIST})", f"CHECK ({SPREAD})"),
        ("(((a OR b)) OR c)", "(a OR b OR c)"),
        (f"CREATE INDEX i ON t (a) WHERE {LIST}", f"CREATE INDEX i ON t (a) WHERE {SPREAD}"),
        (f" SELECT a FROM t WHERE {LIST};", f" SELECT a FROM t WHERE {SPREAD};"),
    ],
    ids=["array", "check", "or", "index", "view"],
)
def test_the_same(one, other):
    """Casts of an array and of its elements, and `or` in `or`, are the same."""
    assert is_reworded(one, other)
    assert is_reworded(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (LIST, SPREAD.replace("'b,]'", "'B,]'")),
        (LIST, SPREAD.replace("('a'::character varying)::text", "('a'::text)::text")),
        ("((a OR b) AND c)", "(a OR (b AND c))"),
        ("(a - (b - c))", "((a - b) - c)"),
        ("no sql at all here", "no sql at all there"),
    ],
    ids=["value", "type", "precedence", "minus", "no-sql"],
)
def test_not_the_same(one, other):
    """Another value, type or order of evaluation is another expression."""
    assert not is_reworded(one, other)
