"""The functions of schema common: triggers on tables of the test's own, the rest as they are."""

# ruff: noqa: RUF001 (full-width forms are what is tried)

from __future__ import annotations

import hashlib
import random
import threading
from pathlib import Path

import psycopg
import pytest

from callers import wait_until_blocked

ARGON2ID = "$argon2id$v=19$m=65536,t=3,p=4$MIIRqgvgQbgj220jfp0MPA$YfwJSVjtjSU0zzV/P3S9nnQ/USre2w"
BCRYPT = "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW"
NODES = ["bigint", "uuid"]
CHAINS = [
    pytest.param([], (1, 2), (2, 1), id="two roots"),
    pytest.param([(2, 1), (4, 3)], (1, 4), (3, 2), id="two chains"),
]


def one(db, query, args=()):
    """The only column of the only row."""
    return db.execute(query, args).fetchone()[0]


def key(number, kind="bigint"):
    """The id of a node: the number, or a uuid made of it."""
    return str(number) if kind == "bigint" else f"00000000-0000-0000-0000-{number:012}"


def plant(db, schema, kind="bigint"):
    """Makes the table of a tree."""
    db.execute(
        f"create table {schema}.nodes ("
        f" id {kind} primary key, parent_id {kind} references {schema}.nodes (id), name text)"
    )
    db.execute(
        f"create trigger nodes_is_a_tree before insert or update of parent_id on {schema}.nodes"
        f" for each row execute function common.refuse_loop('parent_id', '{kind}')"
    )


@pytest.fixture(params=NODES)
def tree(db, request):
    """Adds a node or moves it; the tree's ids are of either type."""
    plant(db, "pg_temp", request.param)

    def put(node, parent):
        db.execute(
            "insert into pg_temp.nodes values (%s, %s)"
            " on conflict (id) do update set parent_id = excluded.parent_id",
            [key(node, request.param), parent and key(parent, request.param)],
        )

    return put


@pytest.fixture
def forest(migrated):
    """Two connections to a committed tree that is gone after the test."""
    with (
        psycopg.connect(migrated) as first,
        psycopg.connect(migrated) as second,
        psycopg.connect(migrated, autocommit=True) as owner,
    ):
        owner.execute("create schema forest")
        try:
            plant(owner, "forest")
            owner.execute("insert into forest.nodes select generate_series(1, 4)")
            yield first, second, owner
        finally:
            first.rollback()
            second.rollback()
            owner.execute("drop schema forest cascade")


MOVE = "update forest.nodes set parent_id = %s where id = %s"
LOOPS = (
    "with recursive up (id, parent_id) as (select id, parent_id from forest.nodes"
    " union all select up.id, nodes.parent_id from up join forest.nodes on nodes.id = up.parent_id)"
    " cycle parent_id set is_loop using path select count(*) from up where is_loop"
)


def test_updated_at_is_the_time_of_the_transaction(db):
    """Every updated row gets the transaction's time, even where the statement sets another."""
    db.execute("create temporary table notes (id int, updated_at timestamptz)")
    db.execute(
        "create trigger notes_set_updated_at before update on notes"
        " for each row execute function common.set_updated_at()"
    )
    db.execute("insert into notes select n, '2000-01-01' from generate_series(1, 3) as n")
    db.execute("update notes set updated_at = '2001-01-01' where id < 3")
    rows = db.execute("select updated_at = now() from notes order by id").fetchall()
    assert rows == [(True,), (True,), (False,)]


def test_a_tree_may_grow_and_move(tree):
    """Roots, children and moves to another branch are allowed, and back to being a root."""
    for node, parent in [(1, None), (2, 1), (3, 2), (4, 1), (3, 4), (2, 3), (3, None), (1, 3)]:
        tree(node, parent)


@pytest.mark.parametrize(("node", "parent"), [(1, 1), (1, 2), (1, 3), (5, 5)])
def test_a_tree_refuses_a_loop(db, refused, tree, node, parent):
    """No node becomes its own parent or goes below itself, however deep."""
    for number, above in [(1, None), (2, 1), (3, 2)]:
        tree(number, above)
    with refused("nodes_is_a_tree"):
        tree(node, parent)


