"""Migration files, read strictly: yoyo's format, and an error for whatever yoyo would ignore.

A source is a folder of `<id>.sql` files with `<id>.rollback.sql` beside each; a project's
migrations are one source, or a folder of them, one a schema. Directives are yoyo's
`-- depends: id id` and `-- transactional: false`, in the comment lines before the first statement.
A rollback file whose first line is `-- irreversible: why` says that there is no way back.
"""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlwright.config import Project
from sqlwright.errors import SourceError
from sqlwright.migrations.directives import read_directives, refuse_directives

__all__ = [
    "Migration",
    "check_depends",
    "find_sources",
    "locate",
    "read_project",
    "read_sources",
]

_PACKAGE = re.compile(r"^package:(?P<module>[\w.]+):(?P<folder>.*)$")
_LOCKS = re.compile(r"^-- Locks:\s*(.+?)\s*$", re.MULTILINE)
_IRREVERSIBLE = re.compile(r"^--\s*irreversible\s*:\s*(.+)")


@dataclass(frozen=True, kw_only=True)
class Migration:
    """One migration file, and the rollback file beside it if there is one."""

    id: str
    schema: str
    path: Path
    text: str
    rollback_path: Path
    rollback_text: str | None
    depends: frozenset[str]
    transactional: bool

    @property
    def hash(self) -> str:
        """The key of yoyo's tables: SHA-256 of the id."""
        return hashlib.sha256(self.id.encode()).hexdigest()

    @cached_property
    def checksum(self) -> str:
        """SHA-256 of the file's text; line endings and blanks at its end don't count."""
        return hashlib.sha256(f"{self.text.rstrip()}\n".encode()).hexdigest()

    @property
    def is_merge(self) -> bool:
        """Whether it depends on several migrations, which to join may be all that it does."""
        return len(self.depends) > 1

    @property
    def irreversible(self) -> str | None:
        """Why there is no way back, if the rollback file says so."""
        found = _IRREVERSIBLE.match(self.rollback_text or "")
        return found[1] if found else None

    @property
    def title(self) -> str:
        """The sentence of the first line, which says why the migration exists."""
        first = self.text.partition("\n")[0]
        return first.removeprefix("--").strip() if first.startswith("--") else ""

    @property
    def locks(self) -> list[str]:
        """What the lines `-- Locks:` of the header say."""
        return _LOCKS.findall(self.text)


def read_project(project: Project, *, whole: bool = True) -> list[Migration]:
    """Every migration of the project, in the order of its sources.

    Args:
        project: Whose migrations.
        whole: Whether each file must be there that another depends on; else the caller asks the
            database whether it knows those that are not, and then calls `check_depends`.

    Raises:
        SourceError: a folder is missing, or a file is wrong in itself or against the others.
    """
    return read_sources(find_sources(project), whole=whole)


def find_sources(project: Project) -> list[Path]:
    """The folders that hold the project's migrations, sorted, `common` first."""
    folder = locate(project)
    if not _is_folder(folder):
        raise SourceError(
            f"{folder}: there is no such folder of migrations.",
            hint='Make it, or say where it is: migrations = "…" in [tool.sqlwright].',
        )
    listed = _listed(folder)
    inner = [path for path in listed if not path.name.startswith(".") and _is_folder(path)]
    sources = sorted(inner, key=lambda path: (path.name != "common", path.name))
    files = [path for path in listed if path not in inner and path.name != "__init__.py"]
    return [folder, *sources] if any(_is_migration(path) for path in files) else sources


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError as error:
        raise SourceError(
            f"{path} can't be read: {error.strerror}.", hint="Check the folder's permissions."
        ) from None


