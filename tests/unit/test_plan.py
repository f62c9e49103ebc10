"""Which migrations a command means."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sqlwright.errors import HistoryError, SourceError
from sqlwright.migrations.bookkeeping import Applied, Started
from sqlwright.migrations.history import compare
from sqlwright.migrations.plan import check_agreed, check_schemas, find, to_apply, to_rollback
from sqlwright.migrations.source import Migration

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
GRAPH = {
    "common_1": [],
    "common_2": ["common_1"],
    "blog_1": ["common_1"],
    "blog_2": ["blog_1"],
    "shop_1": ["common_2"],
    "shop_2": ["shop_1"],
    "shop_3": ["shop_2", "blog_1"],
}
MIGRATIONS = [
    Migration(
        id=name,
        schema=name.split("_")[0],
        path=Path(f"{name}.sql"),
        text=name,
        rollback_path=Path(f"{name}.rollback.sql"),
        rollback_text="",
        depends=frozenset(depends),
        transactional=True,
    )
    for name, depends in GRAPH.items()
]


def _entries(*applied, started=(), same_time=False, clock=1):
    """The migrations, those named applied a minute after each other, or before."""
    by_id = {migration.id: migration for migration in MIGRATIONS}
    rows = [
        Applied(
            hash=by_id[name].hash,
            id=name,
            at=NOON + timedelta(minutes=0 if same_time else minute * clock),
            checksum=None,
        )
        for minute, name in enumerate(applied)
    ]
    begun = [
        Started(hash=by_id[name].hash, id=name, operation="apply", at=NOON) for name in started
    ]
    return compare(MIGRATIONS, rows, begun)


def _ids(migrations):
    return [migration.id for migration in migrations]


@pytest.mark.parametrize(
    ("applied", "options", "expected"),
    [
        ([], {}, list(GRAPH)),
        (GRAPH, {}, []),
        (["common_1", "blog_1"], {}, ["common_2", "blog_2", "shop_1", "shop_2", "shop_3"]),
        (["blog_2"], {}, ["common_1", "common_2", "blog_1", "shop_1", "shop_2", "shop_3"]),
        ([], {"schemas": ["blog"]}, ["common_1", "blog_1", "blog_2"]),
        ([], {"schemas": ["shop"]}, [name for name in GRAPH if name != "blog_2"]),
        ([], {"schemas": ["common", "blog"]}, ["common_1", "common_2", "blog_1", "blog_2"]),
        ([], {"to": "shop_1"}, ["common_1", "common_2", "shop_1"]),
        ([], {"to": "common_1"}, ["common_1"]),
        (["common_1", "blog_1"], {"to": "blog_1"}, []),
        (["common_1"], {"schemas": ["blog"], "to": "blog_1"}, ["blog_1"]),
        ([], {"steps": 2}, ["common_1", "common_2"]),
        (["common_1"], {"schemas": ["blog"], "steps": 1}, ["blog_1"]),
        (["common_1"], {"to": "shop_2", "steps": 2}, ["common_2", "shop_1"]),
    ],
)
def test_to_apply(applied, options, expected):
    """What is pending, of the schemas and up to the id, with what these depend on."""
    assert _ids(to_apply(_entries(*applied), **options)) == expected


def test_failed_is_applied_again():
    """A migration that was begun and not seen to end is pending."""
    entries = _entries("common_1", "common_2", "blog_1", started=["blog_2"])
    assert _ids(to_apply(entries, schemas=["blog"])) == ["blog_2"]


@pytest.mark.parametrize(
    ("applied", "options", "expected"),
    [
        (GRAPH, {}, ["shop_3"]),
        (GRAPH, {"steps": 3}, ["shop_3", "shop_2", "shop_1"]),
        (GRAPH, {"steps": 99}, list(reversed(GRAPH))),
        ([], {}, []),
        (["common_1", "blog_1", "common_2"], {}, ["common_2"]),
        (GRAPH, {"schemas": ["blog"]}, ["blog_2"]),
        (
            GRAPH,
            {"schemas": ["shop", "blog"], "steps": 4},
            ["shop_3", "shop_2", "shop_1", "blog_2"],
        ),
        (GRAPH, {"to": "shop_1"}, ["shop_3", "shop_2"]),
        (GRAPH, {"to": "shop_3"}, []),
        (GRAPH, {"to": "shop_1", "steps": 1}, ["shop_3"]),
        (["common_1", "blog_1", "common_2", "blog_2"], {"to": "blog_1"}, ["blog_2"]),
    ],
)
def test_to_rollback(applied, options, expected):
    """The newest of what is applied, of the schemas, or all that came after the id."""
    assert _ids(to_rollback(_entries(*applied), **options)) == expected


def test_same_time():
    """Of equal times the later in order goes first."""
    entries = _entries("common_1", "common_2", "shop_1", same_time=True)
    assert _ids(to_rollback(entries, steps=3)) == ["shop_1", "common_2", "common_1"]


@pytest.mark.parametrize(
    ("options", "needed", "by", "first"),
    [
        ({"schemas": ["common"]}, "common_2", "shop_1", "shop_3, shop_2, shop_1"),
        ({"schemas": ["blog"], "steps": 2}, "blog_1", "shop_3", "shop_3"),
        ({"to": "common_1"}, "common_2", "shop_1", "shop_3, shop_2, shop_1"),
    ],
)
def test_dependents_elsewhere(options, needed, by, first):
    """What others stand on is not taken away from under them; what to take back first is said."""
    with pytest.raises(HistoryError) as caught:
        to_rollback(_entries(*GRAPH), **options)
    assert str(caught.value) == (
        f"{needed} can't be rolled back: {by} is applied and depends on it.\n"
        f"Roll back first, in this order: {first}."
    )


def test_back_to_pending():
    """There is no way back to what is not applied."""
    with pytest.raises(HistoryError) as caught:
        to_rollback(_entries("common_1"), to="shop_1")
    assert str(caught.value) == (
        "shop_1 is not applied, so there is no way back to it.\n"
        "See `sqlwright status` for what is applied."
    )


@pytest.mark.parametrize("choose", [to_apply, to_rollback])
@pytest.mark.parametrize(
    ("name", "hint"),
    [("shop_11", "Did you mean shop_1?"), ("zzz", "See `sqlwright status` for their ids.")],
)
def test_unknown_id(choose, name, hint):
    """An unknown id is refused, with the nearest."""
    with pytest.raises(SourceError) as caught:
        choose(_entries(), to=name)
    assert (caught.value.message, caught.value.hint) == (f"There is no migration {name!r}.", hint)


@pytest.mark.parametrize("choose", [to_apply, to_rollback])
@pytest.mark.parametrize(
    ("name", "hint"),
    [("shopp", "Did you mean shop?"), ("zzz", "There are: common, blog, shop.")],
)
def test_unknown_schema(choose, name, hint):
    """An unknown schema is refused, with the nearest, or all that there are."""
    with pytest.raises(SourceError) as caught:
        choose(_entries(), schemas=["shop", name])
    assert (caught.value.message, caught.value.hint) == (
        f"There is no schema {name!r} among the migrations.",
        hint,
    )


@pytest.mark.parametrize("choose", [to_apply, to_rollback])
def test_two_schemas(choose):
    """An id of another schema than the one that is named is refused."""
    with pytest.raises(SourceError) as caught:
        choose(_entries(*GRAPH), schemas=["blog"], to="shop_1")
    assert str(caught.value) == (
        "shop_1 is of schema shop, but --schema names another.\n"
        "Leave --schema out, or name the schema of the id."
    )


def test_known():
    """What is there is found."""
    assert find("shop_2", MIGRATIONS) is MIGRATIONS[5]
    check_schemas(["shop", "blog"], MIGRATIONS)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, ["shop_3"]),
        ({"steps": 3}, ["shop_3", "shop_2", "shop_1"]),
        ({"to": "common_2"}, []),
        ({"to": "shop_1"}, ["shop_3", "shop_2"]),
    ],
)
def test_a_clock_that_was_set_back(options, expected):
    """What another stands on is older, whatever the times in the record say."""
    entries = _entries("common_1", "common_2", "shop_1", "shop_2", "blog_1", "shop_3", clock=-1)
    assert _ids(to_rollback(entries, **options)) == expected


def test_what_nobody_agreed_to_stays():
    """What somebody else applied meanwhile is not rolled back in place of what was meant."""
    common, later = MIGRATIONS[:2]
    check_agreed([common], [later, common])
    with pytest.raises(HistoryError) as caught:
        check_agreed([later], [common])
    assert str(caught.value) == (
        "Another process has migrated meanwhile: this would roll back common_2 now.\n"
        "Nothing was changed. See `sqlwright status`, and run the command again."
    )
