"""Which results may come in binary: those that psycopg loads to the same values as from text.

psycopg asks for text unless it is told otherwise. Binary loads in a fraction of the time; but it
shall never give anything else. So a column comes in binary only if psycopg's own two loaders are in
place for its type and all that it is made of, and if they agree.
"""

from __future__ import annotations

from functools import cache

from psycopg import postgres
from psycopg.adapt import AdaptersMap
from psycopg.pq import Format
from psycopg.pq.abc import PGresult
from psycopg.types import TypesRegistry
from psycopg.types.multirange import MultirangeInfo
from psycopg.types.range import RangeInfo

__all__ = ["loads_alike"]

# A float4 of 1.1 is 1.1 as text and 1.100000023841858 in binary; a record's fields are str as text;
# and an empty "char" is a NUL in binary. (Of timestamptz the first day of the year 1 differs in how
# its zone is given; it is the same time.)
_UNEQUAL = {"float4", "record", '"char"'}


def loads_alike(result: PGresult, adapters: AdaptersMap) -> bool:
    """Whether each column of a result gives the same in binary as in text, with these adapters."""
    types = {result.ftype(column) for column in range(result.nfields)}
    return bool(types) and all(_is_equal(oid, adapters) for oid in types)


def _is_equal(oid: int, adapters: AdaptersMap) -> bool:
    info = _defaults().types.get(oid)
    if info is None or info.name in _UNEQUAL or not _is_default(oid, adapters):
        return False
    if oid == info.array_oid:
        return _is_equal(info.oid, adapters)
    if isinstance(info, RangeInfo):
        return _is_equal(info.subtype_oid, adapters)
    if isinstance(info, MultirangeInfo):
        return _is_equal(info.range_oid, adapters)
    return True


def _is_default(oid: int, adapters: AdaptersMap) -> bool:
    """Whether nobody has put a loader of their own for the type."""
    return adapters.get_loader(oid, Format.BINARY) is not None and all(
        adapters.get_loader(oid, given) is _defaults().get_loader(oid, given)
        for given in (Format.TEXT, Format.BINARY)
    )


@cache
def _defaults() -> AdaptersMap:
    """The adapters that psycopg has before anybody registers others."""
    types = TypesRegistry()
    postgres.register_default_types(types)
    adapters = AdaptersMap(types=types)
    postgres.register_default_adapters(adapters)
    return adapters
