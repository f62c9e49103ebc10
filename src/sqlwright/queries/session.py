"""What a connection has of prepared statements: their names, and how their values are coded.

It lives as long as the connection, on psycopg's own manager of prepared statements. Names do not
clash, psycopg's are `_pg3_…`; but when it sends `deallocate all`, ours are gone too. These are the
parts of psycopg without a public name that our calls stand on, and
tests/integration/test_fast_path.py fails where one of them changes:

- `Connection._prepared`, a `PrepareManager`: `clear` is its decision to send `deallocate all`,
  `_to_flush` what it still has to send. No other place knows.
- `Connection._get_tx_start_command`: the `begin` of a connection, with its isolation level.
- `Transformer.set_pgresult(…, set_loaders=False)`: keeps the loaders of the result before.
- `psycopg.generators.{execute,send,fetch_many}`, `psycopg.waiting.{wait,wait_c}` and
  `Connection.{lock,wait}`, which are public by name and documented nowhere: how every cursor waits.
"""

from __future__ import annotations

import select
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

import psycopg
from psycopg import adapt, waiting
from psycopg._preparing import PrepareManager
from psycopg.abc import Buffer, Transformer
from psycopg.pq import ExecStatus, Format, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import namedtuple_row

from sqlwright.queries.formats import loads_alike
from sqlwright.queries.garbage import collection_paused
from sqlwright.queries.jsons import with_json
from sqlwright.queries.query import Kind
from sqlwright.queries.readiness import Readiness
from sqlwright.queries.statement import Statement

__all__ = [
    "AnyConnection",
    "Poll",
    "Prepared",
    "Session",
    "Types",
    "by_name",
    "session_of",
    "transformer_of",
]

AnyConnection: TypeAlias = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]
ACTIVE = TransactionStatus.ACTIVE
Types: TypeAlias = tuple[int, ...]
Poll: TypeAlias = Callable[[float], list[tuple[int, int]]]
Bound: TypeAlias = tuple[
    "Prepared | None", Sequence[Buffer | None] | None, Types, Sequence[Format] | None
]
_LARGE = 300  # rows that the garbage collector shall not walk while they are made
_PLAIN = (psycopg.Connection, psycopg.AsyncConnection)
# Who overrides one of these wants to see each query: it goes psycopg's way, where they are called.
_WATCHED_METHODS = ("cursor", "execute", "wait", "_start_query", "_exec_command")


@dataclass(frozen=True)
class _Context:
    """Tells adapters of their connection, which shall not be kept alive by what it keeps."""

    adapters: adapt.AdaptersMap
    connection: Any


def transformer_of(conn: AnyConnection, adapters: adapt.AdaptersMap | None = None) -> Transformer:
    """What encodes and decodes values, with the connection's adapters or with these."""
    return adapt.Transformer(_Context(adapters or with_json(conn.adapters), weakref.proxy(conn)))


class Prepared:
    """A statement that the server knows by `name`, and how its results are read."""

    __slots__ = ("_counts", "_loaders", "_statement", "format", "make", "name")

    def __init__(self, name: bytes, statement: Statement) -> None:
        self.name = name
        self.make: Callable[[Any], Any] = tuple  # until its columns are known
        self._statement = statement
        self._counts = statement.kind is Kind.AFFECTED
        self.format = Format.TEXT  # until the types of its columns are known
        self._loaders: list[tuple[Transformer, bytes]] = []

    def read(self, conn: AnyConnection, result: PGresult) -> tuple[list[tuple[Any, ...]], int]:
        """The rows of a result as tuples, and their number as the server has it."""
        if result.status != ExecStatus.TUPLES_OK:
            return [], result.command_tuples or 0
        count = result.ntuples
        if self._counts:
            return [], count
        return self._rows(conn, result, count), count

    def answer(self, conn: AnyConnection, result: PGresult) -> Any:
        """What the caller of the statement gets."""
        count = result.ntuples
        if count < _LARGE or self._statement.kind is not Kind.MANY:
            rows, count = self.read(conn, result)
            return self._statement.answer(rows, count, self.make)
        with collection_paused():
            return self._rows(conn, result, count, made=True)

    def _rows(
        self, conn: AnyConnection, result: PGresult, count: int, *, made: bool = False
    ) -> list[Any]:
        # Taken out while it is used: one of our own is for one thread, and who reads has no lock.
        loader: Transformer | None
        zone: bytes | None
        try:
            loader, zone = self._loaders.pop()
        except IndexError:
            loader = zone = None
        if loader is None or conn.pgconn.parameter_status(b"TimeZone") != zone:
            loader, zone = self._learn(conn, result)
        else:
            loader.set_pgresult(result, set_loaders=False)
        rows = loader.load_rows(0, count, self.make if made else tuple)
        if zone is not None:
            loader.set_pgresult(None, set_loaders=False)  # else it would be kept
            self._loaders.append((loader, zone))
        return rows

    def _learn(self, conn: AnyConnection, result: PGresult) -> tuple[Transformer, bytes | None]:
        """Loaders for the columns of a result, and the time zone that they are good for.

        Those of text hang on many settings of the session, and are good for nothing else.
        """
        loader = transformer_of(conn)
        loader.set_pgresult(result)
        self.make = self._statement.maker(result.nfields) or by_name(conn, result)
        if result.nfields and result.fformat(0) == Format.BINARY:
            return loader, conn.pgconn.parameter_status(b"TimeZone")
        if loads_alike(result, conn.adapters):
            self.format = Format.BINARY
        return loader, None


