"""Makes one array of the values that many calls give for one parameter.

Each value is coded by the dumper that would code it in a call of its own, so that the server reads
the same bytes; only an int may be made as wide as its parameter.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import adapt
from psycopg.abc import Buffer, Transformer
from psycopg.adapt import Dumper, PyFormat
from psycopg.pq import Format

__all__ = ["Array", "dumpers_of", "encode"]

_UNKNOWN = 0  # what psycopg says of str and None: the server takes them for the parameter's type
_WIDTHS = {21: 2, 23: 4, 20: 8}  # of int2, int4 and int8
# By the width that an int shall have: what stands before one of n bytes, from 0 up and below 0.
_EXTENSIONS = {
    width: tuple(
        {size: width.to_bytes(4, "big") + sign * (width - size) for size in _WIDTHS.values()}
        for sign in (b"\0", b"\xff")
    )
    for width in _WIDTHS.values()
}
_NULL = b"\xff\xff\xff\xff"


class Array:
    """An array as it is sent; `oid` is its type."""

    __slots__ = ("data", "oid")

    def __init__(self, oid: int, data: bytes) -> None:
        self.oid = oid
        self.data = data


class TextArray(Array):
    """The same, written out."""

    __slots__ = ()


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def get_key(self, obj: Array, format: PyFormat) -> Any:  # noqa: A002, ARG002 - psycopg's
        return (self.cls, obj.oid)

    def upgrade(self, obj: Array, format: PyFormat) -> Dumper:  # noqa: A002, ARG002
        dumper = type(self)(self.cls)
        dumper.oid = obj.oid
        return dumper

    def dump(self, obj: Array) -> bytes:
        return obj.data


class _TextArrayDumper(_ArrayDumper):
    format = Format.TEXT


def dumpers_of(conn: psycopg.AsyncConnection[Any]) -> Transformer:
    """What codes values as the connection does, which from now on can send arrays of ours."""
    conn.adapters.register_dumper(Array, _ArrayDumper)
    conn.adapters.register_dumper(TextArray, _TextArrayDumper)
    return adapt.Transformer(conn)


def encode(
    dumpers: Transformer, values: Sequence[Any], element: int, array: int
) -> tuple[Array, set[int]]:
    """The array of type `array`, and the places, from 0, of values that are of another type.

    Those are in the array as nulls.
    """
    coded = dumpers.dump_sequence(values, [PyFormat.AUTO] * len(values))
    types, formats = dumpers.types or (), dumpers.formats or ()
    width = _WIDTHS.get(element, 0)
    alike = {_UNKNOWN, element, *(oid for oid, size in _WIDTHS.items() if size <= width)}
    given = {form for form, data in zip(formats, coded, strict=True) if data is not None}
    form = Format.BINARY if Format.BINARY in given else Format.TEXT
    misfits: set[int] = set()
    if len(given) > 1 or not alike.issuperset(types):
        misfits = {
            place
            for place, data in enumerate(coded)
            if data is not None and not (formats[place] == form and types[place] in alike)
        }
        coded = [None if place in misfits else data for place, data in enumerate(coded)]
    if form == Format.TEXT:
        return TextArray(array, _written(coded)), misfits
    return Array(array, _binary(coded, element, width)), misfits


def _written(coded: Sequence[Buffer | None]) -> bytes:
    return b"{%s}" % b",".join([b"null" if data is None else _quoted(data) for data in coded])


def _quoted(data: Buffer) -> bytes:
    return b'"%s"' % bytes(data).replace(b"\\", b"\\\\").replace(b'"', b'\\"')


def _binary(coded: Sequence[Buffer | None], element: int, width: int) -> bytes:
    if width:
        above, below = _EXTENSIONS[width]
        pieces = [
            _NULL if data is None else (below if data[0] & 0x80 else above)[len(data)] + data
            for data in coded
        ]
    else:
        pieces = [_NULL if data is None else len(data).to_bytes(4, "big") + data for data in coded]
    return struct.pack("!5i", 1, _NULL in pieces, element, len(coded), 1) + b"".join(pieces)
