"""Files of named queries: what is read as written, and what is refused where it stands."""

import inspect

import pytest
from aiosql.queries import Queries

from sqlwright.errors import QueryError
from sqlwright.queries import Kind, load_queries, read_queries
from sqlwright.queries.query import is_attribute

FORM = (
    "Write -- name: verb_noun(parameter, parameter) and ^ for one row, $ for one value,"
    " nothing for many rows, ! for a count, # for a script."
)
OTHER_NAME = "Choose another name: this one is Python's, aiosql's or private."
SECOND = "Give it a name of its own, or make the whole a script: #."
SCRIPT = "A script is sent whole: take them out, or make it a query of one statement."

REFUSED = {
    "a statement before the first name": (
        "-- Users.\nselect 1;\n-- name: get()\nselect 1;",
        "line 2, column 1 stands before the first query",
        "Write -- name: … above it.",
    ),
    "a file without a name": (
        "select 1;",
        "line 1, column 1 stands before the first query",
        "Write -- name: … above it.",
    ),
    "no parameter list": (
        "-- name: get^\nselect 1",
        "line 1, column 1 is not the name of a query",
        FORM,
    ),
    "aiosql's other marks": (
        "-- name: add()<!\nselect 1",
        "line 1, column 1 is not the name of a query",
        FORM,
    ),
    "a space before the mark": (
        "-- name: get() ^\nselect 1",
        "line 1, column 1 is not the name of a query",
        FORM,
    ),
    "a dash in the name": (
        "-- name: get-one()\nselect 1",
        "line 1, column 1 is not the name of a query",
        FORM,
    ),
    "upper case": ("-- Name: get()\nselect 1", "line 1, column 1 is not the name of a query", FORM),
    "no space": ("--name: get()\nselect 1", "line 1, column 1 is not the name of a query", FORM),
    "no colon": (
        "-- name: get()\nselect 1;\n\n-- name put(a)!\nselect 2;",
        "line 4, column 1 is not the name of a query",
        FORM,
    ),
    "an indented name": (
        "-- name: make()#\nselect 1;\n  -- name: drop_all()!\ndelete from t;",
        "line 3, column 3 is not the name of a query",
        FORM,
    ),
    "a keyword as name": (
        "-- name: import()\nselect 1",
        "line 1, column 10 names a query import, which no function of ours can be named",
        OTHER_NAME,
    ),
    "a private name": (
        "-- name: _params()\nselect 1",
        "line 1, column 10 names a query _params, which no function of ours can be named",
        OTHER_NAME,
    ),
    "a name given twice": (
        "-- name: get()\nselect 1;\n\n-- name: get()\nselect 2;",
        "line 4, column 10 names get again; it is the name of the query in line 1",
        "Give each query of a file its own name.",
    ),
    "a number as parameter": (
        "-- name: get(a, 1)\nselect :a",
        "line 1, column 17 declares '1', which is no name",
        "Declare names, with commas between.",
    ),
    "a keyword as parameter": (
        "-- name: get(from)\nselect :from",
        "line 1, column 14 declares 'from', which is no name",
        "Declare names, with commas between.",
    ),
    "a parameter without a comma": (
        "-- name: get(a b)\nselect :a, :b",
        "line 1, column 14 declares 'a b', which is no name",
        "Declare names, with commas between.",
    ),
    "a comma too many": (
        "-- name: get(a,)\nselect :a",
        "line 1, column 16 declares '', which is no name",
        "Declare names, with commas between.",
    ),
    "a Chinese parameter": (
        "-- name: get(名)\nselect :名",
        "line 1, column 14 declares '名', which is no name",
        "Declare names, with commas between.",
    ),
    "a parameter named as the connection": (
        "-- name: get(a, conn)\nselect :a, :conn",
        "line 1, column 17 declares conn, which every function of ours has already",
        "Choose another name.",
    ),
    "a parameter named self": (
        "-- name: get(self)\nselect :self",
        "line 1, column 14 declares self, which every function of ours has already",
        "Choose another name.",
    ),
    "a parameter declared twice": (
        "-- name: get(a, b, a)\nselect :a, :b",
        "line 1, column 20 declares a a second time",
        "Declare each parameter once.",
    ),
    "a script with parameters": (
        "-- name: make(a)#\nselect :a",
        "line 1, column 15 gives a script parameters",
        SCRIPT,
    ),
    "no statement": (
        "-- name: get()\n-- Why.\n\n;\n-- name: put()\nselect 1",
        "line 1, column 1 gives get no statement",
        "Write one below its comment.",
    ),
    "a parameter that is not declared": (
        "-- name: get(user_id)\nselect 1\nwhere id = :userid",
        "line 3, column 12 uses :userid, which is not declared",
        "Did you mean :user_id?",
    ),
    "a parameter like no other": (
        "-- name: get()\n\nselect\n\t:name",
        "line 4, column 2 uses :name, which is not declared",
        "Add name to the list behind the query's name.",
    ),
    "a parameter in an array": (
        "-- name: get(name)\nselect array[:nam, :name]",
        "line 2, column 14 uses :nam, which is not declared",
        "Did you mean :name?",
    ),
    "a parameter in a script": (
        "-- name: make()#\nselect 1;\nselect :a;",
        "line 3, column 8 uses :a, which is not declared",
        "A script is sent whole: make it a query of one statement.",
    ),
    "a parameter that is not used": (
        "-- name: get(a, b)\n-- Why.\n\nselect :a -- and :b, ':b'",
        "line 1, column 17 declares b, but never uses it",
        "Write :b where it is meant, or take it out of the list.",
    ),
    "a number for a parameter": (
        "-- name: get(a)\nselect :a, $1",
        "line 2, column 12 says $1",
        "Name the parameter: :name.",
    ),
    "a second statement": (
        "-- name: get()\nselect 1; -- one\n\n  select 2;",
        "line 4, column 3 begins a second statement",
        SECOND,
    ),
    "a string that never ends": (
        "-- name: get(a)\nselect :a,\n  'it''s;",
        "line 3, column 3 opens a string that is never closed",
        "Close it: '.",
    ),
    "escapes that never end": (
        "-- name: get()\nselect E'it\\';",
        "line 2, column 8 opens a string that is never closed",
        "Close it: '.",
    ),
    "a quoted name that never ends": (
        '-- name: get()\nselect "a;',
        "line 2, column 8 opens a quoted name that is never closed",
        'Close it: ".',
    ),
    "a comment that never ends": (
        "-- name: get()\nselect 1 /* /* */;",
        "line 2, column 10 opens a comment that is never closed",
        "Close it: */.",
    ),
    "a dollar quote that never ends": (
        "-- name: get()\nselect $a$ $b$;",
        "line 2, column 8 opens a dollar quote that is never closed",
        "Close it: $a$.",
    ),
    "a NUL byte": (
        "-- name: get()\nselect 1\0;",
        "line 2, column 9 holds a NUL byte, where PostgreSQL would stop",
        "Take it out.",
    ),
}


