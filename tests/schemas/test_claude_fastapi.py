"""The rules of schema claude_fastapi: each is tried, and refused by the constraint that says it."""

from __future__ import annotations

import psycopg
import pytest

ARGON2ID = "$argon2id$v=19$m=65536,t=3,p=4$" + "c2FsdHNhbHQ" + "$" + "h" * 43
BCRYPT = "$2b$12$" + "h" * 53


@pytest.fixture
def user(db):
    """The id of a user."""
    return db.execute(
        "insert into claude_fastapi.users (username, email, hashed_password)"
        " values ('小明', 'xiaoming@example.com', %s) returning id",
        [ARGON2ID],
    ).fetchone()[0]


def test_a_user_starts_with_the_documents_defaults(db, user):
    """A new user is active, neither superuser nor verified, and has never logged in."""
    row = db.execute(
        "select is_active, is_superuser, is_verified, last_login_at, created_at = now(),"
        " updated_at = now(), full_name, avatar, phone, bio"
        " from claude_fastapi.users where id = %s",
        [user],
    ).fetchone()
    assert row == (True, False, False, None, True, True, None, None, None, None)


@pytest.mark.parametrize("column", ["username", "email"])
def test_a_login_name_is_one_user(db, refused, user, column):
    """Neither a username nor an e-mail address can be registered twice."""
    row = {"username": "other", "email": "other@example.com"}
    row[column] = db.execute(f"select {column} from claude_fastapi.users").fetchone()[0]
    with refused(f"users_{column}_key"):
        db.execute(
            "insert into claude_fastapi.users (username, email, hashed_password)"
            " values (%(username)s, %(email)s, %(hash)s)",
            row | {"hash": ARGON2ID},
        )


@pytest.mark.parametrize("value", [ARGON2ID, BCRYPT])
def test_a_password_hash_is_taken(db, user, value):
    """Argon2id hashes are taken, and the bcrypt hashes that accounts came with."""
    db.execute("update claude_fastapi.users set hashed_password = %s", [value])


@pytest.mark.parametrize("value", ["admin123456", "", "5f4dcc3b5aa765d61d8327deb882cf99"])
def test_a_password_is_not_taken_for_its_hash(db, refused, user, value):
    """Plain text and fast digests are refused where a password's hash belongs."""
    with refused("users_hashed_password_is_a_hash"):
        db.execute("update claude_fastapi.users set hashed_password = %s", [value])


@pytest.mark.parametrize("column", ["username", "email", "hashed_password", "is_active"])
def test_what_an_account_needs_is_never_null(db, user, column):
    """A name, an address, a hash and the flags are always there."""
    with pytest.raises(psycopg.errors.NotNullViolation):
        db.execute(f"update claude_fastapi.users set {column} = null")


@pytest.mark.parametrize("column", ["username", "email"])
def test_a_login_is_one_index_lookup(db, user, column):
    """The unique keys serve what the document's own indexes were for."""
    db.execute("set local enable_seqscan = off")
    plan = db.execute(
        f"explain (format json) select id from claude_fastapi.users where {column} = 'x'"
    ).fetchone()[0]
    assert plan[0]["Plan"]["Index Name"] == f"users_{column}_key"


def test_updated_at_follows_every_update(db, user):
    """An update sets updated_at to the transaction's time, whatever the statement says."""
    db.execute("update claude_fastapi.users set updated_at = '2000-01-01'")
    assert db.execute("select updated_at = now() from claude_fastapi.users").fetchone()[0]
