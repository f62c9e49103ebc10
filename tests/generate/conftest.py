"""The trap: a database whose columns tempt a describer to call them not null."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def trap(server) -> Iterator[str]:
    """The URL of a database with the trap's tables, on a server that can describe."""
    with server.janitor("trap"):
        with psycopg.connect(server.url("trap"), autocommit=True) as conn:
            version = conn.info.server_version
            if version < 160000:
                pytest.skip("types are made from PostgreSQL 16 or newer")
            conn.execute((HERE / "schema.sql").read_bytes())
            part = "schema_18.sql" if version >= 180000 else "schema_16.sql"
            conn.execute((HERE / part).read_bytes())
        yield server.url("trap")
