"""Types of parameters and columns, and what can't be described."""

from __future__ import annotations

import re

import psycopg
import pytest

from sqlwright.errors import QueryError
from sqlwright.generate.describe import describe
from sqlwright.queries import read_queries


@pytest.fixture
def conn(trap):
    """A connection to the trap."""
    with psycopg.connect(trap, autocommit=True) as conn:
        yield conn


@pytest.fixture
def described(conn, tmp_path):
    """`described(text)`: the one query of that text, as the server describes it."""

    def one(text):
        file = tmp_path / "trap" / "parents.sql"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return describe(conn, read_queries(file))[0]

    return one


@pytest.mark.parametrize(
    ("expression", "type_", "python"),
    [
        ("id", "integer", "int"),
        ("name", "text", "str"),
        ("note", "text", "str | None"),
        ("kind", "text", 'Literal["a", "b"]'),
        ("mood", "trap.mood", 'Literal["sad", "it\'s ok", "开心"]'),
        ("share", "integer", "int"),
        ("tags", "text[]", "list[str | None]"),
        ("span", "int4range", "Range[int]"),
        ("document", "jsonb", "Any"),
        ("1.5 as x", "numeric", "decimal.Decimal"),
        ("now() as x", "timestamp with time zone", "datetime.datetime"),
        ("current_date as x", "date", "datetime.date"),
        ("interval '1 day' as x", "interval", "datetime.timedelta"),
        ("gen_random_uuid() as x", "uuid", "uuid.UUID"),
        ("'\\x00'::bytea as x", "bytea", "bytes"),
        ("'a'::varchar(9) as x", "character varying(9)", "str"),
        ("array[1] as x", "integer[]", "list[int | None]"),
        ("'{[1,2]}'::int4multirange as x", "int4multirange", "Multirange[int]"),
        ("array['sad']::trap.mood[] as x", "trap.mood[]", "str"),
        ("row(1, 2) as x", "record", "str"),
    ],
)
def test_a_column_has_the_type_that_psycopg_loads(described, expression, type_, python):
    """PostgreSQL's own name of the type, and Python's."""
    (column,) = described(f"-- name: x()\nselect {expression} from trap.parents;").columns
    assert (column.type, column.python) == (type_, python)


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [
        ("select id from trap.parents where id = :id", {"id": "int"}),
        ("select id from trap.parents where kind = :kind", {"kind": "str"}),
        ("select id from trap.parents where mood = :mood", {"mood": "Literal"}),
        ("select id from trap.parents where note is not distinct from :n", {"n": "str | None"}),
        ("select id from trap.parents where :n::text is null or note = :n", {"n": "str | None"}),
        ("select id from trap.parents where id = any(:ids)", {"ids": "list[int | None]"}),
        ("select id from trap.parents where document @> :part", {"part": "Any"}),
        ("update trap.parents set note = :note where id = :id", {"note": "str | None"}),
        ("update trap.parents set name = :name where id = :id", {"name": "str"}),
        ("update trap.parents set kind = :kind where id = :id", {"kind": 'Literal["a", "b"]'}),
        ("update trap.parents set note = lower(:note) where id = :id", {"note": "str | None"}),
        (
            (
                "with given as (select :note::text as note, :id::int as id) insert into trap.notes"
                " (id, body) select id, note from given union all select 7, 'x'"
            ),
            {"note": "str | None", "id": "int"},
        ),
        (
            (
                "insert into trap.notes (id, body, total) select id, body, 1"
                " from (values (:id::int, :note)) as given (id, body) where :total::int = 1"
            ),
            {"id": "int", "note": "str | None", "total": "int"},
        ),
        (
            (
                "merge into trap.children as c using trap.parents as p on p.id = c.id"
                " when matched then update set rank = :rank when not matched then"
                " insert (id, parent_id, amount) values (1, p.id, :amount)"
            ),
            {"rank": "int | None", "amount": "decimal.Decimal | int"},
        ),
        (
            (
                "insert into trap.notes (id, body) values (:id, 'x') on conflict (id)"
                " do update set body = (select lower(:note) where :total::int = 1)"
            ),
            {"id": "int", "note": "str | None", "total": "int"},
        ),
        (
            "update trap.parents set note = case when :on then :note else note end",
            {"on": "bool", "note": "str | None"},
        ),
        (
            (
                "insert into trap.children (id, parent_id, amount, rank)"
                " values (:id, :parent_id, :amount, :rank)"
            ),
            {"amount": "decimal.Decimal | int", "rank": "int | None"},
        ),
    ],
)
def test_a_parameter_takes_what_its_place_takes(described, statement, parameters):
    """None only where a null has a place or a meaning; a list of values only where it is kept."""
    names = dict.fromkeys(
        name for name in ("id", "parent_id", *parameters) if re.search(rf":{name}\b", statement)
    )
    mark = "" if statement.startswith("select") else "!"
    found = described(f"-- name: x({', '.join(names)}){mark}\n{statement};").parameters
    given = {value.name: value.python for value in found}
    for name, python in parameters.items():
        assert given[name].startswith(python) if python == "Literal" else given[name] == python


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "-- name: x()\nselect * from trap.parents;",
            (
                "line 1, column 1: x selects *.\n"
                "List the columns: a new one would change the row's type."
            ),
        ),
        (
            "-- name: x()\nselect id, id from trap.parents;",
            "line 1, column 1: x gives two columns the name id.\nName one of them otherwise.",
        ),
        (
            "-- name: x()\nselect id as class from trap.parents;",
            "line 1, column 1: x gives a column the name 'class'.\nName it: … as name.",
        ),
        (
            "-- name: x()\nselect id as _id from trap.parents;",
            "line 1, column 1: x gives a column the name '_id'.\nName it: … as name.",
        ),
        (
            "-- name: x()\nselect id + 1 from trap.parents;",
            "line 1, column 1: x gives a column the name '?column?'.\nName it: … as name.",
        ),
        (
            "-- name: x()$\nselect id, name from trap.parents;",
            "line 1, column 1: x gives 2 columns.\nUse ^ in place of $, or select one.",
        ),
        (
            "-- name: x()\ndelete from trap.parents;",
            "line 1, column 1: x gives no rows.\nPut ! behind its parameters, or add returning.",
        ),
        (
            "-- name: x(a)\n-- Why.\nselect id\nfrom trap.parents\nwhere :a is null;",
            (
                "line 5, column 7: could not determine data type of :a.\n"
                "Cast the parameter where it stands: :name::text."
            ),
        ),
        (
            "-- name: x(long_name)\nselect id\nfrom trap.parents\nwhere :long_name and nme = '';",
            (
                'line 4, column 22: column "nme" does not exist.\n'
                'Perhaps you meant to reference the column "parents.name".'
            ),
        ),
        (
            "-- name: x()\n-- not null: nothing\nselect id from trap.parents;",
            (
                "line 1, column 1: x claims that nothing is not null, which it does not have.\n"
                "Mend it."
            ),
        ),
    ],
)
def test_what_cannot_be_described_is_refused(described, tmp_path, text, message):
    """File, line and column, what is wrong, and what to do."""
    with pytest.raises(QueryError) as caught:
        described(text)
    assert str(caught.value) == f"{tmp_path / 'trap' / 'parents.sql'}, {message}"


