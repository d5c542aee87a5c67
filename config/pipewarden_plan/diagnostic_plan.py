"""The diagnostic dashboard of an environment: one pipeline, or one resource of each technology, in every metric.

What the reader chooses replaces a placeholder everywhere ("Create a flexible dashboard with dashboard variables",
CloudWatch user guide), so the dashboard has one size whatever is declared.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pipewarden.names import Names
from pipewarden.run_alarms import NAMESPACE
from pipewarden.target import CONSOLES, Target
from pipewarden.technology import Technology
from pipewarden_plan import log_widget
from pipewarden_plan.model import Environment, Pipeline
from pipewarden_plan.plan import DashboardPlan
from pipewarden_plan.remarks import Remarks
from pipewarden_plan.text_widget import text
from pipewarden_plan.watched import Watched
from pipewarden_plan.widget_layout import FULL_WIDTH, Drawn, placed
from pipewarden_plan.widget_plan import GRAPH_PERIOD_SECONDS, environment_search, graph, series

PIPELINE = "__pipeline__"
MOST_CHOICES = 200
"""A list that one can still look through; beyond it names are typed in."""
OURS: tuple[tuple[str, str, str, str], ...] = (
    ("runs that succeeded", "RunsSucceeded", "Sum", "Count"),
    ("runs that failed", "RunsFailed", "Sum", "Count"),
    ("runs started again", "RunsRetried", "Sum", "Count"),
    ("longest run", "RunDurationSeconds", "Maximum", "Seconds"),
    ("duration over the mean of good runs", "DurationRatio", "Maximum", "None"),
    ("success rate", "SuccessRate", "Minimum", "Percent"),
    ("age of data", "DataAgeSeconds", "Maximum", "Seconds"),
    ("new objects", "NewObjects", "Average", "Count"),
    ("new bytes", "NewBytes", "Average", "Bytes"),
    ("dead letters drained", "DrainedMessages", "Sum", "Count"),
    ("dead letters put aside", "QuarantinedMessages", "Sum", "Count"),
)


def plan_diagnostic(
    everything: Sequence[Watched],
    pipelines: Sequence[Pipeline],
    environment: Environment,
    names: Names,
    remarks: Remarks,
) -> DashboardPlan:
    """Decisions and metrics of the pipeline that is chosen, then each technology's metrics of one resource."""
    variables = [_variable("pipeline", "Pipeline", PIPELINE, _names(pipelines))]
    widgets = [_head(environment), *_decisions(names), *_metrics_of_ours(environment)]
    longest = len(pipelines)
    for watched in _by_technology(everything):
        technology = watched[0].technology
        drawn = _resource_widgets(technology, watched[0], environment)
        if drawn:
            choices = _choices(watched)
            longest = max(longest, len(choices))
            variables.append(_variable(technology.identity, technology.title, _placeholder(technology), choices))
            widgets += drawn
    if longest > MOST_CHOICES:
        remarks.notice(
            f"On the diagnostic dashboard names are typed in: a list of {longest:,} could not be looked through."
        )
    body = {"variables": variables, "widgets": placed(widgets)}
    return DashboardPlan(name=names.dashboard("diagnostic"), title=f"{environment.name} diagnostic", body=body)


def _names(pipelines: Sequence[Pipeline]) -> dict[str, str]:
    """The pipelines; the one with the most resources is shown to begin with, for there is the most to see."""
    biggest = max(pipelines, key=lambda pipeline: len(pipeline.resources))
    return {biggest.name: biggest.name} | {pipeline.name: pipeline.name for pipeline in pipelines}


def _variable(id_: str, label: str, pattern: str, choices: Mapping[str, str]) -> dict[str, Any]:
    """A choice among few, a field to type into for many; the first one is shown to begin with."""
    variable = {"type": "pattern", "pattern": pattern, "id": id_, "label": label, "visible": True}
    first = next(iter(choices))
    if len(choices) > MOST_CHOICES:
        return {**variable, "inputType": "input", "defaultValue": first}
    rows = [{"value": value, "label": shown} for value, shown in choices.items()]
    return {**variable, "inputType": "select", "defaultValue": first, "values": rows}


