"""What Pipewarden did, as graphs."""

from collections.abc import Iterable, Sequence
from typing import Any

from pipewarden_plan.model import Environment
from pipewarden_plan.watched import Watched
from pipewarden_plan.widget_layout import Drawn
from pipewarden_plan.widget_plan import WIDGET_METRICS, environment_metric, filled, resource_metric, series


def remediation(everything: Sequence[Watched], environment: Environment) -> list[Drawn]:
    """What Pipewarden did, by resource: runs started again, messages moved; and how busy it is in the environment."""
    region, name = environment.region, environment.name
    retried = [resource_metric("RunsRetried", "Sum", watched, name) for watched in everything if watched.is_retried]
    moved = [
        resource_metric(metric, "Sum", watched, name, what)
        for metric, what in (("DrainedMessages", "drained"), ("QuarantinedMessages", "quarantined"))
        for watched in everything
        if watched.declares("dead_letter.drain")
    ]
    graphs = [("Runs started again by Pipewarden", retried), ("Dead letters moved by Pipewarden", moved)]
    whole = [
        environment_metric("IncidentsOpened", name, "Sum", "opened"),
        environment_metric("SecondsToRecover", name, "SampleCount", "over"),
        environment_metric("PagesSent", name, "Sum", "pages"),
    ]
    drawn = [series(title, rows[:WIDGET_METRICS], region, stacked=True) for title, rows in graphs if rows]
    if retried:
        drawn.append(series("Circuit breakers: 1 while no retry is started", _breakers(everything, name), region))
    return [*drawn, series(f"Incidents in {name}: opened, over, paged", whole, region)]


def _breakers(everything: Iterable[Watched], environment: str) -> list[list[Any]]:
    """Whether the breaker of each pipeline, and the environment's, is open; written at changes, so the last stands."""
    pipelines = dict.fromkeys(watched.pipeline.name for watched in everything if watched.is_retried)
    rows = [["Pipewarden", "BreakerOpen", "Environment", environment, {"stat": "Maximum", "label": "all pipelines"}]]
    rows += [
        [*rows[0][:-1], "Pipeline", pipeline, {"stat": "Maximum", "label": pipeline}]
        for pipeline in list(pipelines)[: WIDGET_METRICS // 2 - 1]
    ]
    return [row for number, found in enumerate(rows) for row in filled(found, f"b{number}", "REPEAT")]
