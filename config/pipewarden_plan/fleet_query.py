"""Metrics Insights queries that watch exactly the declared series of a fleet.

WHERE knows `=`, `!=` and AND (user guide, "Query components and syntax"): what all have in common is asked for by name,
and what else is declared is left out by name.
"""

from collections.abc import Iterable, Sequence

from pipewarden_plan.limits import EXPRESSION_CHARACTERS
from pipewarden_plan.planned_alarm import AlarmPlan

FUNCTIONS = {"Average": "AVG", "Sum": "SUM", "Minimum": "MIN", "Maximum": "MAX", "SampleCount": "COUNT"}
Series = tuple[tuple[str, str], ...]
"""The dimensions of one metric, sorted by name."""


def series_of(alarm: AlarmPlan) -> Series:
    """What the alarm looks at."""
    return tuple(sorted(alarm.metric.dimensions.items()))


def grouping(members: Sequence[Series]) -> tuple[str, ...]:
    """The labels by which the members differ."""
    return tuple(label for number, (label, _) in enumerate(members[0]) if len({found[number] for found in members}) > 1)


def query_text(alarm: AlarmPlan, members: Sequence[Series], declared: Iterable[Series]) -> str:
    """The query over the members, in which no other declared series takes part; "" where none says so: because two
    cannot be told apart by one label, or because it would be longer than an expression may be.

    ORDER BY puts first what is nearest to the threshold: beyond 500 series CloudWatch looks at no more.
    """
    metric, group_by = alarm.metric, grouping(members)
    common = [(label, value) for label, value in members[0] if label not in group_by]
    conditions = [f"{_name(label)} = {_value(value)}" for label, value in common]
    unwanted: dict[tuple[str, str], None] = {}
    for other in sorted(set(declared) - set(members)):
        if not set(common) <= set(other) or any(pair in unwanted for pair in other):
            continue
        pair = next((pair for pair in other if not any(pair in member for member in members)), None)
        if pair is None:
            return ""
        unwanted[pair] = None
    conditions += [f"{_name(label)} != {_value(value)}" for label, value in unwanted]
    labels = ", ".join(_name(label) for label, _ in members[0])
    order = "MAX() DESC" if alarm.comparison in (">", ">=") else "MIN() ASC"
    text = (
        f"SELECT {FUNCTIONS[metric.statistic]}({_name(metric.name)}) "
        f"FROM SCHEMA({_name(metric.namespace)}, {labels})"
        f"{' WHERE ' * bool(conditions)}{' AND '.join(conditions)} "
        f"GROUP BY {', '.join(map(_name, group_by))} ORDER BY {order}"
    )
    return text if len(text) <= EXPRESSION_CHARACTERS else ""


def _name(text: str) -> str:
    return '"' + _escaped(text) + '"'


def _value(text: str) -> str:
    return "'" + _escaped(text) + "'"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("'", "\\'")
