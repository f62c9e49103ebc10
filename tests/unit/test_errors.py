"""Errors: a sentence and a hint, in one tree."""

import re

import pytest

from sqlwright import errors
from sqlwright.errors import SqlwrightError


def _drawn():
    """The tree that the module's docstring draws: each error's parent by its name."""
    parents, path = {}, []
    for branches, name in re.findall(r"^    ([ │├└─]*)(\w+Error)\b", errors.__doc__, re.MULTILINE):
        path[len(branches) // 4 :] = [name]
        parents[name] = path[-2] if len(path) > 1 else "Exception"
    return parents


@pytest.mark.parametrize(("name", "parent"), _drawn().items())
def test_tree(name, parent):
    """The tree is as the module draws it."""
    assert getattr(errors, name).__bases__[0].__name__ == parent


def test_all_are_drawn():
    """The drawing shows every error that the module exports, and `__all__` names them all."""
    defined = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, Exception)
    }
    assert set(_drawn()) == set(errors.__all__) == defined


def test_hint_follows():
    """The hint is a line of its own below the message."""
    error = SqlwrightError("The door is shut.", hint="Open it.")
    assert str(error) == "The door is shut.\nOpen it."
    assert (error.message, error.hint) == ("The door is shut.", "Open it.")


def test_without_hint():
    """An error without a hint is its message alone."""
    assert str(SqlwrightError("The door is shut.")) == "The door is shut."
