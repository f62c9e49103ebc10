"""What is measured as Prometheus reads it: its names, its types, its text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from types import SimpleNamespace
from typing import Any

from sqlwright.errors import ConfigError
from sqlwright.observe.asking import AnyPool
from sqlwright.observe.measures import Measure, Metric, database_metrics
from sqlwright.observe.statements import counts

__all__ = ["SERVICE_METRICS", "all_metrics", "encode", "measure_service"]

_POOL = ("pool",)
SERVICE_METRICS: tuple[Metric, ...] = (
    Metric(name="sqlwright_pool_size", help="Connections that are open.", labels=_POOL),
    Metric(name="sqlwright_pool_max_size", help="Connections at most.", labels=_POOL),
    Metric(name="sqlwright_pool_used", help="Connections that are in use.", labels=_POOL),
    Metric(
        name="sqlwright_pool_used_ratio",
        help="Connections in use, as a part of the most.",
        labels=_POOL,
    ),
    Metric(name="sqlwright_pool_waiting", help="Callers that wait for a connection.", labels=_POOL),
    Metric(
        name="sqlwright_pool_requests_total",
        help="How often a connection was asked for.",
        labels=_POOL,
    ),
    Metric(
        name="sqlwright_pool_queued_total", help="How often a caller had to wait.", labels=_POOL
    ),
    Metric(name="sqlwright_pool_timeouts_total", help="How often none came in time.", labels=_POOL),
    Metric(
        name="sqlwright_pool_lost_total",
        help="Connections that were found dead before use.",
        labels=_POOL,
    ),
    Metric(
        name="sqlwright_pool_wait_seconds_total",
        help="What all callers waited together.",
        labels=_POOL,
    ),
    Metric(
        name="sqlwright_pool_longest_wait_seconds",
        help="What one caller waited at most.",
        labels=_POOL,
    ),
    Metric(
        name="sqlwright_slow_statements_total",
        help="Named queries that took longer than the limit of the statement log.",
    ),
    Metric(
        name="sqlwright_failed_statements_total",
        help="Named queries that failed, once there is a statement log.",
    ),
)


def all_metrics() -> tuple[Metric, ...]:
    """Every metric that there is."""
    return (*SERVICE_METRICS, *database_metrics())


def measure_service(pool: AnyPool | None) -> Iterator[Measure]:
    """What a process knows without asking: its pool's use, its statements."""
    if pool is not None:
        found = pool.get_stats()
        used = found["pool_size"] - found["pool_available"]
        values = {
            "size": found["pool_size"],
            "max_size": found["pool_max"],
            "used": used,
            "used_ratio": used / max(found["pool_max"], found["pool_size"], 1),
            "waiting": found["requests_waiting"],
            "requests_total": found.get("requests_num", 0),
            "queued_total": found.get("requests_queued", 0),
            "timeouts_total": found.get("requests_errors", 0),
            "lost_total": found.get("connections_lost", 0),
            "wait_seconds_total": found.get("requests_wait_ms", 0) / 1000,
            "longest_wait_seconds": getattr(pool, "longest_wait", 0.0),
        }
        for name, value in values.items():
            yield Measure(name=f"sqlwright_pool_{name}", value=value, labels={"pool": pool.name})
    yield Measure(name="sqlwright_slow_statements_total", value=counts.slow)
    yield Measure(name="sqlwright_failed_statements_total", value=counts.failed)


def encode(
    metrics: Sequence[Metric], measures: Iterable[Measure], *, accept: str
) -> tuple[bytes, str]:
    """The measures in the form that is asked for, and the type of that form.

    Raises:
        ConfigError: prometheus-client is not installed.
    """
    try:
        from prometheus_client.exposition import choose_encoder
    except ModuleNotFoundError:
        raise ConfigError(
            "There is no /metrics without prometheus-client.",
            hint="Install it: pip install 'sqlwright[serve]'.",
        ) from None
    try:
        encoder, content_type = choose_encoder(accept)
    except (TypeError, ValueError):  # of a version that is no number
        encoder, content_type = choose_encoder("")
    families = list(_families(metrics, list(measures)))
    return encoder(SimpleNamespace(collect=lambda: families)), content_type


def _families(metrics: Sequence[Metric], measures: Sequence[Measure]) -> Iterator[Any]:
    """Each metric with its measures; one without is named all the same."""
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

    for metric in metrics:
        own = [measure for measure in measures if measure.name == metric.name]
        labels = tuple(own[0].labels) if own else metric.labels
        kind = CounterMetricFamily if metric.is_counter else GaugeMetricFamily
        family = kind(metric.name, metric.help, labels=labels)
        for measure in own:
            family.add_metric([measure.labels[label] for label in labels], measure.value)
        yield family
