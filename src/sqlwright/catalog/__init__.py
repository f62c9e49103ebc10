"""pg_catalog in frozen dataclasses: what generation, proof, diff and draft stand on."""

from __future__ import annotations

from sqlwright.catalog.columns import Catalogue, Column, Type, name_types, read_catalogue
from sqlwright.catalog.snapshot import Key, Object, Snapshot, Value, read_snapshot

__all__ = [
    "Catalogue",
    "Column",
    "Key",
    "Object",
    "Snapshot",
    "Type",
    "Value",
    "name_types",
    "read_catalogue",
    "read_snapshot",
]
