"""Reads the options of a pool: what the caller gives, else the environment, else defaults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypedDict

from sqlwright.errors import ConfigError

__all__ = ["Options", "Settings", "read_options"]

_MOST_SECONDS = 2_147_483  # what PostgreSQL's timeouts can hold, in milliseconds
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
_SECONDS = "a number of seconds above 0"
_LIMIT = "a number of seconds, or 0 for no limit"


class Options(TypedDict, total=False):
    """What a caller may give."""

    size: int
    overflow: int
    timeout: float
    recycle: float
    pre_ping: bool
    echo: bool
    statement_timeout: float
    lock_timeout: float
    pooler: bool
    application: str


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every option, with its default; times in seconds."""

    size: int = 10
    overflow: int = 20
    timeout: float = 30
    recycle: float = 3600
    pre_ping: bool = True
    echo: bool = False
    statement_timeout: float | None = None
    lock_timeout: float | None = None
    pooler: bool = False
    application: str | None = None

    def limits(self) -> Iterator[tuple[str, int]]:
        """PostgreSQL's settings for the limits that are given, in milliseconds."""
        limits = {"statement_timeout": self.statement_timeout, "lock_timeout": self.lock_timeout}
        for name, seconds in limits.items():
            if seconds is not None:
                yield name, max(round(seconds * 1000), 1 if seconds else 0)


class _Rule(NamedTuple):
    variable: str
    read: Callable[[str], Any]
    is_right: Callable[[Any], bool]
    must: str


def _yes_or_no(text: str) -> bool:
    if text.lower() not in {*_TRUE, *_FALSE}:
        raise ValueError
    return text.lower() in _TRUE


def _is_time(seconds: float) -> bool:
    return 0 < seconds <= _MOST_SECONDS


def _is_limit(seconds: float) -> bool:
    return seconds == 0 or _is_time(seconds)


_RULES = {
    "size": _Rule("DB_POOL_SIZE", int, lambda size: size > 0, "a whole number from 1"),
    "overflow": _Rule("DB_MAX_OVERFLOW", int, lambda more: more >= 0, "a whole number from 0"),
    "timeout": _Rule("DB_POOL_TIMEOUT", float, _is_time, _SECONDS),
    "recycle": _Rule(
        "DB_POOL_RECYCLE",
        float,
        lambda seconds: seconds == -1 or _is_time(seconds),
        f"{_SECONDS}, or -1 for ever",
    ),
    "pre_ping": _Rule("DB_POOL_PRE_PING", _yes_or_no, lambda _: True, "true or false"),
    "echo": _Rule("DB_ECHO", _yes_or_no, lambda _: True, "true or false"),
    "statement_timeout": _Rule("DB_STATEMENT_TIMEOUT", float, _is_limit, _LIMIT),
    "lock_timeout": _Rule("DB_LOCK_TIMEOUT", float, _is_limit, _LIMIT),
    "pooler": _Rule("DB_POOLER", _yes_or_no, lambda _: True, "true or false"),
}


def read_options(environ: Mapping[str, str], options: Options) -> Settings:
    """What the caller gives, else the environment, else defaults.

    Raises:
        ConfigError: the argument or the variable that means nothing, and what it must be.
    """
    given = {name: value for name, value in options.items() if value is not None}
    found = {
        name: _parse(rule, text)
        for name, rule in _RULES.items()
        if name not in given and (text := environ.get(rule.variable, "").strip())
    }
    for name, value in given.items():
        if name in _RULES and not _RULES[name].is_right(value):
            raise _wrong(name, value, _RULES[name])
    settings = Settings(**{**found, **given})
    _refuse_limits_of_a_pooler(settings)
    return settings


def _refuse_limits_of_a_pooler(settings: Settings) -> None:
    """A limit is a setting of a session, and behind a pooler no session is the caller's own."""
    for name, _ in settings.limits():
        if settings.pooler:
            raise ConfigError(
                f"{name} can't be set through a pooler in transaction mode.",
                hint=f"Leave it out, and set it on the role: alter role … set {name} = '…';",
            )


def _parse(rule: _Rule, text: str) -> Any:
    try:
        value = rule.read(text)
    except ValueError:
        raise _wrong(rule.variable, text, rule) from None
    if not rule.is_right(value):
        raise _wrong(rule.variable, text, rule)
    return value


def _wrong(name: str, value: object, rule: _Rule) -> ConfigError:
    return ConfigError(
        f"{name} is {value!r}, but must be {rule.must}.",
        hint=f"Mend it, or leave it out: then {rule.variable} counts, and last the default.",
    )
