"""A server on a restored data folder: it reads the write-ahead log up to a point, then is its own.

Nothing of the old server's surroundings is touched: it listens on a private socket alone, archives
nothing, and lets in whoever may enter the socket's folder.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import psycopg

from sqlwright.errors import BackupError, ServerError
from sqlwright.operations.backup.wal import restore_command
from sqlwright.operations.restore.point import Point
from sqlwright.operations.restore.timelines import announce
from sqlwright.server.installation import Installation, readable_by
from sqlwright.server.launch import await_ready, launch
from sqlwright.server.place import Place, make_socket_folder, place_in
from sqlwright.server.postmaster import Postmaster, end, find_postmaster
from sqlwright.urls import local_url

__all__ = [
    "Recovered",
    "give_to_account",
    "place_for",
    "recovered_server",
]

_EARLY = "recovery ended before configured recovery target was reached"
_TOO_EARLY = "requested recovery stop point is before consistent recovery point"
_UNCOPIED = re.compile(r"^cp: (.+?)\.?$", re.MULTILINE)
_LAST = re.compile(r"last completed transaction was at log time (.+)")
# What an earlier recovery may have left in the settings that come with the data folder: it would
# end this one elsewhere, or remove segments from the archive.
_LEFT = {
    **{f"recovery_target{what}": "" for what in ("", "_name", "_time", "_lsn", "_xid")},
    "recovery_min_apply_delay": "0",
    "recovery_end_command": "",
    "archive_cleanup_command": "",
}
_REACHED = """
    select
        pg_catalog.pg_last_xact_replay_timestamp(),
        pg_catalog.pg_last_wal_replay_lsn()::text,
        pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint
"""


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """A server that takes connections, and how far it came.

    Attributes:
        time: When the last transaction that it has from the log was committed; None if it read
            none: then it is as the backup was.
        lsn: Where in the log it stopped.
        next_xid: The first transaction that it does not have.
    """

    socket: Path
    port: int
    superuser: str
    time: datetime | None
    lsn: str | None
    next_xid: int

    def url(self, database: str) -> str:
        """The URL of one of its databases, as the superuser that it came with."""
        socket = str(self.socket)
        return local_url(user=self.superuser, database=database, socket=socket, port=self.port)


def place_for(data: Path, installation: Installation) -> Place:
    """Where a server on this data folder lives: its log and its lock lie beside it."""
    return replace(
        place_in(data, name=data.name, installation=installation),
        home=data.parent,
        data=data,
        log=data.with_name(f"{data.name}.log"),
        lock=data.with_name(f"{data.name}.lock"),
    )


def give_to_account(place: Place) -> None:
    """Makes the data folder the server's own: its account's, and nobody else's."""
    place.data.chmod(0o700)
    if place.account.borrowed:
        for folder, _, files in os.walk(place.data):
            for path in (folder, *(os.path.join(folder, name) for name in files)):  # noqa: PTH118
                os.chown(path, place.account.uid, place.account.gid, follow_symlinks=False)


@contextmanager
def recovered_server(
    place: Place,
    *,
    wal: Path | None,
    point: Point | None,
    superuser: str,
    timeline: str = "latest",
    settings: Mapping[str, str] | None = None,
    talk: Callable[[str], object] = lambda _: None,
) -> Iterator[Recovered]:
    """Starts a server that reads the log in `wal` up to the point, all of it without one.

    It is stopped with the block; its data folder is then one that any server can go on with.

    Raises:
        BackupError: the log ends before the point, or begins after it.
        ServerError: it does not start.
    """
    _prepare(place)
    ready = replace(
        place, installation=readable_by(place.account, place.installation, cache=place.cache)
    )
    wanted = {**_settings(place, wal, point, timeline), **(settings or {})}
    make_socket_folder(place)
    try:
        server = _started(ready, wanted, point, talk)
        try:
            yield _reached(server, place, superuser)
        finally:
            end(server.pid, how=signal.SIGINT, patience=600)
        announce(place)
    finally:
        shutil.rmtree(place.socket, ignore_errors=True)
        (place.data / "recovery.hba.conf").unlink(missing_ok=True)


