"""A connection that runs named queries our way or psycopg's, so that one can be held to the other.

Ours is a `Connection` or an `AsyncConnection`, which may go from thread to thread or from loop to
loop; the mirror is psycopg's own `Connection`, which prepares nothing and reads text.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing, contextmanager, nullcontext
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from sqlwright.errors import QueryError, SqlwrightError
from sqlwright.queries import Kind, load_queries, read_queries
from sqlwright.queries.streams import stream
from sqlwright.queries.units import unit

__all__ = ["NEVER", "Call", "Outcome", "Side", "Wanted", "interrupted"]

NEVER = 10**6  # None would have psycopg overlook that a `discard all` takes what it has prepared
_TEXT = psycopg.adapters.types["text"].oid
Call = tuple[str, Mapping[str, Any]]
Outcome = tuple[str, str]


class Wanted(Exception):  # noqa: N818 - nothing is wrong
    """What a block is left with that is to fail."""


class Side:
    """One connection, what is open on it, and what the server has said to it."""

    def __init__(self, url: str, file: Path, world: str) -> None:
        self.is_ours = world != "mirror"
        self.url, self._file = url, file
        self._known = {query.name: query for query in read_queries(file)}
        self._loops = [asyncio.Runner(), asyncio.Runner()] if world == "async" else []
        self._thread = ThreadPoolExecutor(1)
        self.is_elsewhere = False  # in the other thread, or on the other loop
        self.heard: list[str] = []
        self._other = psycopg.connect(url, autocommit=True)
        self.connect()

    def connect(self) -> None:
        """Opens a connection, in the place of the one before."""
        of = psycopg.AsyncConnection if self._loops else psycopg.Connection
        self.conn: Any = self.wait(of.connect(self.url, autocommit=True))
        if not self.is_ours:
            self.conn.prepare_threshold = None
        self.blocks: list[Any] = []
        self.conn.add_notice_handler(lambda diag: self.heard.append(diag.message_primary or ""))
        self.conn.add_notify_handler(lambda notify: self.heard.append(f"told {notify.payload}"))
        self.load()

    def load(self) -> None:
        """Reads the functions anew: what the connection's adapters are now counts for them."""
        self._queries = load_queries(self._file)

    def close(self) -> None:
        """Closes the connection, and ends what it ran on."""
        self.wait(self.conn.close())
        self._other.close()
        for loop in self._loops:
            loop.close()
        self._thread.shutdown()

    def wait(self, result: Any) -> Any:
        """The result, or that of the coroutine."""
        is_later = asyncio.iscoroutine(result)
        return self._loops[self.is_elsewhere].run(result) if is_later else result

    def outcome(self, run: Callable[[Side], Any]) -> Outcome:
        """What came of it: the value as Python writes it, or the error as a program tells it."""
        try:
            if self.is_elsewhere and not self._loops:
                return "gave", repr(self._thread.submit(run, self).result())
            return "gave", repr(run(self))
        except psycopg.Error as error:
            return "failed", error.sqlstate or f"{type(error).__name__} {error}"
        except (SqlwrightError, UnicodeError, Wanted, KeyboardInterrupt) as error:
            return "failed", type(error).__name__

    @property
    def state(self) -> tuple[Any, ...]:
        """How the connection stands, and what the server has said since it was asked last."""
        heard, self.heard = self.heard, []
        status = self.conn.info.transaction_status.name
        # What is prepared anew is run anew, and what it raised is said again.
        return bool(self.conn.closed), status, self.conn.autocommit, list(dict.fromkeys(heard))

    def tables(self) -> list[Any]:
        """What is in the tables, as others see it."""
        return [
            self._other.execute(f"select x::text from {table} as x order by 1").fetchall()
            for table in ("things", "laters", "other.things")
            if self._other.execute("select to_regclass(%s)", (table,)).fetchone() != (None,)
        ]

    # Named queries

    def call(self, name: str, given: Mapping[str, Any]) -> Any:
        """Calls one."""
        if self.is_ours:
            return _plain(self.wait(getattr(self._queries, name)(self.conn, **given)))
        query = self._known[name]
        with psycopg.RawCursor(self.conn, row_factory=tuple_row) as cursor:
            values = [given[parameter] for parameter in query.parameters]
            cursor.execute(query.statement, values or None)
            rows = cursor.fetchall() if cursor.description is not None else []
            return _answer(query.kind, rows, cursor.rowcount)

    def unit(self, calls: Sequence[Call]) -> list[Any]:
        """Calls several, all of them or none."""
        if not self.is_ours:
            is_alone = self.conn.autocommit and not self.conn.pgconn.transaction_status
            with self.conn.transaction() if is_alone else nullcontext():
                return [self.call(*call) for call in calls]
        block = unit(self.conn)
        work = self.wait(_enter(block))
        pending = [work.add(getattr(self._queries, name), **given) for name, given in calls]
        self.wait(_leave(block))
        return [_plain(one.value) for one in pending]

    def stream(self, call: Call, *, size: int, most: int | None, end: str) -> list[Any]:
        """Reads a query of many rows: all, or so many before they are closed or forgotten."""
        name, given = call
        if not self.is_ours:
            return list(self.call(name, given)[:most])
        return self._read(
            stream(getattr(self._queries, name), size=size)(self.conn, **given), most, end
        )

    def copy_out(self, name: str, *, most: int | None, end: str) -> list[Any]:
        """The same of a copy."""
        if self.is_ours:
            return self._read(getattr(self._queries, name)(self.conn), most, end)
        types = self._types(name)
        with self.conn.cursor() as cursor, cursor.copy(self._copied(name).sql) as copy:
            copy.set_types(types)
            return list(copy.rows())[:most]

    def copy_in(self, name: str, rows: Sequence[Any]) -> int:
        """Copies rows to the server."""
        if self.is_ours:
            return int(self.wait(getattr(self._queries, name)(self.conn, rows)))
        types = self._types(name)
        with self.conn.cursor() as cursor:
            with cursor.copy(self._copied(name).sql) as copy:
                copy.set_types(types)
                for row in rows:
                    try:
                        copy.write_row(row)
                    except (TypeError, UnicodeError, psycopg.ProgrammingError) as error:
                        raise QueryError("it does not fit", hint="") from error
            return int(cursor.rowcount)

    def busy(self, call: Call, others: Sequence[Call], *, size: int) -> list[Any]:
        """Reads a stream, in the midst of which others are called: all are refused."""
        name, given = call
        if not self.is_ours:
            return list(self.call(name, given))
        rows = stream(getattr(self._queries, name), size=size)(self.conn, **given)
        found = self._next(rows)
        if not found:
            return found
        tries: list[Callable[[], Any]] = [
            *(lambda other=other: self.call(*other) for other in others),
            lambda: self.unit(others),
            lambda: self.stream(call, size=1, most=None, end="close"),
            lambda: self.copy_in("load", []),
            lambda: self.copy_out("export_numbers", most=1, end="close"),
        ]
        for one in tries:
            try:
                one()
            except (QueryError, psycopg.OperationalError):
                continue
            raise AssertionError("a connection was busy, and took a query")
        return [*found, *self._read(rows, None, "close")]

    def together(self, calls: Sequence[Call]) -> list[Any]:
        """Calls several at once, from as many threads or tasks."""
        if not self.is_ours:
            return [self.call(*call) for call in calls]
        if self._loops:
            answers = self.wait(self._gathered(calls))
            for answer in answers:
                if isinstance(answer, BaseException):
                    raise answer
            return [_plain(answer) for answer in answers]
        with ThreadPoolExecutor(len(calls)) as threads:
            return list(threads.map(lambda call: self.call(*call), calls))

    async def _gathered(self, calls: Sequence[Call]) -> list[Any]:
        return await asyncio.gather(
            *(getattr(self._queries, name)(self.conn, **given) for name, given in calls),
            return_exceptions=True,
        )

    def _next(self, rows: Any) -> list[Any]:
        return self.wait(_first_async(rows)) if self._loops else [tuple(r) for r in islice(rows, 1)]

    def _copied(self, name: str) -> Any:
        return self._known[name].copied

    def _types(self, name: str) -> list[int]:
        columns = self.conn.execute(f"select * from ({self._copied(name).columns}) as x limit 0")
        types = [column.type_code for column in columns.description]
        return [oid if self.conn.adapters.types.get(oid) else _TEXT for oid in types]

    def _read(self, rows: Any, most: int | None, end: str) -> list[Any]:
        read = _some_async(rows, most, end) if self._loops else _some(rows, most, end)
        return [tuple(row) for row in self.wait(read)]

    # What is psycopg's

    def execute(self, text: str, values: Any = None, **options: Any) -> Any:
        """Runs a statement."""
        cursor = self.wait(self.conn.execute(text, values, **options))
        return self.wait(cursor.fetchall()) if cursor.description else cursor.statusmessage

    def enter(self, *, force_rollback: bool) -> None:
        """Begins a block `with conn.transaction()`."""
        block = self.conn.transaction(force_rollback=force_rollback)
        self.wait(_enter(block))
        self.blocks.append(block)

    def leave(self, error: Exception | None = None) -> None:
        """Ends the innermost of them, with this error or without."""
        self.wait(_leave(self.blocks.pop(), error))

    def pipeline(self, calls: Sequence[Call]) -> list[Any]:
        """Calls several in a pipeline, which is a transaction until it is synced."""
        self.execute(
            "select 1", prepare=False
        )  # after psycopg's stream libpq gives a first result in parts
        if not self.is_ours:
            return self.unit(calls)
        threshold, self.conn.prepare_threshold = self.conn.prepare_threshold, NEVER
        block = self.conn.pipeline()
        self.wait(_enter(block))
        try:
            answers = [self.call(*call) for call in calls]
        except BaseException as error:
            self.wait(_leave(block, error))
            raise
        finally:
            self.conn.prepare_threshold = threshold
        self.wait(_leave(block))
        return answers

    def streamed(self, text: str, *, size: int) -> list[Any]:
        """Rows by psycopg's own way to have them in chunks."""
        rows = self.conn.cursor().stream(text, size=size)
        return list(self.wait(_all(rows)) if self._loops else rows)


