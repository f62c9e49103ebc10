"""Which migrations `stamp` means, and when it refuses."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sqlwright.errors import MigrationError
from sqlwright.migrations.bookkeeping import Applied
from sqlwright.migrations.history import compare
from sqlwright.migrations.source import Migration
from sqlwright.migrations.stamp import Choice, choose

GRAPH = {"common_1": [], "shop_1": ["common_1"], "shop_2": ["shop_1"], "shop_3": ["shop_1"]}
ALL = list(GRAPH)
MIGRATIONS = [
    Migration(
        id=name,
        schema=name.split("_")[0],
        path=Path(f"{name}.sql"),
        text=name,
        rollback_path=Path(f"{name}.rollback.sql"),
        rollback_text=None,
        depends=frozenset(depends),
        transactional=True,
    )
    for name, depends in GRAPH.items()
]


def _choose(applied, disk=MIGRATIONS, **choice):
    by_id = {migration.id: migration for migration in MIGRATIONS}
    noon = datetime(2030, 1, 1, 12, tzinfo=UTC)
    rows = [
        Applied(hash=by_id[name].hash, id=name, at=noon + timedelta(minutes=n), checksum=None)
        for n, name in enumerate(applied)
    ]
    return [entry.id for entry in choose(compare(disk, rows, []), Choice(**choice))]


@pytest.mark.parametrize(
    ("applied", "choice", "expected"),
    [
        ([], {"everything": True}, ALL),
        (ALL, {"everything": True}, []),
        ([], {"ids": ["common_1"]}, ["common_1"]),
        ([], {"ids": ["shop_1", "common_1"]}, ["common_1", "shop_1"]),
        ([], {"ids": ["shop_3"], "gaps": True}, ["shop_3"]),
        ([], {"to": "shop_2"}, ["common_1", "shop_1", "shop_2"]),
        (["common_1"], {"schemas": ["shop"]}, ["shop_1", "shop_2", "shop_3"]),
        (ALL, {"everything": True, "remove": True}, ALL[::-1]),
        (ALL, {"ids": ["shop_2"], "remove": True}, ["shop_2"]),
        (ALL, {"ids": ["shop_1"], "remove": True, "gaps": True}, ["shop_1"]),
        (ALL, {"to": "shop_1", "remove": True}, ["shop_3", "shop_2"]),
        (ALL, {"schemas": ["shop"], "remove": True}, ["shop_3", "shop_2", "shop_1"]),
    ],
)
def test_chosen(applied, choice, expected):
    """What is marked comes in order, what is unmarked the other way round."""
    assert _choose(applied, **choice) == expected


def test_a_missing_one_can_be_forgotten():
    """A migration whose file is gone can be unmarked by its id."""
    assert _choose(ALL, MIGRATIONS[:3], ids=["shop_3"], remove=True) == ["shop_3"]


@pytest.mark.parametrize(
    ("applied", "choice", "said"),
    [
        ([], {}, "Say which migrations.\nName ids, or give --to ID, --schema NAME or --all."),
        (
            [],
            {"ids": ["shop_1"], "everything": True},
            (
                "That names migrations in two ways.\n"
                "Name ids, or give --to ID, --schema NAME or --all."
            ),
        ),
        ([], {"ids": ["shop_9"]}, "There is no migration 'shop_9'.\nDid you mean shop_3?"),
        (
            ["common_1"],
            {"ids": ["common_1"]},
            (
                "common_1 is applied already, since 2030-01-01 12:00:00 UTC.\n"
                "Leave it out. If its mark is wrong, take it away: sqlwright stamp --remove"
            ),
        ),
        (
            [],
            {"ids": ["shop_1"]},
            (
                "shop_1 depends on common_1, which would not be applied.\n"
                "Name common_1 too, or add --gaps if you want that."
            ),
        ),
        (
            [],
            {"ids": ["shop_1"], "remove": True},
            "shop_1 is not applied.\nSee `sqlwright status` for what is.",
        ),
        (
            ALL,
            {"ids": ["shop_1"], "remove": True},
            (
                "shop_2 depends on shop_1, which would not be applied.\n"
                "Name shop_2 too, or add --gaps if you want that."
            ),
        ),
        (
            [],
            {"schemas": ["shopp"], "remove": True},
            "There is no schema 'shopp' among the migrations.\nDid you mean shop?",
        ),
    ],
)
def test_refused(applied, choice, said):
    """What is unclear, wrong or would leave a gap is refused."""
    with pytest.raises(MigrationError) as caught:
        _choose(applied, **choice)
    assert str(caught.value) == said
