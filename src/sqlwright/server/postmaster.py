"""The server process: is it up, is it ours, end it. No program is started to find out.

A running server describes itself in its data folder's `postmaster.pid`. The file outlives a server
that was killed, and its process id may since have gone to another program, so that it is believed
only if the process works in this very data folder, and the server only if its socket answers.
"""

from __future__ import annotations

import os
import signal
import socket as sockets
import struct
import subprocess
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlwright.errors import ServerError

__all__ = ["Postmaster", "answers", "end", "exists", "find_postmaster", "read_pid_file", "runs_on"]

_PROC = Path("/proc/self/cwd")
_PAUSE = 0.005
_LINES_FROM_THE_START = 5  # what is there from the first moment: up to the socket's folder
_TCP_LINE, _STATE_LINE = 5, 7


@dataclass(frozen=True, kw_only=True)
class Postmaster:
    """What a server's pid file says; `state` is empty, "starting", "ready" or "stopping"."""

    pid: int
    data: Path
    started_at: datetime
    port: int
    socket: Path
    tcp: bool
    state: str


def read_pid_file(file: Path) -> Postmaster | None:
    """What a pid file says, or None if it is absent or still being written.

    Raises:
        ServerError: the file can't be read.
    """
    try:
        lines = os.fsdecode(file.read_bytes()).splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise ServerError(
            f"{file} can't be read: {error.strerror}.",
            hint="Run the command as the account that started the server.",
        ) from None
    if len(lines) < _LINES_FROM_THE_START or not all(lines[i].isdecimal() for i in (0, 2, 3)):
        return None
    lines += [""] * (_STATE_LINE + 1 - len(lines))
    return Postmaster(
        pid=int(lines[0]),
        data=Path(lines[1]),
        started_at=datetime.fromtimestamp(int(lines[2]), UTC),
        port=int(lines[3]),
        socket=Path(lines[4]),
        tcp=bool(lines[_TCP_LINE].strip()),
        state=lines[_STATE_LINE].strip(),
    )


def find_postmaster(data: Path) -> Postmaster | None:
    """The server that runs on this data folder, ready or not; None if there is none."""
    found = read_pid_file(data / "postmaster.pid")
    return found if found and runs_on(found.pid, data) else None


def runs_on(pid: int, data: Path) -> bool:
    """Whether the process is a server on this data folder: a server works inside it."""
    if not exists(pid):
        return False
    if not _PROC.exists():  # no Linux
        command = ["/bin/ps", "-p", str(pid), "-o", "command="]
        return os.fsencode(data) in subprocess.run(command, capture_output=True, check=False).stdout
    try:
        works_in = Path(f"/proc/{pid}/cwd").readlink()
        return works_in == Path(f"{data} (deleted)") or works_in.samefile(data)
    except OSError:
        return False


def exists(pid: int) -> bool:
    """Whether the process is alive; one that has ended and was not yet collected is not."""
    try:
        os.kill(pid, 0)
        if _PROC.exists():
            Path(f"/proc/{pid}/cwd").readlink()
    except (ProcessLookupError, FileNotFoundError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def answers(server: Postmaster) -> bool:
    """Whether the server takes connections on its socket, and no other process does."""
    with sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM) as client:
        client.settimeout(1)
        try:
            client.connect(str(server.socket / f".s.PGSQL.{server.port}"))
        except (BlockingIOError, TimeoutError):
            return True  # too busy to answer, so it is there
        except OSError:
            return False
        return _listener(client) in {server.pid, None}


def _listener(client: sockets.socket) -> int | None:
    """The process behind a socket, where the system tells."""
    option = getattr(sockets, "SO_PEERCRED", None)
    if option is None:
        return None
    size = struct.calcsize("3i")
    pid: int = struct.unpack("3i", client.getsockopt(sockets.SOL_SOCKET, option, size))[0]
    return pid or None  # 0: from another container


def end(pid: int, *, how: signal.Signals = signal.SIGINT, patience: float = 60) -> None:
    """End a server that is ours and wait until it is gone, `patience` seconds at most.

    SIGINT breaks connections and writes everything to disk; SIGQUIT leaves that to the next start.

    Raises:
        ServerError: it has not ended in time.
    """
    try:
        os.kill(pid, how)
    except ProcessLookupError:
        return
    deadline = time.monotonic() + patience
    while exists(pid):
        if time.monotonic() > deadline:
            raise ServerError(
                f"The PostgreSQL server (process {pid}) has not stopped within {patience:g} s.",
                hint=f"It may still be writing to disk: wait, or end it with kill -QUIT {pid}.",
            )
        time.sleep(_PAUSE)
