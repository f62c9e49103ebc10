"""Where a parameter stands: exactly where PostgreSQL's own scanner sees a colon and a name."""

import itertools
import re

import postgast
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from postgast.pg_query_pb2 import Token

from sqlwright.queries.lexer import What, find

COLON, SEMICOLON, NUMBER = (Token.Value(name) for name in ("ASCII_58", "ASCII_59", "PARAM"))
COMMENTS = {Token.Value("SQL_COMMENT"), Token.Value("C_COMMENT")}
LONG = {
    "string": "''",
    "quoted name": '""',
    "escapes": "E'\\''",
    "dashes": "E'a' -",
    "lines": "E'a'\n--",
    "comments": "/*",
    "dollars": "$a$ $b$",
    "brackets": "[",
}
# What scanners stumble over, to be put beside one another with nothing between.
PIECES = [
    *"aeE_ $'\"\\:;,.-/*+=<>@?%&()[]{}1\n\r\t\v#é名😀　",
    *(":a", ":b1", "::", ":=", "::int", "$1", "$$", "$a$", "$é$", "--", "/*", "*/", "''", '""'),
    *(
        "E'",
        "e'",
        "U&'",
        'U&"',
        "N'",
        "B'",
        "X'",
        "\\'",
        "'\n'",
        "' -- c\n'",
        "'a'",
        '"a"',
        "x[1:2]",
    ),
    *("E'\\''", "E'a'\n'\\''", "array[", "/* :a */", "-- :a\n", "$$ :a $$", "a$b$", "1e5", "0x1f"),
]
# Without a comment where a string goes on: there the parser's scanner is not the server's, which
# tests/integration/test_adapter.py asks.
STATEMENTS = (
    st.lists(st.sampled_from(PIECES), max_size=14)
    .map("".join)
    .filter(lambda sql: not re.search(r"'\s*--", sql))
)


class Everything:
    """Declares whatever it is asked for."""

    def __contains__(self, name):
        """It does."""
        return True


def _found(sql, what, declared=None):
    return [
        (found.start, found.end)
        for found in find(sql, Everything() if declared is None else declared)
        if found.what is what
    ]


def _names(sql, *declared):
    return [found.text for found in find(sql, declared) if found.what is What.PARAMETER]


def _tokens(sql):
    """PostgreSQL's tokens: kind, start and end in characters."""
    encoded = sql.encode()

    def characters(size):
        return len(encoded[:size].decode())

    return [
        (token.token, characters(token.start), characters(token.end))
        for token in postgast.scan(sql).tokens
        if token.token not in COMMENTS
    ]


def _is_name(sql, token):
    first, last = sql[token[1]], sql[token[2] - 1]
    return (first.isalpha() or first == "_" or not first.isascii()) and last not in "'\""


def _parameters(sql):
    """Where the server sees a colon outside of a token, and a name right behind it."""
    tokens = _tokens(sql)
    return [
        (colon[1], name[2])
        for colon, name in itertools.pairwise(tokens)
        if colon[0] == COLON and colon[2] == name[1] and _is_name(sql, name)
    ]


@settings(max_examples=700, deadline=None)
@given(STATEMENTS)
def test_parameters_are_where_the_server_sees_them(sql):
    """Every colon outside of a token that a name follows at once is found, and no other."""
    try:
        expected = _parameters(sql)
    except postgast.PgQueryError:
        reject()
    assert _found(sql, What.PARAMETER) == expected


@settings(max_examples=700, deadline=None)
@given(STATEMENTS)
def test_numbers_are_where_the_server_sees_them(sql):
    """`$1` is found where the server sees a parameter, and nowhere else."""
    try:
        expected = [token[1:] for token in _tokens(sql) if token[0] == NUMBER]
    except postgast.PgQueryError:
        reject()
    assert _found(sql, What.NUMBER) == expected


@settings(max_examples=700, deadline=None)
@given(STATEMENTS)
def test_what_never_ends_is_found(sql):
    """What the server calls unterminated is found, and nothing else is."""
    try:
        postgast.scan(sql)
        unclosed = False
    except postgast.PgQueryError as error:
        unclosed = "unterminated" in str(error)
        assume(unclosed)
    assert bool(_found(sql, What.UNCLOSED)) is unclosed


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from([";", "select ';'", "/* ; */", "-- ;\n", "\n", "(select 1)"])))
def test_a_second_statement_is_found(pieces):
    """A second statement is found where the parser sees more than one."""
    sql = " ".join(pieces)
    try:
        statements = postgast.parse(sql).stmts
    except postgast.PgQueryError:
        reject()
    assert bool(_found(sql, What.STATEMENT)) is (len(statements) > 1)


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("tags[1:n]", []),
        ("tags[:n]", []),
        ("tags[ n + 1 :n]", []),
        ("(tags)[:n:m]", []),
        ("tags[1:n][:m]", []),
        ("tags[1 : :n]", ["n"]),
        ("tags[1 + :n]", ["n"]),
        ("tags[f(:n)]", ["n"]),
        ("array[:n, :m]", ["n", "m"]),
        ("ARRAY [[:n]]", ["n"]),
        ('"array"[:n]', []),
        ("tags[1:2] = :n", ["n"]),
    ],
)
def test_slices(sql, names):
    """In a subscript a name that nobody declared is the end of a slice; elsewhere a parameter."""
    assert _names(sql) == names


def test_declared_in_a_slice():
    """In a subscript a declared name is the parameter."""
    assert _names("tags[:n] || tags[1:m]", "n") == ["n"]


def test_statements_in_brackets_are_one():
    """A semicolon in brackets ends no statement."""
    rule = "create rule r as on insert to t do (select 1; select 2);"
    assert not _found(rule, What.STATEMENT)


@pytest.mark.parametrize("text", LONG)
def test_long_text_is_read_in_one_go(text):
    """No text makes the scanner try one place again and again, which would take for ever."""
    assert isinstance(list(find(LONG[text] * 20_000, ())), list)
