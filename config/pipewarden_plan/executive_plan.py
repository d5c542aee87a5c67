"""The executive dashboard of an environment: is what we promise kept, and how well are we doing when it is not?

It fits on one page whatever is declared: rows are chosen by severity, and titles say of how many.
"""

from collections.abc import Sequence
from typing import Any

from pipewarden.names import Names
from pipewarden_plan.colour import coloured
from pipewarden_plan.composite_plan import plan_fleet_composites
from pipewarden_plan.cost_widget import costs
from pipewarden_plan.model import Environment, Pipeline
from pipewarden_plan.plan import DashboardPlan, TeamPlan
from pipewarden_plan.planned_alarm import CompositePlan, FleetPlan
from pipewarden_plan.promise_widget import MOST_ROWS, freshness, of_how_many, promises
from pipewarden_plan.remarks import Remarks
from pipewarden_plan.text_widget import SEVERITY_ROWS, maintenance, severity_row, text
from pipewarden_plan.vocabulary import show_duration
from pipewarden_plan.watched import Watched
from pipewarden_plan.widget_layout import FULL_WIDTH, Drawn, placed
from pipewarden_plan.widget_plan import beside, environment_metric, environment_search, filled, limit, series, values

DAY_SECONDS = 86_400
HALF = 12
MOST_TEAMS = 40
VALUES_IN_A_ROW = 6
WHOSE = "${PROP('Dim.Pipeline')}/${PROP('Dim.Resource')}"
"""CloudWatch fills it for each metric that a search finds."""


def plan_executive(
    everything: Sequence[Watched],
    pipelines: Sequence[Pipeline],
    teams: Sequence[TeamPlan],
    fleets: Sequence[FleetPlan],
    environment: Environment,
    names: Names,
    remarks: Remarks,
) -> DashboardPlan:
    """Health, what was promised and what is left of it, freshness, incidents, business metrics."""
    alarms = sorted(
        (alarm for team in teams for alarm in team.alarms if not alarm.disabled_reason),
        key=lambda alarm: alarm.severity,
    )
    business = _declared_as_business(everything)
    composites = [name for team in teams for name in _states(team.composites)]
    composites += _states(plan_fleet_composites(fleets, names))
    rates = [alarm for alarm in alarms if alarm.metric.name == "SuccessRate"]
    budgets = [alarm for alarm in alarms if alarm.metric.name == "ErrorBudgetLeft"]
    ages = [alarm for alarm in alarms if alarm.metric.name == "DataAgeSeconds"]
    health = "Health by team and severity, red while any alarm is raised"
    widgets = [
        *beside(_head(pipelines, teams, environment, names), health, composites, names),
        *_incidents(environment),
        *promises(rates, budgets, environment.region),
        *freshness(ages, environment.region),
        *_business(business, environment.region),
        *_runs(environment),
        *costs(everything, environment),
    ]
    _notice_left_out(remarks, {"success rates": rates, "datasets": ages, "business metrics": business})
    body = {"start": "-P7D", "periodOverride": "inherit", "widgets": placed(widgets)}
    return DashboardPlan(name=names.dashboard("executive"), title=f"{environment.name} executive", body=body)


def _states(composites: Sequence[CompositePlan]) -> list[str]:
    """What stands for a whole team: the one over its pipelines, else those of its severities."""
    whole = [composite.name for composite in composites if composite.overview]
    return whole or [composite.name for composite in composites if composite.action_topic]


def _declared_as_business(everything: Sequence[Watched]) -> list[Watched]:
    """The metrics that say `business: true`; where none does, all that could."""
    able = [watched for watched in everything if "business" in watched.technology.fields]
    return [watched for watched in able if watched.declares("business")] or able


def _notice_left_out(remarks: Remarks, found: dict[str, Sequence[Any]]) -> None:
    for what, rows in found.items():
        if len(rows) > MOST_ROWS:
            remarks.notice(
                f"The executive dashboard shows {MOST_ROWS} of {len(rows):,} {what}; the teams' dashboards show all."
            )


