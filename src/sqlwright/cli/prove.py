"""`prove`: each migration up, down and up again, on a scratch database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sqlwright.cli.diff import document
from sqlwright.cli.options import Json, Schemas, print_json
from sqlwright.cli.talk import ignore, progress, talk

if TYPE_CHECKING:
    from sqlwright.migrations.loss import Loss
    from sqlwright.migrations.prove import Proof, Stage

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    app.command(epilog="Example: sqlwright prove --schema iopaint")(prove)


def prove(
    ids: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", show_default=False)] = None,
    schema: Schemas = None,
    database: Annotated[
        str | None,
        typer.Option(
            "--database", "-d", metavar="URL", help="A server to prove on; else the embedded."
        ),
    ] = None,
    rows: Annotated[
        int, typer.Option(min=0, metavar="N", help="Rows in the largest tables; 0 for none.")
    ] = 120,
    json: Json = False,
) -> None:
    """Take migrations up, down and up on a scratch database; exit 1 unless each rollback is exact.

    One that says that it is irreversible is listed, and fine.
    """
    from dataclasses import replace

    from sqlwright.config import load_project
    from sqlwright.migrations import prove as proving
    from sqlwright.seeding import filling

    project = load_project(database=database)
    if database is None:
        project = replace(project, url=None)
    with filling(project, rows=rows, talk=talk) as fill, progress() as step:
        proofs = proving.prove(
            project,
            ids=ids or (),
            schemas=schema or (),
            fill=fill,
            step=step,
            done=ignore if json else _show,
            talk=talk,
        )
    if json:
        print_json({"migrations": [_document(proof) for proof in proofs]})
    else:
        print(_counted(proofs))
    if any(proof.rollback in {"differs", "missing"} for proof in proofs):
        raise typer.Exit(1)


def _show(proof: Proof) -> None:
    """A line, and what differs below it; nothing where nothing is to be said."""
    drops = ", ".join(f"{name} ({_rows(rows)})" for name, rows in proof.drops.items())
    said = [proof.rollback.value]
    if proof.reason:
        said.append(f": {proof.reason}")
    if drops:
        said.append(f", drops {drops}")
    if len(said) == 1 and proof.rollback == "exact":
        return
    print(f"{proof.id}  {''.join(said)}", flush=True)
    for stage in proof.stages:
        print(f"  after the {stage.after}:")
        for line in _lines(stage):
            print(f"    {line}", flush=True)


def _lines(stage: Stage) -> Iterator[str]:
    from sqlwright.migrations.readable import lines

    yield from (stage.error or "").splitlines()
    yield from lines(stage.differences)
    for loss in stage.losses:
        yield f"{'changed':<10}  {loss.kind} {loss.name}"
        yield f"    {_said(loss)}"


def _document(proof: Proof) -> dict[str, Any]:
    return {
        "id": proof.id,
        "rollback": proof.rollback.value,
        "reason": proof.reason,
        "differences": [
            {"after": stage.after, **one} for stage in proof.stages for one in _differences(stage)
        ],
        "drops": [{"name": name, "rows": rows} for name, rows in proof.drops.items()],
    }


def _differences(stage: Stage) -> Iterator[dict[str, Any]]:
    if stage.error:
        yield {"kind": "error", "message": stage.error}
    yield from map(document, stage.differences)
    for loss in stage.losses:
        yield {key: value for key, value in vars(loss).items() if value is not None}


def _said(loss: Loss) -> str:
    """`of 50 rows, 2 lost, 1 changed`."""
    if loss.position:
        expected, found = loss.position
        return f"position: {expected} -> {'none' if found is None else found}"
    counts = ((loss.lost, "lost"), (loss.changed, "changed"), (loss.more, "too many"))
    return ", ".join([f"of {_rows(loss.rows)}", *(f"{n} {what}" for n, what in counts if n)])


def _counted(proofs: list[Proof]) -> str:
    """`77 migrations: 76 exact, 1 irreversible.`."""
    kinds = Counter(proof.rollback.value for proof in proofs)
    each = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    number = "1 migration" if len(proofs) == 1 else f"{len(proofs)} migrations"
    return f"{number}: {each}." if proofs else "No migrations."


def _rows(rows: int) -> str:
    return "1 row" if rows == 1 else f"{rows} rows"
