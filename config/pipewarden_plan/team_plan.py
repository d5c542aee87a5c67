"""One team's stack, and whether it fits into CloudFormation's limits."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipewarden.names import Names
from pipewarden_plan.alarm_plan import notice_idle_overrides, plan_alarms
from pipewarden_plan.core_plan import stack_tags
from pipewarden_plan.dashboard_plan import plan_dashboards
from pipewarden_plan.limits import STACK_BYTES, STACK_RESOURCES
from pipewarden_plan.log_alarm_plan import plan_log_query_role
from pipewarden_plan.log_filter_plan import plan_log_filters
from pipewarden_plan.model import Environment, Mark, Pipeline
from pipewarden_plan.mute_plan import plan_mutes
from pipewarden_plan.pipeline_composite_plan import plan_team_composites
from pipewarden_plan.plan import DashboardPlan, QueryPlan, TeamPlan
from pipewarden_plan.planned_alarm import AlarmPlan, CompositePlan
from pipewarden_plan.query_plan import plan_queries
from pipewarden_plan.remarks import Remarks
from pipewarden_plan.route_plan import plan_quarantine
from pipewarden_plan.schedule_plan import plan_deadlines
from pipewarden_plan.tracing_plan import plan_team_tracing
from pipewarden_plan.watched import Watched

ALARM_BYTES = 620  # of an alarm's JSON, besides what is named in it
QUERY_BYTES = 300  # of a saved query, besides its text and its log groups
ASKING_BYTES = 500  # of an alarm on a log query and of its part of the role, besides query and log groups
MUTE_BYTES = 450  # of a mute rule, besides the alarms it names
OTHER_BYTES = 900  # of a queue with its policy, a schedule, a group


def plan_team(
    team: str,
    pipelines: Sequence[Pipeline],
    everything: Sequence[Watched],
    alarms: tuple[AlarmPlan, ...],
    environment: Environment,
    names: Names,
    remarks: Remarks,
    below: Mapping[str, Sequence[str]],
    *,
    trace_each: bool,
) -> tuple[TeamPlan, dict[str, str]]:
    """The stack of one declaration file, and the dashboard of each of its pipelines; `below` says what hangs on which
    pipeline, of other teams too."""
    composites = plan_team_composites(team, pipelines, alarms, environment, names)
    dashboards, dashboard_of = plan_dashboards(team, everything, alarms, composites, below, environment, names)
    owners = dict.fromkeys(pipeline.owner for pipeline in pipelines)
    plan = TeamPlan(
        team=team,
        stack=names.team_stack(team),
        owner=", ".join(owners),
        alarms=alarms,
        composites=composites,
        queues=plan_quarantine(everything, names),
        schedules=plan_deadlines(pipelines, remarks),
        dashboards=dashboards,
        log_filters=plan_log_filters(everything, names),
        log_query_statements=plan_log_query_role(alarms, names),
        tracing=plan_team_tracing(team, everything, names, trace_each),
        tags=stack_tags(environment, ", ".join(owners)),
        mutes=plan_mutes(team, alarms, environment, names),
    )
    room = STACK_RESOURCES - resource_count(plan)
    plan = replace(plan, queries=plan_queries(team, everything, room, names, remarks))
    _check_size(plan, pipelines[0].mark, remarks)
    return plan, dashboard_of


def plan_team_alarms(
    pipelines: Sequence[Pipeline],
    everything: Sequence[Watched],
    environment: Environment,
    names: Names,
    remarks: Remarks,
) -> tuple[AlarmPlan, ...]:
    """Every alarm of the pipelines of one file."""
    by_pipeline: dict[str, list[AlarmPlan]] = {pipeline.name: [] for pipeline in pipelines}
    for watched in everything:
        by_pipeline[watched.pipeline.name] += plan_alarms(watched, names, remarks, environment.severities)
    for pipeline in pipelines:
        notice_idle_overrides(pipeline, by_pipeline[pipeline.name], remarks)
    return tuple(alarm for alarms in by_pipeline.values() for alarm in alarms)


def resource_count(plan: TeamPlan) -> int:
    """Resources of the stack's template; a queue brings its policy."""
    deployed = sum(alarm.deployed for alarm in plan.alarms)
    others = len(plan.composites) + 2 * len(plan.queues) + len(plan.schedules) + len(plan.dashboards) + len(plan.mutes)
    role = bool(plan.log_query_statements)
    return deployed + others + len(plan.tracing.groups) + len(plan.queries) + len(plan.log_filters) + role


def template_bytes(plan: TeamPlan) -> int:
    """About the size of the stack's template. The real one is smaller (a test compares them)."""
    alarms = sum(map(_alarm_bytes, plan.alarms))
    composites = sum(map(_composite_bytes, plan.composites))
    dashboards = sum(map(_dashboard_bytes, plan.dashboards))
    queries = sum(map(_query_bytes, plan.queries))
    mutes = sum(MUTE_BYTES + sum(len(alarm) + 3 for alarm in mute.alarms) for mute in plan.mutes)
    return (
        alarms
        + composites
        + dashboards
        + queries
        + mutes
        + OTHER_BYTES
        * (2 * len(plan.queues) + len(plan.schedules) + len(plan.tracing.groups) + len(plan.log_filters) + 1)
    )


def _alarm_bytes(alarm: AlarmPlan) -> int:
    if not alarm.deployed:
        return 0
    dimensions = sum(len(key) + len(value) + 24 for key, value in alarm.metric.dimensions.items())
    tags = sum(len(key) + len(value) + 20 for key, value in alarm.tags.items())
    asked = len(alarm.asks.query) + sum(map(len, alarm.asks.log_groups)) + ASKING_BYTES if alarm.asks else 0
    return ALARM_BYTES + 2 * len(alarm.name) + len(alarm.description) + dimensions + tags + asked


def _composite_bytes(composite: CompositePlan) -> int:
    return OTHER_BYTES + sum(len(child) + len(' OR ALARM("")') + 2 for child in composite.children)


def _query_bytes(query: QueryPlan) -> int:
    return QUERY_BYTES + len(query.text) + sum(len(group) + 3 for group in query.log_groups)


def _dashboard_bytes(dashboard: DashboardPlan) -> int:
    text = dashboard.text
    return OTHER_BYTES + len(text.encode()) + text.count('"') + text.count("\\")


def _check_size(plan: TeamPlan, mark: Mark, remarks: Remarks) -> None:
    resources, size = resource_count(plan), template_bytes(plan)
    if resources > STACK_RESOURCES or size > STACK_BYTES:
        message = (
            f"needs {resources} resources and about {size:,} bytes of template for {len(plan.alarms)} alarms; "
            f"CloudFormation takes {STACK_RESOURCES} and {STACK_BYTES:,} in one stack"
        )
        cure = "move some of its pipelines to another file, which becomes a stack of its own"
        remarks.refuse(mark._replace(line=1), f"The stack {plan.stack}", message, cure)
