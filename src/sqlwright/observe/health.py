"""Looks at each part of a service at once, and waits for none longer than its time."""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from time import perf_counter
from typing import Any

from sqlwright.errors import ConfigError, SqlwrightError
from sqlwright.observe.waiting import Shared, in_thread
from sqlwright.urls import redact

__all__ = ["Checks", "Health", "Part", "Result", "State", "Unseen"]

_TAKEN = ("status", "timestamp", "version", "details")
_WORD = re.compile(r"\S+")
_MAY_HOLD_A_SECRET = re.compile(r"://|@|=")
_AROUND = "'\"()[]{}<>,;."


class Unseen(Exception):  # noqa: N818 - it is no error of the part's
    """Raised by a check that can't tell from where it stands, and why."""


class State(StrEnum):
    """How a part is; one that can't be seen from here leaves the whole as it is."""

    HEALTHY = "healthy"
    UNHEALTHY = "unhealthy"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a service stands on, such as a cache.

    Attributes:
        check: A function or a coroutine function without parameters. What is well says so by
            returning; a text is shown. False, or an error, means that it is not.
        timeout: Seconds after which no answer is one too.
        is_needed: Whether the service can take requests only with it.
    """

    check: Callable[[], Any]
    timeout: float = 2.0
    is_needed: bool = False


@dataclass(frozen=True, kw_only=True)
class Result:
    """How a part is; `seconds` until it answered."""

    name: str
    state: State
    says: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Health:
    """How all parts are; `version` is the service's."""

    results: tuple[Result, ...]
    at: datetime
    version: str

    @property
    def is_healthy(self) -> bool:
        """Whether no part is unhealthy."""
        return all(result.state is not State.UNHEALTHY for result in self.results)

    def document(self) -> dict[str, Any]:
        """Each part's state under its name, as monitors read it, and in `details` the rest."""
        return {
            "status": State.HEALTHY if self.is_healthy else State.UNHEALTHY,
            **{one.name: one.state for one in self.results},
            "timestamp": f"{self.at:%Y-%m-%dT%H:%M:%S.%fZ}",
            "version": self.version,
            "details": {
                one.name: {"says": one.says, "seconds": round(one.seconds, 4)}
                for one in self.results
            },
        }


class Checks:
    """The parts, of which each is looked at once at a time."""

    def __init__(self, parts: Mapping[str, Part], *, version: str) -> None:
        for name in parts:
            if name in _TAKEN:
                raise ConfigError(
                    f"A part can't be called {name}: the answer has that already.",
                    hint="Name it after what it is, as redis.",
                )
        self._parts, self._version = dict(parts), version
        self._shared = {name: Shared(_asked(part.check)) for name, part in parts.items()}

    async def health(self, *, needed: bool = False) -> Health:
        """How the parts are now; with `needed`, those that the service can't do without."""
        names = [name for name, part in self._parts.items() if part.is_needed or not needed]
        results = await asyncio.gather(*(self._look(name) for name in names))
        return Health(results=tuple(results), at=datetime.now(UTC), version=self._version)

    async def _look(self, name: str) -> Result:
        part, began = self._parts[name], perf_counter()
        try:
            found = await self._shared[name](part.timeout)
        except Unseen as error:
            state, says = State.UNKNOWN, str(error)
        except Exception as error:  # noqa: BLE001 - whatever it is, the part is not well
            state, says = State.UNHEALTHY, _reason(error)
        else:
            state = State.UNHEALTHY if found is False else State.HEALTHY
            says = found if isinstance(found, str) else ("it says no" if found is False else "")
        return Result(name=name, state=state, says=says, seconds=perf_counter() - began)


def _asked(check: Callable[[], Any]) -> Callable[[], Any]:
    """The check as a coroutine function."""
    if inspect.iscoroutinefunction(check):
        return check

    async def asked() -> Any:
        answer = await in_thread(check)
        return await answer if inspect.isawaitable(answer) else answer

    return asked


def _reason(error: Exception) -> str:
    """The error in one line, without the secrets that a URL in it may hold."""
    is_ours = isinstance(error, SqlwrightError)
    lines = (str(error).replace("\n", " ") if is_ours else str(error)).splitlines()
    text = _WORD.sub(lambda word: _hidden(word[0]), lines[0] if lines else "")
    if text and (is_ours or isinstance(error, TimeoutError)):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _hidden(word: str) -> str:
    if not _MAY_HOLD_A_SECRET.search(word):
        return word
    core = word.strip(_AROUND)
    return word.replace(core, redact(core)) if core else word
