"""The project: its folder, its settings and its environment, read once into one frozen value.

A project is a folder with `sqlwright.toml`, or with `[tool.sqlwright]` in its pyproject.toml:

    [tool.sqlwright]
    name = "shop"                   # of the database and its roles; else the project's own
    migrations = "migrations"       # a folder, or "package:module:folder"
    queries = "sql"
    package = "shop_queries"
    backups = "backups"             # where backups are written

    [tool.sqlwright.hooks]
    seed = ["shop.seed:seed"]       # functions of the project's, called by name

Which database: a URL that the caller gives, else `DATABASE_URL` (also from `.env`), else libpq's
own variables if they name a server (`PGHOST`, `PGHOSTADDR`, `PGSERVICE`), else the embedded server.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlwright.errors import ConfigError
from sqlwright.urls import normalise

__all__ = ["Project", "load_project", "read_env_file"]

_TEXTS = ("name", "migrations", "queries", "package", "backups")
_SETTINGS = (*_TEXTS, "hooks")
_HOOKS = ("seed", "fill", "cleanup", "rotate", "health")
_HOOK = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*:[^\W\d]\w*")
_LIBPQ_SERVER = ("PGHOST", "PGHOSTADDR", "PGSERVICE")
_ENV_LINE = re.compile(
    r"""^\s*(?:export\s+)?(?P<key>[A-Za-z_]\w*)\s*=\s*
    (?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>[^']*)'|(?P<bare>(?:[^\#'"]|(?<!\s)\#)*))
    \s*(?:(?<=\s)\#.*)?$""",
    re.VERBOSE,
)
# As a shell has it, and the three that other readers of .env files know; else a backslash is one.
_ESCAPE = re.compile(r"\\([\\\"$`nrt])")
_MEANS = {"n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, kw_only=True)
class Project:
    """Where things are and which database is meant; `url` is None for the embedded server.

    `hooks` are lists of `module:function` by the name of what calls them.
    """

    root: Path
    name: str
    migrations: str = "migrations"
    queries: str = "sql"
    package: str | None = None
    backups: str = "backups"
    hooks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    url: str | None = field(default=None, repr=False)
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)


def load_project(
    *,
    database: str | None = None,
    start: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Project:
    """The project that `start` (the working directory) lies in.

    A folder without settings is a project of its own, with the defaults.

    Raises:
        ConfigError: a settings file can't be read, or says what no setting means.
    """
    if database is not None and not database.strip():
        raise ConfigError(
            "The URL that was given is empty.",
            hint="Name a database, or give no URL at all: then DATABASE_URL counts.",
        )
    here = (start or Path.cwd()).resolve()
    root, settings, fallback = _find_settings(here)
    process = os.environ if environ is None else environ
    merged = {**read_env_file(root / ".env"), **process}
    url = database or merged.get("DATABASE_URL")
    return Project(
        root=root,
        name=_identifier(settings.pop("name", fallback)),
        url=normalise(url) if url else _libpq_url(merged),
        environ=merged,
        **settings,
    )


def _find_settings(here: Path) -> tuple[Path, dict[str, Any], str]:
    """The nearest folder with settings, the settings, and the name to use if they give none."""
    for folder in (here, *here.parents):
        if _is_there(file := folder / "sqlwright.toml"):
            return folder, _checked(_read_toml(file), file), folder.name
        if _is_there(file := folder / "pyproject.toml"):
            document = _read_toml(file)
            settings = _table(document, "tool").get("sqlwright")
            if settings is not None:
                name = _table(document, "project").get("name", folder.name)
                return folder, _checked(settings, file), str(name)
    return here, {}, here.name


def _is_there(file: Path) -> bool:
    """Whether there is such a file; none is seen in a folder that can't be entered."""
    try:
        return file.exists()
    except PermissionError:
        return False


def _table(document: dict[str, Any], key: str) -> dict[str, Any]:
    """A table of somebody else's, which may be anything."""
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"{file} can't be read: {error.strerror}.", hint="Check the file's permissions."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not valid TOML: {error}.", hint="Mend the file.") from None


def _checked(settings: Any, file: Path) -> dict[str, Any]:
    if not isinstance(settings, dict):
        raise ConfigError(
            f"{file}: tool.sqlwright is {settings!r}, but must be a table.",
            hint="Write [tool.sqlwright], and each setting on a line of its own.",
        )
    for key, value in settings.items():
        _refuse_unknown(file, "setting", key, _SETTINGS)
        if key in _TEXTS and (not isinstance(value, str) or not value):
            raise ConfigError(
                f"{file}: {key} is {value!r}, but must be a text.", hint=f'Write {key} = "…".'
            )
    return {**settings, "hooks": _checked_hooks(settings.get("hooks", {}), file)}


def _checked_hooks(hooks: Any, file: Path) -> dict[str, tuple[str, ...]]:
    if not isinstance(hooks, dict):
        raise ConfigError(
            f"{file}: hooks is {hooks!r}, but must be a table.",
            hint='Write a line for each hook in a table of its own: seed = ["module:function"].',
        )
    for key, value in hooks.items():
        _refuse_unknown(file, "hook", key, _HOOKS)
        written = value if isinstance(value, list) else [None]
        if not all(isinstance(one, str) and _HOOK.fullmatch(one) for one in written):
            raise ConfigError(
                f"{file}: the hook {key} is {value!r}, but must be a list of module:function.",
                hint=f'Write {key} = ["package.module:function"].',
            )
    return {key: tuple(value) for key, value in hooks.items()}


def _refuse_unknown(file: Path, what: str, key: str, known: tuple[str, ...]) -> None:
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1)
        meant = f"Did you mean {near[0]!r}?" if near else f"Known: {', '.join(known)}."
        raise ConfigError(f"{file}: there is no {what} {key!r}.", hint=meant)


def _identifier(name: str) -> str:
    """A name that a database and its roles can bear: lower case, at most 48 bytes."""
    return re.sub(r"\W+", "_", name.lower(), flags=re.ASCII).strip("_")[:48] or "app"


def _libpq_url(environ: Mapping[str, str]) -> str | None:
    """An empty URL, which libpq fills from its variables, if these name a server."""
    return "postgresql://" if any(environ.get(name) for name in _LIBPQ_SERVER) else None


def read_env_file(file: Path) -> dict[str, str]:
    """The variables of a `.env` file; none if there is no such file.

    Raises:
        ConfigError: the file can't be read, or a line is no assignment. The line's text is not
            repeated: it may hold a password.
    """
    if not file.is_file():  # a virtual environment may bear the name
        return {}
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"{file} can't be read: {error}.", hint="Check its permissions, and that it is UTF-8."
        ) from None
    variables = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _ENV_LINE.match(line)
        if match is None:
            raise ConfigError(
                f"{file}, line {number} is not an assignment.",
                hint="Write NAME=value, and quote a value that holds spaces, quotes or #.",
            )
        variables[match["key"]] = _value(match)
    return variables


def _value(match: re.Match[str]) -> str:
    if match["double"] is not None:
        return _ESCAPE.sub(lambda found: _MEANS.get(found[1], found[1]), match["double"])
    return match["single"] if match["single"] is not None else match["bare"].strip()
