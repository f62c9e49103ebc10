"""Applies and rolls back migrations under traffic, at random, for as long as it is told.

    python tests/soak_traffic.py --seconds 200

What stalled longest, and which queries each step left out, is printed at the end.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

import psycopg

from heavy_rows import SCHEMAS
from journey import Journey, journey, report
from sqlwright.server import temporary_server
from sqlwright.urls import local_url


def main() -> None:
    """Takes every step once, and then random ones until the time is over or a call failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=200, help="for how long")
    parser.add_argument("--seed", type=int, default=time.time_ns() % 1_000_000, help="to repeat")
    options = parser.parse_args()
    print(f"seed {options.seed}", flush=True)  # noqa: T201
    with temporary_server() as server:
        urls = [
            local_url(user="postgres", database=name, socket=str(server.socket), port=server.port)
            for name in ("postgres", "live", "ahead")
        ]
        with psycopg.connect(urls[0], autocommit=True) as conn:
            conn.execute("create database live")
            conn.execute("create database ahead")
        with journey(urls[1], urls[2]) as seen:
            _walk(seen, random.Random(options.seed), options.seconds)
    print(report(seen))  # noqa: T201
    sys.exit("\n".join(seen.met.failures) or 0)


def _walk(seen: Journey, choice: random.Random, seconds: float) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and not seen.met.failures and seen.take("apply"):
        pass
    while time.monotonic() < until and not seen.met.failures:
        schema, steps = choice.choice(SCHEMAS), choice.randint(1, 4)
        taken = sum(seen.take("rollback", schemas=[schema]) for _ in range(steps))
        for _ in range(taken):
            seen.take("apply", schemas=[schema])


if __name__ == "__main__":
    main()
