"""yoyo's face of the executor: `postgresql+sqlwright`, so that `yoyo apply` is as safe as ours.

yoyo reads the files and chooses; what it chose is checked, run and marked by the same functions
that `sqlwright apply` calls. An empty URL, `postgresql+sqlwright:///`, means the project's own
database.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import psycopg
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.connections import DatabaseURI
from yoyo.migrations import Migration as YoyoMigration
from yoyo.migrations import MigrationList

from sqlwright.config import Project, load_project
from sqlwright.errors import MigrationError, SourceError, SqlwrightError
from sqlwright.migrations import bookkeeping, executor, migrate
from sqlwright.migrations.bookkeeping import Tables, find_tables
from sqlwright.migrations.history import Entry, State, compare, verify, verify_whole
from sqlwright.migrations.limits import Limits
from sqlwright.migrations.lock import break_lock, migration_lock
from sqlwright.migrations.session import refuse_pooler
from sqlwright.migrations.source import Migration, find_sources, read_sources
from sqlwright.server.connection import connect, owner_url

__all__ = ["SqlwrightBackend"]

_log = logging.getLogger("yoyo.migrations")


class SqlwrightBackend(PostgresqlPsycopgBackend):  # type: ignore[misc] # yoyo has no types
    """One connection, one lock, one transaction for a file and its mark."""

    def __init__(self, dburi: DatabaseURI, migration_table: str) -> None:
        """Connects; yoyo calls this through its entry point `yoyo.backends`."""
        self._tables: Tables | None = None
        self._is_locked = False
        self._migrations: dict[str, Migration] = {}
        super().__init__(dburi, migration_table)
        self.has_transactional_ddl = True

    def connect(self, dburi: DatabaseURI) -> psycopg.Connection[Any]:
        """The database of the URL, or the project's own where the URL is empty."""
        _speak_plainly()
        self._project = _project(dburi)
        conn = connect(owner_url(self._project), self._project, application="yoyo (sqlwright)")
        refuse_pooler(conn)
        return conn

    def init_connection(self, connection: psycopg.Connection[Any]) -> None:
        """The executor cleans the session before each file."""

    def init_database(self) -> None:
        """Nothing is made before the lock is held."""

    @property
    def tables(self) -> Tables:
        """Where yoyo's tables are, found once, since a migration may set `search_path`."""
        if self._tables is None:
            self._tables = find_tables(self.connection, self.migration_table)
        return self._tables

    def __getattr__(self, attrname: str) -> Any:
        """Qualifies the table names that yoyo's own statements ask for."""
        if attrname.endswith("_table_quoted"):
            table = getattr(self, attrname.removesuffix("_quoted"))
            return f"{self.quote_identifier(self.tables.schema)}.{self.quote_identifier(table)}"
        return super().__getattr__(attrname)

    @contextmanager
    def lock(self, timeout: float = 10) -> Iterator[None]:
        """Our advisory lock and yoyo's row; the bookkeeping is made and what is there adopted."""
        if self._is_locked:
            yield
            return
        with migration_lock(self.connection, self.tables, wait=timeout) as tables:
            self._tables = tables
            self._is_locked = True
            try:
                yield
            finally:
                self._is_locked = False

    def break_lock(self) -> None:
        """Takes the lock row away, whoever's it is."""
        break_lock(self.connection, self.tables)

    def ensure_internal_schema_updated(self) -> None:
        """The lock does that."""

    def get_applied_migration_hashes(self) -> list[str]:
        """What is applied, in the order of applying."""
        return [row.hash for row in bookkeeping.list_applied(self.connection, self.tables)]

    def to_apply(self, migrations: MigrationList) -> MigrationList:
        """yoyo's choice, once files and history are found to agree."""
        entries = self._check(migrations)
        verify_whole(entries)
        _refuse_silence(migrations, entries)
        return super().to_apply(migrations)

    def _check(self, migrations: MigrationList) -> list[Entry]:
        """Holds the files against the history: all of the project's, whatever yoyo was told."""
        if migrations.post_apply:
            raise SourceError(
                f"{migrations.post_apply[0].path} is a post-apply hook, which has no history.",
                hint="Make it a migration, or run it by hand.",
            )
        known = read_sources(_folders(self._project, migrations))
        self._migrations = {migration.id: migration for migration in known}
        applied = bookkeeping.list_applied(self.connection, self.tables)
        started = bookkeeping.list_started(self.connection, self.tables)
        entries = compare(known, applied, started)
        verify(entries)
        if self._is_locked:
            migrate.adopt_all(self.connection, self.tables, entries)
        return entries

    def _refuse_gaps(self, migrations: MigrationList) -> None:
        """`--match` may leave out what a chosen migration depends on; then nothing is run."""
        applied = {row.id for row in bookkeeping.list_applied(self.connection, self.tables)}
        coming = applied | {migration.id for migration in migrations}
        for migration in migrations:
            for wanted in sorted(self._of(migration).depends - coming):
                raise SourceError(
                    f"{migration.id} depends on {wanted}, which is neither applied nor chosen.",
                    hint=f"Choose it too, or run `sqlwright apply --to {migration.id}`.",
                )

    def _of(self, migration: YoyoMigration) -> Migration:
        return self._migrations[migration.id]

    def apply_migrations(self, migrations: MigrationList, force: bool = False) -> None:
        """Applies each, once every file was looked at; the first error ends it."""
        _refuse_force(force)
        self._refuse_gaps(migrations)
        for migration in migrations:
            executor.check_apply(self._of(migration))
        for migration in migrations:
            self.apply_one(migration)

    apply_migrations_only = apply_migrations

    def run_post_apply(self, migrations: MigrationList, force: bool = False) -> None:
        """There are none: `to_apply` refused them."""

    def rollback_migrations(self, migrations: MigrationList, force: bool = False) -> None:
        """Rolls each back, once every rollback file was looked at."""
        _refuse_force(force)
        self._check(migrations)
        for migration in migrations:
            executor.check_rollback(self._of(migration))
        for migration in migrations:
            self.rollback_one(migration)

    def mark_migrations(self, migrations: MigrationList) -> None:
        """Marks all or none."""
        self._check(migrations)
        with self.connection.transaction():
            for migration in migrations:
                self.mark_one(migration)

    def unmark_migrations(self, migrations: MigrationList) -> None:
        """Takes all marks away, or none."""
        self._check(migrations)
        with self.connection.transaction():
            for migration in migrations:
                self.unmark_one(migration)

    def apply_one(self, migration: YoyoMigration, force: bool = False, mark: bool = True) -> None:
        """Applies one migration and marks it, or neither."""
        _refuse_force(force)
        _log.info("Applying %s", migration.id)
        self._run(executor.apply_one, migration)

    def rollback_one(self, migration: YoyoMigration, force: bool = False) -> None:
        """Rolls one migration back and takes its mark away, or neither."""
        _refuse_force(force)
        _log.info("Rolling back %s", migration.id)
        self._run(executor.rollback_one, migration)

    def _run(self, run: Any, migration: YoyoMigration) -> None:
        run(
            self.connection,
            self.tables,
            self._of(migration),
            limits=Limits(),
            report=_log.warning,
        )

    def mark_one(self, migration: YoyoMigration, log: bool = True) -> None:
        """Marks a migration without running it."""
        _log.info("Marking %s applied", migration.id)
        bookkeeping.mark(self.connection, self.tables, self._of(migration), operation="mark")

    def unmark_one(self, migration: YoyoMigration, log: bool = True) -> None:
        """Takes a mark away without rolling back."""
        bookkeeping.unmark(self.connection, self.tables, self._of(migration), operation="unmark")


