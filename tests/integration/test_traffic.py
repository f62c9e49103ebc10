"""Every migration is applied under a load of queries, and the newest taken back and made again."""

from __future__ import annotations

import logging
from typing import Any

from heavy_rows import SCHEMAS
from journey import journey, report
from sqlwright.seeding import count_rows

_log = logging.getLogger(__name__)


def test_no_call_fails_while_migrations_are_applied_and_rolled_back(server: Any) -> None:
    """Calls that a step leaves as they are go on through all of them, on tables with rows."""
    with (
        server.janitor("live"),
        server.janitor("ahead"),
        journey(server.url("live"), server.url("ahead")) as seen,
    ):
        while seen.take("apply"):
            pass
        for schema in SCHEMAS:
            for operation in ("rollback", "rollback", "apply", "apply"):
                assert seen.take(operation, schemas=[schema])
        _log.info(report(seen))
        assert seen.met.failures == []
        assert all(all(tables) for tables in count_rows(seen.live.project).values())
        assert len(seen.stalls) > len(SCHEMAS) * 4
