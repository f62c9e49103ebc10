"""A role without the right: the message names role, object and right, and the grant to run."""

from __future__ import annotations

import dataclasses

import psycopg
import pytest

from sqlwright.errors import MigrationError, StatementError
from sqlwright.migrations import migrate

ROLE = "no_owner"
NOTHING_STAYS = "Nothing of this file stays. Mend it and run the command again."


@pytest.fixture
def outsider(write, blank):
    """`outsider(**files)`: the project as a role that keeps its books in a schema of its own."""
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute(f"create role {ROLE} login; create schema books authorization {ROLE}")
        conn.execute(f"alter role {ROLE} set search_path = books")
        conn.execute(
            "create schema shop; create table shop.items (id int primary key);"
            " create sequence shop.numbers;"
            " create function shop.f() returns int language sql as 'select 1';"
            " revoke execute on function shop.f() from public"
        )
        yield lambda **files: dataclasses.replace(
            write(**files), url=blank.replace("postgres@", f"{ROLE}@", 1)
        )
        conn.execute(f"drop owned by {ROLE}; drop role {ROLE}")


@pytest.mark.parametrize(
    ("statement", "hint"),
    [
        ("create schema other", "lacks create on it: grant create on database blank to"),
        (
            "create table shop.more (id int)",
            "lacks usage, create on it: grant usage, create on schema shop to",
        ),
        ("select from shop.items", "lacks usage on it: grant usage on schema shop to"),
    ],
)
def test_what_a_role_lacks_is_said(outsider, statement, hint):
    """The right follows from what the statement does."""
    with pytest.raises(StatementError, match="permission denied") as caught:
        migrate.apply(outsider(shop_0001_x=f"{statement};"))
    assert caught.value.hint == f'{ROLE} {hint} "{ROLE}";\n{NOTHING_STAYS}'


@pytest.mark.parametrize(
    ("statement", "hint"),
    [
        ("select from shop.items", "lacks select on it: grant select on table shop.items to"),
        (
            "-- New rows.\ninsert into shop.items values (1)",
            "lacks insert on it: grant insert on table shop.items to",
        ),
        (
            "delete from shop.items",
            "lacks select, delete on it: grant select, delete on table shop.items to",
        ),
        (
            "create table books.mine (id int references shop.items)",
            "lacks references on it: grant references on table shop.items to",
        ),
        (
            "create trigger t before insert on shop.items execute function books.f()",
            "lacks trigger on it: grant trigger on table shop.items to",
        ),
        ("truncate shop.items", "lacks truncate on it: grant truncate on table shop.items to"),
        ("select shop.f()", "lacks execute on it: grant execute on function shop.f to"),
        (
            "select nextval('shop.numbers')",
            "lacks usage, select on it: grant usage, select on sequence shop.numbers to",
        ),
        (
            "alter table shop.items add column name text",
            "is not its owner: alter table shop.items owner to",
        ),
        ("drop function shop.f()", "is not its owner: alter function shop.f owner to"),
    ],
)
def test_what_a_role_lacks_within_a_schema_is_said(outsider, blank, statement, hint):
    """Names are as the statement writes them: PostgreSQL's message leaves the schema out."""
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute(f"grant usage, create on schema shop to {ROLE}")
    with pytest.raises(StatementError) as caught:
        migrate.apply(outsider(shop_0001_x=f"{statement};"))
    assert caught.value.hint == f'{ROLE} {hint} "{ROLE}";\n{NOTHING_STAYS}'


def test_a_role_that_may_not_keep_the_books(outsider, blank):
    """Without a schema to make them in, or with tables that are another's."""
    project = outsider(shop_0001_x="select 1;")
    public = dataclasses.replace(project, url=f"{project.url}&options=-c%20search_path%3Dshop")
    with psycopg.connect(blank, autocommit=True) as conn:
        conn.execute(f"grant usage on schema shop to {ROLE}")
    with pytest.raises(MigrationError) as caught:
        migrate.apply(public)
    assert str(caught.value) == (
        f"{ROLE} can't keep the record of migrations in schema shop of blank:"
        " permission denied for schema shop.\n"
        f'As the owner of the schema: grant usage, create on schema "shop" to "{ROLE}";'
    )
    migrate.apply(dataclasses.replace(public, url=f"{blank}&options=-c%20search_path%3Dshop"))
    with pytest.raises(MigrationError) as caught:
        migrate.apply(public)
    assert str(caught.value) == (
        f"{ROLE} can't keep the record of migrations in schema shop of blank:"
        " permission denied for table _yoyo_version.\n"
        "Migrate as the role that owns these tables, or as a member of it."
    )
