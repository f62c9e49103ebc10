"""Measures a database: what it says of itself, and how full the disk below it is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

from sqlwright.errors import ConnectError
from sqlwright.observe.asking import Answer, Ask, UsedUpError
from sqlwright.queries import named_queries

__all__ = ["Measure", "Measures", "Metric", "database_metrics", "measure"]

_FOLDER = Path(__file__).parent / "sql"
_MEASURES, _DISK = _FOLDER / "measures.sql", _FOLDER / "disk.sql"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """The name of a metric, what it means, and the labels that tell its measures apart."""

    name: str
    help: str
    labels: tuple[str, ...] = ()

    @property
    def is_counter(self) -> bool:
        """Whether it only grows."""
        return self.name.endswith("_total")


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One number, under the name of its metric."""

    name: str
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Measures:
    """What was measured, and what could not be seen: why, by the metric's name.

    `down` is why there was no connection.
    """

    measures: tuple[Measure, ...]
    unseen: Mapping[str, str] = field(default_factory=dict)
    down: ConnectError | None = None


UP = Metric(name="sqlwright_up", help="Whether the database answers.")
DISK = Metric(
    name="sqlwright_disk_used_ratio",
    help="How full the disk of the data folder is; seen where the server is on this machine.",
)
UNSEEN = Metric(
    name="sqlwright_unseen",
    help="A metric that this role or this machine can't see.",
    labels=("metric",),
)


@cache
def _queries() -> dict[str, str]:
    """The statement behind each metric."""
    return {f"sqlwright_{name}": one.statement for name, one in named_queries(_MEASURES).items()}


def database_metrics() -> tuple[Metric, ...]:
    """Every metric of a database."""
    own = [
        Metric(name=f"sqlwright_{name}", help=" ".join(query.documentation.split()))
        for name, query in named_queries(_MEASURES).items()
    ]
    return (UP, *own, DISK, UNSEEN)


async def measure(ask: Ask) -> Measures:
    """Everything at once; a database that is down is a measure too."""
    queries = _queries()
    try:
        *answers, data = await ask([*queries.values(), named_queries(_DISK)["find_data"].statement])
    except UsedUpError:
        return _all_unseen("none of the pool's connections came free", [*queries, DISK.name])
    except (ConnectError, psycopg.Error) as error:
        known = error if isinstance(error, ConnectError) else ConnectError(_refusal(error))
        return Measures(measures=(Measure(name=UP.name, value=0),), down=known)
    found, unseen = [Measure(name=UP.name, value=1)], {}
    for name, answer in zip(queries, answers, strict=True):
        seen, reason = _read(name, answer)
        found += seen
        if reason:
            unseen[name] = reason
    try:
        found.append(Measure(name=DISK.name, value=_disk(data)))
    except LookupError as error:
        unseen[DISK.name] = str(error.args[0])
    return Measures(measures=(*found, *_marks(unseen)), unseen=unseen)


def _all_unseen(reason: str, names: Sequence[str]) -> Measures:
    """Of a database that answers, as one knows, though nothing could be asked."""
    up = Measure(name=UP.name, value=1)
    return Measures(measures=(up, *_marks(names)), unseen=dict.fromkeys(names, reason))


def _marks(unseen: Iterable[str]) -> list[Measure]:
    return [Measure(name=UNSEEN.name, value=1, labels={"metric": name}) for name in unseen]


def _read(name: str, answer: Answer) -> tuple[Sequence[Measure], str]:
    """The measures of a metric, and why there are none or not all."""
    if isinstance(answer, psycopg.Error):
        return [], _refusal(answer)
    seen = [
        Measure(
            name=name,
            value=float(row["value"]),
            labels={label: str(text) for label, text in row.items() if label != "value"},
        )
        for row in answer
        if row["value"] is not None
    ]
    return seen, "" if len(seen) == len(answer) else _WANTED.get(name, _WANTED[""])


_WANTED = {
    "": "it takes the role pg_monitor",
    "sqlwright_table_bloat_ratio": "it takes the right to read the tables, once analyzed",
}


def _refusal(error: psycopg.Error) -> str:
    return error.diag.message_primary or type(error).__name__


def _disk(answer: Any) -> float:
    """How full the disk is, from 0 to 1.

    Raises:
        LookupError: why that can't be seen.
    """
    if isinstance(answer, psycopg.Error):
        raise LookupError(_refusal(answer)) from answer  # noqa: TRY004 - no wrong type
    if not answer[0]["is_local"]:
        raise LookupError("the server is on another machine")
    folder = answer[0]["folder"]
    if folder is None:
        raise LookupError("it takes the role pg_monitor")
    try:
        disk = os.statvfs(folder)
    except OSError as error:
        raise LookupError(f"{folder}: {error.strerror}") from None
    used = disk.f_blocks - disk.f_bfree
    return used / (used + disk.f_bavail)