def test_a_loop_of_one_statement_is_refused(db, refused):
    """Rows that are inserted together can't loop either."""
    plant(db, "pg_temp")
    with refused("nodes_is_a_tree"):
        db.execute("insert into pg_temp.nodes values (1, 2), (2, 1)")


def test_a_tree_leaves_other_columns_alone(db, tree):
    """A rename doesn't walk the tree."""
    tree(1, None)
    db.execute("update pg_temp.nodes set name = '根'")


def test_a_loop_names_its_row(db):
    """The error tells the table, the column, the rule and the row."""
    plant(db, "pg_temp")
    with pytest.raises(psycopg.errors.CheckViolation) as caught:
        db.execute("insert into pg_temp.nodes values (1, 1)")
    diag = caught.value.diag
    assert (diag.table_name, diag.column_name, diag.constraint_name) == (
        "nodes",
        "parent_id",
        "nodes_is_a_tree",
    )
    assert diag.message_primary == (
        f"{diag.schema_name}.nodes 1: its parent_id would make it an ancestor of itself"
    )


@pytest.mark.parametrize(("chains", "move", "counter_move"), CHAINS)
def test_of_two_moves_that_close_a_loop_the_later_waits(forest, chains, move, counter_move):
    """The later of two moves waits for the first to commit, and is refused."""
    first, second, owner = forest
    for node, parent in chains:
        owner.execute(MOVE, [parent, node])
    first.execute(MOVE, [move[1], move[0]])
    caught = []

    def run():
        with pytest.raises(psycopg.errors.CheckViolation) as error:
            second.execute(MOVE, [counter_move[1], counter_move[0]])
        caught.append(error.value.diag.constraint_name)

    thread = threading.Thread(target=run)
    thread.start()
    wait_until_blocked(first, second.info.backend_pid)
    first.commit()
    thread.join()
    assert caught == ["nodes_is_a_tree"]
    assert one(owner, LOOPS) == 0


@pytest.mark.parametrize(("chains", "move", "counter_move"), CHAINS)
def test_of_two_moves_at_once_exactly_one_succeeds(forest, chains, move, counter_move):
    """Each has locked its own row before it looks at the other's: one is ended, one commits."""
    first, second, owner = forest
    for node, parent in chains:
        owner.execute(MOVE, [parent, node])
    outcomes = []

    def run(conn, node, parent):
        try:
            conn.execute(MOVE, [parent, node])
            conn.commit()
            outcomes.append("moved")
        except (psycopg.errors.DeadlockDetected, psycopg.errors.CheckViolation) as error:
            conn.rollback()
            outcomes.append(type(error).__name__)

    threads = []
    for conn, (node, parent) in [(first, move), (second, counter_move)]:
        conn.execute("set local deadlock_timeout = '100ms'")
        conn.execute("select from forest.nodes where id = %s for no key update", [node])
        threads.append(threading.Thread(target=run, args=[conn, node, parent]))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["DeadlockDetected", "moved"]
    assert one(owner, LOOPS) == 0


def test_moves_far_apart_do_not_wait(forest):
    """Two moves in different trees commit in any order."""
    first, second, owner = forest
    second.execute("set local lock_timeout = '1s'")
    first.execute(MOVE, [2, 1])
    second.execute(MOVE, [4, 3])
    second.commit()
    first.commit()
    assert one(owner, "select count(parent_id) from forest.nodes") == 2


