"""Measures a project's database, and a service's pool with it, and judges both by the alerts."""

from __future__ import annotations

import asyncio
import difflib
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from http.client import HTTPException, InvalidURL
from pathlib import Path

from sqlwright.config import Project
from sqlwright.errors import ConfigError, ConnectError
from sqlwright.observe.asking import ask_of
from sqlwright.observe.exposition import SERVICE_METRICS, all_metrics
from sqlwright.observe.measures import Measure, Measures, measure
from sqlwright.observe.waiting import Shared
from sqlwright.operations.alerts import RULES, Alert, judge, read_rules
from sqlwright.operations.health import conninfo_of
from sqlwright.server.service import SUPERUSER
from sqlwright.urls import redact

__all__ = ["Judgement", "check", "read_measures"]

_PATIENCE = 20.0  # seconds for everything that is measured
_SERVICE = "only a service knows it: --service URL of its /metrics"
_NOT_SAID = "the service's /metrics does not have it: name the one that its pool is mounted with"
_OF_SERVICES = tuple(metric.name for metric in SERVICE_METRICS)


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What was measured, what is wrong with it, and why some rules could not be judged."""

    measures: Measures
    alerts: tuple[Alert, ...]
    unjudged: Mapping[str, str]


def check(project: Project, *, service: str | None = None, rules: Path = RULES) -> Judgement:
    """Judges everything by the rules; a database that does not answer is an alert, no error.

    Raises:
        ConfigError: the rules can't be read, or are over what is not measured.
        ConnectError: the service does not answer.
    """
    known = read_rules(rules)
    _refuse_unknown([rule.metric for rule in known], rules)
    found = read_measures(project, service=service)
    unseen = dict(found.unseen)
    reason = _SERVICE if service is None else _NOT_SAID
    seen = {one.name for one in found.measures}
    unseen.update({name: reason for name in _OF_SERVICES if name not in seen})
    return Judgement(
        measures=found,
        alerts=tuple(judge(known, found.measures)),
        unjudged={rule.metric: unseen[rule.metric] for rule in known if rule.metric in unseen},
    )


def _refuse_unknown(names: Sequence[str], rules: Path) -> None:
    """A rule over what nobody measures would never be met."""
    known = [metric.name for metric in all_metrics()]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise ConfigError(
                f"{rules} has a rule over {name}, which is not measured.",
                hint=f"Did you mean {near[0]}?" if near else "`sqlwright metrics` shows what is.",
            )


def read_measures(project: Project, *, service: str | None = None) -> Measures:
    """Everything that the database says, and what the service at that URL says of itself.

    On the embedded server the superuser asks, who may see everything.

    Raises:
        ConnectError: the service does not answer.
    """
    ask = ask_of(conninfo_of(project, user=SUPERUSER), patience=_PATIENCE)

    async def all_of_it() -> Measures:
        return await Shared(lambda: measure(ask))(_PATIENCE)

    try:
        found = asyncio.run(all_of_it())
    except TimeoutError as error:
        down = ConnectError(f"{error}.", hint="It takes connections, but hangs: read its log.")
        found = Measures(measures=(Measure(name="sqlwright_up", value=0),), down=down)
    if service is None:
        return found
    return replace(found, measures=(*found.measures, *_read_service(service)))


def _read_service(url: str) -> list[Measure]:
    """What a service's own /metrics says of its pool and its statements."""
    try:
        from prometheus_client.parser import text_string_to_metric_families
    except ModuleNotFoundError:
        raise ConfigError(
            "A service's metrics can't be read without prometheus-client.",
            hint="Install it: pip install 'sqlwright[serve]'.",
        ) from None
    families = text_string_to_metric_families(_fetch(url))
    try:
        return [
            Measure(name=sample.name, value=sample.value, labels=sample.labels)
            for family in families
            for sample in family.samples
            if sample.name.startswith(("sqlwright_pool_", "sqlwright_slow_", "sqlwright_failed_"))
        ]
    except ValueError:
        raise ConnectError(
            f"{redact(url)} gives no metrics that Prometheus could read.",
            hint="Name the URL of /metrics itself.",
        ) from None


def _fetch(url: str) -> str:
    if not url.startswith(("http://", "https://")):
        raise ConfigError(
            f"{redact(url)!r} is no URL of http.", hint="Write http://host:port/metrics."
        )
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - http, as seen above
            return str(answer.read().decode())
    except InvalidURL:  # which quotes what is written between the slashes and a colon
        raise ConfigError(
            f"{redact(url)!r} can't be read as a URL.", hint="Write http://host:port/metrics."
        ) from None
    except (OSError, HTTPException, UnicodeDecodeError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise ConnectError(
            f"{redact(url)} does not answer: {reason}.", hint="Check that the service runs there."
        ) from None
