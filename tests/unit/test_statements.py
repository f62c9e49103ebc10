"""Statements that a migration can't hold, and those that merely look like them."""

from pathlib import Path

import pytest

from sqlwright.errors import SourceError
from sqlwright.migrations.statements import (
    Concurrent,
    check,
    concurrent,
    is_empty,
    position,
    start_of,
)

PATH = Path("shop_0001_a.sql")
IN_TRANSACTION = "Take it out: the whole file is one transaction, its mark included."
WITHOUT = "Take it out: the file runs without a transaction."


def _refusal(text, *, transactional=True):
    with pytest.raises(SourceError) as caught:
        check(PATH, text, transactional=transactional)
    return caught.value.message, caught.value.hint


TRANSACTIONS = [
    "begin",
    "BEGIN WORK",
    "begin isolation level serializable",
    "start transaction",
    "commit",
    "commit and chain",
    "end",
    "rollback",
    "abort",
    "rollback to savepoint a",
    "savepoint a",
    "release savepoint a",
    "release a",
    "prepare transaction 'a'",
    "commit prepared 'a'",
    "rollback prepared 'a'",
]


@pytest.mark.parametrize("statement", TRANSACTIONS)
def test_transactions(statement):
    """A statement that begins or ends a transaction is refused with its line, past Chinese too."""
    text = f"-- 为什么。\nselect '会员';\n\n-- Why.\n{statement};\nselect 2;"
    assert _refusal(text) == (f"{PATH}, line 5 begins or ends a transaction.", IN_TRANSACTION)


@pytest.mark.parametrize("statement", ["begin", "commit"])
def test_transactions_without_one(statement):
    """Outside a transaction none may be begun or ended either: it would stay open."""
    assert _refusal(f"{statement};", transactional=False) == (
        f"{PATH}, line 1 begins or ends a transaction.",
        WITHOUT,
    )


FINE = {
    "plpgsql": "create function f() returns void language plpgsql as $$ begin null; end $$;",
    "do": "do $$ begin perform 1; exception when others then null; end $$;",
    "begin atomic": (
        "create function f() returns int language sql begin atomic select 1; select 2; end;"
    ),
    "procedure": "create procedure p() language plpgsql as 'begin commit; end';",
    "string": "select 'begin; commit; copy x from stdin;';",
    "escaped string": "select e'it\\'s; commit;';",
    "comment": "-- begin;\n/* commit; /* rollback; */ end; */ select 1;",
    "case": "select case when true then 1 end;",
    "columns": 'create table x ("begin" int, "commit" int, start int);',
    "prepare": "prepare q as select 1;",
    "copy from a file": "copy x from '/tmp/x.csv';",
    "copy from a program": "copy x from program 'cat x';",
    "copy to a file": "copy x to '/tmp/x.csv';",
    "set constraints": "set constraints all deferred; lock table x;",
    "empty": "",
    "only comments": "-- begin;\n",
}


@pytest.mark.parametrize("text", FINE.values(), ids=FINE)
def test_fine(text):
    """The same words in functions, strings, comments and names are nobody's business."""
    check(PATH, text, transactional=True)


@pytest.mark.parametrize(
    ("statement", "what", "hint"),
    [
        ("copy x from stdin", "copies from stdin", "Use insert … values."),
        ("copy x (a) from stdin (format csv)", "copies from stdin", "Use insert … values."),
        (
            "copy x to stdout",
            "copies to stdout",
            "Take it out: nobody reads what a migration returns.",
        ),
        (
            "copy (select 1) to stdout",
            "copies to stdout",
            "Take it out: nobody reads what a migration returns.",
        ),
    ],
)
@pytest.mark.parametrize("transactional", [True, False])
def test_copy(statement, what, hint, transactional):
    """A copy that would wait for its client is refused."""
    assert _refusal(f"\n{statement};", transactional=transactional) == (
        f"{PATH}, line 2 {what}.",
        hint,
    )


