"""What mypy --strict says of code that calls generated functions: rightly and wrongly."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
MARKED = re.compile(r".+  # (?P<about>.+): (?P<code>[a-z-]+)")
FOUND = re.compile(r"wrong\.py:(?P<line>\d+): error: .+\[(?P<code>[a-z-]+)\]")
# The wrong lines of the file: what is wrong with it and the code of mypy's error, by its number.
WRONG = {
    number: marked.group("about", "code")
    for number, line in enumerate((HERE / "wrong.py").read_text().splitlines(), 1)
    if (marked := MARKED.fullmatch(line))
}


def check(file: str, cache: Path) -> subprocess.CompletedProcess[str]:
    """Runs mypy as a service's author does, with a cache of its own."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-pretty"]
    command += ["--hide-error-context", "--cache-dir", str(cache), str(HERE / file)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def cache(tmp_path_factory) -> Path:
    """What mypy has read once is not read again."""
    return tmp_path_factory.mktemp("mypy")


@pytest.fixture(scope="session")
def found(cache) -> dict[int, set[str]]:
    """The codes of mypy's errors in the file of wrong calls, by their lines."""
    codes: dict[int, set[str]] = {}
    for line in check("wrong.py", cache).stdout.splitlines():
        if error := FOUND.search(line):
            codes.setdefault(int(error["line"]), set()).add(error["code"])
    return codes


def test_a_service_of_all_systems_is_right(cache):
    """Sync and async, with the types of what the functions give asserted in it."""
    checked = check("service.py", cache)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("line", "code"),
    [pytest.param(line, code, id=f"{line}: {about}") for line, (about, code) in WRONG.items()],
)
def test_a_wrong_call_is_flagged(found, line, code):
    """With the code that the line says, and no other."""
    assert found.get(line) == {code}


def test_nothing_else_is_flagged(found):
    """An error between the wrong lines would mean that a right one is refused."""
    assert sorted(found) == sorted(WRONG)


def test_there_are_many_wrong_calls():
    """More than 20: the file was read as it is meant to be."""
    assert len(WRONG) > 20
