"""Where rows come from that are read in blocks, as generators that psycopg waits for.

A source is a query of its own connection: it is described first, for the types of its columns, and
then sent. In a transaction it stands behind a savepoint, so that to stop it, which is to cancel it,
costs the transaction nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import psycopg
from psycopg import generators
from psycopg.abc import PQGen
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from sqlwright.errors import QueryError
from sqlwright.queries.flight import flight
from sqlwright.queries.formats import loads_alike
from sqlwright.queries.session import AnyConnection, Types, by_name, transformer_of
from sqlwright.queries.statement import Statement

__all__ = ["Chunks", "Source", "begin_of", "described", "failed"]

FATAL_ERROR = ExecStatus.FATAL_ERROR
IDLE, IN_ERROR = TransactionStatus.IDLE, TransactionStatus.INERROR
_SAVEPOINT = b"sqlwright_rows"


def described(
    conn: AnyConnection,
    statement: Statement,
    text: bytes,
    *,
    types: Types = (),
    before: Sequence[bytes] = (),
) -> PQGen[PGresult]:
    """What the server says of the columns of a query; `before` that, these are run.

    Raises:
        QueryError: the connection is in a pipeline, or in the midst of another query.
        psycopg.Error: the query is wrong.
    """
    pgconn = conn.pgconn
    if pgconn.pipeline_status:
        raise QueryError(
            f"{statement.name} can't be part of a pipeline.", hint="Call it below the block."
        )
    if pgconn.transaction_status == TransactionStatus.ACTIVE:
        raise QueryError(
            f"{statement.name} can't be sent: its connection is still busy with other rows.",
            hint="Let those come to their end or close them first, or take another connection.",
        )
    sends: list[Callable[[], None]] = [
        *(partial(pgconn.send_query_params, command, None) for command in before),
        partial(pgconn.send_prepare, b"", text, param_types=types),
        partial(pgconn.send_describe_prepared, b""),
    ]
    results = yield from flight(pgconn, sends)
    for result in results:
        if result.status == FATAL_ERROR:
            raise failed(conn, result)
    return results[-1]


def begin_of(conn: AnyConnection) -> list[bytes]:
    """What begins a transaction, if the connection is to have one and has none."""
    if conn.pgconn.transaction_status != IDLE or conn.autocommit:
        return []
    return [conn._get_tx_start_command()]  # noqa: SLF001 - see sqlwright.queries.session


def failed(conn: AnyConnection, result: PGresult) -> psycopg.Error:
    """The error that the server gave in the place of a result."""
    return error_from_result(result, encoding=conn.info.encoding)


class Source:
    """A query whose rows are read in blocks.

    Attributes:
        call: The statement with its values.
        is_busy: Whether the connection is in the midst of it.
    """

    def __init__(
        self, conn: AnyConnection, statement: Statement, values: Sequence[Any] = ()
    ) -> None:
        self.call = statement, values
        self.is_busy = False
        self._conn, self._pgconn, self._statement = conn, conn.pgconn, statement
        self._has_savepoint = False
        # libpq goes on like that with the first query of a pipeline, until one outside is sent.
        self._is_chunked = False
        self._types: Types = ()
        self._make: Any = tuple

    def start(self) -> PQGen[None]:
        """Sends the query.

        Raises:
            QueryError: the connection is in a pipeline, or in the midst of another query.
            psycopg.Error: the server refused it.
        """
        before = begin_of(self._conn)
        if before or self._pgconn.transaction_status != IDLE:
            before.append(b"savepoint " + _SAVEPOINT)
        columns = yield from described(
            self._conn, self._statement, self._asked(), types=self._types, before=before
        )
        self._has_savepoint = bool(before)
        self._make = self._statement.maker(columns.nfields) or by_name(self._conn, columns)
        self.is_busy = True
        yield from self._send(columns)

    def block(self) -> PQGen[tuple[int, Iterable[Any]] | None]:
        """The next rows, made while they are iterated over, and their number; None at the end.

        Raises:
            psycopg.Error: the server, or the connection, failed.
        """
        block = yield from self._block()
        if block is None:
            yield from self._leave()
            self.is_busy = False
        return block

    def drain(self) -> PQGen[None]:
        """Takes what a cancelled query still sent, and goes back to before it."""
        yield from self._drain()
        yield from self._leave()
        self.is_busy = False

    def _asked(self) -> bytes:
        """The query that has the columns."""
        raise NotImplementedError

    def _send(self, columns: PGresult) -> PQGen[None]:
        raise NotImplementedError

    def _block(self) -> PQGen[tuple[int, Iterable[Any]] | None]:
        raise NotImplementedError

    def _drain(self) -> PQGen[None]:
        while (yield from generators.fetch(self._pgconn)):
            pass

    def _fail(self, result: PGresult) -> PQGen[None]:
        """Raises what the server said; a transaction has failed with it, as with any query."""
        with suppress(psycopg.OperationalError):  # the connection is lost, as the result says
            yield from generators.fetch_many(self._pgconn)
            self._has_savepoint = False
            yield from self._leave()
        self.is_busy = False
        raise failed(self._conn, result)

    def _leave(self) -> PQGen[None]:
        """Once: who is interrupted here and drains after all leaves nothing to be done again."""
        command = b""
        if self._has_savepoint:
            command = b"release savepoint " + _SAVEPOINT
            if self._pgconn.transaction_status == IN_ERROR:
                command = b"rollback to savepoint " + _SAVEPOINT + b"; " + command
        elif not self._is_chunked:
            return
        self._has_savepoint = self._is_chunked = False
        self._pgconn.send_query(command)
        yield from generators.execute(self._pgconn)


class Chunks(Source):
    """A query whose result libpq hands out in chunks: `size` rows each."""

    def __init__(
        self, conn: AnyConnection, statement: Statement, values: Sequence[Any], size: int
    ) -> None:
        super().__init__(conn, statement, values)
        self._size = size
        self._has_chunks = psycopg.capabilities.has_stream_chunked()
        self._dumper = transformer_of(conn)
        self._sent = self._dumper.dump_sequence(values, statement.formats) if values else None
        self._types = self._dumper.types or ()
        self._loader = transformer_of(conn)
        self._is_first = True

    def _asked(self) -> bytes:
        return self._statement.sql.encode(self._conn.info.encoding)

    def _send(self, columns: PGresult) -> PQGen[None]:
        self._pgconn.send_query_params(
            self._asked(),
            self._sent,
            param_types=self._types or None,
            param_formats=self._dumper.formats,
            result_format=int(loads_alike(columns, self._conn.adapters)),
        )
        self._is_chunked = True
        if self._has_chunks:
            self._pgconn.set_chunked_rows_mode(self._size)
        else:
            self._pgconn.set_single_row_mode()
        yield from generators.send(self._pgconn)

    def _block(self) -> PQGen[tuple[int, Iterable[Any]] | None]:
        if self._has_chunks:
            found = yield from self._chunk()
            return found
        rows: list[Any] = []  # libpq before 17: row by row
        while len(rows) < self._size and (found := (yield from self._chunk())):
            rows += found[1]
        return (len(rows), rows) if rows else None

    def _chunk(self) -> PQGen[tuple[int, Iterator[Any]] | None]:
        while result := (yield from generators.fetch(self._pgconn)):
            if result.status == FATAL_ERROR:
                yield from self._fail(result)
            if count := result.ntuples:
                self._loader.set_pgresult(result, set_loaders=self._is_first)
                self._is_first = False
                # One row at a time: a list of them would wake the garbage collector.
                make, load = self._make, self._loader.load_row
                return count, (load(row, make) for row in range(count))
        return None
