"""Decides the state of a metric alarm.

M of N over the evaluation range and the treatment of missing points: "How alarm state is evaluated when data is
missing" and "Avoiding premature transitions to alarm state" in the CloudWatch user guide; its tables are the tests
of this module.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pipewarden_cli.evaluator.alarm import AlarmRule
from pipewarden_cli.evaluator.calculation import Calculation
from pipewarden_cli.evaluator.expression_tree import ExpressionError
from pipewarden_cli.evaluator.query import MetricSource
from pipewarden_cli.evaluator.samples import Grid, Samples, Values
from pipewarden_cli.evaluator.statistic import newest, percentile_share, sample_counts
from pipewarden_cli.evaluator.window import sliding_window, wall_clock_window


class State(StrEnum):
    """The three states of an alarm."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


@dataclass(frozen=True, slots=True)
class Point:
    """A real point that an evaluation used; the limits are those of a band."""

    timestamp: float
    value: float
    breaching: bool
    lower: float | None
    upper: float | None


@dataclass(slots=True)
class Verdict:
    """The state an evaluation arrives at, and what it saw.

    `used` are the periods of the grid whose points were used, newest first, `breaching` says which of them breach, and
    `filled` counts the missing points that were filled in. `values` may lack what is older than the points used.
    """

    state: State
    grid: Grid
    values: Values
    used: list[int]
    breaching: list[bool]
    filled: int
    lower: Values | None = None
    upper: Values | None = None

    def points(self) -> list[Point]:
        """The real points used, newest first."""
        lower, upper = self.lower or [None] * len(self.values), self.upper or [None] * len(self.values)
        return [
            Point(self.grid.starts[i], self.values[i] or 0.0, breaches, lower[i], upper[i])
            for i, breaches in zip(self.used, self.breaching, strict=True)
        ]


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def evaluation_range(rule: AlarmRule, now: float) -> Grid:
    """The periods an evaluation at `now` (seconds since the epoch) looks at."""
    if rule.timezone is not None:
        return wall_clock_window(rule.period, rule.evaluation_periods, rule.timezone, now)
    return sliding_window(rule.period, rule.evaluation_periods, now)


def evaluate(rule: AlarmRule, source: MetricSource, now: float, state: State) -> Verdict:
    """Evaluate an alarm at `now`, coming from `state`.

    Pure: the same samples, moment and state give the same verdict. Raises EvaluatorError for an expression that cannot
    be calculated.
    """
    grid = evaluation_range(rule, now)
    if rule.single is not None:
        stat = rule.single
        samples = source.samples(stat.metric, stat.unit, grid.starts[0], grid.end)
        values = newest(samples, stat.statistic, grid, rule.evaluation_periods)
        verdict = judge(rule, values, grid, state)
        if rule.ignore_low_samples and _keeps_state(rule, samples, verdict):
            verdict.state = state
        return verdict
    calculation = Calculation(rule.queries, source, grid)
    values = _only(calculation, rule.watched)
    if rule.band is None:
        return judge(rule, values, grid, state)
    limits = calculation.result(rule.band)
    if len(limits) != 2:
        raise ExpressionError(f"{rule.band} must yield a band")
    return judge(rule, values, grid, state, limits[0].values, limits[1].values)


def _only(calculation: Calculation, query_id: str) -> Values:
    found = calculation.result(query_id)
    if len(found) != 1:
        raise ExpressionError(f"{query_id} must yield one time series, not {len(found)}")
    return found[0].values


def judge(
    rule: AlarmRule,
    values: Values,
    grid: Grid,
    state: State,
    lower: Values | None = None,
    upper: Values | None = None,
) -> Verdict:
    """The verdict over the values of an evaluation range; limits are given for band alarms only."""
    periods = rule.evaluation_periods
    if lower is None or upper is None:
        used, breaching = _compared(rule, values)
    else:
        used = _comparable(values, lower, upper)[:periods]
        breaching = [_outside(rule.comparison, values[i], lower[i], upper[i]) for i in used]
    if len(used) == periods:
        settled = State.ALARM if breaching.count(True) >= rule.needed else State.OK
        return Verdict(settled, grid, values, used, breaching, 0, lower, upper)
    age = len(values) - 1 - used[-1] if used else 0
    settled = _with_missing(rule, breaching, age, state)
    return Verdict(settled, grid, values, used, breaching, periods - len(used), lower, upper)


def _compared(rule: AlarmRule, values: Values) -> tuple[list[int], list[bool]]:
    """The newest real points, no more of them than evaluation periods, and which of them breach the threshold."""
    compare, threshold, periods = _COMPARE[rule.comparison], rule.threshold, rule.evaluation_periods
    used: list[int] = []
    breaching: list[bool] = []
    index = len(values)
    for value in reversed(values):
        index -= 1
        if value is not None:
            used.append(index)
            breaching.append(compare(value, threshold))
            if len(used) == periods:
                break
    return used, breaching


def _comparable(values: Values, lower: Values, upper: Values) -> list[int]:
    known = zip(values, lower, upper, strict=True)
    return [i for i, row in enumerate(known) if None not in row][::-1]


def _outside(comparison: str, value: float | None, lower: float | None, upper: float | None) -> bool:
    assert value is not None
    assert lower is not None
    assert upper is not None
    below = value < lower and comparison != "GreaterThanUpperThreshold"
    return below or (value > upper and comparison != "LessThanLowerThreshold")


def _with_missing(rule: AlarmRule, breaching: list[bool], oldest_age: int, state: State) -> State:
    """The state where fewer real points exist than needed; `oldest_age` counts the periods after the oldest of them."""
    count = sum(breaching)
    if rule.missing == "notBreaching":
        return State.ALARM if count >= rule.needed else State.OK
    if rule.missing == "breaching":
        return State.ALARM if count + rule.evaluation_periods - len(breaching) >= rule.needed else State.OK
    if not breaching:
        return state if rule.missing == "ignore" else State.INSUFFICIENT_DATA
    if count >= rule.needed:
        return State.ALARM
    if count < len(breaching):
        return State.OK
    # Only breaching points, too few of them: "ignore" keeps the state; "missing" alarms once the oldest is old enough.
    if rule.missing == "ignore":
        return state
    return State.ALARM if oldest_age + 1 >= rule.needed else State.OK


def _keeps_state(rule: AlarmRule, samples: Samples, verdict: Verdict) -> bool:
    """Whether a percentile stands on too few samples and the alarm was told to ignore those."""
    share = percentile_share(rule.single.statistic) if rule.single is not None else None
    if share is None or not 0 < share < 100:
        return False
    fewest = 10 / (1 - share / 100) if share >= 50 else 10 / (share / 100)
    counts = sample_counts(samples, verdict.grid)
    return any(counts[i] < fewest for i in verdict.used)
