"""Kills a primary under load, promotes its synchronous standby, counts what became of the writes.

A write is acknowledged when the call came back, unknown when it failed in a way that leaves open
whether it happened, and refused when it surely did not. Nothing acknowledged may be missing, and
nothing may be there twice.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg_pool import PoolTimeout

from pair import Member, members, until, url_of
from sqlwright.errors import CommitUnknownError
from sqlwright.pool import Pool, open_pool, retrying

__all__ = ["Failover", "fail_over"]

SYNCHRONOUS = {"synchronous_commit": "on", "synchronous_standby_names": "west"}
WRITERS = 8
_INSERT = "insert into orders (writer, number) values (%s, %s)"
_PATIENCE = 30.0
_LOOKED_AT = 1.2  # seconds in which every server is looked at twice


@dataclass
class Load:
    """What writers did, each write by its writer and number; times as `time.monotonic` has them.

    `pause` is how many seconds each lets pass between two writes.
    """

    acknowledged: list[tuple[int, int]] = field(default_factory=list)
    unknown: list[tuple[int, int]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    pause: float = 0
    _over: threading.Event = field(default_factory=threading.Event)

    def since(self, moment: float) -> float | None:
        """Seconds from a moment to the first write that was begun and acknowledged after it."""
        return next((at - moment for at in self.times if at > moment), None)

    def write(self, pool: Pool, writer: int) -> None:
        """Writes on and on, in transactions that are run again, or in lone statements."""
        put = _in_transaction if writer % 2 else _alone
        number = 0
        while not self._over.wait(self.pause):
            number += 1
            try:
                put(pool, writer, number)
            except (CommitUnknownError, psycopg.OperationalError) as error:
                if isinstance(error, PoolTimeout):
                    self.refused.append(str(error))
                else:
                    self.unknown.append((writer, number))
            else:
                self.acknowledged.append((writer, number))
                self.times.append(time.monotonic())

    def stop(self) -> None:
        """Sends the writers home."""
        self._over.set()


def _alone(pool: Pool, writer: int, number: int) -> None:
    with pool.connection() as conn:
        conn.execute(_INSERT, [writer, number])


def _in_transaction(pool: Pool, writer: int, number: int) -> None:
    retrying(pool, lambda conn: conn.execute(_INSERT, [writer, number]) and None)


@dataclass(frozen=True, kw_only=True)
class Failover:
    """What became of the writes, and how long it took.

    Attributes:
        acknowledged: Writes that were.
        after: Of these, how many after the promotion.
        unknown: Writes that ended in an error which leaves open whether they happened.
        unknown_there: Of these, how many did.
        lost: Acknowledged writes that are not there. There may be none.
        repeated: Writes that are there twice. There may be none.
        strangers: Writes that are there though nobody was told so. There may be none.
        refused: Callers that got no connection in time. There may be none.
        astray: Writes that reached the old primary after it was started again. There may be none.
        promotion: Seconds that the promotion took.
        back: Seconds from the end of the promotion to the first write.
        outage: Seconds from the kill to the same.
    """

    acknowledged: int
    after: int
    unknown: int
    unknown_there: int
    lost: int
    repeated: int
    strangers: int
    refused: int
    astray: int
    promotion: float
    back: float
    outage: float

    @property
    def did_harm(self) -> bool:
        """Whether anything is there, or missing, that may not be."""
        return any((self.lost, self.repeated, self.strangers, self.refused, self.astray))


def fail_over(
    *, binaries: Path | None = None, warm_up: int = 200, pause: float = 0, dead: float = 0
) -> Failover:
    """Once, on servers of its own.

    `warm_up` is how many writes come before each step, `pause` how many seconds each writer lets
    pass between two, and `dead` how many pass from the kill to the promotion.
    The old primary is started again as it was, and takes writes: nobody tells it of the new one.
    """
    with members("east", "west", settings=SYNCHRONOUS, binaries=binaries) as (old, new):
        old.ask("create table orders (writer int not null, number int not null)")
        with _load(url_of([old, new]), pause) as load:
            _await_writes(load, warm_up)
            killed = time.monotonic()
            old.kill()
            time.sleep(dead)
            new.ask("alter system set synchronous_standby_names = ''")
            new.ask("select pg_reload_conf()")  # its own standby is gone
            began = time.monotonic()
            new.promote()
            promoted = time.monotonic()
            until(lambda: load.since(promoted), _PATIENCE)
            _release(old)
            old.start()
            before = old.ask("select count(*) from orders")
            time.sleep(_LOOKED_AT)
            _await_writes(load, warm_up)
        return _judge(
            load,
            new,
            astray=old.ask("select count(*) from orders") - before,
            promotion=promoted - began,
            back=load.since(promoted),
            outage=promoted - killed + (load.since(promoted) or 0.0),
            promoted=promoted,
        )


def _release(member: Member) -> None:
    """Has a server that is down wait for no standby: it would else not take a single write."""
    settings = member.place.data / "postgresql.auto.conf"
    with settings.open("a") as file:
        file.write("synchronous_standby_names = ''\n")


def _await_writes(load: Load, count: int) -> None:
    came = len(load.acknowledged)
    until(lambda: len(load.acknowledged) >= came + count, _PATIENCE)


@contextmanager
def _load(url: str, pause: float) -> Iterator[Load]:
    """Writers on a pool; they go home with the block."""
    load = Load(pause=pause)
    with open_pool(url, size=WRITERS, overflow=0, timeout=_PATIENCE) as pool:
        threads = [
            threading.Thread(target=load.write, args=(pool, writer), daemon=True)
            for writer in range(WRITERS)
        ]
        for thread in threads:
            thread.start()
        try:
            yield load
        finally:
            load.stop()
            for thread in threads:
                thread.join(_PATIENCE)


def _judge(load: Load, new: Member, *, promoted: float, **measured: Any) -> Failover:
    with psycopg.connect(new.url()) as conn:
        rows = conn.execute("select writer, number from orders").fetchall()
    there, acknowledged, unknown = set(rows), set(load.acknowledged), set(load.unknown)
    return Failover(
        acknowledged=len(acknowledged),
        after=sum(at > promoted for at in load.times),
        unknown=len(unknown),
        unknown_there=len(unknown & there),
        lost=len(acknowledged - there),
        repeated=len(rows) - len(there),
        strangers=len(there - acknowledged - unknown),
        refused=len(load.refused),
        **measured,
    )
