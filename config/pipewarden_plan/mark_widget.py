"""When a pipeline was changed or is maintained, as marks on its graphs."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pipewarden_plan.colour import coloured
from pipewarden_plan.model import Environment
from pipewarden_plan.watched import Watched
from pipewarden_plan.widget_layout import Drawn


def marks(everything: Iterable[Watched], environment: Environment) -> list[list[Any]]:
    """When the pipeline of these resources was changed, and when its failures are expected."""
    watched = list(everything)
    rows: list[list[Any]] = []
    for found in watched:
        for namespace, name, dimensions, statistic, label in found.technology.marks:
            flat = [part for pair in found.dimensions(dimensions).items() for part in pair]
            options = {"stat": statistic, "label": label, **coloured(label), "yAxis": "right"}
            rows.append([namespace, name, *flat, options])
    pipeline = watched[0].pipeline.name
    if any(window.covers(pipeline) for window in environment.maintenance):
        place = ("Environment", environment.name, "Pipeline", pipeline)
        options = {"stat": "Maximum", "label": "maintenance", **coloured("maintenance"), "yAxis": "right"}
        rows.append(["Pipewarden", "InMaintenance", *place, options])
    return rows


def one_off_windows(pipeline: str, environment: Environment) -> list[list[dict[str, str]]]:
    """Maintenance that has a date, as bands in a graph."""
    bands = []
    for window in environment.maintenance:
        if window.at and window.covers(pipeline):
            begin = datetime.fromisoformat(window.at).replace(tzinfo=ZoneInfo(window.timezone)).astimezone(UTC)
            edges = (begin, begin + timedelta(seconds=window.duration_seconds))
            first, last = (f"{edge:%Y-%m-%dT%H:%M:%SZ}" for edge in edges)
            look = coloured("maintenance")
            bands.append([{"label": window.name, "value": first, **look}, {"label": "", "value": last, **look}])
    return bands


def marked(drawn: Drawn, rows: Sequence[Sequence[Any]], bands: Sequence[Sequence[Mapping[str, str]]] = ()) -> Drawn:
    """The graph with marks on its right axis. They are metrics, for a line at a moment would need a date, and what is
    deployed is the same whenever it is deployed; only what has a date of its own is a band."""
    properties = dict(drawn.properties)
    if rows:
        right = {"min": 0, "label": "Changes", "showUnits": False}
        properties["metrics"] = [*properties["metrics"], *rows]
        properties["yAxis"] = {**properties["yAxis"], "right": right}
    if bands:
        properties["annotations"] = {**properties.get("annotations", {}), "vertical": list(bands)}
    return drawn._replace(properties=properties, metrics=drawn.metrics + len(rows))