def _speak_plainly() -> None:
    """Has yoyo's command end in our message, where it would print a traceback."""
    if "yoyo" not in Path(sys.argv[0]).parts[-2:] and Path(sys.argv[0]).stem != "yoyo":
        return
    other = sys.excepthook

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, SqlwrightError):
            print(f"error: {error}", file=sys.stderr)  # noqa: T201 - where yoyo would print
        elif isinstance(error, KeyboardInterrupt):
            print("Interrupted.", file=sys.stderr)  # noqa: T201
        else:
            other(kind, error, trace)

    sys.excepthook = show


def _refuse_silence(migrations: MigrationList, entries: list[Entry]) -> None:
    """yoyo passes over a folder that is not there, and ends as if all were applied."""
    pending = sum(entry.state is State.PENDING for entry in entries)
    if pending and not migrations:
        raise SourceError(
            f"yoyo has read none of the project's migrations. Pending: {pending}.",
            hint="Mend its sources, or --match: it splits sources at blanks, also within a path,"
            " and passes over what is not there. `sqlwright apply` needs none.",
        )


def _refuse_force(force: bool) -> None:
    if force:
        raise MigrationError(
            "--force would go on after a migration that failed, and mark it applied.",
            hint="Mend the migration and run the command again without --force.",
        )


def _project(dburi: DatabaseURI) -> Project:
    """The project of the working directory, on the database of the URL if it names one."""
    text = str(dburi)
    empty = not (dburi.hostname or dburi.database or dburi.args or dburi.username)
    return load_project(database=None if empty else text)


def _folders(project: Project, migrations: Sequence[YoyoMigration]) -> list[Path]:
    """The project's sources, and those of yoyo's own list that are not among them."""
    try:
        sources = [folder.resolve() for folder in find_sources(project)]
    except SourceError:
        sources = []
    given = dict.fromkeys(Path(migration.path).resolve().parent for migration in migrations)
    return sources + [folder for folder in given if folder not in sources]
