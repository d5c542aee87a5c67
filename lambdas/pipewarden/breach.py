"""What an alarm saw, in words for people: `1m 17s, more than 20s` instead of CloudWatch's `Threshold Crossed: ...`."""

import re
from collections.abc import Mapping
from typing import Any

from pipewarden.duration import say_seconds

DATAPOINT = re.compile(r"\[(-?[\d.]+(?:[eE][-+]?\d+)?) \(")
NO_DATA = re.compile(r"no datapoints were received|missing datapoints? (?:was|were) treated", re.IGNORECASE)
SECONDS = {"Seconds": 1.0, "Milliseconds": 0.001}
WORDS = {
    "GreaterThanThreshold": "more than",
    "GreaterThanOrEqualToThreshold": "at least",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "at most",
    "GreaterThanUpperThreshold": "more than usual",
    "LessThanLowerThreshold": "less than usual",
    "LessThanLowerOrGreaterThanUpperThreshold": "not as usual",
}


def say_breach(detail: Mapping[str, Any], unit: str) -> str:
    """The newest value that the alarm judged and its limit; "" when the notification does not tell.

    `detail` is that of an alarm signal (`transport.read_alarm`): the state reason, whose first bracketed number is the
    newest datapoint, the comparison and the threshold, which a band does not have.
    """
    reason = str(detail.get("reason", ""))
    found = DATAPOINT.search(reason)
    comparison = WORDS.get(str(detail.get("comparison", "")), "")
    if found is None:
        return "no data arrives" if NO_DATA.search(reason) else ""
    if not comparison:
        return ""
    seen = say_value(float(found[1]), unit)
    threshold = detail.get("threshold")
    if threshold is None or comparison.endswith("usual"):
        return f"{seen}, {comparison}"
    return f"{seen}, {comparison} {say_value(float(threshold), unit)}"


def say_value(value: float, unit: str) -> str:
    """`1m 17s`, `1,200`, `98%`."""
    if unit in SECONDS:
        return say_seconds(value * SECONDS[unit])
    shown = f"{value:,.0f}" if value == round(value) else f"{value:,.4g}"
    return f"{shown}%" if unit == "Percent" else shown
