"""The queries of zishu's files: uploads in versions, permissions, links that count themselves."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest

from callers import at_once, at_once_async
from pages import turn_pages

NEW_USER = "insert into zishu.users (username, email) values (%s, %s || '@x.cn') returning id"
NEWEST = {"before_created_at": "created_at", "before_id": "id"}
DIGEST = hashlib.sha256(b"").hexdigest()
PASSWORD = "$2b$12$" + "a" * 53
BYTES = {"mime_type": "application/pdf", "size_bytes": 7, "checksum": DIGEST}


def upload_file(queries, conn, name="报告.pdf"):
    """The ids of a new user and of their file."""
    owner = conn.execute(NEW_USER, ["小紫", "小紫"]).fetchone()[0]
    file = queries.files.upload(
        conn, owner_id=owner, name=name, description="", storage_key="k", **BYTES
    )
    return owner, file.id


@pytest.fixture
def zishu(systems):
    """The queries of the schema."""
    return systems.zishu


@pytest.fixture
def add_person(run):
    """`add_person("小紫")` is the id of a new user."""
    return lambda name: run.sql(NEW_USER, name, name)[0][0]


@pytest.fixture
def owner(add_person):
    """The id of a user."""
    return add_person("小紫")


@pytest.fixture
def friend(add_person):
    """The id of another user."""
    return add_person("朋友")


@pytest.fixture
def upload(run, zishu, owner):
    """`upload("a.pdf")` is a file of the owner with one version, whose key is the name's hash."""

    def upload(name="报告.pdf", **columns):
        values = {"owner_id": owner, "name": name, "description": "", "storage_key": str(uuid4())}
        return run(zishu.files.upload, **values | BYTES | columns)

    return upload


@pytest.fixture
def file(upload):
    """A file of the owner with one version."""
    return upload(storage_key="first")


@pytest.fixture
def add_version(run, zishu, file, owner):
    """`add_version("key")` is the next version of the file."""

    def add(key, **columns):
        values = {"file_id": file.id, "uploaded_by": owner, "storage_key": key}
        return run(zishu.file_versions.create, **values | BYTES | columns)

    return add


@pytest.fixture
def grant(run, zishu, file, owner, friend):
    """`grant(level="read")` lets the friend use the file."""

    def grant(**columns):
        values = {"file_id": file.id, "user_id": friend, "granted_by": owner, "level": "read"}
        return run(zishu.file_permissions.create, **values | columns)

    return grant


@pytest.fixture
def share(run, zishu, file, owner):
    """`share(max_downloads=1)` is a link to the file, with a token of its own."""

    def share(**columns):
        values = {
            "file_id": file.id,
            "created_by": owner,
            "token_hash": hashlib.sha256(uuid4().bytes).hexdigest(),
            "password_hash": None,
            "max_downloads": None,
            "expires_at": None,
        }
        return run(zishu.file_shares.create, **values | columns)

    return share


def current(run, file):
    """The number of the file's current version, as the table has it."""
    return run.sql("select current_version from zishu.files where id = %s", file.id)[0][0]


# Files


def test_an_upload_makes_a_file_with_its_version(run, zishu, owner, upload):
    """File and first version come in one statement, and the version is the current one."""
    file = upload(storage_key="k")
    assert (file.owner_id, file.name, file.current_version) == (owner, "报告.pdf", 1)
    assert run(zishu.files.get, id=file.id) == file
    version = run(zishu.file_versions.get_current, file_id=file.id)
    assert (version.number, version.storage_key, version.uploaded_by) == (1, "k", owner)
    assert (version.mime_type, version.size_bytes, version.checksum) == tuple(BYTES.values())


def test_a_file_may_wait_for_its_bytes(run, zishu, owner):
    """A file without a version has no current one."""
    file = run(zishu.files.create, owner_id=owner, name="a", description="空")
    assert (file.description, file.current_version) == ("空", None)
    assert run(zishu.file_versions.get_current, file_id=file.id) is None
    row = run(zishu.files.get_for, id=file.id, user_id=owner)
    assert (row.level, row.storage_key) == ("owner", None)


