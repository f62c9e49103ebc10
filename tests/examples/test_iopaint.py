"""The example's two services over HTTP: processes of their own, with pools on a real server."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from pages import turn_pages
from sqlwright.secrets import hash_token

pytestmark = pytest.mark.newest

ROOT = Path(__file__).parents[2]
QUOTA = 10
PATIENCE = 60


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service that runs: where it is reached, its database, and what it says on stderr."""

    http: httpx.Client
    database: str
    said: Path


@pytest.fixture(scope="module", params=["sync_app", "async_app"])
def service(request, server, template, tmp_path_factory) -> Iterator[Service]:
    """Serves on a socket of its own; a warning is an error there too."""
    name, said = request.param, tmp_path_factory.mktemp("service") / "stderr"
    environ = {"PATH": os.defpath, "DATABASE_URL": server.url(name), "PGAPPNAME": "service"}
    command = [sys.executable, "-W", "error", "-m", "uvicorn", f"examples.iopaint.{name}:app"]
    with (
        server.janitor(name, template_dbname=template),
        tempfile.TemporaryDirectory() as folder,  # a socket's path must be short
        socket.socket(socket.AF_UNIX) as listening,
        said.open("wb") as stderr,
    ):
        listening.bind(f"{folder}/http")
        listening.listen(512)  # before the service is there: callers wait for it in the queue
        process = subprocess.Popen(
            [*command, "--fd", str(listening.fileno()), "--log-level", "warning"],
            cwd=ROOT,
            env={**environ, "DB_POOL_SIZE": "4", "DB_MAX_OVERFLOW": "4"},
            pass_fds=[listening.fileno()],
            stderr=stderr,
        )
        listening.close()  # the service has its own: if it ends, callers see it at once
        through = httpx.HTTPTransport(uds=f"{folder}/http", limits=httpx.Limits())
        try:
            with httpx.Client(
                transport=through, base_url="http://service", timeout=PATIENCE
            ) as http:
                yield Service(http=http, database=server.url(name), said=said)
        finally:
            process.terminate()
            process.wait(PATIENCE)
    assert "Traceback" not in said.read_text()


@pytest.fixture
def db(service) -> Iterator[psycopg.Connection]:
    """A connection to the service's database, past the service."""
    with psycopg.connect(service.database, autocommit=True) as conn:
        yield conn


