"""How many of the runs succeed, and what is left of their budgets, of all resources in one graph."""

from collections.abc import Iterable, Sequence

from pipewarden_plan.model import Environment
from pipewarden_plan.planned_alarm import AlarmPlan
from pipewarden_plan.watched import Watched
from pipewarden_plan.widget_layout import Drawn
from pipewarden_plan.widget_plan import WIDGET_METRICS, limit, resource_metric, series

SHARES = {"SuccessRate": "Success rate by resource", "ErrorBudgetLeft": "Error budget left by resource"}
"""Metrics that one graph of the page shows for all resources."""


def shares(
    metric: str, everything: Iterable[Watched], alarms: Sequence[AlarmPlan], environment: Environment
) -> list[Drawn]:
    """Resources that run in one graph, with what is expected of them; of budgets those that have one."""
    judging = [alarm for alarm in alarms if alarm.metric.name == metric and not alarm.disabled_reason]
    budgeted = {(alarm.pipeline, alarm.resource) for alarm in alarms if alarm.metric.name == metric}
    shown = [found for found in _running(everything) if metric == "SuccessRate" or _place(found) in budgeted]
    if not shown:
        return []
    rows = [resource_metric(metric, "Minimum", watched, environment.name) for watched in shown[:WIDGET_METRICS]]
    places = {_place(watched) for watched in shown}
    limits = {
        alarm.threshold: limit(f"{alarm.threshold:g}% is expected", alarm.threshold)
        for alarm in judging
        if (alarm.pipeline, alarm.resource) in places
    }
    drawn = series(SHARES[metric], rows, environment.region, "Percent", list(limits.values()), most=100)
    if metric == "SuccessRate":
        return [drawn]
    # No minimum: how far below zero a budget is overdrawn is worth seeing.
    left = {key: value for key, value in drawn.properties["yAxis"]["left"].items() if key != "min"}
    return [drawn._replace(properties={**drawn.properties, "yAxis": {"left": left}})]


def _place(watched: Watched) -> tuple[str, str]:
    return watched.pipeline.name, watched.resource.name


def _running(everything: Iterable[Watched]) -> list[Watched]:
    return [watched for watched in everything if watched.technology.runs]
