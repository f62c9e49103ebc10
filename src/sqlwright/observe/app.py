"""An ASGI application with `/health`, `/ready` and `/metrics`, to be mounted or served alone."""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from sqlwright import __version__
from sqlwright.conninfo import libpq_settings
from sqlwright.errors import ConfigError
from sqlwright.observe import parts as own
from sqlwright.observe.asking import AnyPool, ask_of, is_pool
from sqlwright.observe.exposition import SERVICE_METRICS, encode, measure_service
from sqlwright.observe.health import Checks, Part
from sqlwright.observe.measures import Measure, database_metrics, measure
from sqlwright.observe.waiting import Shared
from sqlwright.urls import normalise

__all__ = ["App", "app_of"]

Scope: TypeAlias = Mapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Mapping[str, Any]]]
Send: TypeAlias = Callable[[Mapping[str, Any]], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
Answer: TypeAlias = tuple[int, str, bytes]  # status, type, body
_JSON = "application/json"


def app_of(
    where: AnyPool | str,
    *,
    queries: Path | None = None,
    parts: Mapping[str, Part | Callable[[], Any]] | None = None,
    timeout: float = 2.0,
    database: bool | None = None,
    version: str = __version__,
) -> App:
    """The application; it opens and closes nothing but what it asks with.

    Args:
        where: The service's pool, sync or async, which is looked at and asked through; or what
            libpq connects with.
        queries: The named queries that the service calls, a file or a folder: it is ready when the
            database understands them all, so when what they need is migrated.
        parts: What else the service stands on, by name: a `Part`, or its check alone.
        timeout: Seconds that each part has for its answer, unless it says otherwise itself.
        database: Whether `/metrics` measures the database too, which one process a database
            should; else that is done where `where` is no pool.
        version: The service's own, for `/health`.

    Raises:
        ConfigError: a part has a name of ours, or libpq can't read the URL.
        QueryError: the queries can't be read.
    """
    if isinstance(where, str):
        where = libpq_settings(normalise(where), os.environ, "sqlwright")
    pool = where if not isinstance(where, str) and is_pool(where) else None
    ask = ask_of(where, patience=0.8 * timeout)
    found = {"database": Part(check=own.database(ask), timeout=timeout, is_needed=True)}
    if queries is not None:
        check = own.queries_part(ask, own.read_folder(queries))
        found["queries"] = Part(check=check, timeout=timeout, is_needed=True)
    if pool is not None:
        found["pool"] = Part(check=own.pool_part(pool), timeout=timeout)
    for name, part in (parts or {}).items():
        if name in found:
            raise ConfigError(
                f"A part can't be called {name}: there is one already.",
                hint="Name it after what it is, as redis.",
            )
        found[name] = part if isinstance(part, Part) else Part(check=part, timeout=timeout)
    checks = Checks(found, version=version)
    measures = Shared(lambda: measure(ask)) if database or (database is None and not pool) else None
    return _router(checks, lambda accept: _metrics(pool, measures, timeout, accept))


def _router(checks: Checks, metrics: Callable[[str], Awaitable[Answer]]) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await _send(scope, send, await _answer(scope, checks, metrics))
        else:  # a WebSocket
            await send({"type": "websocket.close", "code": 1008})

    return app


async def _answer(
    scope: Scope, checks: Checks, metrics: Callable[[str], Awaitable[Answer]]
) -> Answer:
    path = scope["path"].removeprefix(scope.get("root_path", "")).rstrip("/")
    if path not in {"/health", "/ready", "/metrics"}:
        return _said(404, {"detail": "There are /health, /ready and /metrics."})
    if scope["method"] not in {"GET", "HEAD"}:
        return _said(405, {"detail": "These are read: GET or HEAD."})
    if path == "/metrics":
        accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
        return await metrics(accept)
    health = await checks.health(needed=path == "/ready")
    return _said(200 if health.is_healthy else 503, health.document())


def _said(status: int, document: Mapping[str, Any]) -> Answer:
    return status, _JSON, json.dumps(document, ensure_ascii=False).encode()


async def _metrics(
    pool: AnyPool | None, shared: Shared[Any] | None, patience: float, accept: str
) -> Answer:
    """What there is to see in time: a database that hangs is one that is not up."""
    found: list[Measure] = list(measure_service(pool))
    metrics = SERVICE_METRICS
    if shared is not None:
        metrics += database_metrics()
        try:
            found += (await shared(patience)).measures
        except TimeoutError:
            found.append(Measure(name="sqlwright_up", value=0))
    try:
        body, content_type = encode(metrics, found, accept=accept)
    except ConfigError as error:
        return _said(501, {"detail": str(error)})
    return 200, content_type, body


async def _send(scope: Scope, send: Send, answer: Answer) -> None:
    status, content_type, body = answer
    headers: Iterable[tuple[bytes, bytes]] = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


async def _live(receive: Receive, send: Send) -> None:
    """There is nothing to open, and nothing to close."""
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
