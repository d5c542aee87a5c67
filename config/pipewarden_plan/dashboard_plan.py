"""The operations dashboard of a team, in as many pages as CloudWatch's limits ask for."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipewarden.names import Names
from pipewarden.technology import Technology, Widget
from pipewarden_plan import log_widget, mark_widget, text_widget
from pipewarden_plan.expression_widget import expression_graphs
from pipewarden_plan.limits import DASHBOARD_METRICS, DASHBOARD_WIDGETS
from pipewarden_plan.model import Environment, Pipeline
from pipewarden_plan.plan import DashboardPlan
from pipewarden_plan.planned_alarm import AlarmPlan, CompositePlan
from pipewarden_plan.remediation_widget import remediation
from pipewarden_plan.settings_plan import log_groups_of
from pipewarden_plan.share_widget import SHARES, shares
from pipewarden_plan.watched import Watched
from pipewarden_plan.widget_layout import Drawn, across, placed
from pipewarden_plan.widget_plan import beside, graph, judges, series

AROUND = 15  # widgets of a page that belong to no pipeline: header, index, severities, decisions, remediation, errors
AROUND_METRICS = 5
MOST_OF_A_RESOURCE = 6  # metrics that a resource may add to the graphs of the whole page


class Section(NamedTuple):
    """What one pipeline shows."""

    pipeline: Pipeline
    everything: Sequence[Watched]
    widgets: Sequence[Drawn]


class Page(NamedTuple):
    """Sections that fit on one dashboard."""

    sections: list[Section]

    @property
    def pipelines(self) -> list[Pipeline]:
        return [section.pipeline for section in self.sections]


def plan_dashboards(
    team: str,
    everything: Sequence[Watched],
    alarms: Sequence[AlarmPlan],
    composites: Sequence[CompositePlan],
    below: Mapping[str, Sequence[str]],
    environment: Environment,
    names: Names,
) -> tuple[tuple[DashboardPlan, ...], dict[str, str]]:
    """The pages, and the page on which each pipeline is. A pipeline is never cut in two; `below` names what hangs on
    it."""
    pages = _pages(_sections(everything, alarms, below, environment, names))
    titles = [names.dashboard("operations", team, number) for number in range(1, len(pages) + 1)]
    index = _index(pages, titles, environment) if len(pages) > 1 else None
    dashboards = tuple(
        DashboardPlan(
            name=name,
            title=f"{team} operations",
            body=_body(team, page, index, states_of(composites, page.pipelines), alarms, environment, names),
        )
        for name, page in zip(titles, pages, strict=True)
    )
    return dashboards, {
        pipeline.name: name for name, page in zip(titles, pages, strict=True) for pipeline in page.pipelines
    }


def states_of(composites: Iterable[CompositePlan], pipelines: Iterable[Pipeline]) -> tuple[str, list[str]]:
    """The tiles of a page and what they are: its pipelines where those have composites, else the severities."""
    found = {composite.name: composite.pipeline for composite in composites if composite.action_topic}
    shown = {pipeline.name for pipeline in pipelines}
    if any(found.values()):
        return "pipelines, red while any alarm is raised", [name for name, whose in found.items() if whose in shown]
    return "alarms by severity, red while any is raised", list(found)


def _sections(
    everything: Sequence[Watched],
    alarms: Iterable[AlarmPlan],
    below: Mapping[str, Sequence[str]],
    environment: Environment,
    names: Names,
) -> list[Section]:
    by_pipeline: dict[str, list[Watched]] = {}
    for watched in everything:
        by_pipeline.setdefault(watched.pipeline.name, []).append(watched)
    alarms_of: dict[str, list[AlarmPlan]] = {}
    for alarm in alarms:
        alarms_of.setdefault(alarm.pipeline, []).append(alarm)
    judged_only: dict[str, tuple[tuple[str, Widget], ...]] = {}
    for found in everything:
        if found.technology.type not in judged_only:
            judged_only[found.technology.type] = tuple(_judged_only(found.technology))
    return [
        Section(
            found[0].pipeline,
            found,
            _section_widgets(found, alarms_of.get(name, []), judged_only, below, environment, names),
        )
        for name, found in by_pipeline.items()
    ]


def _judged_only(technology: Technology) -> Iterator[tuple[str, Widget]]:
    """Graphs for alarms over metrics that none of the technology's own graphs shows, by the alarm's key. What judges an
    expression has a graph of that."""
    shown = [metric[:3] for widget in technology.widgets for metric in widget.metrics]
    for rule in technology.alarms:
        if rule.expression or rule.metric in SHARES:
            continue
        if (rule.namespace, rule.metric, rule.dimensions) not in shown:
            what = rule.key.replace("-", " ")
            metric = (rule.namespace, rule.metric, rule.dimensions, rule.statistic, what)
            yield rule.key, Widget(title=f"$(resource): {what}", metrics=(metric,), unit=rule.unit, needs=rule.needs)


def _section_widgets(
    everything: Sequence[Watched],
    alarms: Sequence[AlarmPlan],
    judged_only: Mapping[str, Sequence[tuple[str, Widget]]],
    below: Mapping[str, Sequence[str]],
    environment: Environment,
    names: Names,
) -> list[Drawn]:
    pipeline = everything[0].pipeline
    judged = judges(alarms)
    watched_for = [alarm for alarm in alarms if not alarm.disabled_reason]
    rows = {(alarm.resource, alarm.row) for alarm in watched_for}
    graphs: dict[tuple[Any, ...], Drawn] = {}
    changes = mark_widget.marks(everything, environment), mark_widget.one_off_windows(pipeline.name, environment)
    for watched in everything:
        resource, more = watched.resource.name, judged_only[watched.technology.type]
        to_mark = changes
        for widget in (
            *watched.technology.widgets,
            *(widget for key, widget in more if (resource, key) in rows),
        ):
            drawn = graph(widget, watched, judged, environment.region)
            if drawn:
                # Two resources may watch the same thing (a metric is declared twice): one graph shows it.
                graphs.setdefault(_what(drawn), mark_widget.marked(drawn, *to_mark))
                to_mark = [], []
        own_alarms = (alarm for alarm in alarms if alarm.resource == resource)
        graphs |= {_what(drawn): drawn for drawn in expression_graphs(own_alarms, environment.region)}
    if not graphs and changes[0]:
        only = series(f"{pipeline.name}: changes", changes[0], environment.region, "Changes")
        graphs[_what(only)] = only
    head = text_widget.pipeline_head(everything, below)
    # A fleet alarm is red for any pipeline: it stands on the executive dashboard only.
    own = [alarm.name for alarm in watched_for if alarm.deployed]
    heads = beside(head, f"{pipeline.name}: alarms", own, names)
    return [*heads, *across(list(graphs.values())), *_asked(alarms, environment.region)]


def _asked(alarms: Iterable[AlarmPlan], region: str) -> Iterator[Drawn]:
    """The rows of each query that alarms judge."""
    shown = {alarm.resource: alarm.asks for alarm in alarms if alarm.asks and not alarm.disabled_reason}
    for resource, question in shown.items():
        yield log_widget.asked(f"{resource}: what its query finds", question.query, question.log_groups, region)


def _what(drawn: Drawn) -> tuple[Any, ...]:
    """What a graph shows, whatever it is called."""
    rows = drawn.properties["metrics"]
    return tuple((*row[:-1], row[-1].get("stat"), row[-1].get("expression")) for row in rows)


def _pages(sections: Iterable[Section]) -> list[Page]:
    pages = [Page([])]
    widgets, metrics = AROUND, AROUND_METRICS
    for section in sections:
        more = sum(drawn.metrics for drawn in section.widgets) + MOST_OF_A_RESOURCE * len(section.everything)
        too_many = widgets + len(section.widgets) > DASHBOARD_WIDGETS or metrics + more > DASHBOARD_METRICS
        if too_many and pages[-1].sections:
            pages.append(Page([]))
            widgets, metrics = AROUND, AROUND_METRICS
        pages[-1].sections.append(section)
        widgets += len(section.widgets)
        metrics += more
    return pages


def _index(pages: Sequence[Page], titles: Sequence[str], environment: Environment) -> Drawn:
    rows = [
        f"- [{title}](#dashboards:name={title}): {page.pipelines[0].name} to {page.pipelines[-1].name}"
        for title, page in zip(titles, pages, strict=True)
    ]
    return text_widget.text(f"## Pages in {environment.region}\n" + "\n".join(rows))


def _body(
    team: str,
    page: Page,
    index: Drawn | None,
    states: tuple[str, Sequence[str]],
    alarms: Sequence[AlarmPlan],
    environment: Environment,
    names: Names,
) -> dict[str, Any]:
    everything = [watched for section in page.sections for watched in section.everything]
    log_groups = tuple(dict.fromkeys(group for watched in everything for group in log_groups_of(watched)))
    owners = ", ".join(dict.fromkeys(pipeline.owner for pipeline in page.pipelines))
    words = text_widget.header(team, owners, page.pipelines, environment)
    header = beside(words, f"{team}: {states[0]}", states[1], names)
    concerned = [pipeline.name for pipeline in page.pipelines]
    decisions = [*log_widget.incidents(concerned, names), *log_widget.decisions(concerned, names)]
    sections = [drawn for section in page.sections for drawn in section.widgets]
    rates = [drawn for metric in SHARES for drawn in shares(metric, everything, alarms, environment)]
    last = [*rates, *remediation(everything, environment)]
    errors = log_widget.errors(log_groups, environment.region)
    first = [*header, *([index] if index else [])]
    return {"widgets": placed([*first, *decisions, *sections, *across(last), *errors])}
