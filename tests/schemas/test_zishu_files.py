"""Files of schema zishu: numbered versions, permissions, and links that end."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from callers import wait_until_blocked

DIGEST = hashlib.sha256(b"").hexdigest()

DOWNLOAD = """
    update zishu.file_shares
    set download_count = download_count + 1
    where token_hash = %s
        and revoked_at is null
        and (expires_at is null or expires_at > now())
        and (max_downloads is null or download_count < max_downloads)
    returning file_id
"""


def add_user(conn, name="小紫"):
    """The id of a new user."""
    return conn.execute(
        "insert into zishu.users (username, email) values (%s, %s || '@example.com') returning id",
        [name, name],
    ).fetchone()[0]


def add_file(conn, owner, name="报告.pdf"):
    """The id of a new file without versions."""
    return conn.execute(
        "insert into zishu.files (owner_id, name) values (%s, %s) returning id", [owner, name]
    ).fetchone()[0]


def add_version(conn, file, key, **columns):
    """The number of a new version."""
    values = {"file_id": file, "storage_key": key, "size_bytes": 0, "checksum": DIGEST} | columns
    names = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    return conn.execute(
        f"insert into zishu.file_versions ({names}) values ({places}) returning number", values
    ).fetchone()[0]


def add_share(conn, file, user, **columns):
    """Makes a link; its token is hashed to DIGEST."""
    values = {"file_id": file, "created_by": user, "token_hash": DIGEST} | columns
    names = ", ".join(values)
    places = ", ".join(f"%({name})s" for name in values)
    conn.execute(f"insert into zishu.file_shares ({names}) values ({places})", values)


@pytest.fixture
def user(db):
    """The id of a user."""
    return add_user(db)


@pytest.fixture
def file(db, user):
    """The id of a file without versions."""
    return add_file(db, user)


@pytest.fixture
def committed(migrated):
    """A user and a file that other sessions see too."""
    with psycopg.connect(migrated) as conn:
        user = add_user(conn, "committed")
        file = add_file(conn, user)
    yield user, file
    with psycopg.connect(migrated) as conn:
        conn.execute("delete from zishu.files where id = %s", [file])
        conn.execute("delete from zishu.users where id = %s", [user])


def current(conn):
    """The number of the only file's current version."""
    return conn.execute("select current_version from zishu.files").fetchone()[0]


@pytest.mark.parametrize("name", ["", ".", "..", "../密码", "a\\b", "a\nb", "/etc/passwd"])
def test_a_file_name_is_no_path(db, refused, user, name):
    """What would leave the folder of a download, or break a line, is refused as a name."""
    with refused("files_name_is_no_path"):
        add_file(db, user, name)


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("报告", ["2025年度报告.pdf"]),
        ("度报", ["2025年度报告.pdf"]),
        ("025", ["2025年度报告.pdf"]),
        ("IMG", ["img_0001.png"]),
        ("合同", []),
    ],
)
def test_files_are_found_by_a_part_of_their_name(db, user, term, names):
    """Any two characters of a name find it by index, in Chinese too; the trash is not searched."""
    add_file(db, user, "2025年度报告.pdf")
    add_file(db, user, "img_0001.png")
    add_file(db, user, "合同.docx")
    db.execute("update zishu.files set deleted_at = now() where name = '合同.docx'")
    search = (
        "select name from zishu.files where deleted_at is null"
        " and common.bigrams(name) @> common.bigrams(%(term)s)"
        " and name ilike '%%' || %(term)s || '%%'"
    )
    assert [row[0] for row in db.execute(search, {"term": term})] == names
    db.execute("set local enable_seqscan = off")
    plan = "\n".join(row[0] for row in db.execute("explain " + search, {"term": term}))
    assert "files_name_gin" in plan


def test_versions_are_numbered_and_the_newest_is_current(db, user, file):
    """Each upload takes the next number of its file, whatever it asks for, and becomes current."""
    assert current(db) is None
    other = add_file(db, user)
    assert [add_version(db, file, "a"), add_version(db, file, "b", number=7)] == [1, 2]
    assert add_version(db, other, "c") == 1
    assert db.execute(
        "select current_version from zishu.files where id = %s", [file]
    ).fetchone() == (2,)


def test_an_older_version_is_made_current_again(db, refused, file):
    """A file goes back to one of its versions, and to nothing else."""
    add_version(db, file, "a")
    add_version(db, file, "b")
    db.execute("update zishu.files set current_version = 1")
    with refused("files_current_version_fkey"):
        db.execute("update zishu.files set current_version = 3")


def test_the_current_version_stays(db, refused, file):
    """Only a version that is not the current one may be deleted."""
    add_version(db, file, "a")
    add_version(db, file, "b")
    with refused("files_current_version_fkey"):
        db.execute("delete from zishu.file_versions where number = 2")
    db.execute("delete from zishu.file_versions where number = 1")
    assert add_version(db, file, "c") == 3


def test_two_uploads_at_once_get_two_numbers(migrated, committed):
    """The second upload waits for the first and takes the number after it."""
    _, file = committed
    with (
        ThreadPoolExecutor() as threads,
        psycopg.connect(migrated) as one,
        psycopg.connect(migrated) as two,
    ):
        assert add_version(one, file, "a") == 1
        other = threads.submit(add_version, two, file, "b")
        wait_until_blocked(one, two.info.backend_pid)
        one.commit()
        assert other.result() == 2
        two.commit()
        assert current(one) == 2