@pytest.mark.parametrize(("text", "count"), [("", 0), ("-- a\n", 0), ("select 1; select 2", 2)])
def test_one_statement(text, count):
    """Without a transaction a file holds one statement."""
    assert _refusal(text, transactional=False) == (
        f"{PATH} holds {count} statements, but -- transactional: false allows one.",
        "Give each its own migration: what failed half-way could not be told otherwise.",
    )


def test_nameless_index():
    """An index that is built concurrently needs a name, by which a broken one is found."""
    assert _refusal("create index concurrently on x (a);", transactional=False) == (
        f"{PATH}, line 1 builds an index without a name.",
        "Name it: what a broken run leaves is found by its name.",
    )


@pytest.mark.parametrize("text", ["vacuum;", ";; vacuum ;", "alter type t add value 'x';"])
def test_one_statement_is_fine(text):
    """One statement passes, whatever it is."""
    check(PATH, text, transactional=False)


@pytest.mark.parametrize("transactional", [True, False])
def test_unparsed(transactional):
    """A file that the parser refuses passes: the server says what is wrong."""
    check(PATH, "begin; selct 1;", transactional=transactional)


INDEXES = {
    "create index concurrently a on t (x)": ("create", None, "a"),
    "create index concurrently if not exists a on s.t (x)": ("create", "s", "a"),
    'create unique index concurrently "A b" on "S".t (x)': ("create", "S", "A b"),
    "-- Why.\ncreate index concurrently a on s.t (x);": ("create", "s", "a"),
    "drop index concurrently a": ("drop", None, "a"),
    "drop index concurrently if exists s.a": ("drop", "s", "a"),
    'drop index concurrently "S"."A.b"': ("drop", "S", "A.b"),
    "reindex index concurrently s.a": ("reindex", "s", "a"),
    'reindex (verbose) index concurrently "A"': ("reindex", None, "A"),
    "alter table s.t detach partition s.a concurrently": ("detach", "s", "a"),
}


@pytest.mark.parametrize(("text", "expected"), INDEXES.items())
def test_concurrent(text, expected):
    """The index or the partition that is worked on, its names as PostgreSQL folds them."""
    kind, schema, name = expected
    assert concurrent(text) == Concurrent(kind=kind, schema=schema, name=name)


@pytest.mark.parametrize(
    "text",
    [
        "create index a on t (x)",
        "create index concurrently on t (x)",
        "drop index a",
        "reindex table concurrently a",
        "reindex index a",
        "alter table s.t detach partition s.a",
        "alter table s.t add column a int",
        "vacuum",
        "",
        "selct",
    ],
)
def test_no_concurrent(text):
    """Other statements work on nothing concurrently, or on nothing that has a name."""
    assert concurrent(text) is None


@pytest.mark.parametrize(
    ("text", "expected"), [("", True), ("-- a\n/* b */;", True), ("select", False), ("x", False)]
)
def test_is_empty(text, expected):
    """A text without a statement is empty; one that can't be parsed is not."""
    assert is_empty(text) is expected


TEXT = "-- 说明；\nselect '数据';  /* 第二 */\n\n-- 三\n  select 2;select 3"  # noqa: RUF001


@pytest.mark.parametrize(
    ("number", "begins"), [(0, "select '数"), (1, "select 2"), (2, "select 3"), (3, None)]
)
def test_start_of(number, begins):
    """A statement begins at its first word, past comments, counted in characters."""
    place = start_of(TEXT, number)
    assert (place is None) if begins is None else TEXT[place:].startswith(begins)


def test_start_of_unparsed():
    """Where the parser gives up nobody knows where a statement begins."""
    assert start_of("selct 1", 0) is None


@pytest.mark.parametrize(
    ("character", "expected"), [(0, (1, 1)), (1, (1, 2)), (3, (2, 1)), (4, (2, 2)), (5, (3, 1))]
)
def test_position(character, expected):
    """Lines and columns count from 1, in characters."""
    assert position("数据\n据\nx", character) == expected
