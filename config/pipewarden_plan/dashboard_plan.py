"""The operations dashboard of a team, in as many pages as CloudWatch's limits ask for."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from pipewarden.names import Names
from pipewarden_plan import widget_plan
from pipewarden_plan.limits import DASHBOARD_METRICS, DASHBOARD_WIDGETS
from pipewarden_plan.model import Environment, Pipeline
from pipewarden_plan.plan import AlarmPlan, DashboardPlan
from pipewarden_plan.settings_plan import log_groups_of
from pipewarden_plan.watched import Watched
from pipewarden_plan.widget_plan import FULL_WIDTH, Drawn

AROUND = 6  # widgets of a page that belong to no pipeline: header, index, remediation, recent errors
AROUND_METRICS = 2
MOST_OF_A_RESOURCE = 2  # metrics that a resource may add to the graphs of remediation


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
    team: str, everything: Sequence[Watched], alarms: Sequence[AlarmPlan], environment: Environment, names: Names
) -> tuple[tuple[DashboardPlan, ...], dict[str, str]]:
    """The pages, and the page on which each pipeline is. A pipeline is never cut in two."""
    pages = _pages(_sections(everything, alarms, environment, names))
    titles = [names.dashboard("operations", team, number) for number in range(1, len(pages) + 1)]
    index = _index(pages, titles, environment) if len(pages) > 1 else None
    dashboards = tuple(
        DashboardPlan(name=name, title=f"{team} operations", body=_body(team, page, index, environment))
        for name, page in zip(titles, pages, strict=True)
    )
    return dashboards, {
        pipeline.name: name for name, page in zip(titles, pages, strict=True) for pipeline in page.pipelines
    }


def _sections(
    everything: Iterable[Watched], alarms: Iterable[AlarmPlan], environment: Environment, names: Names
) -> list[Section]:
    by_pipeline: dict[str, list[Watched]] = {}
    for watched in everything:
        by_pipeline.setdefault(watched.pipeline.name, []).append(watched)
    alarms_of: dict[str, list[AlarmPlan]] = {}
    for alarm in alarms:
        alarms_of.setdefault(alarm.pipeline, []).append(alarm)
    return [
        Section(found[0].pipeline, found, _section_widgets(found, alarms_of.get(name, []), environment, names))
        for name, found in by_pipeline.items()
    ]


def _section_widgets(
    everything: Sequence[Watched], alarms: Sequence[AlarmPlan], environment: Environment, names: Names
) -> list[Drawn]:
    pipeline = everything[0].pipeline
    lines = widget_plan.thresholds(alarms)
    graphs: dict[str, Drawn] = {}
    for watched in everything:
        for widget in watched.technology.widgets:
            drawn = widget_plan.graph(widget, watched, lines, environment.region)
            if drawn:
                # Two resources may watch the same thing (a metric is declared twice): one graph shows it.
                graphs.setdefault(repr(drawn.properties["metrics"]), drawn)
    status = widget_plan.alarm_status(f"{pipeline.name}: alarms", alarms, names)
    return [widget_plan.pipeline_head(pipeline), *status, *graphs.values()]


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
    return widget_plan.text(f"## Pages in {environment.region}\n" + "\n".join(rows), height=2 + len(rows))


def _body(team: str, page: Page, index: Drawn | None, environment: Environment) -> dict[str, Any]:
    everything = [watched for section in page.sections for watched in section.everything]
    log_groups = tuple(dict.fromkeys(group for watched in everything for group in log_groups_of(watched)))
    owners = ", ".join(dict.fromkeys(pipeline.owner for pipeline in page.pipelines))
    errors = widget_plan.recent_errors(log_groups, environment.region)
    last = [*widget_plan.remediation(everything, environment), *([errors] if errors else [])]
    first = [widget_plan.header(team, owners, page.pipelines, environment), *([index] if index else [])]
    sections = [drawn for section in page.sections for drawn in section.widgets]
    return {"widgets": placed([*first, *sections, *last])}


def placed(widgets: Iterable[Drawn]) -> list[Mapping[str, Any]]:
    """Lay widgets out from left to right on CloudWatch's grid of 24 columns."""
    rows: list[Mapping[str, Any]] = []
    x = y = row_height = 0
    for drawn in widgets:
        if x + drawn.width > FULL_WIDTH:
            x, y, row_height = 0, y + row_height, 0
        place = {"type": drawn.type, "x": x, "y": y, "width": drawn.width, "height": drawn.height}
        rows.append({**place, "properties": drawn.properties})
        x += drawn.width
        row_height = max(row_height, drawn.height)
    return rows