def test_what_is_not_there_is_none(run, zishu):
    """An unknown id gives no row and changes none."""
    files, unknown = zishu.files, uuid4()
    assert run(files.get, id=unknown) is None
    assert run(files.get_for, id=unknown, user_id=unknown) is None
    assert run(files.rename, id=unknown, name="a") is None
    assert run(files.describe, id=unknown, description="a") is None
    assert run(files.transfer, id=unknown, owner_id=unknown) is None
    assert run(files.revert, id=unknown, number=1) is None
    assert run(files.restore, id=unknown) is None
    assert run(files.delete, id=unknown) == 0
    assert run(files.get_usage, owner_id=unknown) == (0, 0, 0)


def test_a_file_is_opened_by_who_may(run, zishu, file, owner, friend, grant):
    """The owner and who has a permission get the file, its bytes and their level."""
    get_for = zishu.files.get_for
    assert run(get_for, id=file.id, user_id=friend) is None
    grant(level="write")
    rows = [run(get_for, id=file.id, user_id=user) for user in (owner, friend)]
    assert [row.level for row in rows] == ["owner", "write"]
    assert {row.storage_key for row in rows} == {"first"}


def test_files_are_paged_until_deleted(run, zishu, owner, upload):
    """The list has what is outside the trash, the other list the trash, each newest first."""
    made = sorted((upload(name=str(number)).id for number in range(5)), reverse=True)
    assert run(zishu.files.delete, id=made[1]) == 1
    assert run(zishu.files.delete, id=made[1]) == 0
    rows = turn_pages(run, zishu.files.page, NEWEST, owner_id=owner)
    assert [row.id for row in rows] == made[:1] + made[2:]
    assert {row.size_bytes for row in rows} == {7}
    rows = turn_pages(run, zishu.files.page_deleted, NEWEST, owner_id=owner)
    assert [row.id for row in rows] == made[1:2]


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("报告", {"年度报告.pdf", "报告100%.PDF"}),
        ("告", {"年度报告.pdf", "报告100%.PDF"}),
        ("pdf", {"年度报告.pdf", "报告100%.PDF"}),
        ("\uff30\uff24\uff26", {"年度报告.pdf", "报告100%.PDF"}),
        ("0%", {"报告100%.PDF"}),
        ("aba", {"cabac"}),
        ("合同", set()),
    ],
)
def test_files_are_found_by_a_part_of_their_name(run, zishu, owner, friend, upload, term, names):
    """In any case and width, of a person's own files outside the trash, and letter by letter."""
    for name in ("年度报告.pdf", "报告100%.PDF", "cabac", "abcbab"):
        upload(name=name)
    upload(name="报告.pdf", owner_id=friend)
    run(zishu.files.delete, id=upload(name="合同.pdf").id)
    rows = turn_pages(run, zishu.files.search, NEWEST, owner_id=owner, term=term)
    assert {row.name for row in rows} == names


def test_a_file_is_renamed_and_described(run, zishu, file):
    """Each changes alone."""
    assert run(zishu.files.rename, id=file.id, name="新.pdf").name == "新.pdf"
    described = run(zishu.files.describe, id=file.id, description="说明")
    assert (described.name, described.description) == ("新.pdf", "说明")
    assert run(zishu.files.get, id=file.id) == described


def test_a_file_goes_back_to_a_version(run, zishu, file, add_version):
    """An older version becomes the current one; what is no version of it doesn't."""
    add_version("second")
    assert current(run, file) == 2
    assert run(zishu.files.revert, id=file.id, number=1).current_version == 1
    assert run(zishu.file_versions.get_current, file_id=file.id).storage_key == "first"
    assert run(zishu.files.revert, id=file.id, number=3) is None


def test_a_file_is_given_away(run, zishu, file, friend, grant):
    """The new owner's permission goes, since an owner needs none; the former keeps none."""
    grant()
    moved = run(zishu.files.transfer, id=file.id, owner_id=friend)
    assert moved.owner_id == friend
    assert run.sql("select * from zishu.file_permissions") == []
    assert run(zishu.file_permissions.get_level, file_id=file.id, user_id=file.owner_id) is None


