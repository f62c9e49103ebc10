"""`run`: a named query from the shell, and rows into a table or out of it."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sqlwright.cli.options import Database, Json, print_json
from sqlwright.cli.rows import Form, pass_on, print_kept
from sqlwright.cli.talk import interruptible, talk
from sqlwright.errors import ArgumentError, QueryError

if TYPE_CHECKING:
    from sqlwright.operations.run import Named, Rows
    from sqlwright.queries.rows import Progress

__all__ = ["register"]

_SOON = 0.5  # seconds without a bar


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    app.command(epilog="Example: sqlwright run iopaint.users.get id=7")(run)


def run(
    name: Annotated[
        str | None,
        typer.Argument(help="schema.table.query; else list all, or those of a schema or table."),
    ] = None,
    values: Annotated[
        list[str] | None,
        typer.Argument(metavar="[PARAMETER=VALUE]...", help="As PostgreSQL reads it: tags={a,b}."),
    ] = None,
    database: Database = None,
    null: Annotated[
        list[str] | None,
        typer.Option("--null", metavar="PARAMETER", help="This one is null; may be repeated."),
    ] = None,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="FILE", help="The rows of a copy; else standard input."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Run it, and take back what it did.")
    ] = False,
    lines: Annotated[
        bool, typer.Option("--lines", help="Rows as they come, each a line of JSON.")
    ] = False,
    csv: Annotated[
        bool, typer.Option("--csv", help="Rows as they come, as CSV with a header.")
    ] = False,
    json: Json = False,
) -> None:
    """Run a named query; copy rows in, as JSON lines or CSV, or out."""
    from sqlwright.config import load_project
    from sqlwright.operations.run import find_named, read_values, running

    if lines + csv + json > 1:
        raise typer.BadParameter("--lines, --csv and --json exclude each other.")
    project = load_project(database=database)
    found = find_named(project, name)
    if name is None or not found or found[0].name != name:
        _list(name, found, is_called=bool(values or null or source or dry_run), json=json)
        return
    named = found[0]
    given = read_values(named, values or [], null or [])
    form = _form(named, lines=lines, csv=csv, json=json)
    with (
        interruptible("Interrupted; nothing was changed."),
        _rows(named, source) as rows,
        _bar(named.name, rows, form) as progress,
        running(
            project,
            named,
            given,
            given=rows,
            json=form in {Form.JSON, Form.LINES},
            dry_run=dry_run,
            progress=progress,
        ) as ran,
    ):
        kept = pass_on(ran, form)
    print_kept(named, ran, kept, form, dry_run=dry_run)
    if dry_run:
        talk("Rolled back: nothing was changed.")
    elif ran.wrote:
        talk("Committed.")


def _list(name: str | None, found: Sequence[Named], *, is_called: bool, json: bool) -> None:
    if is_called:
        raise ArgumentError(
            f"{name} names {len(found)} queries." if name else "No query is named.",
            hint=f"`sqlwright run{f' {name}' if name else ''}` lists them.",
        )
    if json:
        print_json({"queries": [_document(one) for one in found]})
    elif found:
        print("\n".join(f"{one.head}\n    {one.says}".rstrip() for one in found))
    else:
        talk("The project has no queries.")


def _document(named: Named) -> dict[str, Any]:
    query = named.query
    return {
        "name": named.name,
        "kind": query.kind.value,
        "parameters": list(query.parameters),
        "comment": named.says,
        "file": str(query.path),
        "line": query.line,
    }


def _form(named: Named, *, lines: bool, csv: bool, json: bool) -> Form:
    """What was asked for; rows that are copied out are as many as there are, and come as lines."""
    if json:
        return Form.JSON
    if csv:
        return Form.CSV
    return Form.LINES if lines or named.query.copied else Form.TABLE


@contextmanager
def _rows(named: Named, source: str | None) -> Iterator[Rows | None]:
    """The rows that a copy takes; nothing else takes any."""
    from sqlwright.operations.run import Rows

    if not (named.query.copied and named.query.copied.goes_in):
        if source is not None:
            raise ArgumentError(
                f"{named.name} takes no rows.", hint=f"Leave out --from. {named.takes}"
            )
        yield None
    elif source in {None, "-"}:
        if sys.stdin.isatty():
            talk("Write rows as JSON lines, or CSV with a header; Ctrl-D ends them.")
        yield Rows(name="standard input", file=sys.stdin.buffer)
    else:
        assert source is not None
        try:
            file = Path(source).open("rb")  # noqa: SIM115
        except OSError as error:
            raise QueryError(
                f"{source} can't be read: {error.strerror}.", hint="Check the name of the file."
            ) from None
        with file:
            yield Rows(name=source, file=file)


@contextmanager
def _bar(name: str, rows: Rows | None, form: Form) -> Iterator[Progress | None]:
    """How far it is, on a terminal that rows are not printed to, when it takes long."""
    is_mixed = rows is None and form in {Form.LINES, Form.CSV} and sys.stdout.isatty()
    if is_mixed or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    parts = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[extent]}"))
    # Rows go where they went before: rich would take them for talk.
    bar = Progress(*parts, console=Console(stderr=True), transient=True, redirect_stdout=False)
    task = bar.add_task(name, total=_size(rows), extent="")
    began = time.monotonic()

    def show(done: int) -> None:
        if time.monotonic() >= began + _SOON:
            bar.start()
            extent = f"{done / 1e6:,.1f} MB" if rows else f"{done:,} rows"
            bar.update(task, completed=done, extent=extent)

    try:
        yield show
    finally:
        bar.stop()


def _size(rows: Rows | None) -> int | None:
    """How many bytes are to come, if that is known."""
    if rows is None:
        return None
    found = os.fstat(rows.file.fileno())
    return found.st_size if S_ISREG(found.st_mode) else None