class Client:
    """A person who is logged in."""

    def __init__(self, service: Service) -> None:
        self.openid = f"o{uuid.uuid4()}"
        said = service.http.post("/sessions", headers={"X-WX-OPENID": self.openid})
        assert said.status_code == 201, said.text
        self.token = said.json()["token"]
        self._http = service.http

    def __call__(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Sends a request that shows the token."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return self._http.request(method, path, headers=headers, **request)

    def paint(self, **given: Any) -> httpx.Response:
        """Queues a picture."""
        picture = {"task_id": str(uuid.uuid4()), "original_image_url": "https://a.example/1.png"}
        return self("POST", "/tasks", json={**picture, **given})

    @property
    def quota(self) -> int:
        """What may still be used."""
        return self("GET", "/me").json()["usage_quota"]


@pytest.fixture
def client(service) -> Client:
    """Somebody new."""
    return Client(service)


def at_once(send: Callable[[], httpx.Response], times: int) -> list[int]:
    """What so many callers are answered, in no order."""
    with ThreadPoolExecutor(times) as threads:
        sent = [threads.submit(send) for _ in range(times)]
        return sorted(one.result().status_code for one in sent)


def test_a_login_shows_who_one_is(client):
    """A row is answered with the fields of the answer's model, and no other column."""
    said = client("GET", "/me")
    assert (said.status_code, said.json()) == (
        200,
        {"nickname": None, "avatar_url": None, "usage_quota": QUOTA},
    )


def test_a_token_is_stored_as_its_hash(client, db):
    """Whoever reads the database can't log in."""
    stored = db.execute("select session_token from iopaint.user_sessions order by id desc limit 1")
    assert stored.fetchone() == (hash_token(client.token),)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer x"}, {"Authorization": "x"}])
def test_nobody_enters_without_a_token(service, headers):
    """Without a token that is somebody's, nothing is shown."""
    assert service.http.get("/me", headers=headers).status_code == 401


def test_a_closed_account(service, client, db):
    """Whose account is closed can't log in, and isn't counted as if they had."""
    db.execute("update iopaint.users set is_active = false where openid = %s", [client.openid])
    said = service.http.post("/sessions", headers={"X-WX-OPENID": client.openid})
    assert (said.status_code, said.json()) == (403, {"detail": "The account is closed."})
    assert client("GET", "/me").status_code == 401


def test_a_profile_is_changed_in_part(client):
    """What is given is set, null takes away, and what is left out stays."""
    client("PATCH", "/me", json={"nickname": "小雨", "avatar_url": "https://a.example/a.png"})
    said = client("PATCH", "/me", json={"avatar_url": None})
    assert (said.status_code, said.json()["nickname"], said.json()["avatar_url"]) == (
        200,
        "小雨",
        None,
    )


def test_a_task(service, client):
    """A picture is queued for one of the quota, and shown to nobody else."""
    said = client.paint()
    assert (said.status_code, said.json()["status"], client.quota) == (202, "pending", QUOTA - 1)
    path = f"/tasks/{said.json()['task_id']}"
    assert client("GET", path).json() == said.json()
    for refused in (Client(service)("GET", path), client("GET", f"/tasks/{uuid.uuid4()}")):
        assert refused.status_code == 404
        assert refused.json() == {"detail": "There is no such task."}


def test_sent_twice(client):
    """A picture that is sent again is refused, and costs nothing."""
    task_id = client.paint().json()["task_id"]
    said = client.paint(task_id=task_id)
    assert (said.status_code, said.json()) == (409, {"detail": "It is there already."})
    assert client.quota == QUOTA - 1


def test_the_quota_is_never_overdrawn(client, db):
    """Of 50 requests at once as many are served as the quota allows, and the rest refused."""
    assert at_once(client.paint, 50) == [202] * QUOTA + [429] * (50 - QUOTA)
    assert client.quota == 0
    queued = db.execute(
        "select count(*) from iopaint.process_records as task"
        " join iopaint.users on users.id = task.user_id where openid = %s",
        [client.openid],
    )
    assert queued.fetchone() == (QUOTA,)


def test_history(client):
    """Pages follow one another, the newest first, with no task twice and none left out."""
    sent = [client.paint().json() for _ in range(5)]

    def page(_: None, **given: Any) -> list[Any]:
        there = {name: value for name, value in given.items() if value is not None}
        return [Row(**task) for task in client("GET", "/tasks", params=there).json()]

    keys = {"before_created_at": "created_at", "before_id": "id"}
    assert [vars(row) for row in turn_pages(page, None, keys)] == sent[::-1]


class Row:
    """An answer whose fields are attributes."""

    def __init__(self, **fields: Any) -> None:
        vars(self).update(fields)


PICTURE = '{"task_id": "%s", "original_image_url": "https://a.example/1.png", "options": %s}'
WRONG = {
    "a URL that is too long": ("POST", "/tasks", {"original_image_url": "x" * 501}),
    "a NUL in a text": ("POST", "/tasks", {"original_image_url": "\0"}),
    "a model's name that is too long": ("POST", "/tasks", {"model_name": "x" * 51}),
    "an id that is none": ("POST", "/tasks", {"task_id": "1"}),
    "no id": ("POST", "/tasks", {"task_id": None}),
    "options that are a list": ("POST", "/tasks", {"options": []}),
    "a NUL in the options": ("POST", "/tasks", {"options": {"a": ["\0"]}}),
    "a number that JSON has not": ("POST", "/tasks", "NaN"),
    "half a character": ("POST", "/tasks", '"\\ud800"'),
    "options that are very deep": ("POST", "/tasks", '{"a":' * 985 + "1" + "}" * 985),
    "options that never end": ("POST", "/tasks", '{"a":' * 100_000),
    "a name that is a number": ("PATCH", "/me", {"nickname": 7}),
    "a name that is too long": ("PATCH", "/me", {"nickname": "雨" * 101}),
    "no page": ("GET", "/tasks?limit=0", None),
    "a huge page": ("GET", "/tasks?limit=101", None),
    "a huge number": ("GET", f"/tasks?before_id={10**30}", None),
    "a time that is none": ("GET", "/tasks?before_created_at=yesterday", None),
    "a NUL for an id": ("GET", "/tasks/%00", None),
}


@pytest.mark.parametrize(("method", "path", "given"), WRONG.values(), ids=WRONG)
def test_a_wrong_argument(service, client, method, path, given):
    """What is wrong is the client's fault, costs them nothing, and the service goes on."""
    if isinstance(given, str):
        said = client(method, path, content=PICTURE % (uuid.uuid4(), f'{{"a": {given}}}'))
    elif path == "/tasks" and given:
        said = client.paint(**given)
    else:
        said = client(method, path, json=given)
    assert (said.status_code, client.quota) == (422, QUOTA), said.text
    assert "Traceback" not in service.said.read_text()


@pytest.mark.parametrize("openid", ["", "x" * 256])
def test_a_wrong_header(service, openid):
    """An openid that is none is refused."""
    said = service.http.post("/sessions", headers={"X-WX-OPENID": openid})
    assert said.status_code == 422


def test_killed_backends_are_not_seen(client, db):
    """No caller sees that every connection of the pool was killed between two requests."""
    me = lambda: client("GET", "/me")  # noqa: E731 - a name for what is sent
    assert at_once(me, 20) == [200] * 20
    killed = db.execute(
        "select count(pg_terminate_backend(pid, 10000)) from pg_stat_activity"
        " where application_name = 'service' and datname = current_database()"
    )
    assert killed.fetchone()[0] > 0
    assert at_once(me, 20) == [200] * 20


def test_more_callers_than_threads_and_connections(client):
    """Callers wait for their turn and not for each other, however many there are."""
    assert at_once(lambda: client("GET", "/tasks"), 200) == [200] * 200


def test_a_database_that_goes_away(client, db):
    """A request whose connection is lost on the way is answered that it can be sent again."""
    with ThreadPoolExecutor(1) as threads, db.transaction():
        db.execute("select from iopaint.users where openid = %s for update", [client.openid])
        sent = threads.submit(client, "PATCH", "/me", json={"nickname": "a"})
        waiting = (
            "select pid from pg_stat_activity"
            " where application_name = 'service' and wait_event_type = 'Lock'"
        )
        until = time.monotonic() + PATIENCE
        with psycopg.connect(db.info.dsn, autocommit=True) as other:
            while not (found := other.execute(waiting).fetchall()) and time.monotonic() < until:
                time.sleep(0.02)
            other.execute("select pg_terminate_backend(%s)", found[0])
        said = sent.result()
    assert (said.status_code, said.json()) == (
        503,
        {"detail": "The database is busy or away: try again."},
    )
    assert client("GET", "/me").json()["nickname"] is None
