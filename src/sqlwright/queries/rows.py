"""Rows that are read in blocks, sync and async: however many there are, a block is in memory.

    with process_records.export(conn) as rows:
        for task in rows:
            print(task.status)

What is asked is sent when the first row is wanted. From then on the connection is busy, and refuses
all else until the last row is read or the rows are closed: by the block above, by `close`, or by
forgetting them. To close them early cancels the query; a transaction goes on as it was before.
"""

from __future__ import annotations

from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
    Iterator,
)
from typing import Generic, TypeAlias, TypeVar

__all__ = ["AsyncRows", "Progress", "Rows"]

T = TypeVar("T")
Progress: TypeAlias = Callable[[int], None]
"""Is called with the number of rows so far: ten times a second at most, and once at the end."""


class Rows(Iterator[T], Generic[T]):
    """The rows of a query on a `Connection`."""

    def __init__(self, rows: Generator[T, None, None]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[T]:  # noqa: PYI034 - the generator, without us between
        return self._rows

    def __next__(self) -> T:
        return next(self._rows)

    def __enter__(self) -> Rows[T]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leaves out what has not been read: the connection is free again."""
        self._rows.close()


class AsyncRows(AsyncIterator[T], Generic[T]):
    """The rows of a query on an `AsyncConnection`."""

    def __init__(self, rows: AsyncGenerator[T, None], forget: Callable[[], None]) -> None:
        self._rows, self._forget = rows, forget

    def __anext__(self) -> Awaitable[T]:
        return self._rows.__anext__()

    def __del__(self) -> None:
        self._forget()

    async def __aenter__(self) -> AsyncRows[T]:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Leaves out what has not been read: the connection is free again."""
        await self._rows.aclose()
