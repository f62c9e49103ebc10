"""The project's own files: what CONVENTIONS.md and the README promise, as far as a machine sees."""

from __future__ import annotations

import configparser
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import postgast
import pytest
import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
MIGRATIONS = sorted((ROOT / "migrations").glob("*/*.sql"))
FORWARD = [path for path in MIGRATIONS if not path.name.endswith(".rollback.sql")]
QUERIES = sorted((ROOT / "sql").rglob("*.sql"))
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
SILENT = re.compile(
    r"--[^\n]*|/\*.*?\*/|[eE]'(?:\\.|[^'\\])*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"", re.DOTALL
)
# Pages show the machine of somebody called Ann.
MACHINE = re.compile(r"/home/(?!ann\b)\w|/Users/\w|[A-Z]:\\Users|(?<![\w*.~])/work/\w|/root/\.\w")
REGISTRY = re.compile(r"pythonhosted|pypi\.org|/simple\b|index-url|find-links|trusted-host")
# This file names what it looks for.
NOT_LOOKED_INTO = {Path("tests/unit/test_project_files.py")}


def _committed() -> list[Path]:
    """The files that git knows, or would if they were added; every file where there is no git."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is no clone")
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "-co", "--exclude-standard"]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    listed = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, check=True)
    paths = (ROOT / os.fsdecode(name) for name in listed.stdout.split(b"\0") if name)
    return [path for path in paths if path.is_file() and not path.is_symlink()]


def _named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _code(path: Path) -> str:
    """The text without comments, strings and quoted names."""
    return SILENT.sub(" ", path.read_text(encoding="utf-8"))


def _leading_comment(path: Path) -> list[str]:
    lines = path.read_text(encoding="utf-8").split("\n")
    end = next((n for n, line in enumerate(lines) if not line.startswith("--")), len(lines))
    return [line[2:].strip() for line in lines[:end]]


def _depends(path: Path) -> set[str]:
    return {
        name
        for line in _leading_comment(path)
        if line.startswith("depends:")
        for name in line.split()[1:]
    }


def _messages(message: object) -> Iterator[tuple[str, object]]:
    """Every node of a parse tree, with the name of its kind."""
    yield message.DESCRIPTOR.name, message
    for field, value in message.ListFields():
        if field.type == field.TYPE_MESSAGE:
            for inner in value if field.is_repeated else [value]:
                yield from _messages(inner)


def _bare_names(sql: str) -> Iterator[str]:
    """The relations, functions and dropped or described things that are named without a schema."""
    nodes = list(_messages(postgast.parse(sql)))
    local = {node.ctename for kind, node in nodes if kind == "CommonTableExpr"}
    for kind, node in nodes:
        if kind == "RangeVar" and not node.schemaname and node.relname not in local:
            yield node.relname
        elif kind in {"CreateFunctionStmt", "CreateTrigStmt"} and len(node.funcname) < 2:
            yield node.funcname[0].string.sval
        elif kind in {"DropStmt", "CommentStmt"}:
            targets = node.objects if kind == "DropStmt" else [node.object]
            for target in targets:
                names = target.list.items or target.object_with_args.objname
                if len(names) == 1:
                    yield names[0].string.sval


@pytest.mark.parametrize("path", MIGRATIONS + QUERIES, ids=_named)
def test_sql_is_written_in_lower_case(path):
    """Keywords and names are in lower case, outside comments, strings and quotes."""
    assert re.findall(r"\w*[A-Z]\w*", _code(path)) == []


@pytest.mark.parametrize("path", MIGRATIONS + QUERIES, ids=_named)
def test_lines_are_short(path):
    """No line of SQL has 100 columns or more, but for a query's head, which must be one line."""
    lines = path.read_text(encoding="utf-8").split("\n")
    long = [line for line in lines if len(line) >= 100 and not line.startswith("-- name:")]
    assert long == []


