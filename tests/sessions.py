"""Replays the sessions of a Markdown page: what a page shows is what its reader gets.

In a block ```console a line `$ …` is a command, `> …` goes on with it, and the rest is what it
prints. A block with a file's name beside its language (```sql migrations/shop/x.sql) is that file.
A page that has files begins in an empty folder, any other in this checkout. The commands of a page
run in one shell, with an environment as empty as a new machine's. Port 5433 of a page is any free
one.

`python tests/sessions.py README.md docs/*.md` writes what is printed now into the pages.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlwright.server import find_installation

__all__ = ["replay"]

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
PSQL = find_installation({}).bindir
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMAND = re.compile(r"^\$ (.*(?:\n> .*)*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
PORT = "5433"
_SOCKET = re.compile(r"/(?:run|tmp)/sqlwright(?:-\d+)?/[0-9a-f]{12}\b")
_HOST = re.compile(r"(?<=\bann on )\S+|(?<=  ann  )\S+")
# What differs from run to run.
VARYING = (
    re.compile(r"\b\d+(?:\.\d+)? m?s\b"),
    re.compile(r"\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
    re.compile(r"\bprocess \d+"),
    re.compile(r"\b\d+(?= of \d+ connections)"),
    _SOCKET,
    re.compile(r"(?<=-)[0-9a-f]{8}(?=/pg\d)"),
    _HOST,
    re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d UTC"),
    re.compile(r"\b\d+ batch(?:es)?\b"),
    re.compile(r"(?<=\bpid )\d+|(?<=pg_terminate_backend\()\d+"),
    re.compile(r"\b\d{8}T\d{6}Z|(?<=  )[\d.]+ [kM]B\b|\b[\d,]+(?= (?:bytes|transactions?)\b)"),
    re.compile(r"(?<=\bsince )(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d"),
)


def replay(text: str) -> str:
    """The page with what its commands print; what differs from run to run stays as it was."""
    blocks = list(BLOCK.finditer(text))
    name = "shop" if any(block[2] for block in blocks) else "sqlwright"
    port = _free_port()
    with _machine(name) as folder:
        printed = _run("\n".join(_script(blocks)).replace(PORT, port), folder)

    def answer(match: re.Match[str]) -> str:
        said = _shown(next(printed), folder).replace(port, PORT)
        return f"$ {match[1]}\n{match[2] if _same(match[2], said) else said}"

    def block(match: re.Match[str]) -> str:
        if match[1] != "console":
            return match[0]
        return f"```console\n{COMMAND.sub(answer, match[3])}```"

    return BLOCK.sub(block, text)


@contextmanager
def _machine(name: str) -> Iterator[Path]:
    """A home with a project in it, and no server left behind."""
    base = Path(tempfile.mkdtemp(prefix="sqlwright-docs-"))
    base.chmod(0o755)  # the account that runs the server for root must get in
    folder = base / name
    (folder / ".venv").mkdir(parents=True)
    (folder / ".venv" / "bin").symlink_to(BIN)
    if name == "sqlwright":
        for path in ROOT.iterdir():
            if not path.name.startswith("."):
                (folder / path.name).symlink_to(path)
        (folder / ".venv" / "installed").touch()
    try:
        yield folder
    finally:
        list(_run("sqlwright server stop", folder))
        shutil.rmtree(base)


def _free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


def _script(blocks: list[re.Match[str]]) -> Iterator[str]:
    """The page as one shell script, which ends each command's output with a NUL."""
    yield "exec 2>&1"
    for language, name, body in (block.groups() for block in blocks):
        if name:
            yield f"mkdir -p $(dirname {name}); cat > {name} <<'END OF FILE'\n{body}END OF FILE"
        elif language == "console":
            for command, _ in COMMAND.findall(body):
                yield command.replace("\n> ", "\n")
                yield "ended=$?; printf '\\0'; (exit $ended)"  # the next may ask for $?


def _run(script: str, folder: Path) -> Iterator[str]:
    environ = {
        "HOME": str(folder.parent),
        "PATH": f"{BIN}:{PSQL}:{os.defpath}",
        "USER": "ann",
        "LANG": "C.UTF-8",
        "SQLWRIGHT_STATE": str(folder.parent / ".local/state/sqlwright"),
    }
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return iter(done.stdout.split("\0"))


def _shown(said: str, folder: Path) -> str:
    """The output as it is shown: on the machine of somebody called Ann."""
    ours = said.replace(str(folder.parent), "/home/ann")
    ours = _SOCKET.sub("/tmp/sqlwright-1000/0b51f5d2c3a4", ours)
    return _HOST.sub("laptop", ours)


def _same(expected: str, said: str) -> bool:
    for pattern in VARYING:
        expected, said = (pattern.sub("…", text) for text in (expected, said))
    return expected == said


if __name__ == "__main__":
    for page in map(Path, sys.argv[1:]):
        page.write_text(replay(page.read_text(encoding="utf-8")), encoding="utf-8")
