"""What an alarm is judged by: the number of its row, or what is expected, in the unit of its metric."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipewarden.alarm_rule import AlarmRule
from pipewarden.grading import BAND_WIDTH, grades
from pipewarden.template import look_up
from pipewarden_plan.price_table import price_table
from pipewarden_plan.watched import Watched

PER_BASE_UNIT = {"Milliseconds": 1_000.0, "Microseconds": 1_000_000.0, "Bytes": 1e9}


def thresholds(rule: AlarmRule, watched: Watched) -> Iterator[tuple[str, float]]:
    """A threshold for each alarm that the row gives, with the severity that it is graded by ("" where it is not)."""
    if isinstance(rule.threshold, str):
        for severity, limit in grades(_expected(watched, rule.threshold)):
            yield severity, _in_unit(limit, rule, watched)
    elif not rule.given or _expected(watched, rule.given) is not None:
        yield "", rule.threshold


def _in_unit(limit: Any, rule: AlarmRule, watched: Watched) -> float:
    if limit is True:
        return BAND_WIDTH
    if rule.price:
        return round(float(limit) / price_table().prices[watched.fill(rule.price)].usd, 6)
    return float(limit) * PER_BASE_UNIT.get(rule.unit, 1.0)


def _expected(watched: Watched, name: str) -> Any:
    """What is expected of the resource or, where it runs by itself, of its pipeline."""
    expected = _expectation(watched.resource.expect, name)
    if expected is None and watched.technology.runs and not watched.resource.within:
        expected = _expectation(watched.pipeline.expect, name)
    return expected


def _expectation(expect: Mapping[str, Any], name: str) -> Any:
    """`success_rate: 95` is the short form of `success_rate: {min: 95}`."""
    if not expect:
        return None
    found = look_up(expect, name)
    short = look_up(expect, name.removesuffix(".min"))
    return short if found is None and isinstance(short, (int, float)) else found
