"""JSON to and from the server: what psycopg makes of it with `json`, in less than half the time.

msgspec reads it. It doesn't write it, since it takes more types than `json` does, and has its own
words for some; but `json.dumps` makes an encoder for each value, and ours is kept. Where a user, or
a connection, has functions or adapters of their own, those are left alone.
"""

from __future__ import annotations

import json
from json import encoder as _encoder
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, PyFormat
from psycopg.pq import Format
from psycopg.types import json as _psycopg
from psycopg.types.json import Jsonb

from sqlwright.queries.json_loaders import LOADERS

__all__ = ["with_json"]

_OID = psycopg.adapters.types["jsonb"].oid


def _encoding() -> Any:
    """What `json.dumps` encodes with, kept: it looks for no circles, which never end."""
    make, default = getattr(_encoder, "c_make_encoder", None), json.JSONEncoder().default
    escaped = _encoder.encode_basestring_ascii
    return make(None, default, escaped, None, ": ", ", ", False, False, True) if make else None  # noqa: FBT003


_encode = _encoding()


class _FastDumper(_psycopg.JsonbDumper):
    """Of a `Jsonb` as a parameter."""

    def dump(self, obj: Any) -> Buffer | None:
        """The value's text."""
        if obj.dumps:
            return super().dump(obj)
        try:
            return "".join(_encode(obj.obj, 0)).encode()
        except Exception:  # noqa: BLE001 - json's own error is the one that people know
            return super().dump(obj)


class _FastBinaryDumper(_psycopg.JsonbBinaryDumper):
    """Of a value for a jsonb column in a copy."""

    def dump(self, obj: Any) -> Buffer | None:
        """The value as the server wants it."""
        try:
            return ("\x01" + "".join(_encode(obj, 0))).encode()
        except Exception:  # noqa: BLE001 - that of a `Jsonb` too, which psycopg unwraps
            return super().dump(obj)


def with_json(adapters: AdaptersMap) -> AdaptersMap:
    """These adapters, with ours for JSON where they are psycopg's own."""
    ours = AdaptersMap(adapters)
    for oid, theirs, fast in LOADERS:
        is_theirs = adapters.get_loader(oid, Format.BINARY) is theirs
        if is_theirs and theirs._loads is json.loads:  # noqa: SLF001 - set_json_loads sets it
            ours.register_loader(oid, fast)
    if _encode is None or _psycopg.JsonbDumper._dumps is not json.dumps:  # noqa: SLF001
        return ours
    if adapters.get_dumper_by_oid(_OID, Format.BINARY) is _psycopg.JsonbBinaryDumper:
        ours.register_dumper(None, _FastBinaryDumper)
    if adapters.get_dumper(Jsonb, PyFormat.AUTO) is _psycopg.JsonbDumper:
        ours.register_dumper(Jsonb, _FastDumper)
    return ours
