"""What the tests of backup, restore and rehearsal share: a database that is hard to copy."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from pair import until
from sqlwright.config import Project
from sqlwright.migrations import migrate
from sqlwright.operations.backup import (
    Kind,
    Made,
    Retention,
    archive_command,
    make_backup,
    wal_folder,
)
from sqlwright.operations.restore.recovery import place_for, recovered_server
from sqlwright.server import find_installation, temporary_server

__all__ = [
    "AWKWARD",
    "archiving_server",
    "back_up",
    "drop_under_writers",
    "items_in",
    "made_project",
    "silent",
]

_MIGRATION = "-- The shop.\ncreate schema shop;\ncreate table shop.items (name text);\n"
# Odd names, large objects, sequences that are ahead, an extension, a role's grants, partitions.
AWKWARD = """
create schema "Odd ""schema";
create table "Odd ""schema"."tä.ble %s {x} 漢" (
    "a b" integer generated always as identity (increment by -3),
    "ü" text,
    at timestamptz default '2026-01-02 03:04:05.678901+09',
    price numeric,
    ratio double precision,
    tags text[],
    body bytea,
    place regclass default 'pg_class'
);
insert into "Odd ""schema"."tä.ble %s {x} 漢" ("ü", price, ratio, tags, body)
select 'Zeile '' " \\ ' || n, n / 7.0, n / 7.0::double precision, array['a', null, 'ü'], '\\x00ff'
from generate_series(1, 100) as n;
create table empty ();
create unlogged table fleeting as select 1 as one;
create table parts (id int, note text) partition by list (id);
create table parts_1 partition of parts for values in (1);
insert into parts values (1, 'in a partition');
create sequence numbers start 5;
select nextval('numbers'), nextval('numbers');
create sequence untouched;
select lo_from_bytea(0, 'a large object'), lo_from_bytea(0, '\\x00');
create extension if not exists pg_trgm;
create sequence of_an_extension;
select nextval('of_an_extension');
alter extension pg_trgm add sequence of_an_extension;
create view seen as select * from parts;
create materialized view kept as select count(*) from parts;
create table words (word text check (word::varchar in ('a'::varchar, 'b'::varchar)));
comment on table words is 'said: 你好';
"""


def silent(*_: Any) -> None:
    """Nobody looks at a bar."""


def made_project(folder: Path, url: str, name: str = "shop") -> Project:
    """A project with one migration on the database of the URL."""
    migrations = folder / "migrations" / "shop"
    migrations.mkdir(parents=True, exist_ok=True)
    (migrations / "shop_0001_items.sql").write_text(_MIGRATION)
    return Project(root=folder, name=name, url=url)


def back_up(
    project: Project, folder: Path, kind: Kind = Kind.LOGICAL, *, step: Any = silent, **keep: Any
) -> Made:
    """A backup of the project's database."""
    retention = Retention(**keep)
    return make_backup(project, folder, kind, jobs=2, retention=retention, step=step)


@contextmanager
def archiving_server() -> Iterator[tuple[Project, Path]]:
    """A project on a server of its own, in a folder where `to/wal` has the server's log."""
    base = Path(tempfile.mkdtemp(prefix="sqlwright-pitr-"))
    base.chmod(0o755)  # the account that runs the server for root must get in
    wal = wal_folder(base / "to")
    wal.mkdir(parents=True)
    wal.chmod(0o777)
    settings = {
        "summarize_wal": "on",
        "archive_mode": "on",
        "archive_command": archive_command(wal),
        "synchronous_commit": "on",
    }
    try:
        with temporary_server(environ={}, settings=settings) as running:
            with psycopg.connect(running.url(), autocommit=True) as conn:
                conn.execute("create database shop")
                # What an operator once recovered with, and left there.
                conn.execute("alter system set recovery_target = 'immediate'")
                conn.execute(f"alter system set archive_cleanup_command = 'rm {wal}/*'")
            made = made_project(base / "shop", running.url(database="shop"))
            migrate.apply(made)
            yield made, base
    finally:
        shutil.rmtree(base)


def drop_under_writers(made: Project, base: Path) -> tuple[set[str], str]:
    """Three writers fill a table until it is dropped: what they committed, and who dropped it.

    The log of it is in the archive then.
    """
    committed: set[str] = set()
    writers = [threading.Thread(target=_write, args=(made.url, committed)) for _ in range(3)]
    for writer in writers:
        writer.start()
    with psycopg.connect(made.url) as conn:
        until(lambda: len(committed) > 200)
        conn.execute("drop table shop.items")
        [(xid,)] = conn.execute("select pg_current_xact_id()::text").fetchall()
    for writer in writers:
        writer.join()
    with psycopg.connect(made.url, autocommit=True) as conn:
        [(segment,)] = conn.execute("select pg_walfile_name(pg_switch_wal())").fetchall()
    until((wal_folder(base / "to") / segment).exists)
    return committed, xid


def _write(url: str, committed: set[str]) -> None:
    """Inserts rows until the table is gone, and notes each that was committed."""
    with psycopg.connect(url, autocommit=True) as conn:
        number = 0
        while True:
            number += 1
            name = f"{threading.get_ident()}-{number}"
            try:
                conn.execute("insert into shop.items values (%s)", [name])
            except psycopg.errors.UndefinedTable:
                return
            committed.add(name)


def items_in(data: Path) -> set[str]:
    """What a restored data folder has of the table, seen by a server on it."""
    place = place_for(data, find_installation({}))
    with (
        recovered_server(place, wal=None, point=None, superuser="postgres") as server,
        psycopg.connect(server.url("shop")) as conn,
    ):
        return {name for (name,) in conn.execute("select name from shop.items")}
