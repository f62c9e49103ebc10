"""A hundred thousand rows written: by COPY, by arrays, and one by one in large statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.types.json import Jsonb
from sqlalchemy import insert
from sqlalchemy.orm import Session

from bench.calls import Calls
from bench.clients import Clients
from bench.measuring import Contender, on_loop, once
from bench.results import Goal
from bench.sqlalchemy_models import Event
from bench.ways import ASYNC, ASYNCPG, CORE, DJANGO, ORM, OURS
from sqlwright_systems.emotional_chat import system_logs

__all__ = ["TABLES"]

_COLUMNS = system_logs.Row._fields[1:]
_LISTED = ", ".join(_COLUMNS)
_TYPES = ("int8", "int8", "varchar", "varchar", "text", "jsonb", "timestamptz")
_MADE_BEFORE = "psycopg, COPY of bytes made before"
_BATCH = 5000
_BEGAN = datetime(2025, 10, 1, tzinfo=UTC)


def _contenders(clients: Clients) -> list[Contender]:
    events = clients.place.events
    rows = [_made_up(number) for number in range(events)]

    def empty() -> None:
        clients.other.execute("truncate emotional_chat.system_logs restart identity")

    def written(contender: Contender) -> Contender:
        """The contender, whose answer is what is there afterwards."""

        def answer() -> Any:
            contender.turn(1)
            return system_logs.page(clients.ours, before_id=None, limit=events + 1)

        return replace(contender, answer=answer)

    calls = {
        OURS: lambda: system_logs.load(clients.ours, rows),
        f"{OURS}, unnest": lambda: _by_arrays(clients, rows),
        _MADE_BEFORE: _by_bytes(clients, rows),
        "psycopg, COPY of text rows": lambda: _by_text(clients, rows),
        "psycopg, COPY of binary rows": lambda: _by_binary(clients, rows),
        "psycopg, executemany": lambda: _by_many(clients, rows),
        f"{CORE}, insert": lambda: _by_core(clients, rows),
        f"{ORM}, insert": lambda: _by_orm(clients, rows),
        f"{ORM}, add_all": lambda: _by_adding(clients, rows),
        f"{DJANGO}, bulk_create": lambda: _by_django(rows),
    }
    contenders = [once(name, call, before=empty) for name, call in calls.items()]
    of_asyncio = {
        ASYNC: lambda: system_logs.load(clients.ours_async, rows),
        f"{ASYNCPG}, COPY": lambda: _by_asyncpg(clients, rows),
    }
    contenders += [
        on_loop(name, clients.loop, call, before=empty) for name, call in of_asyncio.items()
    ]
    return [written(contender) for contender in contenders]


def _made_up(number: int) -> tuple[Any, ...]:
    """An event; every third is nobody's, as many are."""
    about = (number % 1000, number % 997) if number % 3 else (None, None)
    level = "info" if number % 8 else "error"
    context = {"request_id": f"{number:x}", "duration_ms": number % 900}
    at = _BEGAN + timedelta(seconds=number)
    return *about, level, "api", "请求已处理", context, at


def _batches(rows: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(rows), _BATCH):
        yield rows[start : start + _BATCH]


def _by_arrays(clients: Clients, rows: Sequence[Any]) -> None:
    for batch in _batches(rows):
        columns = [list(column) for column in zip(*batch, strict=True)]
        names = (f"{name}s" for name in _COLUMNS)
        system_logs.create_many(clients.ours, **dict(zip(names, columns, strict=True)))


def _by_bytes(clients: Clients, rows: Sequence[Any]) -> Callable[[], None]:
    """What COPY takes if nothing has to be encoded."""
    conn = clients.theirs
    table = f"emotional_chat.system_logs ({_LISTED})"
    conn.execute("truncate emotional_chat.system_logs")
    _by_binary(clients, rows)
    ordered = f"(select {_LISTED} from emotional_chat.system_logs order by id)"
    with conn.cursor().copy(f"copy {ordered} to stdout (format binary)") as copy:
        made = b"".join(copy)

    def call() -> None:
        with conn.cursor().copy(f"copy {table} from stdin (format binary)") as copy:
            copy.write(made)

    return call


def _by_text(clients: Clients, rows: Sequence[Any]) -> None:
    statement = f"copy emotional_chat.system_logs ({_LISTED}) from stdin"
    with clients.theirs.cursor().copy(statement) as copy:
        for *others, context, created_at in rows:
            copy.write_row([*others, Jsonb(context), created_at])


def _by_binary(clients: Clients, rows: Sequence[Any]) -> None:
    statement = f"copy emotional_chat.system_logs ({_LISTED}) from stdin (format binary)"
    with clients.theirs.cursor().copy(statement) as copy:
        copy.set_types(_TYPES)
        for *others, context, created_at in rows:
            copy.write_row([*others, Jsonb(context), created_at])


def _by_many(clients: Clients, rows: Sequence[Any]) -> None:
    places = ", ".join(["%s"] * len(_COLUMNS))
    statement = f"insert into emotional_chat.system_logs ({_LISTED}) values ({places})"
    values = [[*others, Jsonb(context), at] for *others, context, at in rows]
    with clients.theirs.transaction():
        clients.theirs.cursor().executemany(statement, values)


async def _by_asyncpg(clients: Clients, rows: Sequence[Any]) -> None:
    await clients.asyncpg.copy_records_to_table(
        "system_logs", schema_name="emotional_chat", columns=_COLUMNS, records=rows
    )


def _by_core(clients: Clients, rows: Sequence[Any]) -> None:
    values = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    with clients.engine.begin() as conn:
        conn.execute(insert(Event.__table__), values)


def _by_orm(clients: Clients, rows: Sequence[Any]) -> None:
    values = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
    with Session(clients.engine) as session, session.begin():
        # Else it would make a statement for every run of rows with the same nulls.
        session.execute(insert(Event), values, execution_options={"render_nulls": True})


def _by_adding(clients: Clients, rows: Sequence[Any]) -> None:
    with Session(clients.engine, expire_on_commit=False) as session, session.begin():
        session.add_all([Event(**dict(zip(_COLUMNS, row, strict=True))) for row in rows])


def _by_django(rows: Sequence[Any]) -> None:
    from bench.django_models import Event as OfDjango

    made = [OfDjango(**dict(zip(_COLUMNS, row, strict=True))) for row in rows]
    OfDjango.objects.bulk_create(made, batch_size=_BATCH)


TABLES = (
    Calls(
        name="bulk-write",
        title="Many rows written",
        note="Into an empty `emotional_chat.system_logs` with its four indexes, from rows of"
        " Python's values.",
        contenders=_contenders,
        answers=_COLUMNS,
        base=_MADE_BEFORE,
        is_bulk=True,
        goals=(
            Goal(row=OURS, limit=1.20, against=_MADE_BEFORE),
            # On one CPU client and server add up; on two the one hides behind the other.
            Goal(row=OURS, limit=1.20, against=_MADE_BEFORE, column="unpinned_ms"),
            Goal(row=OURS, limit=1.0, against=f"{ASYNCPG}, COPY"),
            Goal(row=ASYNC, limit=1.1, against=f"{ASYNCPG}, COPY"),
            Goal(row=OURS, limit=0.2, against=f"{ORM}, add_all"),
        ),
    ),
)