def by_name(conn: AnyConnection, result: PGresult) -> Callable[[Sequence[Any]], Any]:
    """Makes named tuples, as psycopg names their fields."""
    cursor: psycopg.RawCursor[Any] = psycopg.RawCursor(conn)  # type: ignore[arg-type]
    cursor.pgresult = result
    return namedtuple_row(cursor)


class Session:
    """The statements that a connection has prepared, the oldest first.

    Attributes:
        poll: Waits for the socket, milliseconds at most; None where another library has its hands
            on waiting, as gevent.
        readiness: Waits on asyncio.
        unwanted: Names that the server may forget, and is told so with the next that it learns.
    """

    def __init__(self, conn: AnyConnection) -> None:
        self.unwanted: list[bytes] = []
        self.poll = _poll_of(conn.pgconn.socket)
        self.readiness = Readiness()
        self._dumpers: dict[Statement, Transformer] = {}
        self._prepared: dict[tuple[Statement, Types], Prepared] = {}
        self._names = 0

    def bind(self, conn: AnyConnection, statement: Statement, values: Sequence[Any]) -> Bound:
        """The statement for the types of the values, if it is there; the values; types and formats.

        All as psycopg's dumpers have it: an int is sent by its size.
        """
        if not values:
            return self._prepared.get((statement, ())), None, (), None
        dumper = self._dumpers.get(statement)
        if dumper is None:
            dumper = self._dumpers[statement] = transformer_of(conn)
        sent = dumper.dump_sequence(values, statement.formats)
        types = dumper.types or ()
        return self._prepared.get((statement, types)), sent, types, dumper.formats

    def add(self, statement: Statement, types: Types, *, most: int | None) -> Prepared:
        """A name for a statement that is to be prepared; of more than `most` the oldest goes."""
        while most is not None and len(self._prepared) >= max(most, 1):
            oldest = next(iter(self._prepared))
            self.unwanted.append(self._prepared.pop(oldest).name)
        prepared = Prepared(b"sqlwright_%d" % self._names, statement)
        self._names += 1
        self._prepared[statement, types] = prepared
        return prepared

    def known(self, statement: Statement, types: Types) -> Prepared | None:
        """The statement for these types."""
        return self._prepared.get((statement, types))

    def lose(self, statement: Statement, types: Types) -> None:
        """Takes out what could not be prepared."""
        self._prepared.pop((statement, types), None)

    def forget(self, *, are_there: bool) -> None:
        """Every statement is to be prepared anew; the server is told if it still has them."""
        if are_there:
            self.unwanted += [prepared.name for prepared in self._prepared.values()]
        self._prepared.clear()


class _Manager(PrepareManager):
    """psycopg's, which notes when it lets all prepared statements go."""

    session: Session | None
    is_cleared = False

    def clear(self) -> bool:
        is_cleared = super().clear()
        self.is_cleared = self.is_cleared or is_cleared
        return is_cleared


def session_of(conn: AnyConnection) -> Session | None:
    """The statements of a connection; None while its queries have to go psycopg's way."""
    manager = conn._prepared  # noqa: SLF001
    if not isinstance(manager, _Manager):
        if type(manager) is not PrepareManager:
            return None
        manager = _watch(conn, manager)
    pgconn = conn.pgconn
    if (
        manager.session is None
        or manager.prepare_threshold is None
        or pgconn.pipeline_status
        or pgconn.transaction_status == ACTIVE
        or pgconn.parameter_status(b"client_encoding") != b"UTF8"
    ):
        return None
    if manager.is_cleared:
        if manager._to_flush:  # noqa: SLF001 - psycopg sends it with the next query of its own
            return None
        manager.is_cleared = False
        manager.session.forget(are_there=False)
    return manager.session


def _poll_of(socket: int) -> Poll | None:
    if waiting.wait is not getattr(waiting, "wait_c", None) or not hasattr(select, "poll"):
        return None
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return poll.poll


def _watch(conn: AnyConnection, manager: PrepareManager) -> _Manager:
    base = _PLAIN[isinstance(conn, psycopg.AsyncConnection)]
    is_plain = all(
        getattr(type(conn), method) is getattr(base, method) for method in _WATCHED_METHODS
    )
    manager.__class__ = _Manager
    watched = cast(_Manager, manager)
    watched.session = Session(conn) if is_plain else None
    return watched
