"""Dashboard widgets as CloudWatch draws them, without a place yet."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pipewarden.names import Names
from pipewarden.settings import Severity
from pipewarden.technology import Widget
from pipewarden_plan.limits import QUERY_LOG_GROUPS, WIDGET_ALARMS
from pipewarden_plan.model import Environment, Pipeline
from pipewarden_plan.plan import AlarmPlan
from pipewarden_plan.watched import Watched

FULL_WIDTH = 24
GRAPH_WIDTH = 8
GRAPH_HEIGHT = 6
GRAPH_PERIOD_SECONDS = 300
WIDGET_METRICS = 500  # CloudWatch: metrics in one widget
ERROR_LINES = "fields @timestamp, @log, @message | filter @message like /(?i)(error|exception|fail|denied)/"

Thresholds = Mapping[tuple[Any, ...], list[dict[str, Any]]]


class Drawn(NamedTuple):
    """A widget, how much of the grid it takes, and how many metrics it counts for."""

    type: str
    properties: Mapping[str, Any]
    width: int = FULL_WIDTH
    height: int = GRAPH_HEIGHT
    metrics: int = 0


def text(markdown: str, height: int) -> Drawn:
    return Drawn("text", {"markdown": markdown}, height=height)


def header(team: str, owner: str, pipelines: Sequence[Pipeline], environment: Environment) -> Drawn:
    """Who owns the team's pipelines, where the runbooks are, and how fast which severity is answered."""
    runbooks = dict.fromkeys(pipeline.runbook for pipeline in pipelines if pipeline.runbook)
    lines = [f"# {team} in {environment.name}", f"Owner: {owner}", "", "| Severity | Answer within | Told | Called |"]
    lines += ["| --- | --- | --- | --- |"]
    lines += [_severity_row(name, route) for name, route in sorted(environment.severities.items())]
    lines += ["", *(f"Runbook: [{runbook}]({runbook})" for runbook in list(runbooks)[:5])]
    return text("\n".join(lines), height=3 + len(lines) // 2)


def _severity_row(name: str, route: Severity) -> str:
    called = ", ".join(f"{rung.to} after {rung.after_seconds / 60:g} min" for rung in route.escalate)
    return f"| {name} | {route.respond_within_seconds / 60:g} min | {', '.join(route.notify)} | {called} |"


def pipeline_head(pipeline: Pipeline) -> Drawn:
    runbook = f" · [runbook]({pipeline.runbook})" if pipeline.runbook else ""
    line = f"## {pipeline.name} · {pipeline.severity}{runbook}"
    return text(f"{line}\n{pipeline.description}" if pipeline.description else line, height=2)


def alarm_status(title: str, alarms: Iterable[AlarmPlan], names: Names) -> list[Drawn]:
    """The state of alarms at a glance; CloudWatch shows a hundred in one widget."""
    arns = [names.arn("cloudwatch", f"alarm:{alarm.name}") for alarm in alarms if not alarm.disabled_reason]
    return [
        Drawn("alarm", {"title": title, "alarms": shown}, height=1 + (len(shown) + 3) // 4)
        for start in range(0, len(arns), WIDGET_ALARMS)
        if (shown := arns[start : start + WIDGET_ALARMS])
    ]


def thresholds(alarms: Iterable[AlarmPlan]) -> Thresholds:
    """Lines to draw into graphs, by the metric that they judge."""
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for alarm in alarms:
        if not alarm.disabled_reason and alarm.comparison != "outside-band":
            metric = alarm.metric
            line = {"label": f"{alarm.key} {alarm.comparison}", "value": alarm.threshold}
            found.setdefault((metric.namespace, metric.name, *sorted(metric.dimensions.items())), []).append(line)
    return found


def graph(widget: Widget, watched: Watched, lines: Thresholds, region: str) -> Drawn | None:
    """One of the technology's graphs for one resource, with its alarms' thresholds; None where it does not apply."""
    if not watched.declares(widget.needs):
        return None
    metrics: list[list[Any]] = []
    drawn: dict[str, dict[str, Any]] = {}
    for namespace, name, dimensions, statistic, label in widget.metrics:
        filled = watched.dimensions(dimensions)
        metric = (watched.fill(namespace), watched.fill(name))
        flat = [part for pair in filled.items() for part in pair]
        metrics.append([*metric, *flat, {"stat": watched.fill(statistic), "label": watched.fill(label)}])
        drawn.update({line["label"]: line for line in lines.get((*metric, *sorted(filled.items())), ())})
    if not metrics:
        return None
    return series(
        watched.fill(widget.title), metrics, region, widget.unit, list(drawn.values()), stacked=widget.stacked
    )


def series(
    title: str,
    metrics: Sequence[Sequence[Any]],
    region: str,
    unit: str = "Count",
    lines: Sequence[Mapping[str, Any]] = (),
    *,
    stacked: bool = False,
) -> Drawn:
    properties: dict[str, Any] = {
        "title": title,
        "view": "timeSeries",
        "region": region,
        "period": GRAPH_PERIOD_SECONDS,
        "metrics": list(metrics),
        "yAxis": {"left": {"min": 0, "label": unit, "showUnits": False} if unit else {"showUnits": True}},
    }
    if stacked:
        properties["stacked"] = True
    if lines:
        properties["annotations"] = {"horizontal": list(lines)}
    return Drawn("metric", properties, GRAPH_WIDTH, GRAPH_HEIGHT, len(metrics))


def remediation(everything: Sequence[Watched], environment: Environment) -> list[Drawn]:
    """What Pipewarden did, by resource: runs started again, messages moved; and how busy it is in the environment."""
    retried = [watched for watched in everything if watched.is_retried]
    drained = [watched for watched in everything if watched.declares("dead_letter.drain")]
    region = environment.region
    graphs = [
        ("Runs started again by Pipewarden", _by_resource("RunsRetried", "", retried, environment)),
        (
            "Dead letters moved by Pipewarden",
            _by_resource("DrainedMessages", " drained", drained, environment)
            + _by_resource("QuarantinedMessages", " quarantined", drained, environment),
        ),
    ]
    drawn = [series(title, metrics[:WIDGET_METRICS], region, stacked=True) for title, metrics in graphs if metrics]
    whole = [
        ["Pipewarden", name, "Environment", environment.name, {"stat": "Sum", "label": label}]
        for name, label in (("IncidentsOpened", "incidents"), ("PagesSent", "pages"))
    ]
    return [*drawn, series(f"Incidents and pages in {environment.name}", whole, region)]


def _by_resource(metric: str, what: str, everything: Iterable[Watched], environment: Environment) -> list[list[Any]]:
    return [
        [
            *("Pipewarden", metric, "Environment", environment.name, "Pipeline", watched.pipeline.name),
            *("Resource", watched.resource.name),
            {"stat": "Sum", "label": f"{watched.pipeline.name}/{watched.resource.name}{what}"},
        ]
        for watched in everything
    ]


def recent_errors(log_groups: Sequence[str], region: str) -> Drawn | None:
    """The last lines that look like errors, over as many log groups as one query takes."""
    if not log_groups:
        return None
    sources = " | ".join(f"SOURCE '{group}'" for group in log_groups[:QUERY_LOG_GROUPS])
    query = f"{sources} | {ERROR_LINES} | sort @timestamp desc | limit 20"
    return Drawn("log", {"title": "Recent errors", "region": region, "query": query, "view": "table"})
