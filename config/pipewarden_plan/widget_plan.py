"""Dashboard widgets as CloudWatch draws them, without a place yet."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pipewarden.names import Names
from pipewarden.technology import Widget
from pipewarden_plan.colour import coloured
from pipewarden_plan.limits import WIDGET_ALARMS
from pipewarden_plan.model import Environment
from pipewarden_plan.planned_alarm import AlarmPlan, MetricPlan
from pipewarden_plan.watched import Watched
from pipewarden_plan.widget_layout import FULL_WIDTH, GRAPH_HEIGHT, HALF_WIDTH, Drawn

MOST_BESIDE = 7  # rows: higher tiles would leave much of a text empty
GRAPH_WIDTH = 8
GRAPH_PERIOD_SECONDS = 300
WIDGET_METRICS = 500  # CloudWatch: metrics in one widget
TILES_COLUMNS = 5  # about what one tile takes

Key = tuple[Any, ...]
Judges = Mapping[Key, Sequence[AlarmPlan]]
"""The deployed alarms over each metric."""


def alarm_tiles(title: str, alarms: Iterable[str], names: Names, *, width: int = FULL_WIDTH) -> list[Drawn]:
    """The state of alarms at a glance; CloudWatch shows a hundred in one widget."""
    arns = [names.arn("cloudwatch", f"alarm:{alarm}") for alarm in alarms]
    a_row = width // TILES_COLUMNS
    return [
        Drawn("alarm", {"title": title, "alarms": shown}, width, height=1 + -(-len(shown) // a_row))
        for start in range(0, len(arns), WIDGET_ALARMS)
        if (shown := arns[start : start + WIDGET_ALARMS])
    ]


def beside(words: Drawn, title: str, alarms: Sequence[str], names: Names) -> list[Drawn]:
    """A text and the tiles of alarms in one row; below each other where one widget does not show all of them."""
    if not alarms:
        return [words]
    tiles = alarm_tiles(title, alarms, names, width=HALF_WIDTH)
    if len(tiles) > 1 or tiles[0].height > MOST_BESIDE:
        return [words, *alarm_tiles(title, alarms, names)]
    height = max(words.height, tiles[0].height)
    return [found._replace(width=HALF_WIDTH, height=height) for found in (words, tiles[0])]


def key_of(metric: MetricPlan) -> Key:
    return (metric.namespace, metric.name, *sorted(metric.dimensions.items()))


def judges(alarms: Iterable[AlarmPlan]) -> Judges:
    found: dict[Key, list[AlarmPlan]] = {}
    for alarm in alarms:
        if not alarm.disabled_reason and not alarm.expression:
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
    bands: list[list[Any]] = []
    lines: dict[tuple[str, float], list[str]] = {}
    for namespace, name, dimensions, statistic, label in widget.metrics:
        filled = watched.dimensions(dimensions)
        metric = (watched.fill(namespace), watched.fill(name))
        shown = watched.fill(label)
        options = {"stat": watched.fill(statistic), "label": shown, **coloured(shown)}
        named = [*metric, *(part for pair in filled.items() for part in pair)]
        rows.append([*named, options])
        for alarm in judged.get((*metric, *sorted(filled.items())), ()):
            if alarm.comparison != "outside-band":
                kind = alarm.key.removeprefix(f"{alarm.resource}.")
                lines.setdefault((alarm.comparison, alarm.threshold), []).append(kind)
            elif alarm.metric.statistic == options["stat"]:
                options["id"] = f"m{len(rows)}"
                bands.append(band(options["id"], alarm.threshold))
    if not rows:
        return None
    unit = widget.unit or " ".join((rows[0][-1]["stat"], rows[0][1]))
    title = watched.fill(widget.title)
    limits = [
        limit(f"{', '.join(dict.fromkeys(kinds))} {comparison} {value:g}", value)
        for (comparison, value), kinds in lines.items()
    ]
    return series(title, rows + bands, region, unit, limits, stacked=widget.stacked, period=widget.period_seconds)


def band(measured: str, width: float) -> list[Any]:
    """What is expected of a metric or an expression, by its id."""
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
    most: float | None = None,
) -> Drawn:
    """A graph over time. The axis names the unit and ends at `most`, where nothing can be more; a unit that CloudWatch
    calls None is a plain number."""
    properties: dict[str, Any] = {
        "title": title,
        "view": "timeSeries",
        "region": region,
        "period": period,
        "metrics": list(metrics),
        "yAxis": {"left": {"min": 0, "label": "Number" if unit == "None" else unit, "showUnits": False}},
    }
    if most is not None:
        properties["yAxis"]["left"]["max"] = most
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


def filled(row: Sequence[Any], id_: str, how: str = "0") -> list[list[Any]]:
    """A metric that is written now and then only, as a line without holes: `how` fills them, 0 or REPEAT."""
    options = row[-1]
    expression = {"expression": f"FILL({id_}, {how})", "id": f"{id_}filled", **options}
    return [[*row[:-1], {**options, "id": id_, "visible": False}], [_without(expression, "stat")]]


def _without(options: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key != name}


def resource_metric(name: str, statistic: str, watched: Watched, environment: str, what: str = "") -> list[Any]:
    """One of our metrics of one resource, labelled by its name, and by `what` it counts where a graph shows several."""
    pipeline, resource = watched.pipeline.name, watched.resource.name
    label = f"{pipeline}/{resource}{f' {what}' if what else ''}"
    place = ("Environment", environment, "Pipeline", pipeline, "Resource", resource)
    return ["Pipewarden", name, *place, {"stat": statistic, "label": label}]


def environment_search(metric: str, statistic: str, period: int, environment: Environment, **fixed: str) -> str:
    """A search for one of our metrics of all resources, or of those with a fixed dimension."""
    wanted = {"Environment": environment.name, "MetricName": metric, **fixed}
    terms = " ".join(f'{name}="{value}"' for name, value in wanted.items())
    return f"SEARCH('{{Pipewarden,Environment,Pipeline,Resource}} {terms}', '{statistic}', {period})"