@pytest.mark.parametrize(
    ("function", "value", "verdict"),
    [
        ("is_ciphertext", "gAAAAA" + "x" * 94, True),
        ("is_ciphertext", "gAAAAABl-_" + "y" * 108 + "==", True),
        ("is_ciphertext", "gAAAAA" + "x" * 90, False),
        ("is_ciphertext", "gAAAAA" + "x" * 95, False),
        ("is_ciphertext", "hAAAAA" + "x" * 94, False),
        ("is_ciphertext", "gAAAAA" + "x" * 93 + "+", False),
        ("is_ciphertext", "gAAAAA" + "x" * 94 + "\n", False),
        ("is_ciphertext", "13800138000", False),
        ("is_ciphertext", "", False),
        ("is_ciphertext", None, None),
        ("is_sha256", hashlib.sha256(b"token").hexdigest(), True),
        ("is_sha256", hashlib.sha256(b"token").hexdigest().upper(), False),
        ("is_sha256", hashlib.sha1(b"token").hexdigest(), False),
        ("is_sha256", hashlib.sha256(b"token").hexdigest() + "0", False),
        ("is_sha256", hashlib.sha256(b"token").hexdigest() + "\n", False),
        ("is_sha256", "token", False),
        ("is_sha256", None, None),
        ("is_password_hash", ARGON2ID, True),
        ("is_password_hash", ARGON2ID.replace("argon2id", "argon2i"), False),
        ("is_password_hash", BCRYPT, True),
        ("is_password_hash", BCRYPT.replace("$2b", "$2y"), True),
        ("is_password_hash", "$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9", False),
        ("is_password_hash", "5f4dcc3b5aa765d61d8327deb882cf99", False),
        ("is_password_hash", "$argon2id$admin123456", False),
        ("is_password_hash", "admin123456", False),
        ("is_password_hash", "", False),
        ("is_password_hash", None, None),
    ],
)
def test_secrets_are_known_by_their_form(db, function, value, verdict):
    """Ciphertext, digests and password hashes pass; plain text and other forms never do."""
    assert one(db, f"select common.{function}(%s)", [value]) is verdict


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("我今天很好", ["我今天很好"]),
        ("我 feel 很好", ["我", "很好"]),
        ("漢字とカナ、한글", ["漢字とカナ", "한글"]),
        ("𠀀𠮷", ["𠀀𠮷"]),
        ("，。！abc 123", []),
    ],
)
def test_runs_are_of_letters(db, text, runs):
    """A run holds ideographs, kana and hangul; punctuation and Latin letters end it."""
    found = db.execute(
        "select match[1] from regexp_matches(%s, common.cjk_run(), 'g') as match", [text]
    ).fetchall()
    assert [run for (run,) in found] == runs


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("ＡＢＣ１２３", "ABC123"),
        ("ｶﾞ", "ガ"),
        ("⾦", "金"),
        ("很好", "很好"),
        ("", ""),
        (None, None),
    ],
)
def test_search_sees_one_form(db, text, seen):
    """Full-width, half-width and compatibility forms are made one."""
    assert one(db, "select common.searchable(%s)", [text]) == seen


def test_search_sees_a_bounded_part(db):
    """A text of any length has terms: search looks at its first 100,000 characters."""
    text = "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(100_000)) + "尾巴"
    assert len(one(db, "select common.searchable(%s)", [text])) == 100_000
    found = "select common.search_terms(%s) @@ common.search_query(%s)"
    assert one(db, found, [text, text[50_000:50_002]]) is True
    assert one(db, found, [text, "尾巴"]) is False


def test_pairs_overlap_and_end_with_the_run(db):
    """Each letter begins a pair, but for the last of its run."""
    rows = db.execute("select letter, pair from common.cjk_pairs('今天好，a心')").fetchall()
    assert rows == [("今", "今天"), ("天", "天好"), ("好", None), ("心", None)]


TEXT = "我今天心情很好，压力小了。 I am feeling emotions at Work work２"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("情", True),
        ("恨", False),
        ("心情", True),
        ("情心", False),
        ("好压", False),
        ("心情很好", True),
        ("很好 今天", True),
        ("今天 天", True),
        ("很坏 今天", False),
        ("feel", True),
        ("Emotion", True),
        ("feels emotional", True),
        ("working", True),
        ("sleep", False),
        ("心情 feelings", True),
        ("feeling心情", True),
        ("心情 sleep", False),
        ("开心 feeling", False),
        ("ＷＯＲＫ2", True),
        ("work２", True),
        ("the feeling", True),
        ("心情，很好！", True),
        ("'心情' & !", True),
        ("the", False),
        ("", False),
        ("，。", False),
        (None, None),
    ],
)
def test_search_finds_chinese_and_english(db, words, found):
    """Every word and term must be there; a question of nothing finds nothing."""
    query = "select common.search_terms(%s) @@ common.search_query(%s)"
    assert one(db, query, [TEXT, words]) is found


