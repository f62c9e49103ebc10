"""Make a server's data folder with initdb, whole or not at all, or check the one that is there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from sqlwright.errors import ServerError
from sqlwright.server.account import run_as
from sqlwright.server.failure import reason_in, what_to_do
from sqlwright.server.place import Place

__all__ = ["ensure_cluster", "program_environ"]

# pg_trgm, regular expressions and upper() ask the C library what a letter is: with plain "C" a
# Chinese character is none. Collation stays "C": the same order on every machine, and the fastest.
_CHARACTER_TYPES = ("C.UTF-8", "en_US.UTF-8", "C")
_BUILTIN_LOCALES_SINCE = 17
_UNKNOWN_LOCALE = "invalid locale name"
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LOCALE_ARCHIVE", "LOCPATH", "TMPDIR")


def program_environ() -> dict[str, str]:
    """What PostgreSQL's programs see of our environment.

    Nothing that begins with PG, and none of the secrets that a project's environment may hold:
    another account could read them. Messages are in English, since we read them; time is UTC.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return {**kept, "LC_ALL": "C", "TZ": "UTC"}


def ensure_cluster(place: Place, *, sync: bool = True) -> None:
    """Make the data folder if there is none. The caller holds the place's lock.

    Raises:
        ServerError: initdb fails, or the folder that is there can't be used.
    """
    for leftover in place.home.glob(f"{place.data.name}.new-*"):  # of a command that was killed
        shutil.rmtree(leftover, ignore_errors=True)
    if place.data.exists():
        _check(place)
        return
    fresh = Path(tempfile.mkdtemp(prefix=f"{place.data.name}.new-", dir=place.home))
    try:
        fresh.chmod(0o700)  # the umask may have taken from it
        if place.account.borrowed:
            os.chown(fresh, place.account.uid, place.account.gid)
        _initdb(place, fresh, sync=sync)
        fresh.rename(place.data)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise


def _check(place: Place) -> None:
    programs = place.installation
    again = "or move the folder away: a new one is made at the next start."
    try:
        found = (place.data / "PG_VERSION").read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise ServerError(
            f"{place.data} is no PostgreSQL data folder: it has no PG_VERSION.",
            hint=f"Restore it, {again}",
        ) from None
    except OSError as error:
        raise ServerError(
            f"{place.data} can't be read: {error.strerror}.", hint="Check its owner and its mode."
        ) from None
    if found != str(programs.major):
        raise ServerError(
            f"{place.data} holds PostgreSQL {found}, but {programs.bindir} is {programs.version}.",
            hint=f"Set PG_BINDIR to a PostgreSQL {found}, {again}",
        )


def _initdb(place: Place, data: Path, *, sync: bool) -> None:
    code, output = -1, ""
    for character_type in _CHARACTER_TYPES:
        command = _command(place, data, character_type, sync=sync)
        code, output = _run(command, place)
        if code == 0 or _UNKNOWN_LOCALE not in output:
            break
    if code == 0:
        return
    ended = f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
    raise ServerError(
        f"The data folder {place.data} could not be made: {reason_in(output) or ended}",
        hint=what_to_do(output, place) or "Run the command again; nothing of it is left.",
    )


def _command(place: Place, data: Path, character_type: str, *, sync: bool) -> list[str]:
    command = [
        str(place.installation.bindir / "initdb"),
        f"--pgdata={data}",
        "--username=postgres",
        "--encoding=UTF8",
        "--locale=C",
        f"--lc-ctype={character_type}",
        "--auth-local=trust",  # the socket's folder is private
        "--auth-host=scram-sha-256",
        "--no-instructions",
    ]
    if place.installation.major >= _BUILTIN_LOCALES_SINCE:
        command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    return command if sync else [*command, "--no-sync"]


def _run(command: list[str], place: Place) -> tuple[int, str]:
    """Run in a session of its own, so that Ctrl-C reaches us alone, and we end it."""
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=program_environ(),
            cwd="/",
            start_new_session=True,
            **run_as(place.account),
        )
    except OSError as error:
        return 1, f"FATAL: {command[0]} can't be run: {error.strerror}"
    with process:
        try:
            output, _ = process.communicate()
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode, output.decode(errors="replace")
