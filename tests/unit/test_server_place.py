"""Where a server lives: folders that last, that fit, and that are nobody else's."""

import os
import pwd
from pathlib import Path

import pytest

from sqlwright.config import Project
from sqlwright.errors import ServerError
from sqlwright.server import place_of
from sqlwright.server.folders import make_private


@pytest.fixture
def user(monkeypatch):
    """An ordinary user, whoever runs the test."""
    monkeypatch.setattr(os, "geteuid", lambda: 4242)
    monkeypatch.setattr(os, "getegid", lambda: 4242)


@pytest.fixture
def root(monkeypatch):
    """Root, whoever runs the test."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)


def _place(*, root="/shop", name="shop", **environ):
    return place_of(Project(root=Path(root), name=name, environ=environ))


def test_state_folder(tmp_path):
    """One folder for each project, and in it one for each major version."""
    place = _place(SQLWRIGHT_STATE=str(tmp_path))
    assert place.home == tmp_path / "shop-26315ce1"
    assert place.data == place.home / "pg18"


def test_nothing_is_made(tmp_path):
    """Asking makes nothing."""
    _place(SQLWRIGHT_STATE=str(tmp_path / "state"))
    assert not list(tmp_path.iterdir())


def test_projects_apart(tmp_path):
    """Projects of one name in two folders have nothing in common."""
    one, two = (_place(root=f"/{name}/shop", SQLWRIGHT_STATE=str(tmp_path)) for name in "ab")
    assert not {one.home, one.data, one.socket, one.log} & {two.home, two.data, two.socket, two.log}


def test_xdg(user, tmp_path):
    """XDG_STATE_HOME comes before the home folder; a relative one is ignored, as it should be."""
    home = {"HOME": str(tmp_path)}
    assert _place(XDG_STATE_HOME="/x", **home).home.parent == Path("/x/sqlwright")
    usual = tmp_path / ".local" / "state" / "sqlwright"
    usual.mkdir(parents=True)
    assert _place(XDG_STATE_HOME="x", **home).home.parent == usual


def test_passwd_home(user, tmp_path, monkeypatch):
    """Without HOME the passwd entry counts."""
    entry = pwd.struct_passwd(("me", "x", 4242, 4242, "", str(tmp_path), ""))
    monkeypatch.setattr(pwd, "getpwuid", lambda _: entry)
    (tmp_path / ".local" / "state" / "sqlwright").mkdir(parents=True)
    assert _place().home.parent == tmp_path / ".local" / "state" / "sqlwright"


def test_homeless(user, monkeypatch):
    """Without any home there is a folder below /tmp, named by the user's number."""
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert _place(HOME="/nonexistent").home.parent == Path("/tmp/sqlwright-4242")


def test_root_ignores_the_users_folders(root):
    """Root's server lives where its unprivileged account can go."""
    place = _place(HOME="/root", XDG_STATE_HOME="/root/state")
    assert place.home.parent in {Path("/var/lib/sqlwright"), Path("/tmp/sqlwright-0")}


def test_socket_fits(user):
    """The socket's path stays below 107 bytes, however long the names and the number are."""
    place = _place(root="/" + "x" * 250, name="n" * 48, SQLWRIGHT_STATE="/" + "y" * 250)
    assert len(os.fsencode(place.socket / ".s.PGSQL.65535")) < 60


def test_socket_needs_no_runtime_folder(user, tmp_path):
    """The socket is in one place for every shell, also after logout."""
    state = {"SQLWRIGHT_STATE": str(tmp_path)}
    assert _place(**state).socket == _place(XDG_RUNTIME_DIR="/run/user/1", **state).socket


@pytest.mark.parametrize(
    ("make", "wrong"),
    [
        (lambda path: path.symlink_to("/"), "is a symbolic link"),
        (lambda path: path.touch(), "is no folder"),
        (lambda path: (path.mkdir(), path.chmod(0o777)), "can be written to by other accounts"),
    ],
)
def test_foreign_folder(tmp_path, make, wrong):
    """What somebody else could have put there is refused."""
    path = tmp_path / "planted"
    make(path)
    with pytest.raises(ServerError) as caught:
        make_private(path, mode=0o700)
    assert str(caught.value) == (
        f"{path} {wrong}, so the server does not use it.\n"
        "Find out who made it, then remove it: the next start makes it anew."
    )
