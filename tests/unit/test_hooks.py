"""Hooks: functions that the settings name, found in the project or among what is installed."""

import sys

import pytest

from sqlwright.config import Project
from sqlwright.errors import ConfigError
from sqlwright.hooks import load_hooks


@pytest.fixture
def hooks(tmp_path, monkeypatch):
    """Loads the seed hooks of a project with a module `wares`; nothing stays imported."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "wares.py").write_text("price = 1\ndef seed_all():\n    return 'seeded'\n")
    (tmp_path / "broken.py").write_text("import wares.no_such\n")
    (tmp_path / "lacking.py").write_text("from wares import no_such\n")
    (tmp_path / "unclear.py").write_text("def\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "inner.py").write_text("def seed():\n    return 'from src'\n")

    def load(*written, **options):
        return load_hooks(Project(root=tmp_path, name="t", hooks={"seed": written}), **options)

    before = set(sys.modules)
    yield lambda *written: load(*written, name="seed")
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_hooks_are_found_in_the_project(hooks):
    """A module in the project's folder or in its `src` is found; the order is that of settings."""
    assert [hook() for hook in hooks("inner:seed", "wares:seed_all")] == ["from src", "seeded"]


def test_what_is_installed_comes_first(hooks, tmp_path):
    """A file of the project's hides no installed module."""
    (tmp_path / "json.py").write_text("raise SystemExit\n")
    assert [hook(None) for hook in hooks("json:dumps")] == ["null"]


def test_no_hook(tmp_path):
    """Where no hook is set there is none, unless one is wanted."""
    project = Project(root=tmp_path, name="t")
    assert load_hooks(project, "seed") == []
    with pytest.raises(ConfigError) as caught:
        load_hooks(project, "seed", wanted=True)
    assert str(caught.value) == (
        "The project has no seed hook.\n"
        'Write seed = ["package.module:function"] in [tool.sqlwright.hooks].'
    )


@pytest.mark.parametrize(
    ("written", "message", "hint"),
    [
        (
            "no_such.seed:seed",
            "The seed hook no_such.seed:seed names a module that is not there: no_such.",
            "Mend the name in [tool.sqlwright.hooks], or install the package here.",
        ),
        (
            "wares:seed_al",
            "The seed hook wares:seed_al names a function that {root}/wares.py does not have.",
            "Did you mean seed_all?",
        ),
        (
            "wares:zzz",
            "The seed hook wares:zzz names a function that {root}/wares.py does not have.",
            "Define zzz there.",
        ),
        (
            "wares:price",
            "The seed hook wares:price is no function, but 1.",
            "Name a function of the module.",
        ),
        (
            "broken:seed",
            (
                "The seed hook broken:seed can't be imported: No module named 'wares.no_such';"
                " 'wares' is not a package."
            ),
            "Mend the module, or install what it imports.",
        ),
        (
            "lacking:seed",
            (
                "The seed hook lacking:seed can't be imported: cannot import name 'no_such' from"
                " 'wares' ({root}/wares.py)."
            ),
            "Mend the module, or install what it imports.",
        ),
        (
            "unclear:seed",
            "The seed hook unclear:seed can't be imported: invalid syntax (unclear.py, line 1).",
            "Mend the module, or install what it imports.",
        ),
    ],
)
def test_wrong_hooks(hooks, tmp_path, written, message, hint):
    """What is wrong with a hook is said with its name, and what to do."""
    with pytest.raises(ConfigError) as caught:
        hooks(written)
    assert (caught.value.message, caught.value.hint) == (message.format(root=tmp_path), hint)