@pytest.mark.parametrize(
    ("words", "query"),
    [
        ("情", "'情'"),
        ("心情", "'心情'"),
        ("心情好", "'心情' & '情好'"),
        ("情 心情", "'心情'"),
        ("心 心情", "'心' & '心情'"),
        ("feelings 心情", "'feel' & '心情'"),
        ("the of", ""),
        ("", ""),
        (None, None),
    ],
)
def test_a_question_asks_for_pairs(db, words, query):
    """A character is asked for alone only where no pair ends with it."""
    assert one(db, "select common.search_query(%s)::text", [words]) == query


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("心情", ["心", "心情", "情"]),
        ("Running ２ runs", ["2", "run"]),
        ("好 good", ["good", "好"]),
        ("the", []),
        ("", []),
        (None, None),
    ],
)
def test_an_index_keeps_characters_pairs_and_stems(db, text, terms):
    """Chinese by characters and pairs, English by stems, and nothing of what search ignores."""
    found = one(db, "select tsvector_to_array(common.search_terms(%s))", [text])
    assert (found and sorted(found)) == terms


def test_ignored_words_raise_no_notice(db):
    """A question of stop words tells the client nothing."""
    notices = []
    db.add_notice_handler(notices.append)
    db.execute("set client_min_messages = notice")
    db.execute("select common.search_query('the')")
    assert notices == []


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("Work流", ["k流", "or", "rk", "wo"]),
        ("ＡＢ", ["ab"]),
        ("心情好", ["心情", "情好"]),
        ("aaa", ["aa"]),
        ("a b", [" b", "a "]),
        ("x", []),
        ("", []),
        (None, []),
    ],
)
def test_bigrams_are_pairs_in_lower_case(db, text, pairs):
    """Each pair of characters once, in lower case and one form; a lone character has none."""
    assert sorted(one(db, "select common.bigrams(%s)", [text])) == pairs


def test_indexes_serve_both_searches(db):
    """A GIN index on terms and one on pairs answer without reading the table."""
    db.execute("create temporary table books (id int, title text)")
    db.execute(
        "insert into books select n, '卷' || n || ' 论语注疏 Analects'"
        " from generate_series(1, 50) as n"
    )
    db.execute("insert into books values (0, '庄子今注今译 Zhuangzi translated')")
    db.execute("create index books_terms on books using gin (common.search_terms(title))")
    db.execute("create index books_pairs on books using gin (common.bigrams(title))")
    db.execute("set local enable_seqscan = off")
    for words in ("今译", "庄", "庄子 translation", "今注今译"):
        query = "from books where common.search_terms(title) @@ common.search_query(%s)"
        assert db.execute("select id " + query, [words]).fetchall() == [(0,)]
        assert "books_terms" in str(one(db, "explain (format json) select " + query, [words]))
    for part in ("子今", "angz", "ZHUANG", "注今译 z"):
        query = (
            "from books where common.bigrams(title) @> common.bigrams(%s)"
            " and title ilike '%%' || %s || '%%'"
        )
        assert db.execute("select id " + query, [part] * 2).fetchall() == [(0,)]
        assert "books_pairs" in str(one(db, "explain (format json) select " + query, [part] * 2))


def test_search_depends_on_no_setting(db):
    """Neither search_path nor the default text search configuration changes the terms."""
    db.execute("set local search_path = pg_temp")
    db.execute("set local default_text_search_config = 'pg_catalog.german'")
    assert one(db, "select common.search_terms('心 emotions')::text") == "'emot':1 '心'"
    assert one(db, "select common.search_query('emotions')::text") == "'emot'"


def test_functions_may_stand_in_indexes_and_parallel_plans(db):
    """All functions but the triggers and the maker of keys are immutable and safe in parallel."""
    rows = db.execute(
        "select proname, provolatile::text, proparallel::text from pg_proc"
        " where pronamespace = 'common'::regnamespace and prorettype <> 'trigger'::regtype"
        " and proname <> 'uuid_in_order'"
    ).fetchall()
    assert len(rows) == 9
    assert {(volatile, parallel) for _, volatile, parallel in rows} == {("i", "s")}