def test_a_claim_that_is_proved_is_not_checked(described):
    """It needs no check at run time, and may go."""
    (column,) = described(
        "-- name: x()\n-- not null: note\nselect note from trap.parents where note = 'x';"
    ).columns
    assert (column.python, column.claimed) == ("str", False)


def test_a_claim_is_believed_and_remembered(described):
    """`-- not null: note` makes the column certain, and marks it for the check at run time."""
    (column,) = described(
        "-- name: x()\n-- not null: note\nselect note from trap.parents where trap.maybe(id) = 2;"
    ).columns
    assert (column.python, column.claimed) == ("str", True)


def test_describing_leaves_the_connection_as_it_was(conn, described):
    """The settings that show the trees are put back, and so are those who listen to notices."""
    settings = (
        "select name, setting from pg_settings where name ~ 'debug_p|min_messages' order by 1"
    )
    before = conn.execute(settings).fetchall()
    heard = []
    conn.add_notice_handler(heard.append)
    described("-- name: x()\nselect id from trap.parents;")
    assert conn.execute(settings).fetchall() == before
    del heard[:]
    conn.execute("select 1")
    assert heard == []


def test_a_refused_query_in_a_transaction_is_told_as_it_is(trap, tmp_path):
    """What comes after it can't hide the reason."""
    file = tmp_path / "trap" / "parents.sql"
    file.parent.mkdir()
    file.write_text("-- name: x()\nselect nme from trap.parents;")
    with psycopg.connect(trap) as conn, pytest.raises(QueryError, match='column "nme" does not'):
        describe(conn, read_queries(file))


