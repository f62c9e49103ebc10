"""The command `sqlwright` as a person runs it: a process of its own, in a project of its own."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

COMMAND = Path(sys.executable).parent / "sqlwright"
FILES = {
    "common/common_0001_schema.sql": "-- What all share.\ncreate schema common;\n",
    "common/common_0001_schema.rollback.sql": "drop schema common;\n",
    "shop/shop_0001_schema.sql": (
        "-- The shop.\n-- depends: common_0001_schema\ncreate schema shop;\n"
    ),
    "shop/shop_0001_schema.rollback.sql": "drop schema shop;\n",
    "shop/shop_0002_items.sql": (
        "-- What is for sale: 商品.\n-- depends: shop_0001_schema\n"
        "create table shop.items (name text);\n"
    ),
    "shop/shop_0002_items.rollback.sql": "drop table shop.items;\n",
}
_KEPT = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "TMPDIR")


@dataclass(frozen=True)
class Said:
    """What a command said and how it ended; times are masked in `out`."""

    code: int
    out: str
    err: str

    @property
    def masked(self) -> str:
        """Standard output with `…` for each time and duration."""
        return re.sub(r"\d{4}-\d\d-\d\dT[\d:]+Z|[\d.]+(?= m?s\b)", "…", self.out)


@dataclass(frozen=True)
class Sqlwright:
    """Runs commands in a folder, with these variables and none of the tester's own."""

    folder: Path
    environ: dict[str, str] = field(default_factory=dict)

    def __call__(self, line: str, **environ: str) -> Said:
        """Runs `sqlwright <line>`."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        done = subprocess.run(
            [COMMAND, *shlex.split(line)],
            cwd=self.folder,
            env={**kept, "HOME": str(self.folder), "COLUMNS": "100", **self.environ, **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=120,
            check=False,
        )
        return Said(code=done.returncode, out=done.stdout, err=done.stderr)

    def write(self, name: str, text: str) -> Path:
        """Writes a file of the folder of migrations."""
        path = self.folder / "migrations" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


def project(folder: Path, **environ: str) -> Sqlwright:
    """A project with three migrations in two schemas."""
    folder.mkdir(exist_ok=True)
    (folder / "sqlwright.toml").write_text('name = "shop"\n')
    made = Sqlwright(folder, environ)
    for name, text in FILES.items():
        made.write(name, text)
    return made
