"""`metrics`: what is measured, and what is wrong with it by the rules that Prometheus has too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sqlwright.cli.options import Database, Json, print_json
from sqlwright.cli.talk import talk

if TYPE_CHECKING:
    from sqlwright.observe.measures import Measure
    from sqlwright.operations.alerts import Alert
    from sqlwright.operations.metrics import Judgement

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    """Adds the command to the tree."""
    app.command(epilog="Example: sqlwright metrics --check")(metrics)


def metrics(
    database: Database = None,
    check: Annotated[
        bool, typer.Option("--check", help="Judge by the alert rules; exit 1 if one is met.")
    ] = False,
    service: Annotated[
        str | None,
        typer.Option("--service", metavar="URL", help="A service's own /metrics, for its pool."),
    ] = None,
    alerts: Annotated[
        Path | None,
        typer.Option("--alerts", metavar="FILE", help="Rules of yours, in the form of --rules."),
    ] = None,
    rules: Annotated[
        bool, typer.Option("--rules", help="Print the alert rules, for Prometheus.")
    ] = False,
    json: Json = False,
) -> None:
    """Measure the database, and a service's pool."""
    from sqlwright.config import load_project
    from sqlwright.errors import ConnectError
    from sqlwright.operations.alerts import RULES
    from sqlwright.operations.metrics import check as judge

    if rules:
        print(RULES.read_text(encoding="utf-8"), end="")
        return
    project = load_project(database=database)
    found = judge(project, service=service, rules=alerts or RULES)
    if (down := found.measures.down) and not check:
        raise ConnectError(f"The database does not answer: {down.message}", hint=down.hint)
    if json:
        print_json(_document(found, check=check))
    elif check:
        _show_alerts(found)
    else:
        _show(found)
    if check and found.alerts:
        raise typer.Exit(1)


def _show(found: Judgement) -> None:
    for measure in found.measures.measures:
        print(f"{_name(measure)} {measure.value:g}")
    for name, reason in found.measures.unseen.items():
        talk(f"{name} is not seen: {reason}.")


def _show_alerts(found: Judgement) -> None:
    for alert in found.alerts:
        rule, measure = alert.rule, alert.measure
        limit = f"{rule.operator} {rule.threshold:g}"
        print(f"{rule.severity}: {rule.name}: {_name(measure)} is {measure.value:g} ({limit})")
        print(f"    {rule.summary}\n    {rule.description}")
    if found.measures.down:
        talk(f"The database does not answer: {found.measures.down}")
    for name, reason in found.unjudged.items():
        talk(f"{name} is not judged: {reason}.")
    if not found.alerts:
        print("No alerts.")


def _name(measure: Measure) -> str:
    """The measure's name as Prometheus writes it, also of an index with a quote in its name."""
    escaped = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
    pairs = ((label, value.translate(escaped)) for label, value in measure.labels.items())
    labels = ",".join(f'{label}="{value}"' for label, value in pairs)
    return f"{measure.name}{{{labels}}}" if labels else measure.name


def _document(found: Judgement, *, check: bool) -> dict[str, Any]:
    measures = [vars(one) for one in found.measures.measures]
    document: dict[str, Any] = {"measures": measures, "unseen": dict(found.measures.unseen)}
    if check:
        document["alerts"] = [_alert(alert) for alert in found.alerts]
        document["unjudged"] = dict(found.unjudged)
        document["error"] = str(found.measures.down) if found.measures.down else None
    return document


def _alert(alert: Alert) -> dict[str, Any]:
    rule = alert.rule
    return {
        "alert": rule.name,
        "severity": rule.severity,
        "metric": rule.metric,
        "labels": dict(alert.measure.labels),
        "value": alert.measure.value,
        "operator": rule.operator,
        "threshold": rule.threshold,
        "summary": rule.summary,
        "description": rule.description,
    }