@pytest.mark.parametrize("path", MIGRATIONS, ids=_named)
def test_names_are_qualified(path):
    """Relations and functions are named with their schema."""
    assert list(_bare_names(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", FORWARD, ids=_named)
def test_the_header_is_a_sentence(path):
    """A migration begins with a sentence, which ends in a full stop."""
    lines = _leading_comment(path)
    directives = ("depends:", "transactional:", "Locks:")
    end = next(
        (n for n, line in enumerate(lines) if not line or line.startswith(directives)), len(lines)
    )
    assert re.fullmatch(r"\S.*\.", " ".join(lines[:end]))


@pytest.mark.parametrize("path", FORWARD, ids=_named)
def test_every_migration_has_a_way_back(path):
    """A rollback file lies beside each migration."""
    assert path.with_suffix(".rollback.sql").is_file()


@pytest.mark.parametrize("path", sorted(set(MIGRATIONS) - set(FORWARD)), ids=_named)
def test_every_rollback_has_a_migration(path):
    """No rollback file was left behind when its migration was renamed."""
    assert path.with_name(path.name.replace(".rollback.sql", ".sql")) in FORWARD


@pytest.mark.parametrize("path", sorted(set(MIGRATIONS) - set(FORWARD)), ids=_named)
def test_a_rollback_drops_by_name(path):
    """A rollback never says `cascade` or `if exists`: it would hide what it does not know."""
    assert re.findall(r"\bcascade\b|\bif\s+exists\b", _code(path)) == []


@pytest.mark.parametrize("folder", sorted({path.parent for path in FORWARD}), ids=_named)
def test_numbers_count_up(folder):
    """The ids of a schema are its name, a number that counts from 1, and words."""
    names = [path.stem for path in FORWARD if path.parent == folder]
    numbers = [re.fullmatch(rf"{folder.name}_(\d{{4}})_[a-z0-9_]+", name)[1] for name in names]
    assert numbers == [f"{number:04}" for number in range(1, len(names) + 1)]


@pytest.mark.parametrize("path", FORWARD, ids=_named)
def test_a_migration_builds_on_its_schema(path):
    """All but a schema's first depend on an earlier one of it; others come from `common`."""
    schema = path.parent.name
    own = {name for name in _depends(path) if name.startswith(f"{schema}_")}
    assert all(name < path.stem for name in own)
    assert own or path.name.startswith(f"{schema}_0001_")
    assert all(name.startswith("common_") for name in _depends(path) - own)


def test_yoyo_knows_every_folder():
    """yoyo.ini names the folders of migrations/, `common` first."""
    settings = configparser.ConfigParser(interpolation=None)
    settings.read(ROOT / "yoyo.ini", encoding="utf-8")
    names = sorted({path.parent.name for path in FORWARD} - {"common"})
    sources = [f"%(here)s/migrations/{name}" for name in ["common", *names]]
    assert settings["DEFAULT"]["sources"].split() == sources


def test_the_readme_is_short():
    """The README has fewer than 120 lines."""
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) < 120


def test_no_file_names_a_machine_or_a_registry():
    """No committed file holds a path of somebody's machine or the host of a package registry."""
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in _committed()
        if path.relative_to(ROOT) not in NOT_LOOKED_INTO
        for match in (
            *MACHINE.finditer(path.read_text(encoding="utf-8")),
            *REGISTRY.finditer(path.read_text(encoding="utf-8")),
        )
    ]
    # The Makefile keeps the index out of the lock.
    assert found == ["Makefile: index-url"]


def test_files_are_clean():
    """Files are UTF-8 with plain line ends, no blanks before them, and one newline at the end."""
    dirty = [
        str(path.relative_to(ROOT))
        for path in _committed()
        if re.search(r"\r|[ \t]\n|\n\n\Z|[^\n]\Z", path.read_bytes().decode())
    ]
    assert dirty == []


def test_the_lock_pins_what_is_wanted():
    """constraints.txt has a version that fits for every package that pyproject.toml names."""
    project = PYPROJECT["project"]
    wanted = [*project["dependencies"], *PYPROJECT["build-system"]["requires"]]
    wanted += [text for extra in project["optional-dependencies"].values() for text in extra]
    pins = dict(re.findall(r"^([\w.-]+)==(\S+)", _lock(), re.MULTILINE))
    needs = [Requirement(text) for text in wanted]
    misfits = [
        str(need)
        for need in needs
        if need.name != project["name"]
        and not need.specifier.contains(pins.get(need.name.lower(), "0"))
    ]
    assert misfits == []


def test_every_pin_has_its_hash():
    """pip can hold every package of constraints.txt to what was locked."""
    pins = re.split(r"\n(?=\w)", _lock())
    assert [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin] == []


def _lock() -> str:
    return (ROOT / "constraints.txt").read_text(encoding="utf-8").strip()


def test_make_knows_the_targets():
    """The targets that people know are there, and `make help` tells of each."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    told = set(re.findall(r"^([a-z-]+):.*##", text, re.MULTILINE))
    known = {"up", "test", "check", "soak", "bench", "docs", "clean"}
    verbs = ("init", "check", "current", "history", "upgrade", "downgrade", "reset")
    known.update(f"db-{verb}" for verb in verbs)
    assert known - told == set()


class TestContinuousIntegration:
    """The workflow of GitHub."""

    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    job = workflow["jobs"]["ci"]

    def test_the_oldest_and_the_newest_are_tried(self):
        """Python 3.11 with PostgreSQL 15, and 3.14 with 18."""
        assert self.job["strategy"]["matrix"]["include"] == [
            {"python": "3.11", "postgresql": "15"},
            {"python": "3.14", "postgresql": "18"},
        ]

    def test_it_runs_what_everybody_runs(self):
        """Its last step is .ci/run, which can be run."""
        assert self.job["steps"][-1] == {"run": ".ci/run"}
        assert os.access(ROOT / ".ci" / "run", os.X_OK)

    def test_the_page_shows_it(self):
        """The workflow on the page about CI is this very file."""
        text = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
        assert f"```yaml\n{text}```" in (ROOT / "docs/ci.md").read_text(encoding="utf-8")

    def test_it_may_only_read(self):
        """The token of a run reads the repository and nothing else."""
        assert self.workflow["permissions"] == {"contents": "read"}
        assert "permissions" not in self.job

    def test_actions_are_pinned(self):
        """Each action has a major version."""
        used = [step["uses"] for step in self.job["steps"] if "uses" in step]
        assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", name) for name in used)


def test_hooks_run_what_is_installed():
    """Each hook before a commit is a program of the environment, so nothing is downloaded."""
    settings = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repo["repo"] for repo in settings["repos"]] == ["local"]
    for hook in settings["repos"][0]["hooks"]:
        assert hook["language"] == "system"
        folder, program = hook["entry"].split()[0].rsplit("/", 1)
        assert folder == ".venv/bin"
        assert (Path(sys.executable).parent / program).exists(), program


def test_the_changelog_tells_what_is_new():
    """The changelog's newest section is [Unreleased], and each section has its version once."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## \[(.+?)\]", text, re.MULTILINE)
    assert versions[0] == "Unreleased"
    assert all(newer != older for newer, older in pairwise(versions))