@pytest.fixture
def read(tmp_path):
    """`read(text)`: the queries of a file with that text, which may be bytes."""

    def queries(text):
        path = tmp_path / "users.sql"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_queries(path)

    return queries


def _refusal(call, *arguments):
    with pytest.raises(QueryError) as caught:
        call(*arguments)
    return caught.value.message, caught.value.hint


@pytest.mark.parametrize(("text", "what", "hint"), REFUSED.values(), ids=REFUSED)
def test_refused(read, tmp_path, text, what, hint):
    """The refusal names file, line, column, what is wrong and what to do."""
    assert _refusal(read, text) == (f"{tmp_path}/users.sql, {what}.", hint)


@pytest.mark.parametrize(("text", "what", "hint"), REFUSED.values(), ids=REFUSED)
def test_refused_with_windows_line_ends(read, tmp_path, text, what, hint):
    """Lines that end as on Windows are counted alike."""
    message = f"{tmp_path}/users.sql, {what}."
    assert _refusal(read, text.replace("\n", "\r\n")) == (message, hint)


def test_a_missing_file(tmp_path):
    """A file that isn't there is an error with its name."""
    path = tmp_path / "users.sql"
    message = f"{path} can't be read: No such file or directory."
    assert _refusal(read_queries, path) == (message, "Check the file and its permissions.")


def test_a_folder_in_place_of_a_file(tmp_path):
    """A folder that bears a file's name is an error with its name."""
    message = f"{tmp_path} can't be read: Is a directory."
    assert _refusal(read_queries, tmp_path) == (message, "Check the file and its permissions.")


