"""The built wheel, in an environment of its own: it carries the five systems and applies them."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import psycopg
import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = 'name = "elsewhere"\nmigrations = "package:sqlwright_systems:migrations"\n'
APPLIED = "select count(*) from _yoyo_migration"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = ["build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run([sys.executable, "-m", *command], capture_output=True, check=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """The interpreter of an empty environment with the wheel in it.

    What the wheel depends on comes from the environment of the tests, by a `.pth` file. Python
    reads no `.pth` files of a folder that comes so: this checkout, which is there as an editable
    install, stays out.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    installed = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(installed), "install"]
    options = ["--no-index", "--no-deps", "--disable-pip-version-check", str(wheel)]
    subprocess.run([*pip, *options], capture_output=True, check=True)
    own = sysconfig.get_path("purelib", vars={"base": str(folder)})
    Path(own, "dependencies.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return installed


@pytest.fixture
def run(python, tmp_path, blank):
    """`run("sqlwright", …)`: a program of that environment, in a project elsewhere."""
    (tmp_path / "sqlwright.toml").write_text(SETTINGS, encoding="utf-8")

    def call(*command):
        kept = {name: os.environ[name] for name in ("HOME", "LANG") if name in os.environ}
        return subprocess.run(
            [str(python.parent / command[0]), *command[1:]],
            cwd=tmp_path,
            env={**kept, "DATABASE_URL": blank},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    return call


def test_the_wheel_carries_every_migration(wheel):
    """The files of migrations/ and sql/ lie in `sqlwright_systems`, each once."""
    names = zipfile.ZipFile(wheel).namelist()
    for folder in ("migrations", "sql"):
        wanted = sorted(
            f"sqlwright_systems/{path.relative_to(ROOT)}" for path in (ROOT / folder).rglob("*.*")
        )
        assert sorted(n for n in names if n.startswith(f"sqlwright_systems/{folder}/")) == wanted


def test_an_sdist_makes_the_same_wheel(wheel, tmp_path):
    """A wheel that is built from the sdist holds what one from the checkout holds."""
    command = ["build", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run([sys.executable, "-m", *command], capture_output=True, check=True)
    (other,) = tmp_path.glob("*.whl")
    assert sorted(zipfile.ZipFile(other).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())


def test_the_checkout_stays_out(run, python):
    """What is imported there is the wheel's."""
    code = "import sqlwright, sqlwright_systems as s; print(sqlwright.__file__, s.__file__)"
    for name in run("python", "-c", code).split():
        assert Path(name).is_relative_to(python.parents[1])


def test_sqlwright_applies_from_the_wheel(run, blank):
    """`sqlwright apply` finds the migrations in the package that the settings name."""
    run("sqlwright", "apply")
    assert _count(blank) == len(list((ROOT / "migrations").glob("*/*.rollback.sql")))


def test_yoyo_applies_from_the_wheel(run, blank):
    """`yoyo apply` finds them too, by its own `package:` sources and our backend."""
    sources = [
        f"package:sqlwright_systems:migrations/{name}" for name in ("common", "claude_fastapi")
    ]
    run(
        "python",
        "-m",
        "yoyo",
        "apply",
        "--batch",
        "--database",
        "postgresql+sqlwright:///",
        *sources,
    )
    folders = [ROOT / "migrations" / name for name in ("common", "claude_fastapi")]
    assert _count(blank) == sum(len(list(folder.glob("*.rollback.sql"))) for folder in folders)


def _count(url):
    with psycopg.connect(url) as conn:
        return conn.execute(APPLIED).fetchone()[0]
