"""`backfill`: fills large tables in small transactions, and shows how far each is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sqlwright.cli.options import Database, Json, MaxLag, Pause, columns, print_json, utc
from sqlwright.cli.talk import INTERRUPTED, asked_to_stop, interruptible

if TYPE_CHECKING:
    from sqlwright.config import Project
    from sqlwright.migrations.backfill import Backfill, Pace, Progress

__all__ = ["register"]

_LINE_EVERY = 10.0  # seconds, where nobody looks at a bar


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    app.command(epilog="Example: sqlwright backfill")(backfill)


def backfill(
    name: Annotated[
        str | None,
        typer.Argument(help="Of backfills/<schema>/NAME.sql, or any file; else list all."),
    ] = None,
    database: Database = None,
    batch: Annotated[
        int, typer.Option(min=1, metavar="N", help="At most so many rows at once.")
    ] = 10_000,
    seconds: Annotated[
        float, typer.Option(min=0.001, metavar="S", help="How long a batch shall take.")
    ] = 0.5,
    pause: Pause = 0.1,
    max_lag: MaxLag = 10,
    lock_timeout: Annotated[
        float, typer.Option(min=0.001, metavar="SECONDS", help="How long to queue for a row.")
    ] = 1,
    restart: Annotated[
        bool, typer.Option("--restart", help="From the beginning, whatever is done.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the SQL and the extent; change nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Fill a large table in small transactions; go on where it was left."""
    from sqlwright.config import load_project
    from sqlwright.migrations.backfill import Pace, find_backfill

    project = load_project(database=database)
    if name is None:
        _print_standings(project, json=json)
        return
    pace = Pace(batch=batch, seconds=seconds, pause=pause, max_lag=max_lag, lock=lock_timeout)
    found = find_backfill(project, name)
    if dry_run:
        _print_plan(project, found, pace, restart=restart, json=json)
    else:
        _run(project, found, pace, given=name, restart=restart, json=json)


def _print_standings(project: Project, *, json: bool) -> None:
    from sqlwright.migrations.backfill import list_standings

    standings = list_standings(project)
    if json:
        print_json({"backfills": [vars(standing) for standing in standings]})
        return
    shown = [
        (s.name, s.state.value, f"{s.rows:,} rows", utc(s.finished or s.started)) for s in standings
    ]
    print("\n".join(columns(shown) if shown else ["No backfills."]))


def _print_plan(
    project: Project, found: Backfill, pace: Pace, *, restart: bool, json: bool
) -> None:
    from sqlwright.migrations.backfill import plan

    planned = plan(project, found, pace=pace, restart=restart)
    if json:
        print_json(vars(planned))
        return
    after, end = (", ".join(key) if key else None for key in (planned.after, planned.end))
    print(f"-- {planned.name} walks {planned.walks}")
    if planned.rows:
        print(
            f"-- after {after or 'the beginning'}, up to {end}:"
            f" about {planned.rows:,} rows in {_batches(planned.batches)} or more"
        )
    else:
        print("-- no row is left")
    print(planned.sql.rstrip())
    if planned.explained:
        print("\n-- the plan of the first batch:")
        print("\n".join(f"-- {line}" for line in planned.explained))


def _run(
    project: Project, found: Backfill, pace: Pace, *, given: str, restart: bool, json: bool
) -> None:
    from sqlwright.migrations import backfill as backfills

    to_go_on = f"nothing is half done. To go on: sqlwright backfill {given}"
    with (
        interruptible(f"Interrupted within a batch; {to_go_on}"),
        asked_to_stop() as stop,
        _shown(found.name) as (show, talk),
    ):
        came = backfills.run(
            project, found, pace=pace, restart=restart, show=show, talk=talk, stop=stop
        )
    if json:
        print_json(vars(came))
    elif came.finished:
        print(_finished(came))
    if not came.finished:
        print(f"Stopped after {came.rows:,} rows; {to_go_on}", file=sys.stderr)
        raise typer.Exit(INTERRUPTED)


def _finished(came: Progress) -> str:
    if not came.batches:
        return f"{came.name} is finished: {came.rows:,} rows, {came.changed:,} changed."
    return (
        f"Finished {came.name}: {came.rows:,} rows, {came.changed:,} changed,"
        f" {_batches(came.batches)} in {came.seconds:.1f} s"
    )


def _batches(number: int) -> str:
    return "1 batch" if number == 1 else f"{number:,} batches"


@contextmanager
def _shown(
    name: str,
) -> Iterator[tuple[Callable[[Progress], object], Callable[[str], object]]]:
    """A bar on a terminal, elsewhere a line now and then; and who says what is waited for."""
    if sys.stderr.isatty():
        with _bar(name) as both:
            yield both
        return
    yield _lines(), lambda line: print(f"{name}: {line}", file=sys.stderr, flush=True)


def _lines() -> Callable[[Progress], object]:
    said_at = time.monotonic()

    def show(came: Progress) -> None:
        nonlocal said_at
        if time.monotonic() >= said_at + _LINE_EVERY and not came.finished:
            said_at = time.monotonic()
            print(f"{came.name}: {_extent(came)}", file=sys.stderr, flush=True)

    return show


def _extent(came: Progress) -> str:
    lag = f", standby {came.lag:.0f} s behind" if came.lag >= 1 else ""
    if came.rows > came.total:
        return f"{came.rows:,} rows, more than the statistics know of{lag}"
    part = came.rows / max(came.total, 1)
    return f"{came.rows:,} of about {came.total:,} rows ({part:.0%}){lag}"


@contextmanager
def _bar(
    name: str,
) -> Iterator[tuple[Callable[[Progress], object], Callable[[str], object]]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    parts = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[extent]}"))
    with Progress(*parts, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task(name, total=None, extent="")

        def show(came: Any) -> None:
            total = came.total if came.rows <= came.total else None
            bar.update(task, completed=came.rows, total=total, extent=_extent(came))

        yield show, lambda line: bar.console.print(f"{name}: {line}", markup=False)
