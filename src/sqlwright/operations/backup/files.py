"""The files of a backup: measured when it is made, held to that before it is restored."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sqlwright.errors import BackupError
from sqlwright.operations.backup.manifest import MANIFEST, File, Kind, Manifest
from sqlwright.operations.backup.tools import find_tools, run_tool

__all__ = [
    "DATA",
    "DATA_MANIFEST",
    "Step",
    "check_files",
    "check_sizes",
    "counting_tables",
    "measure",
    "size_of",
]

# What is at work, its number from 1, and of how many.
Step = Callable[[str, int, int], object]

DATA = "data"  # folder of a physical backup
DATA_MANIFEST = f"{DATA}/backup_manifest"
_AGAIN = "Do not trust this backup: restore another one, and take a new one."


def measure(folder: Path, *, step: Step) -> dict[str, File]:
    """Size and sha256 of each file below, but those that PostgreSQL's own manifest answers for."""
    listed = _listed(folder)
    names = [name for name in _names(folder) if name not in listed]
    found = {}
    for number, name in enumerate(names, start=1):
        step(f"checksum of {name}", number, len(names))
        path = folder / name
        found[name] = File(size=path.stat().st_size, sha256=_sha256(path))
    return found


def size_of(folder: Path) -> int:
    """Bytes in all files below."""
    return sum((folder / name).lstat().st_size for name in _names(folder))


def check_sizes(folder: Path, manifest: Manifest) -> None:
    """Whether every file is there, at its size, and none besides: what can be told at a glance.

    Raises:
        BackupError: the first that is not.
    """
    there = set(_names(folder)) - {MANIFEST}
    ours = {name: file.size for name, file in manifest.files.items()}
    if manifest.kind is not Kind.LOGICAL and DATA_MANIFEST in ours and DATA_MANIFEST in there:
        ours |= _listed(folder)
    for name in sorted(ours.keys() - there):
        raise BackupError(f"{folder / name} is missing.", hint=_AGAIN)
    for name in sorted(there - ours.keys()):
        raise BackupError(
            f"{folder / name} does not belong to the backup.",
            hint="Find out who put it there; without it the backup can be restored.",
        )
    for name, size in ours.items():
        if (actual := (folder / name).lstat().st_size) != size:
            raise BackupError(
                f"{folder / name} has {actual:,} bytes, and was written with {size:,}.",
                hint=_AGAIN,
            )


def check_files(
    folder: Path, manifest: Manifest, *, step: Step, environ: Mapping[str, str]
) -> None:
    """Whether every byte is as it was written.

    Raises:
        BackupError: the first file that is not.
    """
    if folder.name != manifest.name:
        raise BackupError(
            f"{folder} holds the backup {manifest.name}.", hint="Give it its name again."
        )
    check_sizes(folder, manifest)
    for number, (name, file) in enumerate(manifest.files.items(), start=1):
        step(f"verifying {name}", number, len(manifest.files))
        if _sha256(folder / name) != file.sha256:
            raise BackupError(f"{folder / name} is not as it was written.", hint=_AGAIN)
    if manifest.kind is not Kind.LOGICAL:
        step(f"verifying {DATA}", 1, 1)
        tools = find_tools(manifest.major, environ)
        run_tool(tools.bindir / "pg_verifybackup", ["--exit-on-error", "--quiet", folder / DATA])


def _listed(folder: Path) -> dict[str, int]:
    """The files of the data folder that PostgreSQL's manifest lists, and their sizes."""
    file = folder / DATA_MANIFEST
    if not file.is_file():
        return {}
    try:
        files = json.loads(file.read_text(encoding="utf-8"))["Files"]
        sizes = {_path(one): one["Size"] for one in files}
        return {f"{DATA}/{name}": size for name, size in sizes.items() if name[:7] != "pg_wal/"}
    except (ValueError, KeyError):
        raise BackupError(f"{file} is not as it was written.", hint=_AGAIN) from None


def _path(listed: dict[str, Any]) -> str:
    """The name of a file, which PostgreSQL writes in hexadecimal where it is no UTF-8."""
    name = listed.get("Path")
    return name if name is not None else os.fsdecode(bytes.fromhex(listed["Encoded-Path"]))


def _names(folder: Path) -> Iterator[str]:
    """Every file below, by its way from the folder, sorted; a link is a file."""
    for place, folders, files in os.walk(folder):
        folders.sort()
        links = [name for name in folders if Path(place, name).is_symlink()]
        for name in sorted([*files, *links]):
            yield str(Path(place, name).relative_to(folder))


def _sha256(path: Path) -> str:
    if path.is_symlink():
        raise BackupError(f"{path} is a link, not the file that was written.", hint=_AGAIN)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise BackupError(
            f"{path} can't be read: {error.strerror}.", hint="Check its owner, mode and disk."
        ) from None


def counting_tables(
    step: Step, doing: str, table: re.Pattern[str], tables: int
) -> Callable[[str], None]:
    """Steps on with each line of a program that names a table, by the first group of `table`."""
    number = 0

    def heard(line: str) -> None:
        nonlocal number
        if match := table.search(line):
            number += 1
            step(f"{doing} {match[1]}", number, max(tables, number))

    return heard
