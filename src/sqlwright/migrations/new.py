"""Writes the two files of a new migration: the next number, and the header that is wanted.

A file that is there is never overwritten. What `apply` refuses until it is written says TODO.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlwright.config import Project
from sqlwright.errors import SourceError
from sqlwright.migrations.directives import looks_like_one
from sqlwright.migrations.order import heads
from sqlwright.migrations.plan import find
from sqlwright.migrations.source import Migration, locate, read_project

__all__ = [
    "Written",
    "check_name",
    "folder_of",
    "newest",
    "next_id",
    "read_known",
    "wrap_header",
    "write_files",
    "write_new",
]

_WORDS = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
_LONGEST = 200  # bytes of a file's name, with room for .rollback.sql below 255
_NUMBER = re.compile(r"\D*(\d+)")
_TODO = "TODO: say in one sentence why this migration exists."
_LOCKS = "-- Locks: TODO: which lock on what, for how long, and whether a table is rewritten."
_ROLLBACK = "-- Write here what undoes {id}, in reverse order, or: irreversible: why\n"


@dataclass(frozen=True, kw_only=True)
class Written:
    """The files of a new migration, and what it depends on."""

    id: str
    schema: str
    path: Path
    rollback_path: Path
    depends: tuple[str, ...]
    is_first: bool  # of its schema, whose folder may be new


def write_new(
    project: Project,
    name: str,
    *,
    schema: str | None = None,
    depends: Sequence[str] = (),
    why: str | None = None,
    transactional: bool = True,
) -> Written:
    """Writes the files of a migration of that name; needs no database.

    Args:
        project: Whose migrations.
        name: The words of the id: `orders`, `order_totals`.
        schema: Which folder; may be left out where there is one alone.
        depends: What it builds on; else the newest migration of its schema.
        why: The sentence of the first line; else one that is still to be written.
        transactional: Whether its statements run in a transaction.

    Raises:
        SourceError: the name, the schema, an id or the sentence won't do, or two heads bear the
            same number.
    """
    known = read_known(project)
    schema = _schema(schema, known)
    check_name(name)
    if any(map(looks_like_one, wrap_header(why or _TODO, ()).split("\n"))):
        raise SourceError(f"{why!r} would be taken for a directive.", hint="Word it otherwise.")
    on = tuple(find(one, known).id for one in dict.fromkeys(depends)) or newest(schema, known)
    new_id = next_id(schema, name, known)
    return write_files(
        project,
        known,
        new_id=new_id,
        schema=schema,
        depends=on,
        text=wrap_header(why or _TODO, on, transactional=transactional),
        rollback=_ROLLBACK.format(id=new_id),
    )


def read_known(project: Project) -> list[Migration]:
    """The project's migrations; none where their folder is still to be made."""
    return read_project(project) if locate(project).exists() else []


def _schema(wanted: str | None, known: Sequence[Migration]) -> str:
    names = list(dict.fromkeys(migration.schema for migration in known))
    if wanted is None and len(names) == 1:
        return names[0]
    if wanted is None:
        raise SourceError(
            f"There are several schemas: {', '.join(names)}."
            if names
            else "There is no schema yet.",
            hint="Say which it is for: --schema NAME",
        )
    if wanted not in names and not _WORDS.fullmatch(wanted):
        raise SourceError(
            f"{wanted!r} can't be the name of a schema's folder.", hint=_spelling(wanted)
        )
    return wanted


def check_name(name: str) -> None:
    """Refuses what can't be part of an id.

    Raises:
        SourceError: how it is better spelt.
    """
    if not _WORDS.fullmatch(name):
        raise SourceError(f"{name!r} can't be part of an id.", hint=_spelling(name))


def _spelling(name: str) -> str:
    better = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    said = "Write lower-case letters, digits and single underscores"
    return f"{said}: {better}" if better else f"{said}."


