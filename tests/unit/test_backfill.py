"""Backfills without a server: their files, the size of batches, how far a standby is behind."""

from __future__ import annotations

import pytest

from sqlwright.config import Project
from sqlwright.errors import QueryError, SourceError
from sqlwright.migrations.backfill import Pace, find_backfill
from sqlwright.migrations.backfill.lag import Positions
from sqlwright.migrations.backfill.pace import next_size, smaller
from sqlwright.migrations.backfill.source import read_backfill

GOOD = """\
-- name: fill(first, last)!
-- Copies the nickname.
-- walks: shop.users (id)
update shop.users set name = nickname where id between :first and :last;
"""


@pytest.fixture
def read(tmp_path):
    """`read(text)`: the backfill of a file fill.sql."""

    def read_text(text):
        path = tmp_path / "fill.sql"
        path.write_text(text)
        return read_backfill(path)

    return read_text


def test_a_file_says_what_it_walks(read):
    """Names are as the catalogue has them: lower case, unless they stand in quotes."""
    found = read(GOOD.replace("shop.users (id)", 'Shop . "Old ""Users""" ( ID )'))
    assert (found.name, found.schema, found.table, found.columns) == (
        "fill",
        "shop",
        'Old "Users"',
        ("id",),
    )


def test_a_key_of_two_columns_has_four_parameters(read):
    """They bear the columns' names, in any order."""
    found = read(
        GOOD.replace("(id)", "(shop, id)")
        .replace("first, last", "first_shop, last_shop, first_id, last_id")
        .replace("id between :first and :last", "(shop, id) >= (:first_shop, :first_id)")
        .replace(";", " and (shop, id) <= (:last_shop, :last_id);")
    )
    assert found.columns == ("shop", "id")


@pytest.mark.parametrize(
    ("good", "bad", "message"),
    [
        (
            "-- walks: shop.users (id)\n",
            "",
            (
                ", line 1: fill does not say which table it walks.\n"
                "Add a comment line below its name: -- walks: schema.table (key)."
            ),
        ),
        (
            "shop.users (id)",
            "users (id)",
            (
                ", line 1: fill does not say which table it walks.\n"
                "Add a comment line below its name: -- walks: schema.table (key)."
            ),
        ),
        (
            "name: fill(",
            "name: fill_names(",
            (
                ", line 1 names fill_names, but its file is fill.sql.\n"
                "Name both the same: the database remembers a backfill by it."
            ),
        ),
        (
            "(first, last)!",
            "(first, last)",
            (
                ", line 1: fill does not take the first and the last key of a batch.\n"
                "Write -- name: fill(first, last)! and have the statement change the rows from the"
                " one to the other, both included."
            ),
        ),
        (
            "(id)",
            "(shop, id)",
            (
                ", line 1: fill does not take the first and the last key of a batch.\n"
                "Write -- name: fill(first_shop, first_id, last_shop, last_id)! and have the"
                " statement change the rows from the one to the other, both included."
            ),
        ),
        (
            "update shop.users set name = nickname where",
            "select from shop.users where",
            (
                ", line 1: fill is no statement that changes rows.\n"
                "Write an update, an insert, a delete or a merge."
            ),
        ),
        (
            "-- name",
            "-- name: one()!\ndelete from shop.users;\n\n-- name",
            " holds 2 queries, but a backfill is one.\nGive each a file of its own.",
        ),
        (
            GOOD,
            "-- walks: shop.users (id)\n",
            " holds no queries, but a backfill is one.\nGive each a file of its own.",
        ),
    ],
)
def test_what_is_no_backfill_is_refused(read, tmp_path, good, bad, message):
    """The message names the file and says what to write."""
    assert good in GOOD
    with pytest.raises(SourceError) as caught:
        read(GOOD.replace(good, bad, 1))
    assert str(caught.value) == f"{tmp_path / 'fill.sql'}{message}"


def test_a_statement_without_the_first_key_is_refused(read, tmp_path):
    """It would meet all rows before it again in each batch."""
    with pytest.raises(QueryError) as caught:
        read(GOOD.replace("between :first and", "<="))
    assert str(caught.value) == (
        f"{tmp_path / 'fill.sql'}, line 1, column 15 declares first, but never uses it.\n"
        "Write :first where it is meant, or take it out of the list."
    )


def test_what_counts_as_an_edit(read):
    """The statement, the table and the key do; the comment doesn't."""
    checksums = [
        read(text).checksum
        for text in (
            GOOD,
            GOOD.replace("Copies", "Takes over"),
            GOOD.replace("nickname w", "upper(nickname) w"),
            GOOD.replace("shop.users (id)", "shop.users (number)"),
        )
    ]
    assert checksums[0] == checksums[1]
    assert len(set(checksums)) == 3


def test_a_name_is_looked_for_in_every_folder(tmp_path):
    """Two files of one name are refused: the database remembers a backfill by it."""
    project = Project(root=tmp_path, name="shop")
    paths = [tmp_path / "backfills" / folder / "fill.sql" for folder in ("shop", "stock")]
    for path in paths:
        path.parent.mkdir(parents=True)
    paths[0].write_text(GOOD)
    assert find_backfill(project, "fill").path == paths[0]
    paths[1].write_text(GOOD)
    with pytest.raises(SourceError) as caught:
        find_backfill(project, "fill")
    assert str(caught.value) == (
        f"fill names two files: {paths[0]} and {paths[1]}.\n"
        "The database remembers a backfill by its name: rename the newer file."
    )
    with pytest.raises(SourceError) as caught:
        find_backfill(project, "empty")
    assert str(caught.value) == (
        "There is no backfill 'empty'.\nWrite backfills/<schema>/empty.sql."
    )


@pytest.mark.parametrize(
    ("took", "size"), [(0.5, 1000), (0.4, 1250), (0.01, 2000), (0, 2000), (1, 500), (60, 250)]
)
def test_the_next_batch_shall_take_its_time(took, size):
    """Half a second; from one batch to the next at most twice or a quarter as many rows."""
    assert next_size(1000, took, Pace()) == size


def test_a_batch_is_never_larger_than_it_may_be_nor_empty():
    """However quick or slow the rows are."""
    assert next_size(1000, 0.001, Pace(batch=1500)) == 1500
    assert (next_size(1, 60, Pace()), smaller(1), smaller(100)) == (1, 1, 25)


def test_a_standby_is_behind_since_the_oldest_position_that_it_has_not_replayed():
    """Also while its replay stands still; one that has replayed all is not behind."""
    positions = Positions()
    for now, position in ((0, 100), (1, 200), (2, 200), (3, 300)):
        positions.note(now, position)
    assert [positions.behind(10, replayed) for replayed in (0, 150, 200, 299, 300)] == [
        10, 9, 7, 7, 0,
    ]  # fmt: skip


def test_what_every_standby_has_replayed_is_forgotten():
    """So that the notes of a long run don't grow."""
    positions = Positions()
    for step in range(1000):
        positions.note(step, step)
        positions.forget(step - 2)
    assert positions.behind(1000, 0) == 2
