"""How a service and its database are: health, metrics, slow and failed statements, spans.

    app.mount("/ops", app_of(pool))           # /ops/health, /ops/ready, /ops/metrics
    stop = log_statements(slow=0.5)           # each slow or failed one as a line of JSON
    stop = trace()                            # each query as a span of OpenTelemetry

Nothing here needs more than psycopg, but `/metrics`, which needs the extra `serve`, and `trace`,
which needs the extra `telemetry`.
"""

from sqlwright.observe.app import app_of
from sqlwright.observe.health import Health, Part, Result
from sqlwright.observe.spans import trace
from sqlwright.observe.statements import StatementFormatter, log_statements

__all__ = [
    "Health",
    "Part",
    "Result",
    "StatementFormatter",
    "app_of",
    "log_statements",
    "trace",
]