def locate(project: Project) -> Path:
    """The folder of the project's migrations, which may not be there yet.

    Raises:
        SourceError: it is of a package that is not installed.
    """
    match = _PACKAGE.match(project.migrations)
    if match is None:
        return project.root / project.migrations
    try:
        spec = importlib.util.find_spec(match["module"])
    except (ImportError, ValueError):
        spec = None
    if spec is None or not spec.submodule_search_locations:
        raise SourceError(
            f"{project.migrations}: there is no package {match['module']!r}.",
            hint='Install it in this environment, or mend migrations = "…" in [tool.sqlwright].',
        )
    return Path(spec.submodule_search_locations[0]) / match["folder"]


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise SourceError(
            f"{folder} can't be read: {error.strerror}.", hint="Check the folder's permissions."
        ) from None


def read_sources(folders: Iterable[Path], *, whole: bool = True) -> list[Migration]:
    """Every migration of the folders, checked one by one and against each other."""
    found: dict[str, Migration] = {}
    for folder in folders:
        for path in filter(_is_migration, _listed(folder)):
            migration = _read(path, schema=folder.name)
            if (other := found.get(migration.id)) is not None:
                raise SourceError(
                    f"{migration.id} names two files: {other.path} and {path}.",
                    hint="An id is a file's name in any folder: rename the newer file.",
                )
            found[migration.id] = migration
    if whole:
        check_depends(list(found.values()))
    return list(found.values())


def _is_migration(path: Path) -> bool:
    if path.suffix == ".py":
        raise SourceError(
            f"{path} is a Python migration, which can't be reviewed as SQL.",
            hint="Write it as a .sql file, or move it out of the folder of migrations.",
        )
    if path.suffix.lower() == ".sql" and path.suffix != ".sql":
        raise SourceError(
            f"{path} ends in {path.suffix}, which yoyo would pass by.",
            hint=f"Rename it to {path.with_suffix('.sql').name}.",
        )
    if path.suffix != ".sql" or path.name.endswith(".rollback.sql"):
        return False
    if path.name.startswith("_tmp_yoyonew"):  # what `yoyo new` leaves when it is interrupted
        return False
    if path.name.startswith("post-apply"):
        raise SourceError(
            f"{path} is a post-apply hook, which runs again after every apply and has no history.",
            hint="Make it a migration, or run it by hand.",
        )
    return True


def _read(path: Path, *, schema: str) -> Migration:
    if not path.stem.isprintable():
        raise SourceError(
            f"{str(path)!r} holds a character that can't be printed in its name.",
            hint="Rename the file: its name is the migration's id.",
        )
    text = _text(path)
    directives = read_directives(path, text)
    rollback_path = path.with_suffix(".rollback.sql")
    rollback_text = _text(rollback_path) if rollback_path.exists() else None
    if rollback_text is not None:
        refuse_directives(rollback_path, rollback_text)
    return Migration(
        id=path.stem,
        schema=schema,
        path=path,
        text=text,
        rollback_path=rollback_path,
        rollback_text=rollback_text,
        depends=frozenset(directives.get("depends", "").split()),
        transactional=directives.get("transactional", "true").lower() == "true",
    )


def _text(path: Path) -> str:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SourceError(
            f"{path} can't be read: {error.strerror}.", hint="Check the file's permissions."
        ) from None
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{path}: byte {error.start} is not UTF-8.", hint="Save the file as UTF-8."
        ) from None
    if text.startswith("\ufeff") or "\0" in text:
        what = (
            "a NUL byte" if "\0" in text else "a byte order mark, behind which directives are lost"
        )
        raise SourceError(f"{path} holds {what}.", hint="Save the file as plain UTF-8.")
    return text


def check_depends(migrations: Sequence[Migration], applied: Collection[str] = ()) -> None:
    """Refuses a migration that depends on what is neither a file nor applied.

    Raises:
        SourceError: the file, and the nearest id.
    """
    known = {*(migration.id for migration in migrations), *applied}
    for migration in migrations:
        for wanted in sorted(migration.depends - known):
            near = difflib.get_close_matches(wanted, sorted(known), n=1)
            raise SourceError(
                f"{migration.path} depends on {wanted}, which no file is named.",
                hint=f"Did you mean {near[0]}?"
                if near
                else "Write the id of an existing migration.",
            )