def newest(schema: str, known: Sequence[Migration]) -> tuple[str, ...]:
    """The newest of the schema's heads, unless two branches met and nobody has joined them.

    Raises:
        SourceError: there are two of the same number.
    """
    own = [migration for migration in heads(known) if migration.schema == schema]
    numbers = [_number(migration) for migration in own]
    twins = [one.id for one in own if numbers.count(_number(one)) > 1]
    if twins:
        raise SourceError(
            f"{schema} has several heads that were written side by side: {', '.join(twins)}.",
            hint=f"Join them: sqlwright merge {' '.join(twins)}; or say --depends ID.",
        )
    return (max(own, key=_number).id,) if own else ()


def _number(migration: Migration) -> int:
    return int(_split(migration)[1] or 0)


def _split(migration: Migration) -> tuple[str, str]:
    """What stands before the number of an id, and the number's digits; none if it has none."""
    own = f"{migration.schema}_"
    start = len(own) if migration.id.startswith(own) else 0  # a schema's name may hold digits
    found = _NUMBER.match(migration.id, start)
    return (migration.id[: found.start(1)], found[1]) if found else ("", "")


def next_id(schema: str, name: str, known: Sequence[Migration]) -> str:
    """The id with the number after the schema's highest, in the form that its ids have.

    Raises:
        SourceError: it would be too long for a file's name.
    """
    own = [migration for migration in known if migration.schema == schema]
    before, digits = _split(max(own, key=_number)) if own else ("", "")
    number = str(int(digits) + 1).zfill(len(digits)) if digits else "0001"
    new = f"{before if digits else f'{schema}_'}{number}_{name}"
    if len(new.encode()) > _LONGEST:
        raise SourceError(
            f"{new} has {len(new.encode())} bytes, too many for an id.",
            hint=f"Choose a name that leaves it at {_LONGEST}.",
        )
    return new


def wrap_header(
    why: str, depends: Sequence[str], *, transactional: bool = True, locks: Sequence[str] = ()
) -> str:
    """The leading comment: the sentence, the locks where they matter, and the directives."""
    sentence = " ".join(why.split())
    sentence += "" if sentence.endswith((".", "。")) else "."
    lines = [f"-- {line}" for line in _wrap(sentence, 95)]
    lines += locks or ([] if transactional else [_LOCKS])
    lines += [f"-- depends: {line}" for line in _wrap(" ".join(depends), 86)]
    lines += [] if transactional else ["-- transactional: false"]
    return "\n".join([*lines, "", ""])


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)


def write_files(
    project: Project,
    known: Sequence[Migration],
    *,
    new_id: str,
    schema: str,
    depends: Sequence[str],
    text: str,
    rollback: str,
) -> Written:
    """Writes both files or neither.

    Args:
        project: Whose migrations.
        known: Those that are there.
        new_id: The id, which names the files.
        schema: Its folder.
        depends: What the text says that it depends on.
        text: The migration.
        rollback: The rollback file.

    Raises:
        SourceError: one is there already, or can't be written.
    """
    folder = folder_of(project, schema, known)
    written = Written(
        id=new_id,
        schema=schema,
        path=folder / f"{new_id}.sql",
        rollback_path=folder / f"{new_id}.rollback.sql",
        depends=tuple(depends),
        is_first=all(migration.schema != schema for migration in known),
    )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _create(written.rollback_path, rollback)
        try:
            _create(written.path, text)
        except OSError:
            written.rollback_path.unlink()
            raise
    except FileExistsError as error:
        raise SourceError(
            f"{error.filename} is there already.", hint="Choose another name, or take it away."
        ) from None
    except OSError as error:
        raise SourceError(
            f"{error.filename} can't be written: {error.strerror}.",
            hint="Check the folder's permissions.",
        ) from None
    return written


def folder_of(project: Project, schema: str, known: Sequence[Migration]) -> Path:
    """Where the schema's migrations are, or a new one of its name."""
    there = [migration.path.parent for migration in known if migration.schema == schema]
    return there[0] if there else locate(project) / schema


def _create(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
