"""Named SQL from `.sql` files, loaded by aiosql."""

from __future__ import annotations

from pathlib import Path

__all__ = ["load_statements"]


def load_statements(file: Path) -> dict[str, str]:
    """The statements of a file, by name, with psycopg's `%(name)s` for each parameter."""
    import aiosql

    loaded = aiosql.from_path(file, "psycopg")
    return {
        name: getattr(loaded, name).sql
        for name in loaded.available_queries
        if not name.endswith("_cursor")
    }
