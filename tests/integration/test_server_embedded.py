"""The embedded server of a project, on PostgreSQL 18 and 15, in fair weather and in foul."""

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing, suppress
from pathlib import Path

import psycopg
import pytest

from sqlwright.config import Project
from sqlwright.errors import ServerError
from sqlwright.server import place_of, server_url, start, status, stop, temporary_server
from sqlwright.server.account import account_for, run_as
from sqlwright.server.installation import Installation
from sqlwright.server.place import place_in
from sqlwright.server.postmaster import exists, find_postmaster, runs_on

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")
ROOT = os.geteuid() == 0
START = """
import json, sys
from pathlib import Path
from sqlwright.config import Project
from sqlwright.server import start, stop
root, environ = sys.argv[1], json.loads(sys.argv[2])
project = Project(root=Path(root), name="shop", environ=environ)
for _ in range(5 if "and stop" in sys.argv else 1):
    running = start(project)
    if "and stop" in sys.argv:
        stop(project)
print(json.dumps([running.pid, running.started]))
"""


@pytest.fixture
def folder():
    """A folder that root's unprivileged account can enter; servers in it end with the test."""
    made = Path(tempfile.mkdtemp(prefix="sqlwright-test-"))
    made.chmod(0o711)
    yield made
    for file in made.glob("**/postmaster.pid"):
        if found := find_postmaster(file.parent):
            os.kill(found.pid, signal.SIGQUIT)
            _wait_until(lambda pid=found.pid: not exists(pid))
    for home, version in itertools.product(made.glob("*/*/"), ("18.6", "15.18")):
        programs = Installation(bindir=made, version=version)
        place = place_in(home, name="shop", installation=programs)
        shutil.rmtree(place.socket, ignore_errors=True)
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(params=["embedded 18", "Debian's 15"])
def project(request, folder):
    """A project whose server is of one version, and lives in the test's folder."""
    environ = {"SQLWRIGHT_STATE": str(folder / "state")}
    if request.param == "Debian's 15":
        if not DEBIAN_15.is_dir():
            pytest.skip(f"no PostgreSQL 15 in {DEBIAN_15}")
        environ["PG_BINDIR"] = str(DEBIAN_15)
    return Project(root=folder / "project", name="shop", environ=environ)


@pytest.fixture
def on_18(folder):
    """A project whose server is the embedded one."""
    environ = {"SQLWRIGHT_STATE": str(folder / "state")}
    return Project(root=folder / "project", name="shop", environ=environ)


