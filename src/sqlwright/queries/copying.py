"""Functions that copy: rows from an iterable to the server, and from the server to an iterator."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Any

import psycopg
from psycopg import generators
from psycopg._copy_base import parse_row_binary
from psycopg.abc import PQGen, Transformer
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult
from psycopg.waiting import Wait

from sqlwright.errors import ArgumentError
from sqlwright.queries.copies import Copied
from sqlwright.queries.copy_in import copy_in, copy_in_async
from sqlwright.queries.reading import Told, rows_of
from sqlwright.queries.rows import Progress
from sqlwright.queries.session import AnyConnection
from sqlwright.queries.source import Source
from sqlwright.queries.statement import Statement
from sqlwright.queries.units import Recorder
from sqlwright.queries.wire import columns_of

__all__ = ["copy_function"]

# psycopg's function in C for one row; tests/integration/test_bulk.py fails where it changes.
_parse = parse_row_binary

_HEADER = 19  # bytes
_END = b"\xff\xff"
_ROWS = 200


def copy_function(statement: Statement, copied: Copied) -> Callable[..., Any]:
    """A method that runs the copy on the connection that it is given."""
    name = statement.name

    def check(conn: Any) -> None:
        if isinstance(conn, Recorder):
            conn.record(statement, ())  # which refuses it
        if not isinstance(conn, psycopg.Connection | psycopg.AsyncConnection):
            raise ArgumentError(
                f"{name} is called on {type(conn).__name__}, which is no connection.",
                hint="Give it one of psycopg's; a pool's is had by `with pool.connection() as …`.",
            )

    def put(_: object, conn: Any, rows: Any, /, *, progress: Progress | None = None) -> Any:
        check(conn)
        if isinstance(conn, psycopg.AsyncConnection):
            return copy_in_async(conn, statement, copied, rows, Told(progress))
        return copy_in(conn, statement, copied, rows, Told(progress))

    def get(_: object, conn: Any, /, *, progress: Progress | None = None) -> Any:
        check(conn)
        return rows_of(conn, _CopyOut(conn, statement, copied), progress)

    return put if copied.goes_in else get


class _CopyOut(Source):
    """Rows that come by copy."""

    def __init__(self, conn: AnyConnection, statement: Statement, copied: Copied) -> None:
        super().__init__(conn, statement)
        self._copied = copied
        self._loader: Transformer | None = None
        self._is_first, self._is_over = True, False

    def _asked(self) -> bytes:
        return self._copied.columns.encode(self._conn.info.encoding)

    def _send(self, found: PGresult) -> PQGen[None]:
        columns = yield from columns_of(self._conn, self._statement, found, to_server=False)
        self._loader = columns.transformer()
        self._loader.set_loader_types(columns.types, Format.BINARY)
        self._pgconn.send_query(self._copied.sql.encode(self._conn.info.encoding))
        (result,) = yield from generators.execute(self._pgconn)
        if result.status != ExecStatus.COPY_OUT:
            yield from self._fail(result)

    def _block(self) -> PQGen[tuple[int, Iterable[Any]] | None]:
        while data := (yield from self._take()):
            if self._is_first:
                self._is_first = False
                data[0] = data[0][_HEADER:]
            if data[-1] == _END:
                data.pop()
            if data:
                return len(data), map(self._make, map(_parse, data, repeat(self._loader)))
        for result in (yield from generators.fetch_many(self._pgconn)):
            if result.status == ExecStatus.FATAL_ERROR:
                yield from self._fail(result)
        return None

    def _take(self) -> PQGen[list[Any]]:
        """Some rows as they came; none at the end."""
        data: list[Any] = []
        while len(data) < _ROWS and not self._is_over:
            size, found = self._pgconn.get_copy_data(1)
            if size > 0:
                data.append(found)
            elif size < 0:
                self._is_over = True
            elif data:
                break
            else:
                while not (yield Wait.R):
                    continue
                self._pgconn.consume_input()
        return data

    def _drain(self) -> PQGen[None]:
        while (yield from self._take()):
            pass
        yield from super()._drain()
