"""What is observed: extras that are missing, and what a log may say of an error."""

import asyncio
import subprocess
import sys

import psycopg
import pytest

from sqlwright.config import Project
from sqlwright.errors import ConfigError
from sqlwright.observe import trace
from sqlwright.observe.exposition import encode
from sqlwright.observe.failure import told
from sqlwright.observe.waiting import Shared
from sqlwright.operations.metrics import read_measures
from sqlwright.operations.serve import serve

NOWHERE = "postgresql://bob:geheim@127.0.0.1:1/shop"


@pytest.mark.parametrize(
    ("module", "use", "message", "hint"),
    [
        (
            "uvicorn",
            serve,
            "Nothing can be served without uvicorn.",
            "Install it: pip install 'sqlwright[serve]'.",
        ),
        (
            "prometheus_client.exposition",
            lambda _: encode((), (), accept=""),
            "There is no /metrics without prometheus-client.",
            "Install it: pip install 'sqlwright[serve]'.",
        ),
        (
            "prometheus_client.parser",
            lambda project: read_measures(project, service="http://127.0.0.1:1/"),
            "A service's metrics can't be read without prometheus-client.",
            "Install it: pip install 'sqlwright[serve]'.",
        ),
        (
            "opentelemetry.trace",
            lambda _: trace(),
            "There are no spans without OpenTelemetry.",
            "Install its API: pip install 'sqlwright[telemetry]'.",
        ),
    ],
)
def test_an_extra_that_is_missing(tmp_path, monkeypatch, module, use, message, hint):
    """What is not installed is named, with the extra that brings it."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigError) as caught:
        use(Project(root=tmp_path, name="shop", url=NOWHERE))
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_the_runtime_is_enough():
    """What a service imports brings nothing that only commands or an extra need."""
    others = ("yoyo", "typer", "rich", "uvicorn", "prometheus_client", "opentelemetry", "postgast")
    code = f"import sys, sqlwright.observe; print([m for m in {others} if m in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ValueError("s3cret"), "ValueError"),
        (
            psycopg.OperationalError("the connection is lost"),
            "OperationalError: the connection is lost",
        ),
        (psycopg.ProgrammingError("can't adapt s3cret"), "ProgrammingError"),
        (ConfigError("It is wrong.", hint="Mend it."), "ConfigError: It is wrong."),
        (asyncio.CancelledError(), "CancelledError"),
    ],
)
def test_what_is_told_of_an_error(error, said):
    """Only messages that can't quote a value are repeated."""
    assert told(error) == said


def test_a_shared_call_that_was_cancelled():
    """A check that cancels itself fails, and not the request that asked for it."""

    async def check():
        raise asyncio.CancelledError

    with pytest.raises(RuntimeError, match="it was cancelled"):
        asyncio.run(_ask(Shared(check)))


async def _ask(shared):
    return await shared(1)
