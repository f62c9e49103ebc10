"""A pid file is believed only if the process is the server that it says."""

import os
import socket
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sqlwright.errors import ServerError
from sqlwright.server.failure import reason_in
from sqlwright.server.lock import locked
from sqlwright.server.postmaster import (
    Postmaster,
    answers,
    end,
    exists,
    find_postmaster,
    read_pid_file,
    runs_on,
)

LINES = "4711\n/data/数据\n1700000000\n5432\n/run/s\n\n  5432001         3\nready   \n"


@pytest.fixture
def child(tmp_path):
    """A process that works in the test's folder, as a server in its data folder."""
    with subprocess.Popen(["/bin/sleep", "60"], cwd=tmp_path) as process:
        yield process
        process.kill()


def test_read(tmp_path):
    """Every line of the file is told."""
    (tmp_path / "postmaster.pid").write_text(LINES)
    assert read_pid_file(tmp_path / "postmaster.pid") == Postmaster(
        pid=4711,
        data=Path("/data/数据"),
        started_at=datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        port=5432,
        socket=Path("/run/s"),
        tcp=False,
        state="ready",
    )


def test_read_tcp(tmp_path):
    """An address in the sixth line means TCP."""
    (tmp_path / "pid").write_text(LINES.replace("/run/s\n\n", "/run/s\n127.0.0.1\n"))
    found = read_pid_file(tmp_path / "pid")
    assert found is not None
    assert found.tcp


@pytest.mark.parametrize("text", ["", "4711\n", "x\n/d\n1\n2\n/s\n", "-1\n/d\n1\n2\n/s\n"])
def test_unfinished(tmp_path, text):
    """A file that is still being written, or is none of PostgreSQL's, says nothing."""
    (tmp_path / "pid").write_text(text)
    assert read_pid_file(tmp_path / "pid") is None


def test_early(tmp_path):
    """A server that is starting has written the first five lines, and no state."""
    (tmp_path / "pid").write_text("4711\n/d\n1700000000\n5432\n/s\n")
    found = read_pid_file(tmp_path / "pid")
    assert found is not None
    assert (found.state, found.tcp) == ("", False)


def test_absent(tmp_path):
    """No file, no server."""
    assert read_pid_file(tmp_path / "pid") is None
    assert find_postmaster(tmp_path / "none") is None


def test_unreadable(tmp_path):
    """A file that can't be read is an error, not the absence of a server."""
    (tmp_path / "pid").mkdir()
    with pytest.raises(ServerError) as caught:
        read_pid_file(tmp_path / "pid")
    assert str(caught.value) == (
        f"{tmp_path}/pid can't be read: Is a directory.\n"
        "Run the command as the account that started the server."
    )


def test_runs_on(tmp_path, child):
    """A server is known by the folder that it works in."""
    assert runs_on(child.pid, tmp_path)
    assert not runs_on(child.pid, tmp_path.parent)
    assert not runs_on(os.getpid(), tmp_path)


def test_dead_or_uncollected(tmp_path, child):
    """A process that has ended does not count, though nobody has collected it yet."""
    assert exists(child.pid)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not exists(child.pid)
    assert not runs_on(child.pid, tmp_path)


def test_impossible_pid():
    """A number that is no pid is no process."""
    assert not exists(2**40)


def test_end_in_vain(tmp_path):
    """A server that does not stop in time is named, with what to do."""
    stubborn = (
        "import signal, time; signal.signal(2, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", stubborn], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(ServerError) as caught:
            end(process.pid, patience=0.05)
        process.kill()
    assert str(caught.value) == (
        f"The PostgreSQL server (process {process.pid}) has not stopped within 0.05 s.\n"
        f"It may still be writing to disk: wait, or end it with kill -QUIT {process.pid}."
    )


def test_answers():
    """A server answers on its own socket; another process's socket is not its answer."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        server = Postmaster(
            pid=os.getpid(),
            data=Path(folder),
            started_at=datetime.now(UTC),
            port=1,
            socket=Path(folder),
            tcp=False,
            state="ready",
        )
        assert not answers(server)
        listener.bind(f"{folder}/.s.PGSQL.1")
        assert not answers(server)
        listener.listen()
        assert answers(server)
        if hasattr(socket, "SO_PEERCRED"):
            other = {**vars(server), "pid": os.getppid()}
            assert not answers(Postmaster(**other))


def test_lock_excludes(tmp_path):
    """One holder at a time; who waits in vain is told for what."""
    file = tmp_path / "lock"
    with locked(file), pytest.raises(ServerError) as caught, locked(file, patience=0):
        pass
    assert str(caught.value) == (
        f"Another command has held {file} for too long: it starts or stops the server.\n"
        "Wait for that command, or end it, then try again."
    )
    with locked(file, patience=0):
        pass


def test_lock_follows_no_link(tmp_path):
    """A link in the lock's place is not followed."""
    (tmp_path / "lock").symlink_to(tmp_path / "victim")
    with pytest.raises(ServerError), locked(tmp_path / "lock"):
        pass
    assert not (tmp_path / "victim").exists()


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        ("", ""),
        ("\n \n", ""),
        ("one\ntwo\nthree\nfour\n", "two; three; four"),
        ("LOG:  fine\n2026 UTC [1] FATAL:  no more\nLOG:  down\n", "no more"),
        ("PANIC:  oh\nPANIC:  oh\n", "oh"),
        ("running bootstrap\ninitdb: error: no\ninitdb: removing\n", "no"),
        ("postgres: error while loading shared libraries: libz.so.1: gone\n", "libz.so.1: gone"),
    ],
)
def test_reason(output, reason):
    """The telling lines are the reason; without any, the last ones."""
    assert reason_in(output) == reason
