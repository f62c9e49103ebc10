"""A primary and its standby, on servers of their own that may be killed, promoted and started anew.

A standby is a copy by `pg_basebackup`, and streams. Nothing waits for the disk: a process that is
killed loses no page that it has written.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from sqlwright.server.account import run_as
from sqlwright.server.cluster import ensure_cluster
from sqlwright.server.installation import find_installation, readable_by
from sqlwright.server.place import Place, make_home, place_in
from sqlwright.server.service import bring_up, take_down

__all__ = ["Member", "members", "until", "url_of"]

QUICK = {
    "fsync": "off",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "200ms",
}


@dataclass(frozen=True, kw_only=True)
class Member:
    """One server, and where it lives."""

    place: Place

    @property
    def socket(self) -> str:
        """The folder of its socket."""
        return str(self.place.socket)

    def url(self, database: str = "postgres", user: str = "postgres") -> str:
        """The URL of one of its databases."""
        return url_of([self], database, user)

    def ask(self, statement: str, *values: Any) -> Any:
        """The first value of what a statement gives, if it gives any."""
        with psycopg.connect(self.url(), autocommit=True) as conn:
            cursor = conn.execute(statement, values or None)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

    def start(self) -> None:
        """Starts it, and waits until it takes connections."""
        bring_up(self.place, settings=QUICK, sync=False)

    def stop(self) -> None:
        """Stops it, as an administrator would."""
        take_down(self.place)

    def kill(self) -> None:
        """`kill -9` of the postmaster and everything below it, as a machine would go."""
        self._signal(signal.SIGKILL)

    @contextmanager
    def hanging(self) -> Iterator[None]:
        """All its processes stand still: its connections stay open, and nothing is answered."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        pid = int((self.place.data / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for process in (pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(process, number)

    def promote(self) -> None:
        """Makes a primary of a standby, and waits until it is one."""
        assert self.ask("select pg_promote()")

    def demote(self, primary: Member) -> None:
        """Makes a standby of it that follows another, when it is started next."""
        settings = self.place.data / "postgresql.auto.conf"
        with settings.open("a") as file:
            file.write(f"primary_conninfo = '{_conninfo(self, primary)}'\n")
        (self.place.data / "standby.signal").touch()


def url_of(members: Sequence[Member], database: str = "postgres", user: str = "postgres") -> str:
    """The URL of a database on several servers."""
    hosts = ",".join(member.socket for member in members)
    ports = ",".join("5432" for _ in members)
    return f"postgresql://{user}@/{database}?host={hosts}&port={ports}"


def until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Waits until it is true."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not come about"
        time.sleep(0.02)


@contextmanager
def members(
    *names: str, settings: Mapping[str, str] | None = None, binaries: Path | None = None
) -> Iterator[list[Member]]:
    """The first is the primary, and the others are its standbys; they go with the block.

    `settings` are written into the primary's own, from where the standbys have them too.
    """
    home = Path(tempfile.mkdtemp(prefix="sqlwright-pair-"))
    home.chmod(0o711)
    environ = {"PG_BINDIR": str(binaries)} if binaries else {}
    installation = find_installation(environ)
    made = [
        Member(place=place_in(home / name, name=name, installation=installation)) for name in names
    ]
    try:
        primary, standbys = made[0], made[1:]
        _make(primary.place, settings or {})
        primary.start()
        for standby in standbys:
            copy(primary, standby)
            standby.start()
        until(lambda: _streaming(primary) == len(standbys))
        yield made
    finally:
        for member in made:
            take_down(member.place, how=signal.SIGQUIT)
            shutil.rmtree(member.place.socket, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)


def copy(primary: Member, standby: Member) -> None:
    """Makes a standby's data folder from a running primary."""
    place = _ready(standby.place)
    make_home(place)
    place.data.mkdir(mode=0o700)
    if place.account.borrowed:
        os.chown(place.data, place.account.uid, place.account.gid)
    command = [
        str(place.installation.bindir / "pg_basebackup"),
        *("-D", str(place.data), "-R", "-c", "fast", "--no-sync", "-X", "stream"),
        *("-d", _conninfo(standby, primary)),
    ]
    subprocess.run(command, check=True, cwd="/", **run_as(place.account))


def _conninfo(standby: Member, primary: Member) -> str:
    name = standby.place.name
    return f"host={primary.socket} port=5432 user=postgres application_name={name}"


def _make(place: Place, settings: Mapping[str, str]) -> None:
    ready = _ready(place)
    make_home(ready)
    ensure_cluster(ready, sync=False)
    with (place.data / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = '{value}'\n" for name, value in settings.items())


def _ready(place: Place) -> Place:
    return replace(
        place, installation=readable_by(place.account, place.installation, cache=place.cache)
    )


def _streaming(primary: Member) -> int:
    with suppress(psycopg.OperationalError):
        query = "select count(*) from pg_stat_replication where state = 'streaming'"
        return int(primary.ask(query))
    return -1
