"""Many processes at once, some of which are killed: each migration is applied once."""

from __future__ import annotations

import random
import time

import psycopg
import pytest

import crash

MIGRATIONS = 6


@pytest.fixture
def shop(write):
    """Migrations that each take a moment."""
    return write(
        **{
            f"shop_{n:04}_t": f"create table t{n} (id int); select pg_sleep(0.05);"
            for n in range(MIGRATIONS)
        }
    )


def log(url):
    """What was done, and whether a lock was left."""
    with psycopg.connect(url, autocommit=True) as conn:
        done = conn.execute("select operation, migration_id from _yoyo_log order by 2, 1")
        return done.fetchall(), conn.execute("select count(*) from yoyo_lock").fetchone()[0]


def test_eight_processes_of_which_three_are_killed(shop, blank):
    """The five that live end well, and the log names each migration once."""
    (shop.root / "sqlwright.toml").write_text('name = "shop"\n')
    processes = [
        crash.start("apply", shop.root, shop.url, said=f"said {number}") for number in range(8)
    ]
    seed = time.time_ns()
    choice = random.Random(seed)
    killed = choice.sample(processes, 3)
    for process in killed:
        time.sleep(choice.uniform(0, 0.3))
        process.kill()
    codes = {crash.ended(process, "apply") for process in processes if process not in killed}
    assert codes == {0}, seed
    expected = [("apply", f"shop_{n:04}_t") for n in range(MIGRATIONS)]
    assert log(blank) == (expected, 0), seed
