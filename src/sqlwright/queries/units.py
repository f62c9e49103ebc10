"""A unit of work: several queries in one round trip, of which all succeed or none.

    with unit(conn) as work:
        order = work.add(orders.create, customer="小雨", note=None, total=20)
        work.add(stock.take, item=7, pieces=1)
    print(order.value.id)

They are sent when the block ends, in the order that they were added in; nothing is, if it ends with
an error. In autocommit they are one transaction, else part of the one that is open. What PostgreSQL
refuses takes all of them back, and the error's notes tell which it was.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar, cast, overload

import psycopg
from psycopg.pq import TransactionStatus

from sqlwright.errors import QueryError
from sqlwright.queries import ordinary
from sqlwright.queries.flight import Call, Reply, blame, fetch_all
from sqlwright.queries.log import is_heard, timed
from sqlwright.queries.session import AnyConnection, session_of
from sqlwright.queries.statement import Statement

__all__ = ["Pending", "Recorder", "Unit", "unit"]

T = TypeVar("T")
P = ParamSpec("P")


class Pending(Generic[T]):
    """What a query of a unit gives, once the unit has been run."""

    def __init__(self, statement: Statement, values: Sequence[Any]) -> None:
        self.call = statement, values
        self.check: Callable[[Any], Any] | None = None
        self._is_settled = False
        self._value: T | None = None

    @property
    def value(self) -> T:
        """What the function would have returned.

        Raises:
            QueryError: the unit has not been run, or failed.
        """
        if not self._is_settled:
            raise QueryError(
                f"{self.call[0].name} has no value: its unit has not been run, or failed.",
                hint="Read the value below the `with` block.",
            )
        return cast(T, self._value)

    def settle(self, answer: Any) -> None:
        """Keeps what the statement gave."""
        self._value = self.check(answer) if self.check else answer
        self._is_settled = True


class Recorder:
    """Takes a connection's place, to learn what a function would run."""

    def record(self, statement: Statement, values: Sequence[Any]) -> Pending[Any]:
        """The statement with its values, to be run with its unit."""
        if not statement.is_planned:
            raise QueryError(
                f"{statement.name} can't be part of a unit: it is no select, insert, update,"
                " delete or merge.",
                hint="Run it by itself, or in a block `with conn.transaction():`.",
            )
        return Pending(statement, values)


_RECORDER: Any = Recorder()


class Unit:
    """The queries of a unit, in their order."""

    def __init__(self) -> None:
        self._pending: list[Pending[Any]] = []

    def add(
        self,
        function: Callable[Concatenate[psycopg.Connection[Any], P], T],
        /,
        *values: P.args,
        **given: P.kwargs,
    ) -> Pending[T]:
        """Adds a query: its function, and its arguments.

        Raises:
            ArgumentError: they are not the declared ones.
            QueryError: it is nothing that can be prepared, as a script.
        """
        pending: Any = function(_RECORDER, *values, **given)
        if not isinstance(pending, Pending):
            raise QueryError(
                f"{getattr(function, '__name__', function)} is no named query.",
                hint="Add the functions of generated modules, or of load_queries.",
            )
        self._pending.append(pending)
        return pending

    def _begin(self) -> Unit:
        """Knows nothing of the block before, if the unit is used again."""
        self._pending = []
        return self

    def _calls(self) -> list[Call]:
        return [pending.call for pending in self._pending]

    def _settle(self, conn: AnyConnection, replies: Sequence[Reply]) -> None:
        for pending, (prepared, result) in zip(self._pending, replies, strict=True):
            rows, count = prepared.read(conn, result)
            pending.settle(pending.call[0].answer(rows, count, prepared.make))


class _SyncUnit(Unit):
    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        super().__init__()
        self._conn = conn

    def __enter__(self) -> Unit:
        return self._begin()

    def __exit__(self, failed: object, *_: object) -> None:
        if failed is not None or not self._pending:
            return
        if not is_heard():
            self._run(self._conn)
            return
        with timed(self._conn, self._calls()):
            self._run(self._conn)

    def _run(self, conn: psycopg.Connection[Any]) -> None:
        calls = self._calls()
        with conn.lock:
            session = session_of(conn)
            if session is not None:
                replies = conn.wait(fetch_all(conn, session, calls))
        if session is not None:
            self._settle(conn, replies)
            return
        with conn.transaction() if _is_idle(conn) else nullcontext():
            for number, pending in enumerate(self._pending):
                with blame(calls, number):
                    pending.settle(ordinary.run(conn, *pending.call))


class _AsyncUnit(Unit):
    def __init__(self, conn: psycopg.AsyncConnection[Any]) -> None:
        super().__init__()
        self._conn = conn

    async def __aenter__(self) -> Unit:
        return self._begin()

    async def __aexit__(self, failed: object, *_: object) -> None:
        if failed is not None or not self._pending:
            return
        with timed(self._conn, self._calls()):
            await self._run(self._conn)

    async def _run(self, conn: psycopg.AsyncConnection[Any]) -> None:
        calls = self._calls()
        async with conn.lock:
            session = session_of(conn)
            if session is not None:
                replies = await conn.wait(fetch_all(conn, session, calls))
        if session is not None:
            self._settle(conn, replies)
            return
        async with conn.transaction() if _is_idle(conn) else nullcontext():
            for number, pending in enumerate(self._pending):
                with blame(calls, number):
                    pending.settle(await ordinary.run_async(conn, *pending.call))


def _is_idle(conn: AnyConnection) -> bool:
    return conn.autocommit and conn.pgconn.transaction_status == TransactionStatus.IDLE


@overload
def unit(conn: psycopg.Connection[Any]) -> AbstractContextManager[Unit]: ...
@overload
def unit(conn: psycopg.AsyncConnection[Any]) -> AbstractAsyncContextManager[Unit]: ...
def unit(conn: AnyConnection) -> Any:
    """Several queries in one round trip; see the module.

    Raises:
        psycopg.Error: what PostgreSQL refused, when the block ends.
        QueryError: a query that is to give one row gave several; all of them are done.
    """
    return _AsyncUnit(conn) if isinstance(conn, psycopg.AsyncConnection) else _SyncUnit(conn)
