"""What alarms over metric math judge: the expression as a line, with their limits and bands.

A technology's own graphs show metrics, and the limit of an expression would stand there beside another quantity.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from pipewarden_plan.planned_alarm import AlarmPlan, MetricPlan
from pipewarden_plan.widget_layout import Drawn
from pipewarden_plan.widget_plan import band, limit, series

LABEL_CHARACTERS = 60


def expression_graphs(alarms: Iterable[AlarmPlan], region: str) -> Iterator[Drawn]:
    """One graph for the alarms of a resource that judge the same expression in the same periods."""
    judged: dict[tuple[Any, ...], list[AlarmPlan]] = {}
    for alarm in alarms:
        if alarm.expression and not alarm.disabled_reason:
            judged.setdefault((alarm.expression, alarm.period_seconds, alarm.metric.statistic), []).append(alarm)
    for together in judged.values():
        yield _graph(together, region)


def _graph(alarms: Sequence[AlarmPlan], region: str) -> Drawn:
    first, *_ = alarms
    kinds = [alarm.key.removeprefix(f"{alarm.resource}.") for alarm in alarms]
    judged = {"expression": first.expression, "id": "e", "label": _short(first.expression)}
    rows = [_hidden(name, metric) for name, metric in {"m": first.metric, **first.inputs}.items()]
    bands = [band("e", alarm.threshold) for alarm in alarms if alarm.comparison == "outside-band"]
    lines = [
        limit(f"{kind} {alarm.comparison} {alarm.threshold:g}", alarm.threshold)
        for kind, alarm in zip(kinds, alarms, strict=True)
        if alarm.comparison != "outside-band"
    ]
    what = ", ".join(kind.replace("-", " ") for kind in kinds)
    unit = first.metric.unit or "Value"
    title, period = f"{first.resource}: {what}", first.period_seconds
    drawn = series(title, [*rows, [judged], *bands], region, unit, lines, period=period)
    # No minimum: a difference may be below zero.
    left = {key: value for key, value in drawn.properties["yAxis"]["left"].items() if key != "min"}
    return drawn._replace(properties={**drawn.properties, "yAxis": {"left": left}})


def _hidden(name: str, metric: MetricPlan) -> list[Any]:
    flat = [part for pair in sorted(metric.dimensions.items()) for part in pair]
    return [metric.namespace, metric.name, *flat, {"id": name, "stat": metric.statistic, "visible": False}]


def _short(text: str) -> str:
    return text if len(text) <= LABEL_CHARACTERS else f"{text[: LABEL_CHARACTERS - 1]}…"
