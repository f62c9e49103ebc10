"""Reads the alert rules that Prometheus reads too, and judges measures by them.

The rules are in `alerts.yml` beside this module, each in one form, so that no YAML has to be
installed where they are judged:

    - alert: DiskNearlyFull
      expr: sqlwright_disk_used_ratio > 0.85
      for: 5m
      labels: {severity: warning}
      annotations:
        summary: what is wrong
        description: what to do
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlwright.errors import ConfigError
from sqlwright.observe.measures import Measure

__all__ = ["RULES", "Alert", "Rule", "judge", "read_rules"]

RULES = Path(__file__).parent / "alerts.yml"
_EXPRESSION = re.compile(
    r"(?:increase\((?P<counter>\w+)\[\d+[smhd]\]\)|(?P<gauge>\w+))"
    r" (?P<operator>>=?|<=?|==) (?P<threshold>-?\d+(?:\.\d+)?(?:e\d+)?)"
)
_RULE = re.compile(
    r" +- alert: (?P<name>\w+)\n"
    r" +expr: (?P<expression>.+)\n"
    r"(?: +for: \d+[smhd]\n)?"
    r" +labels: \{severity: (?P<severity>\w+)\}\n"
    r" +annotations:\n"
    r" +summary: (?P<summary>.+)\n"
    r" +description: (?P<description>.+)\n"
)
_OTHER = re.compile(r"(?:groups:| +- name: .+| +rules:|\s*#.*|\s*)\n")
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
}


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A metric and where it begins to be wrong; of a counter it is what came lately that counts."""

    name: str
    metric: str
    is_counter: bool
    operator: str
    threshold: float
    severity: str
    summary: str
    description: str

    def is_met(self, measure: Measure) -> bool:
        """Whether the measure is wrong."""
        return measure.name == self.metric and _OPERATORS[self.operator](
            measure.value, self.threshold
        )


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A rule, and the measure that it is met by."""

    rule: Rule
    measure: Measure


def read_rules(path: Path = RULES) -> list[Rule]:
    """The rules of a file.

    Raises:
        ConfigError: it can't be read, or a line has another form than the rules have here.
    """
    try:
        text = path.read_text(encoding="utf-8").rstrip("\n") + "\n"
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} can't be read: {error}.", hint="Check the file.") from None
    rules, place = [], 0
    while place < len(text):
        if match := _RULE.match(text, place):
            rules.append(_rule(path, text, match))
        else:
            match = _OTHER.match(text, place)
        if match is None:
            raise _wrong(path, text, place, "is of no form that is known here")
        place = match.end()
    return rules


def _rule(path: Path, text: str, match: re.Match[str]) -> Rule:
    found = _EXPRESSION.fullmatch(match["expression"])
    if found is None:
        raise _wrong(path, text, match.start("expression"), "compares no metric with a number")
    return Rule(
        name=match["name"],
        metric=found["counter"] or found["gauge"],
        is_counter=found["counter"] is not None,
        operator=found["operator"],
        threshold=float(found["threshold"]),
        severity=match["severity"],
        summary=match["summary"],
        description=match["description"],
    )


def _wrong(path: Path, text: str, place: int, what: str) -> ConfigError:
    return ConfigError(
        f"{path}, line {text.count(chr(10), 0, place) + 1} {what}.",
        hint="Write it as `sqlwright metrics --rules` prints them: metric > number, or"
        " increase(metric[5m]) > number; other rules belong into a file of their own.",
    )


def judge(rules: Sequence[Rule], measures: Sequence[Measure]) -> list[Alert]:
    """What is wrong, in the order of the rules."""
    return [
        Alert(rule=rule, measure=measure)
        for rule in rules
        for measure in measures
        if rule.is_met(measure)
    ]
