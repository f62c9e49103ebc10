"""The text of drafted migrations: header, statements, and the rollback file."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from sqlwright.catalog import Key
from sqlwright.migrations.draft.step import Step, strongest
from sqlwright.migrations.new import next_id, wrap_header
from sqlwright.migrations.source import Migration

__all__ = ["body", "depends_on", "file_names", "make_file", "rollback_text", "with_header"]

_WHY = "TODO: say in one sentence why this migration exists."
_WIDTH = 95


def file_names(name: str, files: Sequence[Sequence[Step]]) -> list[str]:
    """The words of each file's id: the name, and what a file does beside the first."""
    found: list[str] = []
    for number, steps in enumerate(files):
        if len(files) == 1:
            words = name
        elif steps[0].alone:
            index = steps[0].node.key.name.partition(" on ")[0].rpartition(".")[2]
            verb = "drop_" if steps[0].node.verb == "drop" else ""
            words = _words(f"{verb}{index}") or f"{name}_{number + 1}"
        elif name not in found:
            words = name
        elif any(step.node.verb in {"validate", "not null"} for step in steps):
            words = f"{name}_validated"
        else:
            words = f"{name}_{number + 1}"
        found.append(words if words not in found else f"{words}_{number + 1}")
    return found


def _words(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def body(steps: Iterable[Step]) -> str:
    """The statements, each with its semicolon, in paragraphs."""
    blocks: list[str] = []
    before: Step | None = None
    for step in steps:
        text = "".join(f"{one};\n" for one in step.statements)
        notes = [f"WARNING: {loss}" for loss in step.losses] + list(step.remarks)
        text = "".join(_commented(note) for note in notes) + text
        if blocks and before and _belong_together(before, step) and not notes:
            blocks[-1] += text
        else:
            blocks.append(text)
        before = step
    return "\n".join(blocks)


def _belong_together(one: Step, two: Step) -> bool:
    """Comments stand together, and so do drops, and short indexes."""
    short = all(len(step.statements) == 1 for step in (one, two))
    same = one.node.verb == two.node.verb and one.node.key.kind == two.node.key.kind
    if one.node.verb == two.node.verb and one.node.verb in {"comment", "drop"}:
        return True
    return same and short and all("\n" not in step.statements[0] for step in (one, two))


def _commented(text: str) -> str:
    lines = textwrap.wrap(text, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return "".join(f"-- {line}\n" for line in lines)


def with_header(
    text: str,
    steps: Sequence[Step],
    *,
    why: str | None,
    depends: Sequence[str],
    rewritten: Collection[str],
) -> str:
    """The file as it is written.

    Args:
        text: Its statements.
        steps: What they do.
        why: The sentence of the first line; else one that is still to be written.
        depends: Ids that it builds on.
        rewritten: Tables of which every row was written anew.
    """
    locks = []
    for lock in strongest(one for step in steps for one in step.locks):
        writes = lock.relation in rewritten
        long = (
            "while it is rewritten"
            if writes
            else "while it is read"
            if lock.reads
            else ("for a moment")
        )
        tail = "" if writes else "; no rewrite"
        locks.append(f"-- Locks: {lock.mode} on {lock.relation} {long}{tail}.")
    header = wrap_header(
        why or _WHY, depends, transactional=not any(step.alone for step in steps), locks=locks
    )
    return header + text


def make_file(
    folder: Path,
    name: str,
    *,
    schema: str,
    known: Sequence[Migration],
    depends: Sequence[str],
    text: str,
    transactional: bool,
) -> Migration:
    """A migration that is not written yet, without its rollback."""
    new_id = next_id(schema, name, known)
    return Migration(
        id=new_id,
        schema=schema,
        path=folder / f"{new_id}.sql",
        text=text,
        rollback_path=folder / f"{new_id}.rollback.sql",
        rollback_text=None,
        depends=frozenset(depends),
        transactional=transactional,
    )


def rollback_text(steps: Sequence[Step], remarks: Iterable[str]) -> str:
    """The rollback file: what it does not bring back, then its statements."""
    head = "".join(_commented(remark) for remark in remarks)
    return head + body(replace(step, remarks=()) for step in steps)


def depends_on(
    needs: Iterable[Key],
    *,
    schema: str,
    newest: Sequence[str],
    known: Sequence[Migration],
) -> list[str]:
    """The newest of its schema, and of others what first names something that is needed."""
    found = list(newest)
    for key in sorted(needs):
        own = key.name.partition("(")[0].partition(" on ")[-1] or key.name.partition("(")[0]
        pattern = re.compile(rf"(?<![\w.]){re.escape(own)}\b")
        for migration in known:
            other = _schema_of(own)
            if migration.schema == schema or (other and migration.schema != other):
                continue
            if pattern.search(migration.text):
                found.append(migration.id)
                break
    return list(dict.fromkeys(found))


def _schema_of(name: str) -> str:
    return name.partition(".")[0] if "." in name else ""
