"""What mypy --strict and pyright say of code that calls generated functions, rightly or not."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
MARKED = re.compile(r".+  # (?P<about>.+): (?P<code>[a-z-]+)")
FOUND = re.compile(r"wrong\.py:(?P<line>\d+): error: .+\[(?P<code>[a-z-]+)\]")
# What pyright finds as well in a line whose value is of no use.
BESIDES = {"reportUnusedVariable", "reportUnknownMemberType", "reportUnknownVariableType"}
# The wrong lines of the file: what is wrong with it and the code of mypy's error, by its number.
WRONG = {
    number: marked.group("about", "code")
    for number, line in enumerate((HERE / "wrong.py").read_text().splitlines(), 1)
    if (marked := MARKED.fullmatch(line))
}


def check(path: str, cache: Path) -> subprocess.CompletedProcess[str]:
    """Runs mypy as a service's author does, with a cache of its own."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-pretty"]
    command += ["--hide-error-context", "--cache-dir", str(cache), path]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="session")
def cache(tmp_path_factory) -> Path:
    """What mypy has read once is not read again."""
    return tmp_path_factory.mktemp("mypy")


@pytest.fixture(scope="session")
def found(cache) -> dict[int, set[str]]:
    """The codes of mypy's errors in the file of wrong calls, by their lines."""
    codes: dict[int, set[str]] = {}
    for line in check("tests/typing/wrong.py", cache).stdout.splitlines():
        if error := FOUND.search(line):
            codes.setdefault(int(error["line"]), set()).add(error["code"])
    return codes


@pytest.mark.parametrize("path", ["tests/typing/service.py", "examples"])
def test_a_service_is_right(cache, path):
    """One of all systems, sync and async, with what the functions give asserted; the examples."""
    checked = check(path, cache)
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


def test_pyright_agrees():
    """In its strict mode it flags each wrong call, and nothing in what is generated or right.

    The package from PyPI has pyright in its wheel and, by its extra, node: nothing is fetched.
    """
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable]
    command += ["tests/typing/wrong.py", *settings["tool"]["pyright"]["include"]]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    flagged = {
        (Path(error["file"]).name, error["range"]["start"]["line"] + 1, error.get("rule"))
        for error in json.loads(checked.stdout)["generalDiagnostics"]
    }
    wrong = {line for file, line, rule in flagged if file == "wrong.py" and rule not in BESIDES}
    assert wrong == set(WRONG)
    assert {error for error in flagged if error[0] != "wrong.py"} == set()
