"""Makes values of the JSON that the server sends, by msgspec.

They are those that `json` makes, to the last digit. What msgspec refuses is left to it: a number
like 1e400, half a surrogate, what isn't UTF-8.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.types.json import JsonbBinaryLoader, JsonBinaryLoader

__all__ = ["LOADERS"]

_VERSION = 1


@cache
def _decoder() -> Callable[[Buffer], Any]:
    from msgspec.json import Decoder  # 14 ms, which most commands need not wait for

    return Decoder().decode


class _FastJsonLoader(JsonBinaryLoader):
    """Of a json: the text as it was stored."""

    def load(self, data: Buffer) -> Any:
        """The value."""
        try:
            return _decoder()(data)
        except Exception:  # noqa: BLE001
            return super().load(data)


class _FastJsonbLoader(JsonbBinaryLoader):
    """Of a jsonb: a version, and the text as the server writes it."""

    def load(self, data: Buffer) -> Any:
        """The value."""
        if data[0] != _VERSION:
            return super().load(data)
        try:
            return _decoder()(data[1:])
        except Exception:  # noqa: BLE001
            return super().load(data)


# What a type is loaded by, psycopg's and ours.
LOADERS = [
    (psycopg.adapters.types["json"].oid, JsonBinaryLoader, _FastJsonLoader),
    (psycopg.adapters.types["jsonb"].oid, JsonbBinaryLoader, _FastJsonbLoader),
]
