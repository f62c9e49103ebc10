"""The words of a draft, and what a change of type loses."""

from __future__ import annotations

import pytest

from sqlwright.catalog import Key
from sqlwright.migrations.draft.files import body, file_names
from sqlwright.migrations.draft.step import Lock, Mode, Node, Step, strongest
from sqlwright.migrations.draft.types import assignable, loses
from sqlwright.migrations.draft.words import condition, literal, lower, type_name, wrap

CONDITIONS = {
    "((age > 3))": "(age > 3)",
    "((a > 1) AND (b > 2))": "((a > 1) and (b > 2))",
    "(((age >= 0) AND (age <= 150)))": "(age between 0 and 150)",
    "((age >= 0) AND (age <= 150))": "(age between 0 and 150)",
    "((state = ANY (ARRAY['new'::text, 'paid'::text])))": "(state in ('new', 'paid'))",
    "(((x)::text = ANY ((ARRAY['A'::character varying, 'it''s'::character varying])::text[])))": (
        "(x in ('A', 'it''s'))"
    ),
    "((n <> ALL (ARRAY[1, -2])))": "(n not in (1, -2))",
    "((price >= (0)::numeric))": "(price >= 0)",
    "(((name)::text <> ''::text))": "(name <> '')",
    "((note ~ 'A AND ((B'::text))": "(note ~ 'A AND ((B')",
    "((tags <> '{}'::text[]))": "(tags <> '{}'::text[])",
}


@pytest.mark.parametrize("printed", CONDITIONS)
def test_a_condition_reads_as_people_write_it(printed):
    """Casts and brackets that PostgreSQL adds are left out; what is quoted stays."""
    assert condition(printed) == CONDITIONS[printed]


def test_what_is_quoted_keeps_its_case():
    """Strings, names and bodies stay as they are."""
    text = """SELECT "A", 'B''C' AS $x$ D $x$ FROM E"""
    assert lower(text) == """select "A", 'B''C' as $x$ D $x$ from e"""


@pytest.mark.parametrize(
    ("printed", "written"),
    [
        ("character varying(20)", "varchar(20)"),
        ("character varying[]", "varchar[]"),
        ("timestamp(3) with time zone", "timestamptz(3)"),
        ("timestamp without time zone", "timestamp"),
        ("numeric(12,3)", "numeric(12, 3)"),
        ("character(3)", "char(3)"),
        ('shop."character varying"', 'shop."character varying"'),
    ],
)
def test_types_have_their_short_names(printed, written):
    """As CONVENTIONS writes them."""
    assert type_name(printed) == written


def test_a_long_line_is_broken_outside_of_quotes():
    """At a comma if there is one late enough, with what follows further to the right."""
    text = f"check (a in ({', '.join(repr('v' * 10) for _ in range(12))}))"
    lines = wrap(text).split("\n")
    assert [len(line) <= 98 for line in lines] == [True, True]
    assert lines[1].startswith("    '")
    assert wrap("x = '" + "y " * 100 + "'") == "x =\n    '" + "y " * 100 + "'"


def test_a_long_comment_goes_over_several_lines():
    """As strings below each other, which SQL takes for one."""
    text = "It's long. " * 20
    parts = literal(text).split("\n")
    assert max(map(len, parts)) < 96
    assert "".join(part[1:-1] for part in parts).replace("''", "'") == text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("character varying(20)", "character varying(30)"),
        ("character varying(20)", "text"),
        ("integer", "bigint"),
        ("numeric(10,2)", "numeric(12,2)"),
        ("numeric(10,2)", "numeric"),
        ("uuid", "text"),
        ("date", "timestamp with time zone"),
    ],
)
def test_a_wider_type_loses_nothing(old, new):
    """Every value fits."""
    assert loses("t.c", old, new) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("character varying(20)", "character varying(10)"),
        ("text", "character varying(10)"),
        ("bigint", "integer"),
        ("numeric(10,2)", "numeric(10,4)"),
        ("double precision", "real"),
        ("text", "integer"),
        ("timestamp with time zone", "date"),
    ],
)
def test_a_narrower_type_is_warned_of(old, new):
    """Some values don't fit."""
    assert loses("t.c", old, new) == [
        f"t.c becomes {new} from {old}: values that don't fit are refused, rounded or cut."
    ]


@pytest.mark.parametrize(
    ("old", "new", "is_assignable"),
    [
        ("text", "character varying(10)", True),
        ("bigint", "integer", True),
        ("integer", "text", True),
        ("text", "integer", False),
        ("text", "text[]", False),
        ("text", "shop.state", False),
        ("timestamp with time zone", "date", True),
    ],
)
def test_using_is_written_where_the_server_wants_it(old, new, is_assignable):
    """Elsewhere it would cut off what doesn't fit, instead of refusing it."""
    assert assignable(old, new) is is_assignable


def test_the_strongest_lock_of_a_table_is_told():
    """One line a table."""
    locks = [
        Lock("shop.a", Mode.SHARE, reads=True),
        Lock("shop.b", Mode.SHARE_ROW_EXCLUSIVE),
        Lock("shop.a", Mode.ACCESS_EXCLUSIVE),
    ]
    assert [(lock.relation, str(lock.mode), lock.reads) for lock in strongest(locks)] == [
        ("shop.a", "access exclusive", True),
        ("shop.b", "share row exclusive", False),
    ]


def test_files_are_named_by_what_they_do():
    """The first bears the name, an index its own."""
    index = Key("index", "shop.orders_state_idx")
    check = Key("constraint", "orders_is_right on shop.orders")
    files = [
        [Step(node=Node("create", check), statements=())],
        [Step(node=Node("validate", check), statements=())],
        [Step(node=Node("create", index), statements=(), alone=True)],
        [Step(node=Node("drop", index), statements=(), alone=True)],
    ]
    assert file_names("rules", files) == [
        "rules",
        "rules_validated",
        "orders_state_idx",
        "drop_orders_state_idx",
    ]
    assert file_names("rules", files[2:3]) == ["rules"]


def test_a_loss_stands_above_its_statement():
    """And keeps it apart from the others."""
    steps = [
        Step(node=Node("drop", Key("view", "a.v")), statements=("drop view a.v",)),
        Step(
            node=Node("drop", Key("table", "a.t")),
            statements=("drop table a.t",),
            losses=("a.t is dropped with its rows.",),
        ),
    ]
    assert body(steps) == (
        "drop view a.v;\n\n-- WARNING: a.t is dropped with its rows.\ndrop table a.t;\n"
    )
