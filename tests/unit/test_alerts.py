"""Alert rules: what is read of a file, and what is refused."""

import pytest

from sqlwright.errors import ConfigError
from sqlwright.observe.measures import Measure
from sqlwright.operations.alerts import judge, read_rules

RULE = """groups:
  - name: mine
    rules:
      - alert: Full
        expr: {}
        labels: {{severity: warning}}
        annotations:
          summary: It is full.
          description: Empty it.
"""
HINT = (
    "Write it as `sqlwright metrics --rules` prints them: metric > number, or"
    " increase(metric[5m]) > number; other rules belong into a file of their own."
)


@pytest.mark.parametrize(
    ("expression", "value", "is_met"),
    [
        ("a_ratio > 0.8", 0.8, False),
        ("a_ratio > 0.8", 0.9, True),
        ("a_ratio >= 1e3", 1000, True),
        ("a_ratio < 1", 0, True),
        ("a_ratio == 1", 2, False),
        ("increase(a_ratio[5m]) > 0", 1, True),
        ("another > 0", 1, False),
    ],
)
def test_a_rule(tmp_path, expression, value, is_met):
    """A measure meets a rule as Prometheus would have it."""
    path = tmp_path / "alerts.yml"
    path.write_text(RULE.format(expression))
    found = judge(read_rules(path), [Measure(name="a_ratio", value=value)])
    assert [alert.rule.name for alert in found] == ["Full"] * is_met


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (RULE.format("sum(a) > 1"), "line 5 compares no metric with a number"),
        (RULE.format("a > b"), "line 5 compares no metric with a number"),
        (
            RULE.format("a > 1").replace("labels", "label"),
            "line 4 is of no form that is known here",
        ),
        ("groups:\n- x\n", "line 2 is of no form that is known here"),
    ],
)
def test_what_is_no_rule(tmp_path, text, what):
    """What could only be judged wrongly is refused, with its line."""
    path = tmp_path / "alerts.yml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        read_rules(path)
    assert (caught.value.message, caught.value.hint) == (f"{path}, {what}.", HINT)


def test_no_file(tmp_path):
    """A file that is not there is named."""
    with pytest.raises(ConfigError, match=r"alerts\.yml can't be read"):
        read_rules(tmp_path / "alerts.yml")
