"""PostgreSQL's types as Python annotations: what psycopg loads, and what it takes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlwright.catalog import Catalogue, Type

__all__ = ["Annotation", "literal", "of_parameter", "of_result", "quoted"]

# What psycopg loads for PostgreSQL's own types; whatever is not here comes as text.
_LOADED = {
    "bool": "bool",
    "int2": "int",
    "int4": "int",
    "int8": "int",
    "oid": "int",
    "float4": "float",
    "float8": "float",
    "numeric": "decimal.Decimal",
    "bytea": "bytes",
    "uuid": "uuid.UUID",
    "date": "datetime.date",
    "time": "datetime.time",
    "timetz": "datetime.time",
    "timestamp": "datetime.datetime",
    "timestamptz": "datetime.datetime",
    "interval": "datetime.timedelta",
    "json": "Any",
    "jsonb": "Any",
    "inet": "ipaddress.IPv4Address | ipaddress.IPv6Address"
    " | ipaddress.IPv4Interface | ipaddress.IPv6Interface",
    "cidr": "ipaddress.IPv4Network | ipaddress.IPv6Network",
}
_JSON = {"json": "as_json", "jsonb": "as_jsonb"}
_JSON_ARRAYS = {"_json": "as_json_list", "_jsonb": "as_jsonb_list"}


@dataclass(frozen=True, kw_only=True)
class Annotation:
    """An annotation, and what wraps a value before it is sent, if anything must."""

    text: str
    wrapper: str | None = None

    def or_none(self) -> Annotation:
        """The same, or None; Any holds it already."""
        if self.text == "Any":
            return self
        return Annotation(text=f"{self.text} | None", wrapper=self.wrapper)


def of_result(type_id: int, catalogue: Catalogue) -> Annotation:
    """What psycopg makes of a column of that type."""
    return Annotation(text=_loaded(catalogue.types[type_id], catalogue))


def of_parameter(type_id: int, catalogue: Catalogue) -> Annotation:
    """What a caller may give for a parameter of that type."""
    found = _base(catalogue.types[type_id], catalogue)
    if found.schema == "pg_catalog" and found.name in _JSON:
        return Annotation(text="Any", wrapper=_JSON[found.name])
    if found.schema == "pg_catalog" and found.name in _JSON_ARRAYS:
        return Annotation(text="list[Any]", wrapper=_JSON_ARRAYS[found.name])
    if found.kind == "e":
        return literal(found.labels)
    if found.schema == "pg_catalog" and found.name == "numeric":
        return Annotation(text="decimal.Decimal | int")
    return Annotation(text=_loaded(found, catalogue))


def _base(found: Type, catalogue: Catalogue) -> Type:
    """What a domain is a domain over, however many lie between."""
    while found.kind == "d":
        found = catalogue.types[found.base_id]
    return found


def _loaded(found: Type, catalogue: Catalogue) -> str:
    base = _base(found, catalogue)
    if base.kind == "e":
        return literal(base.labels).text
    if base.schema != "pg_catalog":
        return "str"
    if base.element_id:
        return _array(base, catalogue)
    if base.kind in {"r", "m"}:
        bound = _loaded(catalogue.types[base.subtype_id], catalogue)
        return f"Range[{bound}]" if base.kind == "r" else f"Multirange[{bound}]"
    return _LOADED.get(base.name, "str")


def _array(found: Type, catalogue: Catalogue) -> str:
    """A list; nothing keeps a null out of an array, so each element may be None."""
    element = _loaded(catalogue.types[found.element_id], catalogue)
    return f"list[{element}]" if element == "Any" else f"list[{element} | None]"


def literal(values: Iterable[str]) -> Annotation:
    """One of these texts."""
    return Annotation(text=f"Literal[{', '.join(quoted(value) for value in values)}]")


def quoted(value: str) -> str:
    """A Python text of that value, in double quotes."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
