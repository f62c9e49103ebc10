"""PostgreSQL's own client programs: those of the server's version, run so that nobody sees how.

What they connect with goes to them as variables, which other accounts can't read; never as
arguments, which everybody can.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import IO

from psycopg import pq
from psycopg.conninfo import conninfo_to_dict

from sqlwright.config import Project
from sqlwright.conninfo import libpq_settings
from sqlwright.errors import BackupError, ServerError
from sqlwright.server.account import Account, run_as
from sqlwright.server.cluster import program_environ
from sqlwright.server.installation import Installation, find_installation

__all__ = ["find_tools", "libpq_environ", "run_tool"]

_CLIENTS = ("pg_dump", "pg_restore", "pg_basebackup", "pg_verifybackup")
_SERVERS = ("postgres", "initdb")
_PLACES = ("/usr/lib/postgresql/{}/bin", "/usr/pgsql-{}/bin", "/opt/homebrew/opt/postgresql@{}/bin")
_VERSION = re.compile(r"\(PostgreSQL\) (\d+\S*)")
_HOME_OF = ("HOME", "APPDATA")  # of ~/.pgpass, certificates and services
_TELLING = re.compile(r"^(?:[\w.-]+: )*(?:error|fatal|detail): +(?:query failed: ERROR: +)?(.*)")
_NOT_TELLING = ("Query was:", "a worker process died")
_PATIENCE = 10  # seconds for a program to remove what it began

# What the programs' reasons mean to the person who reads them, most telling first.
_HINTS = (
    ("No space left", "Make room there, or give --to another folder; nothing of it is left."),
    ("File too large", "Lift the limit on the size of files: ulimit -f."),
    ("SIGXFSZ", "Lift the limit on the size of files: ulimit -f."),
    ("row-level security", "Back up as a superuser, or as one: alter role … bypassrls;"),
    ("SSL support is not compiled", "Install PostgreSQL's own client programs: these have no TLS."),
    ("permission denied", "Back up as the database's owner, or as a superuser."),
    ("canceling statement due to lock timeout", "Try again once nobody alters that table."),
    ("replication role", "As a superuser: alter role … replication;"),
    ("no pg_hba.conf entry for replication", "Let the role in: a line for replication there."),
    ("summarize_wal", "alter system set summarize_wal = on; then pg_reload_conf()."),
    ("WAL summaries are required", "Take a full backup first: the server has not kept enough."),
    ("WAL streaming", "Set wal_level = replica and max_wal_senders = 10 on the server."),
    ("max_wal_senders", "Wait for the others to end, or raise max_wal_senders on the server."),
    ("default_tablespace", "Make that tablespace on the server first, or restore to another one."),
    ("extension control file", "Install that extension on the server that is restored to."),
)


def find_tools(major: int, environ: Mapping[str, str], *, servers: bool = False) -> Installation:
    """The folder of the programs of this major version; with `servers`, of the server too.

    Looked for where `PG_BINDIR` points, where systems put them, in PATH, and in the embedded
    package, which comes last since its programs know no TLS.

    Raises:
        BackupError: this machine has none of that version.
    """
    wanted = _CLIENTS + _SERVERS if servers else _CLIENTS
    for bindir in _candidates(major, environ):
        if all(os.access(bindir / name, os.X_OK) for name in wanted):
            version = _version_of(bindir / "pg_dump")
            if version and int(re.split(r"\D", version, maxsplit=1)[0]) == major:
                return Installation(bindir=bindir, version=version)
    package = f"postgresql-{major}" if servers else f"postgresql-client-{major}"
    raise BackupError(
        f"PostgreSQL {major} is wanted here, and this machine has no {'server' * servers}"
        f"{'programs' * (not servers)} of that version.",
        hint=f"Install it (Debian: {package}), or set PG_BINDIR to the folder with its pg_dump.",
    )


def _candidates(major: int, environ: Mapping[str, str]) -> Iterator[Path]:
    if named := environ.get("PG_BINDIR"):
        yield Path(named).expanduser().absolute()
    yield from (Path(place.format(major)) for place in _PLACES)
    yield from (Path(place) for place in os.get_exec_path() if Path(place).is_absolute())
    with suppress(ServerError):
        yield find_installation({}).bindir


@lru_cache(maxsize=32)
def _version_of(program: Path) -> str | None:
    with suppress(OSError):
        done = subprocess.run([program, "--version"], capture_output=True, check=False)
        if found := _VERSION.search(done.stdout.decode(errors="replace")):
            return found[1]
    return None


def libpq_environ(url: str, project: Project) -> dict[str, str]:
    """The variables with which a program connects to where the URL points.

    Raises:
        ConfigError: libpq can't read the URL.
    """
    settings = conninfo_to_dict(libpq_settings(url, project.environ, "sqlwright backup"))
    variables = {
        option.keyword.decode(): option.envvar.decode()
        for option in pq.Conninfo.get_defaults()
        if option.envvar
    }
    home = {name: project.environ[name] for name in _HOME_OF if name in project.environ}
    given = {variables[key]: str(value) for key, value in settings.items() if key in variables}
    return {**program_environ(), **home, **given}


def run_tool(
    program: Path,
    arguments: Sequence[str | Path],
    *,
    environ: Mapping[str, str] | None = None,
    heard: Callable[[str], object] = lambda _: None,
    account: Account | None = None,
) -> None:
    """Runs a program to its end, and ends it with us; `heard` is told each line that it prints.

    Raises:
        BackupError: it failed; the reason is the program's own.
    """
    telling: list[str] = []
    last = ""
    with subprocess.Popen(
        [program, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=dict(environ or program_environ()),
        cwd="/",
        start_new_session=True,  # Ctrl-C reaches us alone, and we end it
        **(run_as(account) if account else {}),
    ) as process:
        try:
            assert process.stdout is not None
            for line in _lines(process.stdout):
                last = line or last
                if (match := _TELLING.match(line)) and not match[1].startswith(_NOT_TELLING):
                    telling.append(match[1].strip())
                heard(line)
            code = process.wait()
        except BaseException:
            _end(process)
            raise
    if code:
        ended = f"ended by {signal.Signals(-code).name}" if code < 0 else last or f"code {code}"
        raise _failure(program.name, "; ".join(dict.fromkeys(telling[:3])) or ended)


def _lines(output: IO[bytes]) -> Iterator[str]:
    """Lines, also those that a terminal would overwrite."""
    for line in output:
        for part in re.split(r"[\r\n]+", line.decode(errors="replace")):
            if part.strip():
                yield part.strip()


def _end(process: subprocess.Popen[bytes]) -> None:
    for how in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, how)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_PATIENCE)
            return


def _failure(program: str, reason: str) -> BackupError:
    hint = next((hint for mark, hint in _HINTS if mark in reason), None)
    return BackupError(
        f"{program} failed: {reason.rstrip('.')}.",
        hint=hint or "Mend that and run the command again; nothing of it is left.",
    )