def test_not_utf_8(read, tmp_path):
    """Bytes of another encoding are refused where they stand."""
    message = f"{tmp_path}/users.sql: byte 23 is not UTF-8."
    assert _refusal(read, b"-- name: get()\nselect '\xe9'") == (message, "Save the file as UTF-8.")


@pytest.mark.parametrize(
    "text", ["", "\n\n", "-- Users: 用户.\n\n  -- Nobody asks yet.\n", "\ufeff"]
)
def test_a_file_without_queries(read, text):
    """A file that is empty, or holds comments alone, has no queries."""
    assert read(text) == []


QUERY = """\
-- Users of the shop.

-- name: get_by_name(name, since)^
-- The user of this name.
--   Names are unique: 名.

select id, -- :since
    /* :name */ ':name', name
from users -- name of the table
where name = :name
    and (created_at > :since or :since is null)
-- and that is all
;

-- name: count_all()$
select count(*) from users;
"""


def test_a_query(read):
    """Name, kind, parameters, comment, statement and place are as the file has them."""
    query = read(QUERY)[0]
    assert (query.name, query.kind, query.parameters) == (
        "get_by_name",
        Kind.ONE,
        ("name", "since"),
    )
    assert query.documentation == "The user of this name.\nNames are unique: 名."
    assert (query.line, query.sql_line) == (3, 7)


def test_a_statement_keeps_its_comments(read):
    """Of the statement only the parameters change; what is a comment stays."""
    assert read(QUERY)[0].statement == (
        "select id, -- :since\n    /* :name */ ':name', name\nfrom users -- name of the table\n"
        "where name = $1\n    and (created_at > $2 or $2 is null)\n-- and that is all\n;"
    )


def test_line_ends_and_marks_of_encoding_make_no_difference(read):
    """A file saved on Windows holds the same queries, by hash too."""
    windows = b"\xef\xbb\xbf" + QUERY.replace("\n", "\r\n").encode()
    assert [query.hash for query in read(QUERY)] == [query.hash for query in read(windows)]


@pytest.mark.parametrize(
    "text",
    [
        QUERY.replace("where name =", "where name <>"),
        QUERY.replace("get_by_name", "get"),
        QUERY.replace(")^", ")"),
        QUERY.replace("(name, since)", "(since, name)"),
    ],
    ids=["statement", "name", "kind", "order of parameters"],
)
def test_the_hash_tells_changes(read, text):
    """Another statement, name, kind or order of parameters has another hash."""
    assert read(QUERY)[0].hash != read(text)[0].hash


def test_the_comment_is_not_hashed(read):
    """A comment above the statement changes no types."""
    assert read(QUERY)[0].hash == read(QUERY.replace("of this name", "so named"))[0].hash


@pytest.mark.parametrize(
    ("mark", "kind"), {"^": "one", "$": "value", "": "many", "!": "affected", "#": "script"}.items()
)
def test_kinds(read, mark, kind):
    """The mark behind the parameters says what comes back."""
    assert read(f"-- name: get(){mark}\nselect 1")[0].kind == kind


@pytest.mark.parametrize(
    "statement",
    [
        "select 10 % 3, '%s', '%', like '100%%'",
        "select '{}'::jsonb ? 'a', '{}'::jsonb ?| array['a'], '{}' @? '$.a'",
        "select '1'::int::text, (array[1, 2])[1:2], a[1:n], a[:n]",
        "select ':a', E'it\\'s :a', $$ :a $$, $b$ :a $b$, \":a\", U&\"d\\0061t :a\"",
        "select 1 -- :a\n/* :a /* :a */ */",
        "select f(a := 1)",
        "select 1 /* ; */; -- select 2",
    ],
)
def test_what_is_postgresqls_stays(read, statement):
    """A percent sign, a question mark, a cast, a slice and what is quoted are left as they are."""
    assert read(f"-- name: get()\n{statement}")[0].statement == statement


def test_parameters_are_numbered_as_declared(read):
    """The same name is the same number, in the order of the list."""
    query = read("-- name: get(a, b)\nselect :b::int, :a, :b||:a, (:b), -:a, ':a':b, x[:a], 1:b")[0]
    assert query.statement == "select $2::int, $1, $2||$1, ($2), -$1, ':a'$2, x[$1], 1$2"