def _choices(everything: Sequence[Watched]) -> dict[str, str]:
    """The names of the AWS resources, labelled by who declares them."""
    return {
        str(watched.values[watched.technology.identity]): f"{watched.pipeline.name}/{watched.resource.name}"
        for watched in everything
    }


def _placeholder(technology: Technology) -> str:
    return f"__{technology.identity}__"


def _by_technology(everything: Sequence[Watched]) -> list[list[Watched]]:
    """Those with a name of their own; what people measure themselves stands on the teams' dashboards."""
    found: dict[str, list[Watched]] = {}
    for watched in everything:
        if watched.technology.identity:
            found.setdefault(watched.technology.type, []).append(watched)
    return [rows for _, rows in sorted(found.items())]


def _head(environment: Environment) -> Drawn:
    """Where the traces are; the links of each technology stand above its graphs."""
    console = CONSOLES.get(environment.partition, "console.aws.amazon.com")
    home = f"https://{environment.region}.{console}/cloudwatch/home?region={environment.region}"
    lines = [
        f"# Why does {PIPELINE} fail?",
        f'[Traces]({home}#xray:traces/query), with the filter `annotation[pipeline] = "{PIPELINE}"` · '
        f"[saved queries]({home}#logsV2:logs-insights) · "
        "the lists above choose the pipeline, and the resource of each technology below",
    ]
    return text("\n".join(lines), height=2)


def _decisions(names: Names) -> list[Drawn]:
    group = log_widget.source([log_widget.responder_log(names)])
    columns = "fields @timestamp, signal, resource, message, incident, alarm, run_id"
    every = f"{group} | {columns} | filter pipeline = '{PIPELINE}' | sort @timestamp desc | limit 50"
    title = f"{PIPELINE}: every signal and what was decided, the latest first"
    return [*log_widget.decisions([PIPELINE], names), log_widget.table(title, every, names.region, width=FULL_WIDTH)]


def _metrics_of_ours(environment: Environment) -> list[Drawn]:
    """What Pipewarden measures of each resource of the pipeline; searches, for nobody knows which one is chosen."""
    drawn = []
    for what, metric, statistic, unit in OURS:
        found = environment_search(metric, statistic, GRAPH_PERIOD_SECONDS, environment, Pipeline=PIPELINE)
        rows = [[{"expression": found, "label": "${PROP('Dim.Resource')}", "id": "found"}]]
        drawn.append(series(f"{PIPELINE}: {what}", rows, environment.region, unit))
    return drawn


def _resource_widgets(technology: Technology, example: Watched, environment: Environment) -> list[Drawn]:
    """Every metric that the service itself has of one resource, and the errors in its logs."""
    of_service = [
        widget
        for widget in (*technology.widgets, *technology.diagnostics)
        if not widget.needs and all(metric[0] != NAMESPACE for metric in widget.metrics)
    ]
    if not of_service:
        return []
    anyone = _anyone(technology, example, environment)
    drawn = [found for widget in of_service if (found := graph(widget, anyone, {}, environment.region))]
    placeholder = _placeholder(technology)
    groups = [group for group in map(anyone.fill, technology.log_groups) if placeholder in group]
    link = f"[{placeholder}]({anyone.fill(technology.console)})" if technology.console else placeholder
    head = text(f"## {technology.title}: {link}\n{technology.summary}", height=2)
    return [head, *drawn, *log_widget.errors(groups, environment.region, of=placeholder)]


def _anyone(technology: Technology, example: Watched, environment: Environment) -> Watched:
    """The resource that will be chosen."""
    placeholder = _placeholder(technology)
    target = Target(
        pipeline=PIPELINE,
        resource=placeholder,
        technology=technology.type,
        fields={technology.identity: placeholder},
        environment=environment.name,
        account=environment.account,
        region=environment.region,
        partition=environment.partition,
    )
    return example._replace(values=technology.values(target))
