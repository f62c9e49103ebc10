"""What a migration's statements are, by PostgreSQL's own parser, and which of them can't be run.

A file that the parser refuses passes: the server speaks its own version of the grammar, and says
what is wrong better.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlwright.errors import SourceError

__all__ = ["Concurrent", "check", "concurrent", "is_empty", "is_ended", "may_commit", "start_of"]

# Statements without which there is nothing to look for, and what may hold their words: comments,
# strings, quoted names and bodies of functions. The parser takes a while to import.
_SUSPICIOUS = re.compile(
    r"(?:\A|;)\s*(begin|start|commit|end|rollback|abort|savepoint|release|prepare|copy)\b",
    re.IGNORECASE,
)
_SILENT = re.compile(
    r"""--[^\n]* | \be'(?:\\.|''|[^'\\])*' | '(?:[^']|'')*' | "(?:[^"]|"")*"
    | (?<![\w$])(\$(?:[^\W\d]\w*)?\$).*?\1""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_COPY = {
    True: ("copies from stdin", "Use insert … values."),
    False: ("copies to stdout", "Take it out: nobody reads what a migration returns."),
}
_TRANSACTION = {
    True: "Take it out: the whole file is one transaction, its mark included.",
    False: "Take it out: the file runs without a transaction.",
}


@dataclass(frozen=True, kw_only=True)
class Concurrent:
    """The index that a statement works on `concurrently`, or the partition that it detaches."""

    kind: str  # create, drop, reindex or detach
    schema: str | None
    name: str


def check(path: Path, text: str, *, transactional: bool) -> None:
    """Refuses what would leave the transaction, or can't be sent.

    Raises:
        SourceError: the statement, its line, and what to do instead.
    """
    if transactional and not _is_suspicious(text):
        return
    parsed = _parsed(text)
    if parsed is None:
        return
    for statement in parsed.stmts:
        kind = statement.stmt.WhichOneof("node")
        copy = statement.stmt.copy_stmt
        if kind == "copy_stmt" and not copy.filename:
            raise _refusal(path, text, statement, *_COPY[copy.is_from])
        if kind == "transaction_stmt":
            raise _refusal(
                path, text, statement, "begins or ends a transaction", _TRANSACTION[transactional]
            )
        if kind == "index_stmt" and statement.stmt.index_stmt.concurrent and not _name(statement):
            raise _refusal(
                path,
                text,
                statement,
                "builds an index without a name",
                "Name it: what a broken run leaves is found by its name.",
            )
    if not transactional and len(parsed.stmts) != 1:
        raise SourceError(
            f"{path} holds {len(parsed.stmts)} statements, but -- transactional: false allows one.",
            hint="Give each its own migration: what failed half-way could not be told otherwise.",
        )


def _name(statement: Any) -> str:
    return str(statement.stmt.index_stmt.idxname)


def _is_suspicious(text: str) -> bool:
    """Whether the parser must look at it; comments in /* */ can be nested, so that it must."""
    code = _SILENT.sub(" ", text)
    return "/*" in code or _SUSPICIOUS.search(code) is not None


def _refusal(path: Path, text: str, statement: Any, what: str, hint: str) -> SourceError:
    line, _ = position(text, _characters(text, _begin(text, statement)))
    return SourceError(f"{path}, line {line} {what}.", hint=hint)


def concurrent(text: str) -> Concurrent | None:
    """What the one statement of the text works on `concurrently`, if it does."""
    parsed = _parsed(text)
    if parsed is None or not parsed.stmts:
        return None
    node = parsed.stmts[0].stmt
    kind = node.WhichOneof("node")
    if kind == "index_stmt" and node.index_stmt.concurrent and node.index_stmt.idxname:
        index = node.index_stmt
        return Concurrent(
            kind="create", schema=index.relation.schemaname or None, name=index.idxname
        )
    if kind == "drop_stmt" and node.drop_stmt.concurrent:
        names = [part.string.sval for part in node.drop_stmt.objects[0].list.items]
        return Concurrent(kind="drop", schema=names[-2] if len(names) > 1 else None, name=names[-1])
    if kind == "reindex_stmt" and _is_index(node.reindex_stmt):
        index = node.reindex_stmt.relation
        return Concurrent(kind="reindex", schema=index.schemaname or None, name=index.relname)
    if kind == "alter_table_stmt":
        change = getattr(node.alter_table_stmt.cmds[0].alter_table_cmd, "def").partition_cmd
        if change.concurrent:
            schema, name = change.name.schemaname, change.name.relname
            return Concurrent(kind="detach", schema=schema or None, name=name)
    return None


def _is_index(reindex: Any) -> bool:
    """Whether it is `reindex index concurrently`, or with that option in brackets."""
    from postgast.pg_query_pb2 import ReindexObjectType

    options = {option.def_elem.defname for option in reindex.params}
    return reindex.kind == ReindexObjectType.REINDEX_OBJECT_INDEX and "concurrently" in options


def may_commit(text: str) -> bool:
    """Whether a statement of the text may commit a part of its own work, as procedures do."""
    parsed = _parsed(text)
    kinds = {statement.stmt.WhichOneof("node") for statement in parsed.stmts} if parsed else set()
    return not kinds.isdisjoint({"call_stmt", "do_stmt"})


def is_empty(text: str) -> bool:
    """Whether the text holds no statement at all."""
    code = _SILENT.sub(" ", text)
    if "/*" not in code and code.strip(" \t\n\f;"):
        return False  # without waking the parser
    parsed = _parsed(text)
    return parsed is not None and not parsed.stmts


def is_ended(text: str) -> bool:
    """Whether the last statement surely has its semicolon: a comment in /* */ may hide it."""
    code = _SILENT.sub(" ", text).rstrip()
    return "/*" not in code and (not code or code.endswith(";"))


def start_of(text: str, number: int) -> int | None:
    """Where the statement of that number, from 0, begins: characters from 0; None if unknown."""
    parsed = _parsed(text)
    if parsed is None or number >= len(parsed.stmts):
        return None
    return _characters(text, _begin(text, parsed.stmts[number]))


def _begin(text: str, statement: Any) -> int:
    """The byte of the statement's first word; the parser counts comments before it as its own."""
    import postgast

    rest = text.encode()[statement.stmt_location :]
    tokens = postgast.scan(rest.decode()).tokens
    words = (token for token in tokens if token.token not in _comments())
    return int(statement.stmt_location + next(words).start)


def _comments() -> tuple[int, int]:
    from postgast.pg_query_pb2 import Token

    return Token.Value("SQL_COMMENT"), Token.Value("C_COMMENT")


def _characters(text: str, byte: int) -> int:
    return len(text.encode()[:byte].decode())


def position(text: str, character: int) -> tuple[int, int]:
    """Line and column, both from 1, of a character of the text."""
    before = text[:character]
    return before.count("\n") + 1, character - (before.rfind("\n") + 1) + 1


def _parsed(text: str) -> Any:
    import postgast

    try:
        return postgast.parse(text)
    except postgast.PgQueryError:
        return None