def _enter(block: Any) -> Any:
    return block.__aenter__() if hasattr(block, "__aenter__") else block.__enter__()


def _leave(block: Any, error: BaseException | None = None) -> Any:
    leave = block.__aexit__ if hasattr(block, "__aexit__") else block.__exit__
    return leave(type(error) if error else None, error, error.__traceback__ if error else None)


def _plain(answer: Any) -> Any:
    if isinstance(answer, list):
        return [tuple(row) for row in answer]
    return tuple(answer) if isinstance(answer, tuple) else answer


def _answer(kind: Kind, rows: Sequence[Any], count: int) -> Any:
    if kind is Kind.MANY:
        return rows
    if kind is Kind.AFFECTED:
        return max(count, 0)
    if len(rows) > 1 and kind in {Kind.ONE, Kind.VALUE}:
        raise QueryError("several", hint="")
    if not rows or kind is Kind.SCRIPT:
        return None
    return rows[0][0] if kind is Kind.VALUE else rows[0]


def _some(rows: Any, most: int | None, end: str) -> list[Any]:
    if end == "forget":
        return list(islice(rows, most))
    with closing(rows):
        return list(islice(rows, most))


async def _some_async(rows: Any, most: int | None, end: str) -> list[Any]:
    found: list[Any] = []
    async with nullcontext() if end == "forget" else aclosing(rows):
        while len(found) != most:
            try:
                found.append(await anext(rows))
            except StopAsyncIteration:
                break
    return found


async def _first_async(rows: Any) -> list[Any]:
    try:
        return [tuple(await anext(rows))]
    except StopAsyncIteration:
        return []


async def _all(rows: Any) -> list[Any]:
    return [row async for row in rows]


@contextmanager
def interrupted(side: Side, admin: str, how: str) -> Iterator[None]:
    """As soon as the server sleeps for it: Ctrl-C, a cancelled query or a terminated session."""
    ended = threading.Event()
    pid = side.conn.info.backend_pid
    function = "pg_terminate_backend" if how == "terminate" else "pg_cancel_backend"
    chosen = "select {} from pg_stat_activity where pid = %s and wait_event = 'PgSleep'"
    chosen = chosen.format("true" if how == "ctrl-c" else f"{function}(pid)")

    def watch() -> None:
        with psycopg.connect(admin, autocommit=True) as conn:
            while not ended.wait(0.005):
                if conn.execute(chosen, (pid,)).fetchone():
                    if how == "ctrl-c":
                        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
                    return

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield
    finally:
        ended.set()
        watching.join()