def _prepare(place: Place) -> None:
    """Marks the folder as one to recover, and adds the settings that Debian keeps elsewhere."""
    (place.data / "standby.signal").unlink(missing_ok=True)
    files = {"recovery.signal": "", "recovery.hba.conf": "local all all trust\n"}
    if not (place.data / "postgresql.conf").exists():
        files["postgresql.conf"] = "# Restored without its settings, which lay elsewhere.\n"
        files["pg_hba.conf"] = "local all all peer\nhost all all samehost scram-sha-256\n"
        files["pg_ident.conf"] = ""
    for name, text in files.items():
        (place.data / name).write_text(text, encoding="utf-8")
        if place.account.borrowed:
            os.chown(place.data / name, place.account.uid, place.account.gid)


def _settings(place: Place, wal: Path | None, point: Point | None, timeline: str) -> dict[str, str]:
    target = point.settings if point else {}
    return {
        "data_directory": str(place.data),
        "config_file": str(place.data / "postgresql.conf"),
        "hba_file": str(place.data / "recovery.hba.conf"),
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_directories": str(place.socket),
        "unix_socket_permissions": "0700",
        "unix_socket_group": "",
        "hot_standby": "off",  # so that no setting must be as large as it was on the old server
        "archive_mode": "off",
        "external_pid_file": "",
        "max_logical_replication_workers": "0",  # a subscription would take from its publisher
        "shared_buffers": "128MB",  # this machine may be a small one
        "huge_pages": "off",
        "primary_conninfo": "",
        "synchronous_standby_names": "",
        "ssl": "off",
        "shared_preload_libraries": "",
        "logging_collector": "off",  # its reasons are read from what it prints
        "log_destination": "stderr",
        "log_min_messages": "warning",
        "lc_messages": "C",
        "restore_command": restore_command(wal) if wal else "false",
        "recovery_target_timeline": timeline,
        # In this order: PostgreSQL refuses a second target, though it be empty, after the first.
        **{name: value for name, value in _LEFT.items() if name not in target},
        **target,
    }


def _started(
    place: Place, settings: Mapping[str, str], point: Point | None, talk: Callable[[str], object]
) -> Postmaster:
    """Waits for as long as it reads: a day's log may take an hour."""
    begun = place.log.stat().st_size if place.log.exists() else 0
    try:
        try:
            return launch(place, settings)
        except ServerError:
            while (found := find_postmaster(place.data)) is not None:
                talk("It still reads the write-ahead log.")
                with suppress(ServerError):
                    return await_ready(place, found.pid, printed_from=begun)
            raise
    except ServerError as error:
        raise _explained(error, place.log, begun, point) from None
    except BaseException:
        if (found := find_postmaster(place.data)) is not None:
            end(found.pid, how=signal.SIGQUIT)
        raise


def _explained(error: ServerError, log: Path, begun: int, point: Point | None) -> Exception:
    with log.open("rb") as file:
        file.seek(begun)
        said = file.read().decode(errors="replace")
    if _EARLY in said:
        last = _LAST.findall(said)
        until = f"at {last[-1]}" if last else "where the backup ends"
        return BackupError(
            f"The write-ahead log does not reach {point}: the last transaction in it is {until}.",
            hint="Add the segments that are missing, name an earlier point, or leave --at out to"
            " have all that there is.",
        )
    if match := _UNCOPIED.search(said):
        return BackupError(
            f"A segment of the write-ahead log could not be copied: {match[1]}.",
            hint="Check its owner and its mode, and that there is room.",
        )
    if _TOO_EARLY in said:
        return BackupError(
            f"{point} is before the end of the backup.", hint="Restore an older backup."
        )
    return error


def _reached(server: Postmaster, place: Place, superuser: str) -> Recovered:
    here = Recovered(
        socket=place.socket, port=server.port, superuser=superuser, time=None, lsn=None, next_xid=0
    )
    url = here.url("template1")  # the one that can't be dropped
    with psycopg.connect(url, options="-c datestyle=iso") as conn:
        time, lsn, next_xid = conn.execute(_REACHED).fetchall()[0]
    return replace(here, time=time, lsn=lsn, next_xid=next_xid)
