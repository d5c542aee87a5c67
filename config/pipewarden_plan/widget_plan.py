"""Dashboard widgets as CloudWatch draws them, without a place yet."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pipewarden.names import Names
from pipewarden.technology import Widget
from pipewarden_plan.colour import coloured
from pipewarden_plan.limits import WIDGET_ALARMS
from pipewarden_plan.plan import AlarmPlan, MetricPlan
from pipewarden_plan.watched import Watched

FULL_WIDTH = 24
GRAPH_WIDTH = 8
GRAPH_HEIGHT = 6
GRAPH_PERIOD_SECONDS = 300
WIDGET_METRICS = 500  # CloudWatch: metrics in one widget
TILES_IN_A_ROW = 4
SAME = ("...",)  # CloudWatch: the metric of the row before; a template holds hundreds of these

Key = tuple[Any, ...]
Judges = Mapping[Key, Sequence[AlarmPlan]]
"""The deployed alarms over each metric."""


class Drawn(NamedTuple):
    """A widget, how much of the grid it takes, and how many metrics it counts for."""

    type: str
    properties: Mapping[str, Any]
    width: int = FULL_WIDTH
    height: int = GRAPH_HEIGHT
    metrics: int = 0


def alarm_tiles(title: str, alarms: Iterable[str], names: Names) -> list[Drawn]:
    """The state of alarms at a glance; CloudWatch shows a hundred in one widget."""
    arns = [names.arn("cloudwatch", f"alarm:{alarm}") for alarm in alarms]
    return [
        Drawn("alarm", {"title": title, "alarms": shown}, height=1 + -(-len(shown) // TILES_IN_A_ROW))
        for start in range(0, len(arns), WIDGET_ALARMS)
        if (shown := arns[start : start + WIDGET_ALARMS])
    ]


def key_of(metric: MetricPlan) -> Key:
    return (metric.namespace, metric.name, *sorted(metric.dimensions.items()))


def judges(alarms: Iterable[AlarmPlan]) -> Judges:
    found: dict[Key, list[AlarmPlan]] = {}
    for alarm in alarms:
        if not alarm.disabled_reason:
            found.setdefault(key_of(alarm.metric), []).append(alarm)
    return found


def limit(label: str, value: float) -> dict[str, Any]:
    """A line that should not be crossed."""
    return {"label": label, "value": value, **coloured("limit")}


def graph(widget: Widget, watched: Watched, judged: Judges, region: str) -> Drawn | None:
    """One of the technology's graphs for one resource, with its alarms' limits and bands; None where it does not
    apply."""
    if not watched.declares(widget.needs):
        return None
    rows: list[list[Any]] = []
    before: list[str] = []
    bands: list[list[Any]] = []
    lines: dict[str, dict[str, Any]] = {}
    for namespace, name, dimensions, statistic, label in widget.metrics:
        filled = watched.dimensions(dimensions)
        metric = (watched.fill(namespace), watched.fill(name))
        shown = watched.fill(label)
        options = {"stat": watched.fill(statistic), "label": shown, **coloured(shown)}
        named = [*metric, *(part for pair in filled.items() for part in pair)]
        rows.append([*(named if named != before else SAME), options])
        before = named
        for alarm in judged.get((*metric, *sorted(filled.items())), ()):
            if alarm.comparison != "outside-band":
                text = f"{alarm.key} {alarm.comparison}"
                lines[text] = limit(text, alarm.threshold)
            elif alarm.metric.statistic == options["stat"]:
                options["id"] = f"m{len(rows)}"
                bands.append(_band(options["id"], alarm.threshold))
    if not rows:
        return None
    unit = widget.unit or " ".join((rows[0][-1]["stat"], rows[0][1]))
    title = watched.fill(widget.title)
    return series(title, rows + bands, region, unit, list(lines.values()), stacked=widget.stacked)


def _band(measured: str, width: float) -> list[Any]:
    expression = f"ANOMALY_DETECTION_BAND({measured}, {width:g})"
    return [{"expression": expression, "label": "expected", **coloured("expected")}]


def series(
    title: str,
    metrics: Sequence[Sequence[Any]],
    region: str,
    unit: str = "Count",
    lines: Sequence[Mapping[str, Any]] = (),
    *,
    stacked: bool = False,
    width: int = GRAPH_WIDTH,
    period: int = GRAPH_PERIOD_SECONDS,
) -> Drawn:
    """A graph over time. The axis names the unit; a unit that CloudWatch calls None is a plain number."""
    properties: dict[str, Any] = {
        "title": title,
        "view": "timeSeries",
        "region": region,
        "period": period,
        "metrics": list(metrics),
        "yAxis": {"left": {"min": 0, "label": "Number" if unit == "None" else unit, "showUnits": False}},
    }
    if stacked:
        properties["stacked"] = True
    if lines:
        properties["annotations"] = {"horizontal": list(lines)}
    return Drawn("metric", properties, width, GRAPH_HEIGHT, len(metrics))


def values(
    title: str,
    metrics: Sequence[Sequence[Any]],
    region: str,
    *,
    width: int,
    height: int = 4,
    period: int = GRAPH_PERIOD_SECONDS,
    whole_range: bool = False,
) -> Drawn:
    """Big numbers with their trend below: of the last period, or of the whole time that is shown."""
    properties: dict[str, Any] = {
        "title": title,
        "view": "singleValue",
        "region": region,
        "period": period,
        "metrics": list(metrics),
        "sparkline": True,
        **({"setPeriodToTimeRange": True} if whole_range else {}),
    }
    return Drawn("metric", properties, width, height, len(metrics))


def environment_metric(name: str, environment: str, statistic: str, label: str) -> list[Any]:
    """One of our metrics over the whole environment."""
    return ["Pipewarden", name, "Environment", environment, {"stat": statistic, "label": label, **coloured(label)}]


def resource_metric(name: str, statistic: str, watched: Watched, environment: str, what: str = "") -> list[Any]:
    """One of our metrics of one resource, labelled by its name, and by `what` it counts where a graph shows several."""
    pipeline, resource = watched.pipeline.name, watched.resource.name
    label = f"{pipeline}/{resource}{f' {what}' if what else ''}"
    place = ("Environment", environment, "Pipeline", pipeline, "Resource", resource)
    return ["Pipewarden", name, *place, {"stat": statistic, "label": label}]


def placed(widgets: Iterable[Drawn]) -> list[Mapping[str, Any]]:
    """Lay widgets out from left to right on CloudWatch's grid of 24 columns; a row holds one kind of them."""
    rows: list[Mapping[str, Any]] = []
    x = y = row_height = 0
    kind = ""
    for drawn in widgets:
        if x + drawn.width > FULL_WIDTH or drawn.type != kind:
            x, y, row_height, kind = 0, y + row_height, 0, drawn.type
        place = {"type": drawn.type, "x": x, "y": y, "width": drawn.width, "height": drawn.height}
        rows.append({**place, "properties": drawn.properties})
        x += drawn.width
        row_height = max(row_height, drawn.height)
    return rows