def _wait_until(condition, *, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to pass"
        time.sleep(0.005)


def _ask(running, query):
    with closing(psycopg.connect(running.url(), autocommit=True)) as connection:
        return connection.execute(query).fetchone()[0]


def _free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _command(project):
    return [sys.executable, "-c", START, str(project.root), json.dumps(dict(project.environ))]


def _kill(pid, data):
    """As kill -9 would, and wait for the server's other processes to notice."""
    os.kill(pid, signal.SIGKILL)
    _wait_until(lambda: not exists(pid))
    _wait_until(lambda: not [p for p in _processes() if runs_on(p, data)])


def _processes():
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _programs(folder, *, postgres, initdb="exit 1", version="18.6"):
    """Programs that say they are PostgreSQL, and do what a test wants."""
    bindir = folder / "programs" / "bin"
    bindir.mkdir(parents=True)
    for name, body in (("postgres", postgres), ("initdb", initdb)):
        told = f'[ "$1" = --version ] && echo "postgres (PostgreSQL) {version}" && exit\n'
        (bindir / name).write_text(f"#!/bin/sh\n{told}{body}\n")
        (bindir / name).chmod(0o755)
    return bindir


def _data_folder(project):
    """A data folder that looks made."""
    data = place_of(project).data
    data.mkdir(parents=True, mode=0o700)
    (data / "PG_VERSION").write_text("18\n")
    if ROOT:
        account = account_for(data.parent / "none")
        os.chown(data, account.uid, account.gid)
        data.parent.chmod(0o711)
        data.parent.parent.chmod(0o711)
    return data


class TestStart:
    """Starting, stopping and asking."""

    def test_started_once(self, project):
        """A second start returns the server that runs."""
        first = start(project)
        again = start(project)
        assert (first.started, again.started) == (True, False)
        assert first.pid == again.pid

    def test_data_last(self, project):
        """What was written is there after a stop and a start."""
        with closing(psycopg.connect(start(project).url(), autocommit=True)) as connection:
            connection.execute("create table kept as select 1 as one")
        assert stop(project) is True
        assert _ask(start(project), "select one from kept") == 1

    def test_stop_tells_whether_it_ran(self, project):
        """Stop is False for a server that does not run, and leaves no socket behind."""
        running = start(project)
        assert stop(project) is True
        assert stop(project) is False
        assert not exists(running.pid)
        assert not running.socket.exists()

    def test_status(self, project):
        """Status tells what runs and where, and agrees with the server."""
        running = start(project)
        told = status(project)
        assert (told.running, told.pid, told.port, told.tcp_port) == (True, running.pid, 5432, None)
        assert told.url == running.url()
        assert str(told.data) == _ask(running, "show data_directory")
        assert told.version == _ask(running, "show server_version").split()[0]
        assert told.size > 10_000_000
        stop(project)
        rest = status(project)
        assert (rest.running, rest.pid, rest.started_at) == (False, None, None)
        assert rest.url == told.url

    def test_url(self, project):
        """The URL of a database on the server, as libpq reads it."""
        start(project)
        url = server_url(project, user="postgres", database="template1")
        with closing(psycopg.connect(url)) as connection:
            assert connection.info.dbname == "template1"

    def test_status_starts_no_program(self, on_18, monkeypatch):
        """Status reads what is there: it would else take a hundred times as long."""
        start(on_18)
        monkeypatch.delattr(subprocess, "Popen")
        assert status(on_18).running

    def test_eight_at_once(self, project):
        """Of eight commands that start it at once, one does, and all get the same server."""
        began = [
            subprocess.Popen(_command(project), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            for _ in range(8)
        ]
        answers = []
        for process in began:
            with process:
                out, err = process.communicate()
                assert process.returncode == 0, err.decode()
                answers.append(json.loads(out))
        assert len({pid for pid, _ in answers}) == 1
        assert sum(started for _, started in answers) == 1

    def test_started_and_stopped_at_once(self, on_18):
        """Commands that start and commands that stop it at once leave it sound."""
        start(on_18)
        began = [
            subprocess.Popen(
                [*_command(on_18), "and stop" if number % 2 else "only"], stderr=subprocess.PIPE
            )
            for number in range(6)
        ]
        for process in began:
            with process:
                assert process.communicate()[1] == b""
        assert _ask(start(on_18), "select 1") == 1

    def test_any_root(self, folder):
        """A root with spaces and Chinese characters and a very long name will do."""
        project = Project(
            root=folder / "项 目" / ("x" * 200),
            name="n" * 48,
            environ={"SQLWRIGHT_STATE": str(folder / "状 态")},
        )
        assert _ask(start(project), "select 1") == 1

    def test_survives_its_command(self, project):
        """The server runs on when the command that started it has ended."""
        done = subprocess.run(_command(project), capture_output=True, check=True)
        assert json.loads(done.stdout) == [status(project).pid, True]

    def test_secrets_stay_here(self, project, monkeypatch):
        """The server sees neither PG variables nor anything else of our environment."""
        monkeypatch.setenv("PGPORT", "1")
        monkeypatch.setenv("DATABASE_URL", "postgresql://me:secret@db/shop")
        seen = Path(f"/proc/{start(project).pid}/environ").read_bytes()
        assert b"secret" not in seen
        assert b"PGPORT" not in seen


class TestCluster:
    """What a new data folder is like."""

    def test_private(self, project):
        """Data and socket are in folders that other accounts can't enter."""
        running = start(project)
        assert running.data.stat().st_mode & 0o777 == 0o700
        assert running.socket.stat().st_mode & 0o777 == 0o700
        assert running.data.stat().st_uid == account_for(running.data).uid

    @pytest.mark.parametrize(
        ("query", "answer"),
        [
            ("show server_encoding", "UTF8"),
            ("show fsync", "on"),
            ("show listen_addresses", ""),
            ("show timezone", "UTC"),
            ("select upper('äж')", "ÄЖ"),
            ("select '聊' ~ '^\\w$'", True),
            ("select 'Ж' ~* 'ж'", True),
            ("select 'a' < 'B'", False),
            ("select string_agg(distinct type || ' ' || auth_method, ', ') from pg_hba_file_rules",
             "host scram-sha-256, local trust"),
        ],
    )  # fmt: skip
    def test_settings(self, shared, query, answer):
        """Text is UTF-8 in every script, order that of code points, and TCP off."""
        assert _ask(shared, query) == answer

    def test_chinese_trigrams(self, shared):
        """pg_trgm finds Chinese: with a plain C character type it finds nothing."""
        with closing(psycopg.connect(shared.url(), autocommit=True)) as connection:
            connection.execute("create extension if not exists pg_trgm")
        assert _ask(shared, "select cardinality(show_trgm('聊天机器人'))") == 6

    def test_no_data_folder(self, on_18):
        """A folder that is no data folder is left alone."""
        data = place_of(on_18).data
        data.mkdir(parents=True)
        if ROOT:
            os.chown(data, account_for(data.parent / "none").uid, -1)
        with pytest.raises(ServerError) as caught:
            start(on_18)
        assert str(caught.value) == (
            f"{data} is no PostgreSQL data folder: it has no PG_VERSION.\n"
            "Restore it, or move the folder away: a new one is made at the next start."
        )

    def test_other_major_version(self, on_18):
        """A data folder of another major version is refused, with both versions."""
        data = _data_folder(on_18)
        (data / "PG_VERSION").write_text("15\n")
        with pytest.raises(ServerError) as caught:
            start(on_18)
        bindir = place_of(on_18).installation.bindir
        assert str(caught.value) == (
            f"{data} holds PostgreSQL 15, but {bindir} is 18.6.\n"
            "Set PG_BINDIR to a PostgreSQL 15, or move the folder away: "
            "a new one is made at the next start."
        )


@pytest.fixture(scope="module", params=["embedded 18", "Debian's 15"])
def shared(request):
    """A running server of each version for questions that change nothing."""
    environ = {}
    if request.param == "Debian's 15":
        if not DEBIAN_15.is_dir():
            pytest.skip(f"no PostgreSQL 15 in {DEBIAN_15}")
        environ["PG_BINDIR"] = str(DEBIAN_15)
    settings = {"fsync": "on"}
    with temporary_server(environ=environ, settings=settings) as running:
        yield running


class TestTcp:
    """TCP is off unless asked for."""

    def test_password_wanted(self, project):
        """Over TCP a role needs a password."""
        port = _free_port()
        running = start(project, tcp_port=port)
        assert (running.port, running.tcp_port) == (port, port)
        with pytest.raises(psycopg.OperationalError, match="no password supplied"):
            psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres")

    def test_later(self, project):
        """A server that nobody uses is started anew for a TCP port."""
        first = start(project)
        second = start(project, tcp_port=_free_port())
        assert second.started
        assert second.pid != first.pid
        assert start(project).pid == second.pid

    def test_later_in_use(self, on_18):
        """A server that somebody uses keeps its connections, and the error says how to go on."""
        running = start(on_18)
        with closing(psycopg.connect(running.url())), pytest.raises(ServerError) as caught:
            start(on_18, tcp_port=6000)
        assert str(caught.value) == (
            "The PostgreSQL server of shop does not listen on TCP port 6000, and can't be started "
            "anew for it: it is in use.\n"
            "Close its connections and try again, or stop it first: sqlwright server stop."
        )
        assert start(on_18).pid == running.pid

    def test_taken(self, on_18):
        """A port that another program has is named as the trouble."""
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            with pytest.raises(ServerError) as caught:
                start(on_18, tcp_port=other.getsockname()[1])
        assert caught.value.message == (
            "The PostgreSQL server of shop did not start: could not create any TCP/IP sockets"
        )
        assert caught.value.hint == "Choose another TCP port, or end the program that has this one."


class TestFoulWeather:
    """Killed, interrupted, full, removed."""

    def test_killed(self, project):
        """After kill -9 the status is honest and the next start recovers."""
        running = start(project)
        _kill(running.pid, running.data)
        assert status(project).running is False
        assert _ask(start(project), "select 1") == 1

    def test_killed_at_once(self, project):
        """A start right after kill -9 waits for what the server left behind."""
        running = start(project)
        with closing(psycopg.connect(running.url())):
            os.kill(running.pid, signal.SIGKILL)
            _wait_until(lambda: not exists(running.pid))
            assert start(project).pid != running.pid

    def test_pid_reused(self, project):
        """A stale pid file whose pid went to another program of the account is seen through."""
        running = start(project)
        _kill(running.pid, running.data)
        stranger = subprocess.Popen(["/bin/sleep", "60"], **run_as(account_for(running.data)))
        with stranger:
            for file in (running.data / "postmaster.pid", running.socket / ".s.PGSQL.5432.lock"):
                _, _, rest = file.read_text().partition("\n")
                file.write_text(f"{stranger.pid}\n{rest}")
            assert status(project).running is False
            assert stop(project) is False
            assert _ask(start(project), "select 1") == 1
            assert stranger.poll() is None
            stranger.kill()

    def test_socket_removed(self, on_18):
        """A server whose socket was cleaned away is started anew."""
        running = start(on_18)
        shutil.rmtree(running.socket)
        assert status(on_18).running is False
        again = start(on_18)
        assert not exists(running.pid)
        assert _ask(again, "select 1") == 1

    def test_data_removed(self, on_18):
        """A server whose data folder was removed under it makes way for a new one."""
        running = start(on_18)
        shutil.rmtree(running.data.parent)
        assert status(on_18).running is False
        again = start(on_18)
        assert not exists(running.pid)
        assert _ask(again, "select 1") == 1

    def test_empty_pid_file(self, on_18):
        """An empty pid file, as a full disk leaves it, does not stand in the way."""
        running = start(on_18)
        stop(on_18)
        (running.data / "postmaster.pid").touch()
        assert _ask(start(on_18), "select 1") == 1

    def test_initdb_killed(self, on_18):
        """An initdb that was killed leaves nothing, and the next start makes it whole."""
        with subprocess.Popen(_command(on_18), stderr=subprocess.PIPE) as process:
            victims = []
            _wait_until(lambda: victims.extend(_initdbs(on_18)) or victims)
            for pid in victims:
                os.kill(pid, signal.SIGKILL)
            complaint = process.communicate()[1].decode()
        data = place_of(on_18).data
        assert f"The data folder {data} could not be made: " in complaint
        assert not data.exists()
        assert _ask(start(on_18), "select 1") == 1
        assert not list(data.parent.glob("*.new-*"))

    def test_command_killed(self, on_18):
        """What a command that was killed left of its data folder goes at the next start."""
        with subprocess.Popen(_command(on_18), stderr=subprocess.DEVNULL) as process:
            _wait_until(lambda: _initdbs(on_18))
            process.kill()
        _wait_until(lambda: not _initdbs(on_18))
        home = place_of(on_18).home
        assert list(home.glob("*.new-*"))
        assert start(on_18).started
        assert sorted(path.name for path in home.iterdir()) == ["pg18", "pg18.lock", "pg18.log"]

    def test_interrupted_initdb(self, on_18):
        """Ctrl-C during initdb ends it and leaves nothing half."""
        with subprocess.Popen(_command(on_18), stderr=subprocess.PIPE) as process:
            _wait_until(lambda: _initdbs(on_18))
            process.send_signal(signal.SIGINT)
            assert b"KeyboardInterrupt" in process.communicate()[1]
        assert not _initdbs(on_18)
        data = place_of(on_18).data
        assert [path.name for path in data.parent.iterdir()] == ["pg18.lock"]
        assert _ask(start(on_18), "select 1") == 1

    def test_interrupted_start(self, folder):
        """Ctrl-C while the server starts ends it."""
        noted = folder / "pid"
        noted.touch()
        noted.chmod(0o666)
        bindir = _programs(folder, postgres=f"echo $$ > {noted}; exec sleep 60")
        project = _project_with(folder, bindir)
        _data_folder(project)
        with subprocess.Popen(_command(project), stderr=subprocess.PIPE) as process:
            _wait_until(noted.read_text)
            process.send_signal(signal.SIGINT)
            assert b"KeyboardInterrupt" in process.communicate()[1]
        assert not exists(int(noted.read_text()))

    def test_reason_from_the_log(self, folder):
        """A server that does not start says why, from what it printed this time."""
        bindir = _programs(folder, postgres='echo "2026 UTC [1] FATAL:  the moon is full" >&2')
        project = _project_with(folder, bindir)
        _data_folder(project)
        place = place_of(project)
        place.log.write_text("FATAL:  of yesterday\n")
        with pytest.raises(ServerError) as caught:
            start(project)
        assert str(caught.value) == (
            "The PostgreSQL server of shop did not start: the moon is full\n"
            f"The whole log is {place.log}."
        )

    def test_wordless_end(self, folder):
        """A server that ends without a word is an error too."""
        project = _project_with(folder, _programs(folder, postgres="exit 3"))
        _data_folder(project)
        with pytest.raises(ServerError) as caught:
            start(project)
        assert caught.value.message == (
            "The PostgreSQL server of shop did not start: it ended without a word"
        )

    def test_failing_initdb(self, folder):
        """What initdb complains of is the error, and nothing of the data folder stays."""
        initdb = 'echo "initdb: error: no such luck" >&2; exit 1'
        project = _project_with(folder, _programs(folder, postgres="exit 1", initdb=initdb))
        with pytest.raises(ServerError) as caught:
            start(project)
        data = place_of(project).data
        assert str(caught.value) == (
            f"The data folder {data} could not be made: no such luck\n"
            "Run the command again; nothing of it is left."
        )
        assert [path.name for path in data.parent.iterdir()] == ["pg18.lock"]

    def test_full_disk(self, folder):
        """A full disk is named, whether initdb or the server meets it."""
        disk = folder / "disk"
        disk.mkdir()
        project = Project(
            root=folder / "project", name="shop", environ={"SQLWRIGHT_STATE": str(disk)}
        )
        home = place_of(project).home
        hint = f"Make room on the disk that holds {home}, then run the command again."
        _mount(disk, "size=10m")
        try:
            with pytest.raises(ServerError) as caught:
                start(project)
            assert "No space left on device" in caught.value.message
            assert caught.value.hint == hint
            _remount(disk, "size=80m")
            start(project)
            stop(project)
            _fill(disk / "ballast")
            with pytest.raises(ServerError) as caught:
                start(project)
            assert caught.value.hint == hint
            (disk / "ballast").unlink()
            assert _ask(start(project), "select 1") == 1
            stop(project)
        finally:
            subprocess.run(["umount", disk], check=True)


def _fill(file):
    with suppress(OSError), file.open("wb", buffering=0) as opened:
        while opened.write(bytes(4096)):
            pass


def _mount(disk, size):
    command = ["mount", "-t", "tmpfs", "-o", f"{size},mode=755", "tmpfs", str(disk)]
    if not ROOT or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can't be mounted here")


def _remount(disk, size):
    subprocess.run(["mount", "-o", f"remount,{size}", disk], check=True)


def _project_with(folder, bindir):
    environ = {"SQLWRIGHT_STATE": str(folder / "state"), "PG_BINDIR": str(bindir)}
    return Project(root=folder / "project", name="shop", environ=environ)


def _initdbs(project):
    """The initdb processes that make this project's data folder."""
    mark = os.fsencode(f"--pgdata={place_of(project).data}.new-")
    found = []
    for pid in _processes():
        try:
            line = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if mark in line and line.split(b"\0")[0].endswith(b"/initdb"):
            found.append(pid)
    return found


class TestTemporary:
    """Servers for tests."""

    def test_goes_with_the_block(self):
        """Server, data and socket go with the block, also when it fails."""

        class BlockError(Exception):
            pass

        seen = []

        def use():
            with temporary_server(settings={"work_mem": "8MB"}) as running:
                seen.extend([running, _ask(running, "show fsync"), _ask(running, "show work_mem")])
                raise BlockError

        with pytest.raises(BlockError):
            use()
        running, *settings = seen
        assert settings == ["off", "8MB"]
        assert not exists(running.pid)
        assert not running.data.parent.exists()
        assert not running.socket.exists()

    def test_in_a_folder(self, folder):
        """In a folder that is given, the folder itself stays."""
        with temporary_server(folder) as running:
            assert running.data.parent == folder
        assert not running.data.exists()
        assert folder.exists()

    def test_unknown_setting(self):
        """A setting that PostgreSQL does not know is the error, with what to do."""
        with pytest.raises(ServerError) as caught, temporary_server(settings={"colour": "red"}):
            pass
        assert caught.value.message == (
            "The PostgreSQL server of temporary did not start: "
            'unrecognized configuration parameter "colour"'
        )