def test_the_trash_opens_nothing(run, zishu, file, owner, share, add_version, grant):
    """A deleted file is neither read nor changed nor shared until it is restored."""
    token = {"token_hash": DIGEST}
    share(**token)
    run(zishu.files.delete, id=file.id)
    assert run(zishu.files.get, id=file.id) is None
    assert run(zishu.files.get_for, id=file.id, user_id=owner) is None
    assert run(zishu.files.rename, id=file.id, name="a") is None
    assert run(zishu.file_versions.get_current, file_id=file.id) is None
    assert run(zishu.file_shares.get_by_token, **token) is None
    assert run(zishu.file_shares.download, **token) is None
    assert run(zishu.file_permissions.get_level, file_id=file.id, user_id=owner) is None
    assert (add_version("second"), grant(), share()) == (None, None, None)
    restored = run(zishu.files.restore, id=file.id)
    assert restored.deleted_at is None
    assert run(zishu.files.restore, id=file.id) is None
    assert run(zishu.file_shares.download, **token).storage_key == "first"


def test_usage_is_of_every_version(run, zishu, owner, upload, add_version):
    """Older versions and the trash take up room too."""
    add_version("second", size_bytes=100)
    run(zishu.files.delete, id=upload().id)
    run(zishu.files.create, owner_id=owner, name="a", description="")
    assert run(zishu.files.get_usage, owner_id=owner) == (3, 3, 114)


def test_the_trash_is_emptied_with_its_bytes(run, zishu, file, owner, upload, add_version):
    """So many files go at a time, the oldest first, and every version's key is given."""
    add_version("second")
    empty = run(zishu.files.create, owner_id=owner, name="a", description="")
    kept = upload()
    for trashed in (file, empty):
        run(zishu.files.delete, id=trashed.id)
    run.sql("update zishu.files set deleted_at = now() - interval '1 day' where id = %s", file.id)
    then = run.sql("select now() + interval '1 second'")[0][0]
    long_ago = then - timedelta(days=9)
    assert run(zishu.files.purge, deleted_before=long_ago, limit=9) == []
    rows = run(zishu.files.purge, deleted_before=then, limit=1)
    assert {row.storage_key for row in rows} == {"first", "second"}
    assert {row.file_id for row in rows} == {file.id}
    assert run(zishu.files.purge, deleted_before=then, limit=9) == [(empty.id, None, None, None)]
    assert run(zishu.files.purge, deleted_before=then, limit=9) == []
    assert run.sql("select id from zishu.files") == [(kept.id,)]


# Versions


def test_versions_are_numbered(run, zishu, file, owner, add_version):
    """The next version takes the next number and is got by it, and by the key of its bytes."""
    version = add_version("second")
    assert (version.number, version.uploaded_by) == (2, owner)
    queries = zishu.file_versions
    assert run(queries.get, file_id=file.id, number=2) == version
    assert run(queries.get_by_storage_key, storage_key="second") == version
    assert run(queries.get, file_id=file.id, number=3) is None
    assert run(queries.get_by_storage_key, storage_key="third") is None


@pytest.mark.parametrize("call", [at_once, at_once_async])
def test_uploads_at_once_get_numbers_of_their_own(zishu, database, call):
    """Six versions at once are numbered from 2 to 7, and the last is the current one."""
    with psycopg.connect(database, autocommit=True) as conn:
        owner, file = upload_file(zishu, conn)
        values = {"file_id": file, "uploaded_by": owner} | BYTES
        calls = [values | {"storage_key": str(number)} for number in range(6)]
        rows = call(database, zishu.file_versions.create, calls)
        assert sorted(row.number for row in rows) == [2, 3, 4, 5, 6, 7]
        assert zishu.files.get(conn, id=file).current_version == 7


def test_versions_are_paged(run, zishu, file, add_version, friend):
    """Each version is on one page with who uploaded it, newest first."""
    for key in "bcde":
        add_version(key, uploaded_by=friend if key == "c" else None)
    place = {"before_number": "number"}
    rows = turn_pages(run, zishu.file_versions.page, place, file_id=file.id)
    assert [row.number for row in rows] == [5, 4, 3, 2, 1]
    assert [row.uploaded_by_name for row in rows] == [None, None, "朋友", None, "小紫"]


