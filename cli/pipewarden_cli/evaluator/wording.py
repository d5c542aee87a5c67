"""Says why an alarm changed, in CloudWatch's own words.

The sentences are those of the samples in "Alarm events and EventBridge" and of alarm histories seen in public.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pipewarden_cli.evaluator.alarm import AlarmRule
from pipewarden_cli.evaluator.evaluation import Point, State, Verdict

_WORDS = {
    "GreaterThanThreshold": "greater than the threshold",
    "GreaterThanOrEqualToThreshold": "greater than or equal to the threshold",
    "LessThanThreshold": "less than the threshold",
    "LessThanOrEqualToThreshold": "less than or equal to the threshold",
}
_TREATED = {"breaching": "Breaching", "notBreaching": "NonBreaching"}

# Longer lists are cut to the most recent points.
_LISTED_POINTS = 5


def number(value: float) -> str:
    """A number as CloudWatch writes it, which is how Java does: `1.0`, `99.5`, `1.5E7`."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(float(value))
    exact = Decimal(repr(float(value)))
    digits = "".join(map(str, exact.as_tuple().digits)).rstrip("0")
    return f"{'-' if value < 0 else ''}{digits[0]}.{digits[1:] or '0'}E{exact.adjusted()}"


def timestamp(seconds: float) -> str:
    """A moment as alarms write it: `2019-10-02T16:59:00.000+0000`."""
    at = datetime.fromtimestamp(seconds, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}+0000"


def _short(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%d/%m/%y %H:%M:%S")


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def reason(rule: AlarmRule, verdict: Verdict) -> str:
    """The `StateReason` of an evaluated state."""
    periods = rule.evaluation_periods
    if verdict.state is State.INSUFFICIENT_DATA:
        return f"Insufficient Data: {_plural(periods, 'datapoint')} {_was(periods)} unknown."
    head = "Thresholds Crossed: " if rule.band else "Threshold Crossed: "
    points = verdict.points()
    shown = [point for point in points if point.breaching == (verdict.state is State.ALARM)]
    if not points:
        return head + f"no datapoints were received for {_plural(periods, 'period')}{_filled(rule, verdict)}."
    if not shown:
        shown = points
    return head + _crossed(rule, verdict, shown) + _filled(rule, verdict) + _minimum(rule, verdict) + "."


def contributor_reason(rule: AlarmRule, verdict: Verdict) -> str:
    """The reason of one contributor: simpler than an alarm's, without the count of M out of N."""
    points = verdict.points()
    shown = [point for point in points if point.breaching] or points
    which = " which crossed the threshold" if shown[0].breaching else ""
    relation = f"{_was(len(shown))} {'' if shown[0].breaching else 'not '}{_limits(rule, shown)}"
    latest = f"{number(shown[0].value)} ({_short(shown[0].timestamp)})"
    counted = _plural(len(shown), "datapoint")
    return f"Threshold Crossed: {counted} {relation}. The most recent datapoint{which}: [{latest}]."


def together_reason(raised: int, count: int) -> str:
    """The reason of an alarm whose contributors decide."""
    return f"{raised} out of {count} time series evaluated to ALARM"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _filled(rule: AlarmRule, verdict: Verdict) -> str:
    treated = _TREATED.get(rule.missing)
    if not verdict.filled or treated is None:
        return ""
    count = _plural(verdict.filled, "missing datapoint")
    return f" and {count} {_was(verdict.filled)} treated as [{treated}]"


def _crossed(rule: AlarmRule, verdict: Verdict, shown: list[Point]) -> str:
    count = len(shown)
    if rule.datapoints_to_alarm is None:
        counted = _plural(count, "datapoint")
    else:
        counted = f"{count} out of the last {len(verdict.used)} datapoints"
    # The relation is true of the points shown when they breach, false of them otherwise.
    relation = f"{_was(count)} {'' if shown[0].breaching else 'not '}{_limits(rule, shown)}"
    listed = ", ".join(f"{number(point.value)} ({_short(point.timestamp)})" for point in shown[:_LISTED_POINTS])
    if count <= _LISTED_POINTS:
        return f"{counted} [{listed}] {relation}"
    which = " which crossed the threshold" if shown[0].breaching else ""
    return f"{counted} {relation}. The most recent datapoints{which}: [{listed}]"


def _limits(rule: AlarmRule, shown: list[Point]) -> str:
    if rule.threshold is not None:
        return f"{_WORDS[rule.comparison]} ({number(rule.threshold)})"
    points = shown[:_LISTED_POINTS]
    lower = "less than the lower thresholds [" + ", ".join(number(p.lower or 0.0) for p in points) + "]"
    upper = "greater than the upper thresholds [" + ", ".join(number(p.upper or 0.0) for p in points) + "]"
    if rule.comparison == "LessThanLowerThreshold":
        return lower
    if rule.comparison == "GreaterThanUpperThreshold":
        return upper
    return f"{lower} or {'' if shown[0].breaching else 'not '}{upper}"


def _minimum(rule: AlarmRule, verdict: Verdict) -> str:
    if rule.datapoints_to_alarm is None:
        return ""
    if verdict.state is State.ALARM:
        return f" (minimum {_plural(rule.needed, 'datapoint')} for OK -> ALARM transition)"
    back = rule.evaluation_periods - rule.needed + 1
    return f" (minimum {_plural(back, 'datapoint')} for ALARM -> OK transition)"


def reason_data(rule: AlarmRule, verdict: Verdict, now: float, counts: dict[float, float]) -> dict[str, Any]:
    """The `StateReasonData` of an evaluated state, version 1.0; `counts` are sample counts by period start."""
    oldest_first = verdict.points()[::-1]
    data: dict[str, Any] = {"version": "1.0", "queryDate": timestamp(now)}
    if oldest_first:
        data["startDate"] = timestamp(oldest_first[0].timestamp)
    if rule.single is not None:
        if rule.single.unit:
            data["unit"] = rule.single.unit
        data["statistic"] = rule.single.statistic
    data["period"] = rule.period
    data["recentDatapoints"] = [point.value for point in oldest_first]
    if rule.threshold is None:
        data["recentLowerThresholds"] = [point.lower for point in oldest_first]
        data["recentUpperThresholds"] = [point.upper for point in oldest_first]
    else:
        data["threshold"] = rule.threshold
    data["evaluatedDatapoints"] = _evaluated(rule, verdict, counts)
    return data


def _evaluated(rule: AlarmRule, verdict: Verdict, counts: dict[float, float]) -> list[dict[str, Any]]:
    if not verdict.used:
        newest = list(verdict.grid.starts)[-rule.evaluation_periods :]
        return [{"timestamp": timestamp(start)} for start in reversed(newest)]
    rows: list[dict[str, Any]] = []
    for point in verdict.points():
        row: dict[str, Any] = {"timestamp": timestamp(point.timestamp)}
        if point.timestamp in counts:
            row["sampleCount"] = counts[point.timestamp]
        rows.append({**row, "value": point.value})
    return rows
