"""How values go into a binary copy and come out of one: psycopg's dumpers and loaders, by type.

In a copy the server casts nothing, and psycopg's dumpers in C cut off what doesn't fit: an int4 of
2**40 would be stored as 0, `"no"` as true. Ours refuse it. Types that the server takes as text go
as text, though psycopg has no binary dumper for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct
from typing import Any

import psycopg
from psycopg import generators
from psycopg.abc import PQGen, Transformer
from psycopg.adapt import AdaptersMap, Dumper
from psycopg.pq import Format
from psycopg.pq.abc import PGresult
from psycopg.types.string import StrBinaryDumper, TextBinaryLoader

from sqlwright.errors import QueryError
from sqlwright.queries.jsons import with_json
from sqlwright.queries.session import AnyConnection, transformer_of
from sqlwright.queries.statement import Statement

__all__ = ["Columns", "can_go", "columns_of", "wired"]

_TYPES = psycopg.adapters.types
_TEXT = _TYPES["text"].oid
_ENUMS = b"select oid from pg_catalog.pg_type where typtype = 'e' and oid = any($1::oid[])"


class _Exact(Dumper):
    """A dumper whose `dump` is a function in C that takes nothing but what it says."""

    format = Format.BINARY

    def dump(self, obj: Any) -> bytes:
        """The value as the server wants it; an error where it doesn't fit."""
        raise NotImplementedError


def _exact(name: str, dump: Any) -> type[Dumper]:
    return type("ExactDumper", (_Exact,), {"oid": _TYPES[name].oid, "dump": staticmethod(dump)})


_EXACT = (
    _exact("int2", Struct("!h").pack),
    _exact("int4", Struct("!i").pack),
    _exact("float4", Struct("!f").pack),
    _exact("bool", {True: b"\x01", False: b"\x00"}.__getitem__),
)
_AS_TEXT = {
    _TYPES[name].oid: type("TextDumper", (StrBinaryDumper,), {"oid": _TYPES[name].oid})
    for name in ("bpchar", "xml")
}


def wired(adapters: AdaptersMap) -> AdaptersMap:
    """These adapters, with our dumpers in the place of psycopg's own; a user's are left alone."""
    ours = AdaptersMap(adapters)
    for dumper in _EXACT:
        if _dumper(dumper.oid, adapters) is _PSYCOPGS[dumper.oid]:
            ours.register_dumper(None, dumper)
    for oid, as_text in _AS_TEXT.items():
        if _dumper(oid, adapters) is None:
            ours.register_dumper(None, as_text)
        if adapters.get_loader(oid, Format.BINARY) is None:
            ours.register_loader(oid, TextBinaryLoader)
    return ours


def can_go(oid: int, adapters: AdaptersMap, *, to_server: bool) -> bool:
    """Whether values of the type, and what they are made of, can go that way in binary."""
    info = adapters.types.get(oid)
    if info is not None and oid == info.array_oid and oid != info.oid:
        return can_go(info.oid, adapters, to_server=to_server)
    if to_server:
        return _dumper(oid, adapters) is not None
    return adapters.get_loader(oid, Format.BINARY) is not None


def _dumper(oid: int, adapters: AdaptersMap) -> Any:
    try:
        return adapters.get_dumper_by_oid(oid, Format.BINARY)
    except psycopg.ProgrammingError:
        return None


# As they are before anybody registers others: this is imported with the first query.
_PSYCOPGS = {dumper.oid: _dumper(dumper.oid, psycopg.adapters) for dumper in _EXACT}


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The columns of a copy, as their values go over the wire."""

    names: list[str]
    types: list[int]
    adapters: AdaptersMap
    conn: AnyConnection

    def transformer(self) -> Transformer:
        """What encodes and decodes them."""
        return transformer_of(self.conn, self.adapters)


def columns_of(
    conn: AnyConnection, statement: Statement, found: PGresult, *, to_server: bool
) -> PQGen[Columns]:
    """The columns that the server described.

    Raises:
        QueryError: one has a type that nobody can read or write in binary.
    """
    adapters = wired(with_json(conn.adapters))
    names = [(found.fname(n) or b"").decode(conn.info.encoding) for n in range(found.nfields)]
    types = [found.ftype(n) for n in range(found.nfields)]
    others = [oid for oid in types if not can_go(oid, adapters, to_server=to_server)]
    if others:
        enums = yield from _enums(conn, others)
        for name, oid in zip(names, types, strict=True):
            if oid in others and oid not in enums:
                raise QueryError(
                    f"{statement.name} can't copy the column {name}: nothing is registered for"
                    f" its type (oid {oid}) in binary.",
                    hint="Register a dumper and a loader for it, or copy it as text: a cast in the"
                    " select, a table of texts to copy into.",
                )
        types = [_TEXT if oid in enums else oid for oid in types]
    return Columns(names=names, types=types, adapters=adapters, conn=conn)


def _enums(conn: AnyConnection, types: Sequence[int]) -> PQGen[set[int]]:
    """Which of the types are enums, whose labels go as text."""
    listed = ",".join(map(str, types))
    conn.pgconn.send_query_params(_ENUMS, [f"{{{listed}}}".encode()])
    (result,) = yield from generators.execute(conn.pgconn)
    return {int(result.get_value(n, 0) or b"0") for n in range(result.ntuples)}