def _head(pipelines: Sequence[Pipeline], teams: Sequence[TeamPlan], environment: Environment, names: Names) -> Drawn:
    counted: dict[str, int] = {}
    for pipeline in pipelines:
        counted[pipeline.team] = counted.get(pipeline.team, 0) + 1
    lines = [f"# {environment.name}: {len(pipelines)} pipelines of {len(teams)} teams", ""]
    lines += ["| Team | Owner | Pipelines | Dashboard |", "| --- | --- | --- | --- |"]
    for team in teams[:MOST_TEAMS]:
        board = team.dashboards[0].name
        lines.append(
            f"| {team.team} | {team.owner} | {counted.get(team.team, 0)} | [operations](#dashboards:name={board}) |"
        )
    if len(teams) > MOST_TEAMS:
        lines.append(f"\nand {len(teams) - MOST_TEAMS} more teams")
    lines += ["", *SEVERITY_ROWS, *(severity_row(*route) for route in sorted(environment.severities.items())), ""]
    diagnostic = names.dashboard("diagnostic")
    lines += [f"Why something fails: [diagnostic](#dashboards:name={diagnostic})"]
    lines += maintenance(environment, (pipeline.name for pipeline in pipelines))
    return text("\n".join(lines))


def _incidents(environment: Environment) -> list[Drawn]:
    """How many, and how fast people and Pipewarden were."""
    name, region = environment.name, environment.region
    figures = [
        ("Incidents", "IncidentsOpened", "Sum", "opened"),
        ("Pages to people", "PagesSent", "Sum", "pages"),
        ("Mean time to acknowledge (seconds)", "SecondsToAcknowledge", "Average", "mean"),
        ("Mean time to recover (seconds)", "SecondsToRecover", "Average", "mean"),
    ]
    numbers = [
        values(title, [environment_metric(metric, name, statistic, label)], region, width=6, whole_range=True)
        for title, metric, statistic, label in figures
    ]
    by_day = [
        *filled(environment_metric("IncidentsOpened", name, "Sum", "opened"), "opened"),
        *filled(environment_metric("SecondsToRecover", name, "SampleCount", "over"), "over"),
        *filled(environment_metric("PagesSent", name, "Sum", "pages"), "pages"),
    ]
    # Only where somebody is called an acknowledgement is waited for.
    answers = [
        limit(f"{severity} within {show_duration(route.respond_within_seconds)}", route.respond_within_seconds)
        for severity, route in sorted(environment.severities.items())
        if route.escalate
    ]
    return [
        *numbers,
        series("Incidents by day: opened, over, paged", by_day, region, period=DAY_SECONDS),
        series(
            "Time to acknowledge by day, and what is promised",
            _times("Acknowledge", name),
            region,
            "Seconds",
            answers,
            period=DAY_SECONDS,
        ),
        series("Time to recover by day", _times("Recover", name), region, "Seconds", period=DAY_SECONDS),
    ]


def _times(until: str, environment: str) -> list[list[Any]]:
    statistics = (("Maximum", "longest"), ("p90", "p90"), ("p50", "median"))
    return [environment_metric(f"SecondsTo{until}", environment, statistic, label) for statistic, label in statistics]


def _business(business: Sequence[Watched], region: str) -> list[Drawn]:
    """What people measure themselves: the latest value and its trend."""
    rows: dict[str, list[Any]] = {}
    for watched in business[:MOST_ROWS]:
        for widget in watched.technology.widgets:
            for namespace, name, dimensions, statistic, _ in widget.metrics:
                flat = [part for pair in watched.dimensions(dimensions).items() for part in pair]
                label = f"{watched.pipeline.name}/{watched.resource.name}"
                metric = [watched.fill(namespace), watched.fill(name), *flat]
                rows.setdefault(repr(metric), [*metric, {"stat": watched.fill(statistic), "label": label}])
    if not rows:
        return []
    height = 2 + 2 * -(-len(rows) // VALUES_IN_A_ROW)
    title = f"Business metrics: latest value and trend{of_how_many(business)}"
    return [values(title, list(rows.values()), region, width=FULL_WIDTH, height=height)]


def _runs(environment: Environment) -> list[Drawn]:
    """All runs of the environment by how they ended, and the resources that succeed least."""
    outcomes = (("RunsSucceeded", "succeeded"), ("RunsFailed", "failed"), ("RunsRetried", "retried"))
    rows = [
        [
            {
                "expression": f"FILL(SUM({environment_search(metric, 'Sum', DAY_SECONDS, environment)}), 0)",
                "label": label,
                **coloured(label),
            }
        ]
        for metric, label in outcomes
    ]
    rates = environment_search("SuccessRate", "Minimum", DAY_SECONDS, environment)
    lowest = [[{"expression": f"SORT({rates}, MIN, ASC, 10)", "label": WHOSE, "id": "lowest"}]]
    region = environment.region
    return [
        series("Runs by day and outcome", rows, region, stacked=True, width=HALF, period=DAY_SECONDS),
        series("The ten lowest success rates", lowest, region, "Percent", width=HALF, period=DAY_SECONDS, most=100),
    ]
