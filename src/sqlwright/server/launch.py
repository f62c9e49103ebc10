"""Start a server process on a data folder, and wait until it takes connections."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sqlwright.errors import ServerError
from sqlwright.server.account import run_as
from sqlwright.server.cluster import program_environ
from sqlwright.server.failure import ORPHANS, reason_in, what_to_do
from sqlwright.server.place import Place
from sqlwright.server.postmaster import (
    Postmaster,
    answers,
    end,
    exists,
    read_pid_file,
    runs_on,
)

__all__ = ["await_ready", "launch"]

_PATIENCE = 60.0
_PAUSE = 0.005
_LARGEST_LOG = 10 * 1024 * 1024
_ORPHANS_GO_WITHIN = 10.0

# The shell goes at once, so that the server is nobody's child here: it leaves no zombie behind in
# a program that runs on, and Ctrl-C in the terminal does not reach it.
_DETACHED = '"$@" >&2 & echo $!'


def launch(place: Place, settings: Mapping[str, str]) -> Postmaster:
    """Start the server with these settings. The caller holds the place's lock.

    A server that was killed can leave processes behind for a moment; they are waited for.

    Raises:
        ServerError: it does not start.
    """
    deadline = time.monotonic() + _ORPHANS_GO_WITHIN
    while True:
        _clear_the_way(place)
        try:
            return _attempt(place, settings)
        except ServerError as error:
            if ORPHANS not in error.message or time.monotonic() > deadline:
                raise
        time.sleep(0.2)


def _attempt(place: Place, settings: Mapping[str, str]) -> Postmaster:
    log = _open_log(place.log)
    try:
        printed_from = os.fstat(log).st_size
        shell = _spawn(place, settings, log)
    finally:
        os.close(log)
    try:
        with shell:
            pid = int(shell.communicate()[0])
        return await_ready(place, pid, printed_from=printed_from)
    except ServerError:
        raise  # it is gone, or needs more time: then it goes on
    except BaseException:
        _end_group(shell.pid)
        raise


def _spawn(place: Place, settings: Mapping[str, str], log: int) -> subprocess.Popen[bytes]:
    postgres = place.installation.bindir / "postgres"
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    try:
        return subprocess.Popen(
            ["/bin/sh", "-c", _DETACHED, "sh", postgres, "-D", place.data, *options],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            env={**program_environ(), "PG_GRANDPARENT_PID": str(os.getpid())},
            cwd="/",
            start_new_session=True,
            **run_as(place.account),
        )
    except OSError as error:
        raise ServerError(
            f"The PostgreSQL server of {place.name} could not be started: {error.strerror}.",
            hint=f"It would run {postgres} as {place.account.name}.",
        ) from None


def await_ready(place: Place, pid: int, *, printed_from: int | None = None) -> Postmaster:
    """Wait until the server `pid` takes connections.

    Raises:
        ServerError: it ended (the message has the reason from the log, from the byte
            `printed_from` on), or needs more than a minute.
    """
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        found = read_pid_file(place.data / "postmaster.pid")
        if found and found.pid == pid and found.state == "ready" and answers(found):
            return found
        if not exists(pid):
            raise _failed(place, _printed(place.log, printed_from))
        time.sleep(_PAUSE)
    raise ServerError(
        f"The PostgreSQL server of {place.name} (process {pid}) is still starting after "
        f"{_PATIENCE:g} s; it goes on.",
        hint=f"After a crash it may have much to recover: wait, then try again. Log: {place.log}",
    )


def _failed(place: Place, output: str) -> ServerError:
    reason = reason_in(output) or "it ended without a word"
    return ServerError(
        f"The PostgreSQL server of {place.name} did not start: {reason}",
        hint=what_to_do(output, place) or f"The whole log is {place.log}.",
    )


def _open_log(log: Path) -> int:
    """A file descriptor at the log's end; a log that has grown large is set aside first."""
    try:
        if log.exists() and log.stat().st_size > _LARGEST_LOG:
            log.replace(log.with_suffix(".log.old"))
        return os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise ServerError(
            f"The log {log} can't be written: {error.strerror}.", hint="Check its owner and disk."
        ) from None


def _printed(log: Path, start: int | None) -> str:
    if start is None:
        return ""
    with log.open("rb") as file:
        file.seek(start)
        return file.read().decode(errors="replace")


def _clear_the_way(place: Place) -> None:
    """Remove what a killed server left, and end one whose data folder was removed under it.

    No server runs on the data folder now: the caller has made sure and holds the lock.
    """
    _disown(place.data / "postmaster.pid")
    for file in sorted(place.socket.glob(".s.PGSQL.*"), reverse=True):  # .lock before its socket
        found = read_pid_file(file) if file.name.endswith(".lock") else None
        if found and runs_on(found.pid, place.data):
            end(found.pid, how=signal.SIGQUIT)
        file.unlink(missing_ok=True)


def _disown(file: Path) -> None:
    """Make a dead server's pid file harmless.

    PostgreSQL refuses to start if the pid in it is in use: by another program meanwhile, or by the
    dead server itself as long as its parent has not collected it. The pid of the process that
    starts it is no hindrance, so ours is put there. The file stays, since PostgreSQL finds in it
    the shared memory of processes that may have outlived the server.
    """
    if file.is_file() and file.lstat().st_size == 0:
        file.unlink()
    if read_pid_file(file) is None:
        return
    _, _, rest = file.read_bytes().partition(b"\n")
    descriptor = os.open(file, os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(f"{os.getpid()}\n".encode() + rest)


def _end_group(group: int) -> None:
    """End a server that is just starting, by the process group that our shell gave it."""
    for how, patience in ((signal.SIGTERM, 5.0), (signal.SIGKILL, 1.0)):
        deadline = time.monotonic() + patience
        with suppress(ProcessLookupError):
            os.killpg(group, how)
            while time.monotonic() < deadline:
                os.killpg(group, 0)
                time.sleep(_PAUSE)