@pytest.mark.parametrize(
    ("columns", "constraint"),
    [
        ({"storage_key": "taken"}, "file_versions_storage_key_key"),
        ({"size_bytes": -1}, "file_versions_size_bytes_is_not_negative"),
        ({"checksum": "d41d8cd98f00b204e9800998ecf8427e"}, "file_versions_checksum_is_a_digest"),
        ({"checksum": DIGEST.upper()}, "file_versions_checksum_is_a_digest"),
    ],
)
def test_a_version_refuses_nonsense(db, refused, file, columns, constraint):
    """Each rule of a version is held by the constraint that says it."""
    add_version(db, file, "taken")
    with refused(constraint):
        add_version(db, file, "free", **columns)


def test_a_version_belongs_to_a_file(db, refused, user):
    """A version of no file is refused."""
    with refused("file_versions_file_id_fkey"):
        add_version(db, user, "a")


def test_a_person_has_one_permission_on_a_file(db, refused, user, file):
    """A second grant is a change of the first; an unknown level is refused."""
    grant = "insert into zishu.file_permissions (file_id, user_id, level) values (%s, %s, %s)"
    friend = add_user(db, "friend")
    db.execute(grant, [file, friend, "write"])
    with refused("file_permissions_pkey"):
        db.execute(grant, [file, friend, "read"])
    with refused("file_permissions_level_is_known"):
        db.execute("update zishu.file_permissions set level = 'owner'")


@pytest.mark.parametrize(
    ("column", "value", "constraint"),
    [
        ("token_hash", "token", "file_shares_token_hash_is_a_hash"),
        ("password_hash", "1234", "file_shares_password_hash_is_a_hash"),
        ("max_downloads", 0, "file_shares_max_downloads_is_positive"),
        ("download_count", -1, "file_shares_download_count_is_not_negative"),
        ("download_count", 3, "file_shares_downloads_are_within_the_limit"),
    ],
)
def test_a_share_refuses_nonsense(db, refused, user, file, column, value, constraint):
    """Each rule of a link is held by the constraint that says it."""
    add_share(db, file, user, max_downloads=2)
    with refused(constraint):
        db.execute(f"update zishu.file_shares set {column} = %s", [value])


def test_a_token_opens_one_share(db, refused, user, file):
    """The same token for two links is refused."""
    add_share(db, file, user)
    with refused("file_shares_token_hash_key"):
        add_share(db, file, user)


@pytest.mark.parametrize(
    ("columns", "allowed"),
    [
        ({}, 3),
        ({"max_downloads": 2}, 2),
        ({"expires_at": "2000-01-01"}, 0),
        ({"revoked_at": "2000-01-01"}, 0),
        ({"expires_at": "9999-01-01", "max_downloads": 1}, 1),
    ],
)
def test_a_share_ends(db, user, file, columns, allowed):
    """A link that is expired, used up or revoked gives the file no more."""
    add_share(db, file, user, **columns)
    opened = [db.execute(DOWNLOAD, [DIGEST]).fetchone() for _ in range(3)]
    assert opened == [(file,)] * allowed + [None] * (3 - allowed)


def test_two_downloads_at_once_keep_the_limit(migrated, committed):
    """The second of two who want the last download waits, and gets nothing."""
    user, file = committed
    with psycopg.connect(migrated) as conn:
        add_share(conn, file, user, max_downloads=1)
    with (
        ThreadPoolExecutor() as threads,
        psycopg.connect(migrated) as one,
        psycopg.connect(migrated) as two,
    ):
        assert one.execute(DOWNLOAD, [DIGEST]).fetchone() == (file,)
        other = threads.submit(lambda: two.execute(DOWNLOAD, [DIGEST]).fetchone())
        wait_until_blocked(one, two.info.backend_pid)
        one.commit()
        assert other.result() is None


def test_an_owner_is_not_erased_before_their_files(db, refused, user, file):
    """The rows that say which bytes to remove are not lost with the owner."""
    with refused("files_owner_id_fkey"):
        db.execute("delete from zishu.users where id = %s", [user])


def test_a_file_takes_its_rows_along(db, user, file):
    """Deleting a file deletes versions, the current one too, permissions and links."""
    add_version(db, file, "a")
    add_version(db, file, "b")
    db.execute(
        "insert into zishu.file_permissions (file_id, user_id) values (%s, %s)",
        [file, add_user(db, "friend")],
    )
    add_share(db, file, user)
    db.execute("delete from zishu.files")
    for table in ["file_versions", "file_permissions", "file_shares"]:
        assert db.execute(f"select count(*) from zishu.{table}").fetchone()[0] == 0


def test_who_uploaded_or_granted_may_be_erased(db, user, file):
    """Versions and permissions stay when the person who made them for another goes."""
    friend, reader = add_user(db, "friend"), add_user(db, "reader")
    add_version(db, file, "a", uploaded_by=friend)
    db.execute(
        "insert into zishu.file_permissions (file_id, user_id, granted_by) values (%s, %s, %s)",
        [file, reader, friend],
    )
    db.execute("delete from zishu.users where id = %s", [friend])
    assert db.execute("select uploaded_by from zishu.file_versions").fetchall() == [(None,)]
    assert db.execute("select granted_by from zishu.file_permissions").fetchall() == [(None,)]


@pytest.mark.parametrize("table", ["files", "file_permissions", "file_shares"])
def test_updated_at_follows_every_update(db, user, file, table):
    """An update sets updated_at to the transaction's time, whatever the statement says."""
    db.execute(
        "insert into zishu.file_permissions (file_id, user_id) values (%s, %s)", [file, user]
    )
    add_share(db, file, user)
    db.execute(f"update zishu.{table} set updated_at = '2000-01-01'")
    assert db.execute(f"select updated_at = now() from zishu.{table}").fetchone()[0]