def test_common_has_no_tables(db):
    """A schema may move to a server of its own: common holds nothing that others refer to."""
    count = "select count(*) from pg_class where relnamespace = 'common'::regnamespace"
    assert one(db, count) == 0


ROLLBACKS = Path(__file__).parent.parent.parent / "migrations" / "common"
# What searched texts are made of: runs and their borders, forms that are made one, quotes, blanks.
PIECES = (
    "心情", "很", "好", "好好", "漢字", "カナ", "ｶﾞ", "한글", "𠀀𠮷", "a", "Working", "the",
    "ＡＢ", "2.5", " ", "  ", "\n", "\t", "，", "。", "'", "\\", "&", "é", "e\u0301", "⾦",
    "\u3000", "-", ":*", "🙂",
)  # fmt: skip
SECRET_PIECES = (
    "gAAAAA", "x" * 92, "x" * 93, "x" * 3, "=", "==", "\n", "+", "$argon2id", "$argon2i", "$v=19",
    "$m=65536,t=3,p=4", "$" + "c" * 22, "$" + "c" * 11, "$" + "c" * 10, "$" + "h" * 16, "$2b",
    "$12", "$" + "./A" * 17 + "xy", "$" + "./A" * 18, "0" * 32, "0" * 31, "f" * 32, "F", "é", " ",
)  # fmt: skip


@pytest.mark.parametrize(
    ("rollback", "functions", "pieces"),
    [
        (
            "common_0007_faster_search",
            {
                "search_terms": "common.search_terms(x)",
                "search_query": "common.search_query(x)",
                "bigrams": "(select array_agg(b order by b) from unnest(common.bigrams(x)) as b)",
            },
            PIECES,
        ),
        (
            "common_0008_faster_secrets",
            {name: f"common.{name}(x)" for name in ("is_ciphertext", "is_sha256")}
            | {"is_password_hash": "common.is_password_hash(x)"},
            SECRET_PIECES,
        ),
    ],
)
def test_what_is_faster_gives_what_it_gave(db, rollback, functions, pieces):
    """Texts of all kinds of pieces have the terms and the verdicts of the functions before."""
    draw = random.Random(7)
    texts = ["".join(draw.choices(pieces, k=draw.randint(1, 6))) for _ in range(700)]
    texts += [None, "", *pieces, ARGON2ID, BCRYPT, "gAAAAA" + "x" * 94, "0" * 64]
    asked = ", ".join(f"({call})::text as {name}" for name, call in functions.items())
    query = f"select x, {asked} from unnest(%s::text[]) as x"
    now = db.execute(query, [texts]).fetchall()
    db.execute((ROLLBACKS / f"{rollback}.rollback.sql").read_text())
    assert db.execute(query, [texts]).fetchall() == now


def test_uuids_come_in_order(db):
    """A uuid that is made later is greater, is of version 7, and tells its millisecond."""
    uuids = [one(db, "select common.uuid_in_order() from pg_sleep(0.002)") for _ in range(5)]
    assert sorted(uuids) == uuids
    assert {uuid.version for uuid in uuids} == {7}
    passed = "select extract(epoch from clock_timestamp()) * 1000 - %s"
    assert 0 <= one(db, passed, [uuids[-1].int >> 80]) < 60_000


def test_words_are_sought_by_the_index_among_many_texts_of_one(db):
    """A plan takes no text apart that an index has: it knows what that costs."""
    db.execute("create temporary table notes (owner int, content text)")
    db.execute(
        "insert into notes"
        " select n % 1250, '第' || n || '篇 心情' from generate_series(1, 5000) as n"
    )
    db.execute("create index notes_owner on notes (owner)")
    db.execute("create index notes_terms on notes using gin (common.search_terms(content))")
    db.execute("analyze notes")
    plan = "explain select from notes where owner = 1 and"
    plan += " common.search_terms(content) @@ common.search_query('第77篇')"
    assert "notes_terms" in str(db.execute(plan).fetchall())
