"""Proves rollbacks: each migration up, down and up again, on a scratch database with rows in it.

After the rollback the catalogue equals the one before, after the second apply that after the first,
and the rows that were there stay. The executor is the one that `apply` and `rollback` have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from sqlwright.catalog import Snapshot
from sqlwright.config import Project
from sqlwright.errors import SourceError, StatementError
from sqlwright.migrations import executor
from sqlwright.migrations.bench import Bench, Fill, open_bench
from sqlwright.migrations.contents import Contents
from sqlwright.migrations.difference import Difference, compare, fold
from sqlwright.migrations.loss import Course, Loss, after_rollback, after_second_apply, dropped
from sqlwright.migrations.order import closure, in_order
from sqlwright.migrations.plan import check_schemas, find
from sqlwright.migrations.source import Migration, read_project

__all__ = ["Proof", "Rollback", "Stage", "prove"]


class Rollback(StrEnum):
    """What a migration's rollback is."""

    EXACT = "exact"
    DIFFERS = "differs"
    MISSING = "missing"
    IRREVERSIBLE = "irreversible"


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What is other than it should be after one step of the way.

    Attributes:
        after: The step: `rollback` or `second apply`.
        error: Why the step could not be taken at all.
        differences: Of the catalogue.
        losses: Of rows.
    """

    after: str
    error: str | None = None
    differences: tuple[Difference, ...] = ()
    losses: tuple[Loss, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What one migration's rollback is.

    Attributes:
        id: Of the migration.
        rollback: What it is.
        reason: Why there is no way back, of an irreversible one.
        stages: The steps after which something differs.
        drops: What the rollback takes with it, as it must: rows by the name of a table or column
            that the migration made.
    """

    id: str
    rollback: Rollback
    reason: str | None = None
    stages: tuple[Stage, ...] = ()
    drops: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class _State:
    """What a database holds between two migrations."""

    snapshot: Snapshot
    contents: Contents


def prove(
    project: Project,
    *,
    ids: Sequence[str] = (),
    schemas: Sequence[str] = (),
    fill: Fill = lambda _: None,
    step: Callable[[str, int, int], object] = lambda *_: None,
    done: Callable[[Proof], object] = lambda _: None,
    talk: Callable[[str], object] = lambda _: None,
) -> list[Proof]:
    """Takes migrations up, down and up on scratch databases of the project's server.

    Each schema has a database of its own, with what it depends on. Where a migration fails, or
    leaves something that new rows don't go with, the next are proved on another database.

    Args:
        project: Whose migrations, on whose server; its own database is not touched.
        ids: These, and what they depend on is only applied.
        schemas: Those of these schemas; without either, all.
        fill: Puts rows into the tables of a connection that have none, as far as they are ready.
        step: Told of each migration before it is run: its id, its number from 1, and of how many.
        done: Told of each proof.
        talk: Told which tables had no rows.

    Raises:
        SourceError: there is no such id or schema, or a file is wrong.
        StatementError: a migration can't be applied to begin with.
        DatabaseError: who is logged in may not create a database there.
        ConnectError: the server can't be reached.
    """
    migrations = in_order(read_project(project))
    chosen = _choose(migrations, ids=ids, schemas=schemas)
    for migration in closure(chosen, migrations):
        executor.check_apply(migration)
    proofs: list[Proof] = []

    def tell(migration: Migration) -> None:
        step(migration.id, len(proofs) + 1, len(chosen))

    for schema in dict.fromkeys(migration.schema for migration in chosen):
        left = [migration for migration in chosen if migration.schema == schema]
        needed = closure(left, migrations)
        while left:
            with open_bench(project, fill) as bench:
                for proof in _go_through(bench, needed, left, tell=tell, talk=talk):
                    proofs.append(proof)
                    done(proof)
            left = [migration for migration in left if migration.id not in {p.id for p in proofs}]
    return proofs


def _choose(
    migrations: Sequence[Migration], *, ids: Sequence[str], schemas: Sequence[str]
) -> list[Migration]:
    check_schemas(schemas, migrations)
    named = [find(name, migrations) for name in ids]
    everything = not ids and not schemas
    return [one for one in migrations if everything or one in named or one.schema in schemas]


def _go_through(
    bench: Bench,
    needed: Sequence[Migration],
    wanted: Sequence[Migration],
    *,
    tell: Callable[[Migration], object],
    talk: Callable[[str], object],
) -> Iterator[Proof]:
    """Applies what is needed and proves what is wanted, as long as the database serves."""
    state: _State | None = None
    for migration in needed:
        if migration not in wanted:
            bench.apply(migration)
            bench.write()
            state = None
            continue
        tell(migration)
        proof, state = _prove(bench, migration, state or _look(bench))
        yield proof
        if state is None:
            return
    state = state or _look(bench)
    if empty := [rows.name for rows in state.contents.tables if not rows.count]:
        talk(f"Without rows: {', '.join(empty)}.")


def _look(bench: Bench) -> _State:
    return _State(bench.snapshot(), bench.contents())


def _prove(bench: Bench, migration: Migration, before: _State) -> tuple[Proof, _State | None]:
    """The proof, and the state after it; None where history alone would have led to another one."""
    bench.apply(migration)
    applied = bench.contents(like=before.contents)
    bench.write()
    if migration.rollback_text is None:
        return Proof(id=migration.id, rollback=Rollback.MISSING), _look(bench)
    if why := migration.irreversible:
        proof = Proof(id=migration.id, rollback=Rollback.IRREVERSIBLE, reason=why)
        return proof, _look(bench)
    there, written = bench.snapshot(), bench.contents(like=before.contents)
    try:
        bench.rollback(migration)
    except (SourceError, StatementError) as error:
        return _proof(migration, Stage(after="rollback", error=error.message)), None
    back = bench.contents(like=before.contents)
    course = Course(before=before.contents, applied=applied, written=written, back=back)
    first = Stage(
        after="rollback",
        differences=fold(compare(before.snapshot, bench.snapshot())),
        losses=tuple(after_rollback(course)),
    )
    second, state = _again(bench, migration, there, course)
    if first.losses:  # what follows from them is not told too
        second = replace(second, losses=())
    proof = _proof(migration, first, second, drops=dropped(course))
    if proof.rollback is Rollback.DIFFERS or (state and _fewer(state.contents, written)):
        state = None
    return proof, state


def _fewer(contents: Contents, written: Contents) -> bool:
    """Whether a table that had rows has none: they don't go with what the first ones left."""
    full = {rows.name for rows in contents.tables if rows.count}
    return any(rows.count and rows.name not in full for rows in written.tables)


def _again(
    bench: Bench, migration: Migration, there: Snapshot, course: Course
) -> tuple[Stage, _State | None]:
    """The second apply; `there` is what the first led to."""
    try:
        bench.apply(migration)
    except StatementError as error:
        return Stage(after="second apply", error=error.message), None
    again = bench.contents(like=course.before)
    bench.write()
    state = _look(bench)
    stage = Stage(
        after="second apply",
        differences=fold(compare(there, state.snapshot)),
        losses=tuple(after_second_apply(course, again)),
    )
    return stage, state


def _proof(migration: Migration, *stages: Stage, drops: Mapping[str, int] | None = None) -> Proof:
    differing = tuple(one for one in stages if one.error or one.differences or one.losses)
    return Proof(
        id=migration.id,
        rollback=Rollback.DIFFERS if differing else Rollback.EXACT,
        stages=differing,
        drops=drops or {},
    )
