"""What a backup says of itself: manifest.json, which carries the checksum of its own text.

    {"format": 1, "name": "20261122T030000Z-logical", "kind": "logical", "database": "shop", …,
     "files": {"dump/toc.dat": {"size": 6214, "sha256": "…"}, …}, "checksum": "…"}

`files` are all that there are, but of a physical backup those that PostgreSQL's own manifest lists:
`data/backup_manifest` is among `files`, and has the sha256 of the others.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlwright.errors import BackupError

__all__ = [
    "MANIFEST",
    "File",
    "Kind",
    "Manifest",
    "Migrated",
    "Rows",
    "read_manifest",
    "write_manifest",
]

MANIFEST = "manifest.json"
_FORMAT = 1
_TIMES = ("started_at", "finished_at", "as_of")


class Kind(StrEnum):
    """`logical`: rows and definitions. `physical`: a data folder; `incremental`: what changed."""

    LOGICAL = "logical"
    PHYSICAL = "physical"
    INCREMENTAL = "incremental"


@dataclass(frozen=True, kw_only=True)
class File:
    """One file of a backup; `size` in bytes."""

    size: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Migrated:
    """A migration that the database had; no checksum where plain yoyo applied it."""

    id: str
    schema: str
    checksum: str | None


@dataclass(frozen=True, kw_only=True)
class Rows:
    """How many rows a table has, and the sum of their hashes, whatever their order."""

    rows: int
    hash: str


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a backup is of, when it is from, and what it holds.

    Attributes:
        version: Of the server, as it says it.
        system: The server's own identifier, which its data folder bears.
        as_of: What was committed by then is in it, and nothing later.
        lsn: Where the write-ahead log was then; `start_lsn` where a restore begins to read it.
        next_xid: The transaction that had not begun by then.
        superuser: The role that the data folder was made with.
        parent: Name of the backup that an incremental one builds on.
        creation: What the database was made with, who owns it, and who may do what in it.
        roles: Those that own or may do something in the database, and whether they may log in.
        tables: Of a logical backup, by qualified and quoted name, from the dump's own snapshot.
        sequences: How far each has come, counted upwards.
    """

    name: str
    kind: Kind
    database: str
    version: str
    system: str
    started_at: datetime
    finished_at: datetime
    as_of: datetime
    timeline: int
    start_lsn: str
    lsn: str
    wal_segment_size: int
    next_xid: int
    superuser: str
    migrations: tuple[Migrated, ...]
    parent: str | None = None
    creation: Mapping[str, Any] | None = None
    roles: Mapping[str, bool] = field(default_factory=dict)
    tables: Mapping[str, Rows] = field(default_factory=dict)
    sequences: Mapping[str, int | None] = field(default_factory=dict)
    large_objects: Rows | None = None
    files: Mapping[str, File] = field(default_factory=dict)
    size: int = 0

    @property
    def major(self) -> int:
        """The major version of the server."""
        return int(re.split(r"\D", self.version, maxsplit=1)[0])

    @property
    def heads(self) -> dict[str, str]:
        """The newest migration of each schema."""
        return {one.schema: one.id for one in self.migrations}

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.finished_at - self.started_at).total_seconds()


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Writes it so that it outlasts a power cut."""
    document = {"format": _FORMAT, **asdict(manifest)}
    document["checksum"] = _checksum(document)
    with (folder / MANIFEST).open("x", encoding="utf-8") as file:
        file.write(_text(document) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _text(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def _checksum(document: Mapping[str, Any]) -> str:
    return hashlib.sha256(_text(document).encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """What the backup in this folder says of itself.

    Raises:
        BackupError: there is no manifest, or it is not as it was written.
    """
    file = folder / MANIFEST
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
        checksum = document.pop("checksum")
    except FileNotFoundError:
        raise BackupError(
            f"{folder} is no backup: it has no {MANIFEST}.",
            hint="sqlwright backup --list shows what there is.",
        ) from None
    except OSError as error:
        raise BackupError(
            f"{file} can't be read: {error.strerror}.", hint="Check its owner and its mode."
        ) from None
    except (ValueError, KeyError, AttributeError, TypeError):
        raise _changed(file) from None
    if checksum != _checksum(document):
        raise _changed(file)
    if document.pop("format") != _FORMAT:
        raise BackupError(
            f"{file} was written by a newer sqlwright.", hint="Restore it with that version."
        )
    return _manifest(document)


def _changed(file: Path) -> BackupError:
    return BackupError(
        f"{file} is not as it was written.", hint="Do not trust this backup: take another one."
    )


def _manifest(document: dict[str, Any]) -> Manifest:
    objects = document["large_objects"]
    return Manifest(
        **{
            **document,
            **{name: datetime.fromisoformat(document[name]) for name in _TIMES},
            "kind": Kind(document["kind"]),
            "migrations": tuple(Migrated(**one) for one in document["migrations"]),
            "tables": {name: Rows(**one) for name, one in document["tables"].items()},
            "large_objects": Rows(**objects) if objects else None,
            "files": {name: File(**one) for name, one in document["files"].items()},
        }
    )
