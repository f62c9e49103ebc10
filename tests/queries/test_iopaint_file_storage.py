"""The queries of iopaint.file_storage, each by its effect."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from callers import at_once, at_once_async

FILE = {
    "user_id": None,
    "file_path": "2026/a.png",
    "file_name": "a.png",
    "file_type": "original",
    "file_size": 1000,
    "mime_type": "image/png",
    "storage_type": "local",
    "upload_ip": "127.0.0.1",
    "is_temporary": False,
    "expires_at": None,
}
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
START = {"before_created_at": None, "before_id": None}


@pytest.fixture
def files(systems):
    """The queries."""
    return systems.iopaint.file_storage


@pytest.fixture
def new(files, run):
    """`new(file_path="b.png")` notes a file."""
    return lambda **values: run(files.create, **FILE | values)


@pytest.fixture
def user(systems, run):
    """A user."""
    create = systems.iopaint.users.create
    return run(create, openid="o-1", union_id=None, nickname=None, avatar_url=None)


def test_a_file_is_noted(files, run, user, new):
    """Everything that is known of a file is kept."""
    row = FILE | {"user_id": user.id, "is_temporary": True, "expires_at": LONG_AGO}
    file = new(**row)
    assert {name: getattr(file, name) for name in row} == row
    assert run(files.get, id=file.id) == file
    assert run(files.get, id=-1) is None


def test_files_are_found_by_where_they_lie(files, run, new):
    """Those with the same bytes in the same store are found, the oldest first."""
    first, second = new(), new(file_name="copy.png")
    new(storage_type="cos")
    path = {"file_path": "2026/a.png"}
    assert run(files.list_by_path, storage_type="local", **path) == [first, second]
    assert run(files.list_by_path, storage_type="oss", **path) == []


def test_a_persons_files_are_paged(files, run, user, new):
    """Each file of the person is on one page, the newest first."""
    made = [new(user_id=user.id) for _ in range(3)]
    new()
    first = run(files.page, user_id=user.id, **START, limit=2)
    after = {"before_created_at": first[-1].created_at, "before_id": first[-1].id}
    second = run(files.page, user_id=user.id, **after, limit=2)
    assert first + second == made[::-1]
    assert run(files.page, user_id=-1, **START, limit=2) == []


def test_the_apps_own_files_are_paged(files, run, user, new):
    """Each file of nobody is on one page, the newest first."""
    assert run(files.page_of_app, **START, limit=2) == []
    made = [new() for _ in range(3)]
    new(user_id=user.id)
    first = run(files.page_of_app, **START, limit=2)
    after = {"before_created_at": first[-1].created_at, "before_id": first[-1].id}
    assert first + run(files.page_of_app, **after, limit=2) == made[::-1]


def test_sizes_are_added(files, run, user, new):
    """The bytes of a person's files are added, past what an integer holds, unknown ones as 0."""
    assert run(files.sum_sizes, user_id=user.id) == 0
    for size in (2**31 - 1, 2**31 - 1, None):
        new(user_id=user.id, file_size=size)
    new()
    assert run(files.sum_sizes, user_id=user.id) == 2**32 - 2


@pytest.mark.parametrize(
    ("query", "values"),
    [
        ("rename", {"file_name": "b.png"}),
        ("move", {"storage_type": "cos", "file_path": "bucket/key"}),
        ("set_expiry", {"expires_at": LONG_AGO}),
        ("set_expiry", {"expires_at": None}),
    ],
)
def test_a_file_changes(files, run, new, query, values):
    """What is named changes and the rest doesn't; no file, no row."""
    file = new(is_temporary=True)
    changed = run(getattr(files, query), id=file.id, **values)
    assert changed == file._replace(**values)
    assert run(files.get, id=file.id) == changed
    assert run(getattr(files, query), id=-1, **values) is None


def test_a_temporary_file_is_kept(files, run, new):
    """A file that is kept is not temporary and does not expire."""
    file = new(is_temporary=True, expires_at=LONG_AGO)
    assert run(files.keep, id=file.id) == file._replace(is_temporary=False, expires_at=None)
    assert run(files.delete_expired, limit=10) == []
    assert run(files.keep, id=-1) is None


def test_a_deleted_file_says_where_its_bytes_are(files, run, new):
    """The row comes back, once."""
    file = new()
    assert run(files.delete, id=file.id) == file
    assert run(files.delete, id=file.id) is None


def test_expired_files_go_in_batches(files, run, new):
    """What has expired is deleted, the longest ago first, and comes back; the rest stays."""
    expired = [new(expires_at=LONG_AGO + timedelta(days=day)) for day in (2, 0, 1)]
    kept = {new(), new(expires_at=datetime.now(UTC) + timedelta(days=1))}
    first = run(files.delete_expired, limit=2)
    assert {file.id for file in first} == {expired[1].id, expired[2].id}
    assert run(files.delete_expired, limit=2) == [expired[0]]
    assert run(files.delete_expired, limit=2) == []
    assert set(run(files.page_of_app, **START, limit=9)) == kept


@pytest.mark.parametrize("gather", [at_once, at_once_async])
def test_many_cleaners_remove_each_file_once(files, database, gather):
    """No two cleaners at once get the same file."""
    with psycopg.connect(database, autocommit=True) as conn:
        made = [files.create(conn, **FILE | {"expires_at": LONG_AGO}).id for _ in range(10)]
        batches = gather(database, files.delete_expired, [{"limit": 3}] * 4)
        removed = [file.id for batch in batches for file in batch]
        removed += [file.id for file in files.delete_expired(conn, limit=10)]
    assert sorted(removed) == made