def test_a_check_lists_the_values_only_where_nothing_else_comes(conn, described):
    """Not where heirs do without it, where texts are equal that differ, or blanks are added."""
    listed = "text check (one in ('a', 'b'))"
    with conn.transaction(force_rollback=True):
        conn.execute(
            f"""
            create table trap.plain (one {listed});
            create table trap.alone (one {listed} no inherit);
            create table trap.padded (one char(3) check (one in ('a', 'b')));
            create table trap.cast (one char(3) check (one::text in ('a', 'b')));
            create collation trap.equal (locale = 'C', deterministic = true);
            create table trap.loose (one text collate trap.equal check (one in ('a', 'b')));
            create foreign data wrapper far;
            create server away foreign data wrapper far;
            create foreign table trap.distant (one {listed}) server away;
            create table trap.near (one {listed});
            create foreign table trap.farther () inherits (trap.near) server away;
            update pg_collation set collisdeterministic = false where collname = 'equal';
            """
        )
        tables = ("plain", "alone", "padded", "cast", "loose", "distant", "near")
        found = {
            table: described(f"-- name: x()\nselect one from trap.{table};").columns[0].python
            for table in tables
        }
    assert found.pop("plain") == 'Literal["a", "b"] | None'
    assert set(found.values()) == {"str | None"}


def test_a_copy_is_described_by_its_columns(described):
    """What goes in is as nullable as its column; what comes out is proved."""
    taken = described(
        "-- name: x()\ncopy trap.parents (id, note, kind, mood, share, document) from stdin;"
    )
    assert (taken.query.kind, taken.parameters) == ("copy", ())
    assert [(one.name, one.type, one.python) for one in taken.columns] == [
        ("id", "integer", "int"),
        ("note", "text", "str | None"),
        ("kind", "text", 'Literal["a", "b"]'),
        ("mood", "trap.mood", 'Literal["sad", "it\'s ok", "开心"]'),
        ("share", "integer", "int"),
        ("document", "jsonb", "Any"),
    ]
    given = described(
        "-- name: x()\ncopy (select p.id, c.amount, mood from trap.parents as p left join"
        " trap.children as c on c.parent_id = p.id) to stdout;"
    )
    assert [(one.name, one.python) for one in given.columns] == [
        ("id", "int"),
        ("amount", "decimal.Decimal | None"),
        ("mood", 'Literal["sad", "it\'s ok", "开心"]'),
    ]
    table = described("-- name: x()\ncopy trap.children (amount, rank) from stdin;")
    assert [one.python for one in table.columns] == ["decimal.Decimal | int", "int | None"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "-- name: x()\n\ncopy (\n    select nme from trap.parents\n) to stdout;",
            (
                'line 4, column 12: column "nme" does not exist.\n'
                'Perhaps you meant to reference the column "parents.name".'
            ),
        ),
        (
            "-- name: x()\ncopy trap.parents (id, nme) from stdin;",
            (
                'line 2, column 1: column "nme" does not exist.\n'
                'Perhaps you meant to reference the column "parents.name".'
            ),
        ),
        (
            "-- name: x()\ncopy (select point(1, 2) as at) to stdout;",
            (
                "line 1, column 1: x copies at, a point, which goes only as text.\n"
                "Cast it to text: at::text as at."
            ),
        ),
        (
            "-- name: x()\ncopy (select array['sad']::trap.mood[] as moods) to stdout;",
            (
                "line 1, column 1: x copies moods, a _mood, which goes only as text.\n"
                "Cast it to text: moods::text as moods."
            ),
        ),
        (
            "-- name: x()\ncopy (table trap.notes) to stdout;",
            (
                "line 1, column 1: x selects *.\n"
                "List the columns: a new one would change the row's type."
            ),
        ),
    ],
)
def test_a_copy_that_cannot_be_described_is_refused(described, tmp_path, text, message):
    """As any other query is."""
    with pytest.raises(QueryError) as caught:
        described(text)
    assert str(caught.value) == f"{tmp_path / 'trap' / 'parents.sql'}, {message}"
