"""What the doctor says of the connection, the server's version and the roles."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlwright.operations.doctor_findings import Finding, Level
from sqlwright.server.connection import Roles

__all__ = ["roles", "tls", "version"]

_MAJOR = 10000
_HUMBLE = "nosuperuser nocreaterole nobypassrls noreplication"
# The newest minor release of each version that is known here: an older one lacks its fixes.
_NEWEST = {15: 18, 16: 14, 17: 10, 18: 6}


def tls(session: Mapping[str, Any]) -> Finding:
    """Whether somebody between could read along."""
    if session["has_tls"] or session["is_local"]:
        seen = "the connection has TLS" if session["has_tls"] else "the server is on this machine"
        return Finding(name="tls", level=Level.FINE, seen=seen)
    return Finding(
        name="tls",
        level=Level.PROBLEM,
        seen=f"the connection to {session['address']} has no TLS",
        why="Whoever is on the network between reads every row, and may change it.",
        do="Set ssl = on at the server, and sslmode=verify-full in DATABASE_URL.",
    )


def version(number: int) -> Finding:
    """Whether the version is one of ours, and its minor release new enough."""
    major, minor = divmod(number, _MAJOR)
    newest, seen = _NEWEST.get(major), f"PostgreSQL {major}.{minor}"
    if newest is None:
        return Finding(
            name="version",
            level=Level.PROBLEM if major < min(_NEWEST) else Level.ADVICE,
            seen=seen,
            why=f"sqlwright is tested on {min(_NEWEST)} to {max(_NEWEST)}.",
            do=f"Move to PostgreSQL {max(_NEWEST)}." if major < min(_NEWEST) else "Try it first.",
        )
    if minor >= newest:
        return Finding(name="version", level=Level.FINE, seen=seen)
    return Finding(
        name="version",
        level=Level.PROBLEM,
        seen=f"{seen}, while there is {major}.{newest}",
        why="Minor releases mend lost data and holes; nothing else changes.",
        do=f"Install {major}.{newest} or newer and restart: no dump is needed.",
    )


def roles(session: Mapping[str, Any], found: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
    """Whether owner and application are kept apart, and may no more than they need."""
    names = Roles.of(session["database"])
    mighty = [role["role"] for role in found if role["is_mighty"]]
    if mighty:
        yield Finding(
            name="roles",
            level=Level.PROBLEM,
            seen=f"{', '.join(mighty)} may more than the database needs",
            why="Whoever takes over a service takes over the server.",
            do=" ".join(f"alter role {role} {_HUMBLE};" for role in mighty),
        )
    elif session["owner"] != names.owner:
        yield Finding(
            name="roles",
            level=Level.ADVICE,
            seen=f"the database belongs to {session['owner']}; `sqlwright create` made no roles",
            why="A service that may alter tables is one mistake from doing so.",
            do="Make it with `sqlwright create`, or keep an owner and an application apart.",
        )
    else:
        yield Finding(name="roles", level=Level.FINE, seen=f"the database belongs to {names.owner}")
    if session["all_may_create"]:
        yield Finding(
            name="schema public",
            level=Level.PROBLEM,
            seen="every role may create in schema public",
            why="Anybody can put a function where another's query finds it first.",
            do="revoke create on schema public from public;",
        )