def test_a_version_is_removed_unless_current(run, zishu, file, add_version):
    """What is removed gives its key; the current one and an unknown one stay."""
    add_version("second")
    delete = zishu.file_versions.delete
    assert run(delete, file_id=file.id, number=2) is None
    assert run(delete, file_id=file.id, number=1) == "first"
    assert run(delete, file_id=file.id, number=1) is None


def test_older_versions_are_removed(run, zishu, file, add_version):
    """The newest stay, and the current one however old."""
    for key in "bcde":
        add_version(key)
    run(zishu.files.revert, id=file.id, number=2)
    older = zishu.file_versions.delete_older
    assert run(older, file_id=file.id, keep=5) == []
    rows = run(older, file_id=file.id, keep=2)
    assert sorted((row.number, row.storage_key) for row in rows) == [(1, "first"), (3, "c")]
    rows = run(older, file_id=file.id, keep=0)
    assert sorted(row.number for row in rows) == [4, 5]
    assert run(zishu.file_versions.get_current, file_id=file.id).number == 2


# Permissions


def test_a_permission_is_granted_changed_and_taken_back(run, zishu, file, owner, friend, grant):
    """One row a person: a second grant changes the first."""
    queries, key = zishu.file_permissions, {"file_id": file.id, "user_id": friend}
    assert run(queries.get, **key) is None
    assert run(queries.get_level, **key) is None
    granted = grant()
    assert (granted.level, granted.granted_by) == ("read", owner)
    assert run(queries.get, **key) == granted
    assert grant(level="write").level == "write"
    assert run(queries.set_level, **key, level="admin").level == "admin"
    assert run(queries.get_level, **key) == "admin"
    assert run(queries.get_level, file_id=file.id, user_id=owner) == "owner"
    assert run(queries.delete, **key) == 1
    assert run(queries.delete, **key) == 0
    assert run(queries.set_level, **key, level="read") is None


@pytest.mark.parametrize(("level", "may"), [("read", False), ("write", False), ("admin", True)])
def test_who_may_pass_a_file_on(run, owner, friend, add_person, grant, share, level, may):
    """Besides the owner, who has the level admin grants permissions and makes links."""
    other = add_person("第三")
    assert grant(granted_by=friend, user_id=other) is None
    assert share(created_by=friend) is None
    grant(level=level)
    assert (grant(granted_by=friend, user_id=other) is not None) is may
    assert (share(created_by=friend) is not None) is may


def test_an_owner_needs_no_permission(owner, grant):
    """None is granted to the owner."""
    assert grant(user_id=owner) is None


def test_permissions_of_a_file_are_paged(run, zishu, file, add_person, grant):
    """Each person is on one page, by name too."""
    people = {add_person(name): name for name in ("ab", "cd", "ef")}
    for person in people:
        grant(user_id=person)
    place = {"after_user_id": "user_id"}
    rows = turn_pages(run, zishu.file_permissions.page, place, file_id=file.id)
    assert {row.user_id: row.username for row in rows} == people
    assert len(rows) == 3


def test_shared_files_are_paged(run, zishu, owner, friend, upload, grant):
    """What is shared with a person is on one page each, the newest grant first, but for trash."""
    files = [upload(name=str(number)) for number in range(6)]
    for file in files:
        grant(file_id=file.id)
    run.sql(
        "update zishu.file_permissions set created_at = now() - interval '1 day'"
        " where file_id = any(%s)",
        [file.id for file in files[:3]],
    )
    run(zishu.files.delete, id=files[5].id)
    place = {"before_created_at": "created_at", "after_file_id": "file_id"}
    rows = turn_pages(run, zishu.file_permissions.page_by_user, place, user_id=friend)
    newer, older = (sorted(file.id for file in some) for some in (files[3:5], files[:3]))
    assert [row.file_id for row in rows] == newer + older
    assert {(row.owner_id, row.level, row.size_bytes) for row in rows} == {(owner, "read", 7)}


# Links


def test_a_link_hides_its_secrets(run, zishu, share):
    """Neither the token nor the password comes back, only whether there is one."""
    link = share(password_hash=PASSWORD, max_downloads=3)
    assert link.has_password
    assert not {"token_hash", "password_hash"} & set(link._fields)
    assert (link.max_downloads, link.download_count, link.expires_at) == (3, 0, None)
    assert run(zishu.file_shares.get, id=link.id) == link
    assert run(zishu.file_shares.get, id=uuid4()) is None