def test_a_script_holds_what_it_likes(read):
    """A script may hold many statements, and bodies of functions that say $1."""
    script = "create function f(int) returns int language sql return $1;\nselect f(1);"
    assert read(f"-- name: make()#\n{script}")[0].statement == script


def test_a_parameter_list_may_have_spaces(read):
    """White space around names means nothing."""
    assert read("-- name: get( a ,b,  c )  \nselect :a, :b, :c")[0].parameters == ("a", "b", "c")


# Functions


@pytest.fixture
def folder(tmp_path):
    """A folder of two schemas; other files of it are no queries."""
    files = {
        "shop/users.sql": "-- name: get(id)^\n-- The user.\nselect :id::int as id;",
        "shop/items.sql": "-- name: list_all()\nselect 1 as id;\n-- name: list_cursor()\nselect 2;",
        "blog/posts.sql": "-- name: get(id)^\nselect :id::int as id;",
        "README.md": "Read me.",
        "shop/.users.sql": "an editor's",
    }
    for name, text in files.items():
        path = tmp_path / "sql" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path / "sql"


def test_a_folder_of_folders(folder):
    """Each query of a folder is named by schema, table and query, in sorted order."""
    assert load_queries(folder).available_queries == [
        "blog.posts.get",
        "shop.items.list_all",
        "shop.items.list_cursor",
        "shop.users.get",
    ]


def test_a_function_says_what_it_is(folder):
    """A function has the comment, the statement and the parameters of its query."""
    get = load_queries(folder).shop.users.get
    assert (get.__doc__, get.sql, get.parameters) == ("The user.", "select $1::int as id;", ["id"])
    assert str(inspect.signature(get)) == "(conn, *, id)"


@pytest.mark.parametrize("name", ["users.sql", "shop/old/users.sql"])
def test_a_file_without_a_schema(folder, name):
    """A file beside the folders of schemas, or deeper than they are, would be lost: refused."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("-- name: get()\nselect 1")
    expected = (f"{path} is not in the folder of a schema.", f"Move it to {folder}/<schema>/.")
    assert _refusal(load_queries, folder) == expected


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("shop/add_query.sql", "add_query"),
        ("driver_adapter/users.sql", "driver_adapter"),
        ("my-shop/users.sql", "my-shop"),
        ("shop/users.v2.sql", "users.v2"),
        ("shop/class.sql", "class"),
    ],
)
def test_a_file_that_no_name_reaches(folder, name, part):
    """A folder or a file must be named as an attribute can be."""
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text("-- name: get()\nselect 1")
    assert _refusal(load_queries, folder) == (
        f"{path} can't be reached by name: {part!r} is Python's, aiosql's or none.",
        "Name folder and file as the schema and the table.",
    )


def test_a_folder_that_is_missing(tmp_path):
    """A folder that isn't there is an error with its name."""
    message = f"{tmp_path}/sql can't be read: No such file or directory."
    expected = (message, "Check the file and its permissions.")
    assert _refusal(load_queries, tmp_path / "sql") == expected


@pytest.mark.parametrize(
    "name", sorted(name for name in dir(Queries(None)) if not name.startswith("_"))
)
def test_names_that_aiosql_has(name):
    """No query takes the name of an attribute that aiosql's object has already."""
    assert not is_attribute(name)


@pytest.mark.parametrize(
    ("rows", "name", "hint"),
    [
        ("shop.users.got", "shop.users.got", "Did you mean shop.users.get?"),
        ("x", "x", "Write the query's full name."),
    ],
)
def test_rows_of_no_query(folder, rows, name, hint):
    """A row type for a query that isn't there is a slip of the pen."""
    message = f"rows names {name}, which is no query of {folder}."
    assert _refusal(load_queries, folder, {rows: tuple}) == (message, hint)


def test_files_are_read_in_sorted_order(folder):
    """The first refusal is the same whatever order the file system gives."""
    for name in ("blog/posts.sql", "shop/users.sql"):
        (folder / name).write_text("select 1")
    expected = f"{folder}/blog/posts.sql, line 1, column 1 stands before the first query."
    assert _refusal(load_queries, folder)[0] == expected
