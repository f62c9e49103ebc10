"""The settings of a server that matter, each with what is wrong, why, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sqlwright.operations.doctor_findings import Finding, Level

__all__ = ["look_at_settings"]


@dataclass(frozen=True, kw_only=True)
class _Rule:
    setting: str
    is_wrong: Callable[[str], bool]
    level: Level
    why: str
    do: str


def _is(value: str) -> Callable[[str], bool]:
    return lambda found: found == value


def _set(name: str, value: str) -> str:
    return f"alter system set {name} = {value}; select pg_reload_conf();"


_RULES = (
    _Rule(
        setting="fsync",
        is_wrong=_is("off"),
        level=Level.PROBLEM,
        why="A crash of the machine can destroy the whole database.",
        do=_set("fsync", "on"),
    ),
    _Rule(
        setting="full_page_writes",
        is_wrong=_is("off"),
        level=Level.PROBLEM,
        why="A crash of the machine can leave pages half written, which nothing mends.",
        do=_set("full_page_writes", "on"),
    ),
    _Rule(
        setting="synchronous_commit",
        is_wrong=_is("off"),
        level=Level.ADVICE,
        why="A crash can lose transactions of the last moments that were told to be committed.",
        do=_set("synchronous_commit", "on"),
    ),
    _Rule(
        setting="autovacuum",
        is_wrong=_is("off"),
        level=Level.PROBLEM,
        why="Tables grow, plans go stale, and in the end no transaction id is left.",
        do=_set("autovacuum", "on"),
    ),
    _Rule(
        setting="track_counts",
        is_wrong=_is("off"),
        level=Level.PROBLEM,
        why="Autovacuum does nothing without the counts.",
        do=_set("track_counts", "on"),
    ),
    _Rule(
        setting="data_checksums",
        is_wrong=_is("off"),
        level=Level.ADVICE,
        why="A page that the disk has changed is given out as if it were right.",
        do="Stop the server and run pg_checksums --enable.",
    ),
    _Rule(
        setting="password_encryption",
        is_wrong=_is("md5"),
        level=Level.PROBLEM,
        why="MD5 hashes of passwords can be used to log in, and PostgreSQL will drop them.",
        do=_set("password_encryption", "'scram-sha-256'") + " Then set each password anew.",
    ),
    _Rule(
        setting="idle_in_transaction_session_timeout",
        is_wrong=_is("0"),
        level=Level.ADVICE,
        why="A transaction that a client forgot holds its locks, and vacuum back, for ever.",
        do=_set("idle_in_transaction_session_timeout", "'5min'"),
    ),
    _Rule(
        setting="log_min_duration_statement",
        is_wrong=_is("-1"),
        level=Level.ADVICE,
        why="Statements that are no named queries leave no trace when they are slow.",
        do=_set("log_min_duration_statement", "'1s'"),
    ),
    _Rule(
        setting="log_lock_waits",
        is_wrong=_is("off"),
        level=Level.ADVICE,
        why="Nobody learns afterwards who waited for whom.",
        do=_set("log_lock_waits", "on"),
    ),
    _Rule(
        setting="TimeZone",
        is_wrong=lambda found: found not in {"UTC", "Etc/UTC", "GMT", "Etc/GMT"},
        level=Level.ADVICE,
        why="Dates that a query makes of times change with the machine that the server runs on.",
        do=_set("timezone", "'UTC'"),
    ),
)


def look_at_settings(
    settings: Mapping[str, str], *, statement_timeout: float | None, pool: int
) -> Iterator[Finding]:
    """Each setting that matters.

    Args:
        settings: As pg_settings has them, by name.
        statement_timeout: What the pool sets, in seconds.
        pool: Connections that one pool takes at most.
    """
    for rule in _RULES:
        value = settings.get(rule.setting)
        if value is None:
            continue
        is_wrong = rule.is_wrong(value)
        yield Finding(
            name=f"setting {rule.setting}",
            level=rule.level if is_wrong else Level.FINE,
            seen=f"{rule.setting} is {value}",
            why=rule.why if is_wrong else "",
            do=rule.do if is_wrong else "",
        )
    yield _statement_timeout(settings.get("statement_timeout", "0"), statement_timeout)
    yield _connections(settings, pool)


def _statement_timeout(value: str, of_pool: float | None) -> Finding:
    name = "setting statement_timeout"
    if of_pool:
        return Finding(
            name=name, level=Level.FINE, seen=f"a pool's statements end at {of_pool:g} s"
        )
    if value != "0":
        return Finding(name=name, level=Level.FINE, seen=f"statement_timeout is {value} ms")
    return Finding(
        name=name,
        level=Level.ADVICE,
        seen="statements have no time limit",
        why="One query without an end keeps its connection until the pool has none left.",
        do="Set DB_STATEMENT_TIMEOUT=30, or alter role … set statement_timeout = '30s';",
    )


def _connections(settings: Mapping[str, str], pool: int) -> Finding:
    reserved = ("superuser_reserved_connections", "reserved_connections")
    most = int(settings["max_connections"]) - sum(int(settings.get(one, "0")) for one in reserved)
    seen = f"the server has {most} connections for all, and one pool takes up to {pool}"
    if pool <= most:
        return Finding(name="setting max_connections", level=Level.FINE, seen=seen)
    return Finding(
        name="setting max_connections",
        level=Level.PROBLEM,
        seen=seen,
        why="Under load the pool is refused connections, and its callers wait in vain.",
        do="Lower DB_POOL_SIZE and DB_MAX_OVERFLOW, or raise max_connections and restart.",
    )