def test_a_link_shows_the_current_version(run, zishu, file, share, add_version):
    """Its page and its download are of the version that is current then."""
    share(token_hash=DIGEST, password_hash=PASSWORD)
    add_version("second", size_bytes=9)
    page = run(zishu.file_shares.get_by_token, token_hash=DIGEST)
    assert (page.name, page.size_bytes, page.password_hash) == ("报告.pdf", 9, PASSWORD)
    download = run(zishu.file_shares.download, token_hash=DIGEST)
    assert (download.file_id, download.storage_key) == (file.id, "second")


@pytest.mark.parametrize(
    ("end", "allowed"),
    [
        ("null", 3),
        ("max_downloads = 2", 2),
        ("expires_at = now() - interval '1 second'", 0),
        ("expires_at = now() + interval '1 hour'", 3),
        ("revoked_at = now()", 0),
    ],
)
def test_a_link_ends(run, zishu, share, end, allowed):
    """One that is expired, used up or revoked shows and sends nothing, and counts no more."""
    link = share(token_hash=DIGEST)
    if end != "null":
        run.sql(f"update zishu.file_shares set {end}")
    opened = [run(zishu.file_shares.download, token_hash=DIGEST) for _ in range(3)]
    assert [row is not None for row in opened] == [True] * allowed + [False] * (3 - allowed)
    assert run(zishu.file_shares.get, id=link.id).download_count == allowed
    page = run(zishu.file_shares.get_by_token, token_hash=DIGEST)
    assert (page is not None) is (allowed == 3)


@pytest.mark.parametrize("call", [at_once, at_once_async])
def test_downloads_at_once_keep_the_limit(zishu, database, call):
    """Of eight at once as many get the file as may, and as many are counted."""
    with psycopg.connect(database, autocommit=True) as conn:
        owner, file = upload_file(zishu, conn)
        link = zishu.file_shares.create(
            conn,
            file_id=file,
            created_by=owner,
            token_hash=DIGEST,
            password_hash=None,
            max_downloads=3,
            expires_at=None,
        )
        rows = call(database, zishu.file_shares.download, [{"token_hash": DIGEST}] * 8)
        assert Counter(row is not None for row in rows) == {True: 3, False: 5}
        assert zishu.file_shares.get(conn, id=link.id).download_count == 3


def test_links_are_paged(run, zishu, file, share):
    """Each link of a file is on one page, newest first."""
    made = sorted((share().id for _ in range(5)), reverse=True)
    rows = turn_pages(run, zishu.file_shares.page, NEWEST, file_id=file.id)
    assert [row.id for row in rows] == made


def test_a_link_is_changed(run, zishu, share):
    """Limits and password are set and, by null, taken away."""
    queries, link = zishu.file_shares, share(max_downloads=1)
    until = run.sql("select now() + interval '1 day'")[0][0]
    changed = run(queries.set_limits, id=link.id, max_downloads=None, expires_at=until)
    assert (changed.max_downloads, changed.expires_at) == (None, until)
    assert run(queries.set_password, id=link.id, password_hash=PASSWORD).has_password
    assert not run(queries.set_password, id=link.id, password_hash=None).has_password
    unknown = uuid4()
    assert run(queries.set_limits, id=unknown, max_downloads=None, expires_at=None) is None
    assert run(queries.set_password, id=unknown, password_hash=None) is None


def test_links_are_revoked_and_deleted(run, zishu, file, share):
    """One or all of a file; a revoked link stays in the list, a deleted one doesn't."""
    queries, links = zishu.file_shares, [share() for _ in range(3)]
    assert run(queries.revoke, id=links[0].id).revoked_at is not None
    assert run(queries.revoke, id=links[0].id) is None
    assert run(queries.revoke_all, file_id=file.id) == 2
    assert run(queries.revoke_all, file_id=file.id) == 0
    assert run(queries.get, id=links[0].id) is not None
    assert run(queries.delete, id=links[0].id) == 1
    assert run(queries.delete, id=links[0].id) == 0
    assert run(queries.get, id=links[0].id) is None
