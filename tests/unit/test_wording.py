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
        (f"RETURN {LIST}", f"RETURN {SPREAD}"),
        (f"BEGIN ATOMIC\n SELECT {LIST};\nEND", f"BEGIN ATOMIC\n SELECT {SPREAD};\nEND"),
    ],
    ids=["array", "check", "or", "index", "view", "return", "body"],
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
        ("(NOT (NOT a))", "(NOT a)"),
        ("((a AT TIME ZONE 'b'::text) || c)", "(a AT TIME ZONE ('b'::text || c))"),
        ("XMLPARSE(DOCUMENT a PRESERVE WHITESPACE)", "XMLPARSE(DOCUMENT a STRIP WHITESPACE)"),
        ("no sql at all here", "no sql at all there"),
    ],
    ids=["value", "type", "precedence", "minus", "not", "time zone", "xml", "no-sql"],
)
def test_not_the_same(one, other):
    """Another value, type or order of evaluation is another expression."""
    assert not is_reworded(one, other)
