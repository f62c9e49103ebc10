"""How values look to a person and to the next program: as text, in CSV and in JSON.

All of it is PostgreSQL's own text, so that nothing is rounded, cut or out of range: Python has no
date of `infinity`. In JSON, numbers that are binary, truth values, and json itself stand as they
are, arrays are lists, and everything else is text, `numeric` too: readers of JSON would round it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Loader

__all__ = ["as_json", "as_text", "csv_line", "json_line"]

_NUMBERS = ("int2", "int4", "int8", "oid")
_OTHER = 0  # stands for each type that nothing is registered for
_QUOTED = re.compile(r'[",\r\n]|\\\.|^$')


class _Text(Loader):
    def load(self, data: Buffer) -> Any:
        return str(data, "utf-8")


class _Quoted(_Text):
    def load(self, data: Buffer) -> str:
        return json.dumps(str(data, "utf-8"), ensure_ascii=False)


class _Document(_Text):
    def load(self, data: Buffer) -> str:
        return str(data, "utf-8").replace("\r", " ").replace("\n", " ")  # in json never in a string


class _Truth(_Text):
    def load(self, data: Buffer) -> str:
        return "true" if data == b"t" else "false"


class _Float(_Quoted):
    def load(self, data: Buffer) -> str:
        text = str(data, "utf-8")
        return super().load(data) if text[-1].isalpha() else text  # NaN and Infinity


def as_text(conn: psycopg.Connection[Any]) -> None:
    """Has the connection give every value as text, but for integers."""
    for info in psycopg.adapters.types:
        conn.adapters.register_loader(info.array_oid, _Text)
        if info.name not in _NUMBERS:
            conn.adapters.register_loader(info.oid, _Truth if info.name == "bool" else _Text)


def as_json(conn: psycopg.Connection[Any]) -> None:
    """Has the connection give every value as JSON, an array as a list of its elements."""
    own = {"json": _Document, "jsonb": _Document, "bool": _Truth}
    own |= {"float4": _Float, "float8": _Float}
    for info in psycopg.adapters.types:
        if info.name not in _NUMBERS:
            conn.adapters.register_loader(info.oid, own.get(info.name, _Quoted))
    conn.adapters.register_loader(_OTHER, _Quoted)


def json_line(names: Sequence[str], row: Iterable[Any]) -> str:
    """A row of JSON values as one object."""
    pairs = zip(names, row, strict=True)
    return "{" + ", ".join(f"{_name(name)}: {_value(value)}" for name, value in pairs) + "}"


def _name(name: str) -> str:
    return json.dumps(name, ensure_ascii=False)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return "null" if value is None else str(value)


def csv_line(row: Iterable[Any]) -> str:
    """A row of texts as PostgreSQL reads CSV: null is empty, and empty text is quoted."""
    return ",".join(map(_field, row))


def _field(value: Any) -> str:
    if value is None:
        return ""
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
