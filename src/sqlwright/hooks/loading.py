"""Finds the functions that a project's settings name.

    [tool.sqlwright.hooks]
    seed = ["shop.seed:seed"]       # module:function, as Python imports it

The project's folder, and `src` in it, can be imported from, behind what is installed.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from sqlwright.config import Project
from sqlwright.errors import ConfigError

__all__ = ["load_hooks"]


def load_hooks(project: Project, name: str, *, wanted: bool = False) -> list[Callable[..., Any]]:
    """The functions of one hook, in the order of the settings.

    Args:
        project: Whose settings.
        name: Of the hook.
        wanted: Whether there must be one.

    Raises:
        ConfigError: a module or a function is not there, or is not what it should be.
    """
    written = project.hooks.get(name, ())
    if wanted and not written:
        raise ConfigError(
            f"The project has no {name} hook.",
            hint=f'Write {name} = ["package.module:function"] in [tool.sqlwright.hooks].',
        )
    for folder in (project.root, project.root / "src"):
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
    return [_load(name, one) for one in written]


def _load(name: str, written: str) -> Callable[..., Any]:
    module_name, _, attribute = written.partition(":")
    module = _import(name, written, module_name)
    found = getattr(module, attribute, None)
    if found is None:
        near = difflib.get_close_matches(attribute, vars(module), n=1)
        raise ConfigError(
            f"The {name} hook {written} names a function that {module.__file__} does not have.",
            hint=f"Did you mean {near[0]}?" if near else f"Define {attribute} there.",
        )
    if not callable(found):
        raise ConfigError(
            f"The {name} hook {written} is no function, but {found!r}.",
            hint="Name a function of the module.",
        )
    function: Callable[..., Any] = found
    return function


def _import(name: str, written: str, module_name: str) -> ModuleType:
    try:
        return import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise _broken(name, written, error) from error
        raise ConfigError(
            f"The {name} hook {written} names a module that is not there: {error.name}.",
            hint="Mend the name in [tool.sqlwright.hooks], or install the package here.",
        ) from None
    except (ImportError, SyntaxError) as error:
        raise _broken(name, written, error) from error


def _broken(name: str, written: str, error: Exception) -> ConfigError:
    """The module is there, and what it says or imports is wrong."""
    return ConfigError(
        f"The {name} hook {written} can't be imported: {error}.",
        hint="Mend the module, or install what it imports.",
    )
