"""PostgreSQL's error about a migration, with the line to mend in sight, from real servers."""

from pathlib import Path

import psycopg
import pytest

from sqlwright.errors import StatementError
from sqlwright.migrations.failure import failure

PATH = Path("shop_0001_a.sql")
MEND = "Nothing of this file stays. Mend it and run the command again."


@pytest.fixture
def fail(server):
    """`fail(text)`: what the server says about a file of that text, as a person reads it."""

    def ask(text, *, number=0):
        with psycopg.connect(server.url(), autocommit=True) as conn:
            with pytest.raises(psycopg.Error) as caught:
                conn.execute(text.encode(), prepare=False)
            found = failure(
                caught.value,
                path=PATH,
                text=text,
                number=number,
                left=MEND,
                role="shop",
                limit=900,
            )
        assert isinstance(found, StatementError)
        return found

    return ask


def test_syntax_error(fail):
    """A syntax error shows file, line, column, the line and a caret below the word."""
    error = fail("-- Why.\nselect 1;\nselect 1 form x;\n")
    assert error.message == (
        'shop_0001_a.sql, line 3, column 15: syntax error at or near "x" (SQLSTATE 42601)\n'
        "  3 | select 1 form x;\n"
        "    |               ^"
    )
    assert error.hint == MEND


def test_hint(fail):
    """PostgreSQL's own hint is passed on."""
    assert fail("select a.nam from (select 1 as name) as a;").message == (
        "shop_0001_a.sql, line 1, column 8: column a.nam does not exist (SQLSTATE 42703)\n"
        "  1 | select a.nam from (select 1 as name) as a;\n"
        "    |        ^\n"
        'Hint: Perhaps you meant to reference the column "a.name".'
    )


def test_runtime_error(fail):
    """An error that the server can't place is placed at the statement that failed."""
    text = "select 1;\nselect 2; -- fine\n\n/* Why. */\nselect 1 / 0;\nselect 4;"
    assert fail(text, number=2).message == (
        "shop_0001_a.sql, line 5, column 1: division by zero (SQLSTATE 22012)\n"
        "  5 | select 1 / 0;\n"
        "    | ^"
    )


def test_detail(fail):
    """PostgreSQL's detail is passed on."""
    text = "create temp table t (a int primary key);\ninsert into t values (1), (1);"
    assert fail(text, number=1).message == (
        "shop_0001_a.sql, line 2, column 1: duplicate key value violates unique constraint"
        ' "t_pkey" (SQLSTATE 23505)\n'
        "  2 | insert into t values (1), (1);\n"
        "    | ^\n"
        "Detail: Key (a)=(1) already exists."
    )


def test_chinese(fail):
    """The caret stands below the word also after Chinese characters, which are two columns wide."""
    text = "-- 会员\nselect '会员ａ' form x;"
    assert fail(text).message == (
        'shop_0001_a.sql, line 2, column 19: syntax error at or near "x" (SQLSTATE 42601)\n'
        "  2 | select '会员ａ' form x;\n"
        "    |                      ^"
    )


def test_tabs(fail):
    """The caret stands below the word also after tabs, however wide a terminal makes them."""
    assert fail("\tselect\t1 form x;").message == (
        'shop_0001_a.sql, line 1, column 16: syntax error at or near "x" (SQLSTATE 42601)\n'
        "  1 | \tselect\t1 form x;\n"
        "    | \t      \t       ^"
    )


def test_end_of_file(fail):
    """An error at the end of the file is placed there."""
    assert fail("select (1").message == (
        "shop_0001_a.sql, line 1, column 10: syntax error at end of input (SQLSTATE 42601)\n"
        "  1 | select (1\n"
        "    |          ^"
    )


def test_line_numbers_of_two_digits(fail):
    """The bar stays in line when the number grows."""
    assert fail("\n" * 9 + "x").message == (
        'shop_0001_a.sql, line 10, column 1: syntax error at or near "x" (SQLSTATE 42601)\n'
        "  10 | x\n"
        "     | ^"
    )


def test_a_long_line(fail):
    """Of a line that holds a thousand rows, what is around the place is shown."""
    ones = "1," * 1000
    assert fail(f"select {ones} x, {ones}1;").message == (
        'shop_0001_a.sql, line 1, column 2009: column "x" does not exist (SQLSTATE 42703)\n'
        f"  1 | …,{ones[:98]} x, {ones[:97]}…\n"
        f"    | {' ' * 101}^"
    )


def test_what_wants_no_transaction(fail):
    """Of a statement that can't run in a transaction the directive is named that lets it."""
    assert fail("select 1; vacuum;", number=1).hint == (
        "In a file of its own it can: say -- transactional: false in the file's header.\n" + MEND
    )


def test_without_place():
    """An error of libpq's, which has neither place nor state, is its own words."""
    error = failure(
        psycopg.OperationalError("the connection is lost\n"),
        path=PATH,
        text="selct",
        number=0,
        left=MEND,
        role="shop",
        limit=900,
    )
    assert error.message == "shop_0001_a.sql: the connection is lost"


def test_without_words():
    """An error without any word is its kind."""
    error = failure(
        psycopg.OperationalError(),
        path=PATH,
        text="selct",
        number=0,
        left=MEND,
        role="shop",
        limit=900,
    )
    assert error.message == "shop_0001_a.sql: OperationalError"
