"""The three roles of a database: what each may do, and what it may not."""

from __future__ import annotations

import os
import re
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from sqlwright.config import Project
from sqlwright.errors import DatabaseError
from sqlwright.migrations import migrate, overview
from sqlwright.server.connection import application_url
from sqlwright.server.database import create_database, drop_database, list_contents
from sqlwright.urls import with_user

ROOT = Path(__file__).parent.parent.parent
DENIED = psycopg.errors.InsufficientPrivilege


@pytest.fixture
def shop(server, tmp_path):
    """A created and migrated database of its own name, since roles belong to the whole server."""
    name = f"shop_{os.getpid()}_{uuid.uuid4().hex[:6]}"
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "shop_0001_items.sql").write_text(
        "create schema shop; create table shop.items (id bigint generated always as identity,"
        " name text); create function shop.double(n int) returns int language sql"
        " return n * 2; insert into shop.items (name) values ('a');"
    )
    project = Project(root=tmp_path, name="shop", url=server.url(name))
    create_database(project)
    migrate.install(project)
    migrate.apply(project)
    yield project
    if list_contents(project) is not None:
        assert drop_database(project) == []


def role(project, kind):
    """A connection as that role."""
    name = re.search(r"/(shop_\w+)\?", project.url)[1]
    return psycopg.connect(with_user(project.url, f"{name}_{kind}"), autocommit=True)


@pytest.mark.parametrize(
    "statement",
    [
        "insert into shop.items (name) values ('b')",
        "update shop.items set name = 'c'",
        "delete from shop.items",
        "select id, name from shop.items",
        "select shop.double(2)",
    ],
)
def test_the_application_reads_and_writes_rows(shop, statement):
    """Rights come by default privileges: no migration names a role."""
    with role(shop, "app") as conn:
        conn.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "create table shop.more (id int)",
        "create table public.more (id int)",
        "create temporary table more (id int)",
        "create schema other",
        "alter table shop.items add column more int",
        "drop table shop.items",
        "truncate shop.items",
        "create index on shop.items (name)",
        "create function shop.f() returns int language sql return 1",
        "comment on table shop.items is 'mine'",
        "select migration_id from public._yoyo_migration",
        "select checksum from public._sqlwright_checksum",
        "insert into public.yoyo_lock values (1, now(), 1)",
        "delete from public._yoyo_log",
    ],
)
def test_the_application_runs_no_ddl_and_sees_no_books(shop, statement):
    """What changes the schema, and what remembers that, is the owner's."""
    with role(shop, "app") as conn, pytest.raises(DENIED):
        conn.execute(statement)


def test_the_reader_reads(shop):
    """Tables and functions, of every migration."""
    with role(shop, "reader") as conn:
        assert conn.execute("select name, shop.double(2) from shop.items").fetchall() == [("a", 4)]


@pytest.mark.parametrize(
    "statement",
    [
        "insert into shop.items (name) values ('b')",
        "update shop.items set name = 'c'",
        "delete from shop.items",
        "select nextval('shop.items_id_seq')",
        "create table public.more (id int)",
        "select migration_id from public._yoyo_migration",
    ],
)
def test_the_reader_writes_nothing(shop, statement):
    """Not a row, not a sequence, not a table."""
    with role(shop, "reader") as conn, pytest.raises(DENIED):
        conn.execute(statement)


def test_what_migrations_make_is_the_owners(shop):
    """A superuser's `apply` acts as the owner, so that the defaults hold for later objects too."""
    (shop.root / "migrations/shop_0002_more.sql").write_text("create table shop.more (id int);")
    migrate.apply(shop)
    with role(shop, "app") as conn:
        conn.execute("insert into shop.more values (1)")
        owner = conn.execute(
            "select tableowner from pg_tables where tablename = 'more'"
        ).fetchone()[0]
    assert owner.endswith("_owner")


def test_a_stranger_may_not_even_connect(shop, server):
    """Only the three roles and superusers get in."""
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute("create role stranger login")
        try:
            with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
                psycopg.connect(with_user(shop.url, "stranger"))
        finally:
            admin.execute("drop role stranger")


def test_the_url_that_is_shown_is_the_applications(shop):
    """Never a superuser's, never with a password."""
    shown = overview.read_overview(shop).url
    assert shown == application_url(shop)
    assert re.match(r"postgresql://shop_\w+_app@/", shown)


def test_create_can_be_repeated(shop):
    """The second finds everything and changes nothing."""
    assert create_database(shop).was_there


def test_create_at_once(shop):
    """Of several that make the same database at once, each finds it as it should be."""
    drop_database(shop)
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(create_database, [shop] * 8))
    assert sorted(one.was_there for one in made) == [False] + [True] * 7
    assert all(one.ours for one in made)


def test_who_may_not_create_is_told_what_to_do(shop, server):
    """The message names the role, the database and the way out."""
    with role(shop, "app") as conn:
        user = conn.info.user
    project = Project(
        root=shop.root, name="other", url=with_user(server.url("other_database"), user)
    )
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(f"grant connect on database postgres to {user}")
        with pytest.raises(DatabaseError) as caught:
            create_database(project)
        admin.execute(f"revoke connect on database postgres from {user}")
    assert str(caught.value) == (
        f"{user} may not make database other_database and its roles: permission denied to create"
        f" role.\nConnect as a superuser, or alter role {user} createdb createrole."
    )


def test_one_who_may_create_needs_no_superuser(server, tmp_path):
    """createdb and createrole are enough for the whole way: create, apply, drop."""
    name = f"mine_{os.getpid()}_{uuid.uuid4().hex[:6]}"
    (tmp_path / "migrations").mkdir()
    (tmp_path / "migrations/mine_0001.sql").write_text("create schema mine;")
    with psycopg.connect(server.url(), autocommit=True) as admin:
        admin.execute(f"create role {name}_maker login createdb createrole")
        project = Project(
            root=tmp_path, name="mine", url=with_user(server.url(name), f"{name}_maker")
        )
        try:
            create_database(project)
            assert [done.id for done in migrate.apply(project)] == ["mine_0001"]
        finally:
            admin.execute(f"drop database if exists {name} with (force)")
            for kind in ("owner", "app", "reader", "maker"):
                admin.execute(f"drop role if exists {name}_{kind}")


def test_a_database_of_somebody_else_is_left_as_it_is(blank, tmp_path):
    """Nobody who uses it is locked out, and no role is made."""
    project = Project(root=tmp_path, name="blank", url=blank)
    with psycopg.connect(blank, autocommit=True) as conn:
        rights = "select datacl from pg_database where datname = 'blank'"
        before = conn.execute(rights).fetchone()
        made = create_database(project)
        assert (made.was_there, made.ours, made.owner) == (True, False, "postgres")
        assert conn.execute(rights).fetchone() == before
        assert not conn.execute("select from pg_roles where rolname ~ '^blank_'").fetchall()
