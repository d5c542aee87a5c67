"""What was promised and what is left of it: success rates, error budgets, how fresh data is.

Values that are known at the end of a run only stand until the next one ends: lines without holes.
"""

from collections.abc import Sequence
from typing import Any

from pipewarden_plan.planned_alarm import AlarmPlan
from pipewarden_plan.widget_layout import FULL_WIDTH, Drawn
from pipewarden_plan.widget_plan import filled, limit, series

HALF = 12
MOST_ROWS = 50


def of_how_many(rows: Sequence[Any]) -> str:
    """What a title says where not everything is shown."""
    return f" ({MOST_ROWS} of {len(rows):,}, the gravest first)" if len(rows) > MOST_ROWS else ""


def promises(rates: Sequence[AlarmPlan], budgets: Sequence[AlarmPlan], region: str) -> list[Drawn]:
    """Success rates against what is declared, and how much of the misses that are allowed is left: as measured where an
    `slo` is declared, otherwise what the rate leaves of the declared one."""
    measured = list({_whose(alarm): alarm for alarm in budgets}.values())
    return [*_success_rates(rates, region), *_budgets_left(rates, measured, region)]


def _success_rates(rates: Sequence[AlarmPlan], region: str) -> list[Drawn]:
    shown = rates[:MOST_ROWS]
    if not shown:
        return []
    goals = {alarm.threshold: limit(f"{alarm.threshold:g}% is declared", alarm.threshold) for alarm in shown}
    rows = [row for number, alarm in enumerate(shown) for row in filled(_judged(alarm), f"rate{number}", "REPEAT")]
    title = f"Success rate by resource{of_how_many(rates)}"
    return [series(title, rows, region, "Percent", list(goals.values()), width=HALF, most=100)]


def _budgets_left(rates: Sequence[AlarmPlan], measured: Sequence[AlarmPlan], region: str) -> list[Drawn]:
    known = {_whose(alarm) for alarm in measured}
    calculated = [alarm for alarm in rates if alarm.threshold < 100 and _whose(alarm) not in known]
    shown = [*measured, *calculated][:MOST_ROWS]
    if not shown:
        return []
    rows: list[list[Any]] = []
    for number, alarm in enumerate(shown):
        if alarm in measured:
            rows += filled(_judged(alarm), f"left{number}", "REPEAT")
        else:
            rate = f"rate{number}"
            left = f"100 * (FILL({rate}, REPEAT) - {alarm.threshold:g}) / {100 - alarm.threshold:g}"
            rows += [_judged(alarm, id=rate, visible=False), _calculated(left, alarm, f"left{number}")]
    title = f"Error budget left by resource{of_how_many([*measured, *calculated])}"
    drawn = series(title, rows, region, "Percent", [limit("used up", 0)], width=HALF)
    # No minimum: how far below zero a budget is overdrawn is worth seeing.
    axis = {"left": {"max": 100, "label": "Percent", "showUnits": False}}
    return [drawn._replace(properties={**drawn.properties, "yAxis": axis})]


def freshness(ages: Sequence[AlarmPlan], region: str) -> list[Drawn]:
    """Each dataset's age as a part of the age that is declared, so that one line judges them all."""
    if not ages:
        return []
    rows: list[list[Any]] = []
    for number, alarm in enumerate(ages[:MOST_ROWS]):
        part = f"100 * age{number} / {alarm.threshold:g}"
        rows += [_judged(alarm, id=f"age{number}", visible=False), _calculated(part, alarm, f"part{number}")]
    title = f"Age of data, of the age that is declared{of_how_many(ages)}"
    return [series(title, rows, region, "Percent", [limit("too old", 100)], width=FULL_WIDTH)]


def _judged(alarm: AlarmPlan, **options: Any) -> list[Any]:
    """The row of the metric that an alarm judges."""
    metric = alarm.metric
    flat = [part for pair in sorted(metric.dimensions.items()) for part in pair]
    return [metric.namespace, metric.name, *flat, {"stat": metric.statistic, "label": _whose(alarm), **options}]


def _calculated(expression: str, alarm: AlarmPlan, id_: str) -> list[Any]:
    return [{"expression": expression, "label": _whose(alarm), "id": id_}]


def _whose(alarm: AlarmPlan) -> str:
    return f"{alarm.pipeline}/{alarm.resource}"
