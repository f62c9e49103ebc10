"""The keys that seed rows are encrypted with: the project's, or one that nobody keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlwright.config import Project
from sqlwright.secrets import Keyring, new_key

__all__ = ["keyring"]

_VARIABLES = ("SQLWRIGHT_SECRET_KEYS", "SQLWRIGHT_SECRET_KEYS_FILE")


class _Passing(Keyring):
    """Has a key from when one is first wanted, so that most seeds need no cryptography at all."""

    def __init__(self) -> None:
        """Makes nothing yet."""

    def __getattr__(self, name: str) -> Any:
        """Makes the key when something of it is missing, and hence all of it."""
        if name.startswith("__") or vars(self):
            raise AttributeError(name)
        super().__init__([new_key()])
        return getattr(self, name)


@contextmanager
def keyring(project: Project, talk: Callable[[str], object]) -> Iterator[Keyring]:
    """The project's keys; where it has none, one for this block, and `talk` is told if it was used.

    Raises:
        SecretError: both variables are set, or a key is none.
    """
    if any(project.environ.get(name, "").strip() for name in _VARIABLES):
        yield Keyring.from_environ(project.environ)
        return
    keys = _Passing()
    yield keys
    if vars(keys):
        talk(f"{_VARIABLES[0]} is not set: what is encrypted in these rows can't be read again.")
