"""From the model to the plan."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

from pipewarden.names import Names
from pipewarden.registry import technologies as registered
from pipewarden.technology import Technology
from pipewarden_plan.can_fire.table import check_fleets, check_reach
from pipewarden_plan.collector import collector_at_rest
from pipewarden_plan.core_plan import plan_core
from pipewarden_plan.cost_ceiling import hold_ceiling
from pipewarden_plan.cost_plan import plan_costs
from pipewarden_plan.diagnostic_plan import plan_diagnostic
from pipewarden_plan.executive_plan import plan_executive
from pipewarden_plan.finding import Finding
from pipewarden_plan.fleet_notice import notice_fleets
from pipewarden_plan.fleet_plan import plan_fleets
from pipewarden_plan.log_filter_plan import check_log_filters
from pipewarden_plan.metric_limit import hold_metrics
from pipewarden_plan.model import Environment, Model, Pipeline
from pipewarden_plan.pipeline_composite_plan import notice_pipeline_composites, plan_team_composites
from pipewarden_plan.plan import Plan, TeamPlan
from pipewarden_plan.planned_alarm import AlarmPlan, CompositePlan
from pipewarden_plan.remarks import Remarks
from pipewarden_plan.settings_plan import plan_settings, turned
from pipewarden_plan.stuck_notice import notice_stuck
from pipewarden_plan.team_plan import plan_team, plan_team_alarms
from pipewarden_plan.tracing_plan import pipelines_have_groups
from pipewarden_plan.watched import Watched, names_of, watch

ByTeam = dict[str, tuple[list[Pipeline], list[Watched]]]


def make_plan(model: Model, technologies: Mapping[str, Technology] | None = None) -> Plan:
    """Everything that will be deployed for one environment.

    Pure: the same model gives the same plan. Raises DeclarationError with every part of the declaration that AWS could
    not take (an alarm that could never fire, a stack above CloudFormation's limits).
    """
    with collector_at_rest():
        return _make_plan(model, registered() if technologies is None else technologies)


def _make_plan(model: Model, technologies: Mapping[str, Technology]) -> Plan:
    environment, names, remarks = model.environment, names_of(model.environment), Remarks()
    everything = watch(model, technologies)
    below = turned({pipeline.name: pipeline.depends_on for pipeline in model.pipelines})
    trace_each = pipelines_have_groups(model, remarks)
    by_team = _by_team(model, everything)
    alarms = {
        team: plan_team_alarms(pipelines, watched, environment, names, remarks)
        for team, (pipelines, watched) in by_team.items()
    }
    fleets = plan_fleets((alarm for found in alarms.values() for alarm in found), everything, environment, names)
    teams: list[TeamPlan] = []
    dashboards: dict[str, str] = {}
    for team, (pipelines, watched) in by_team.items():
        marked = fleets.mark(alarms[team])
        plan, pages = plan_team(
            team, pipelines, watched, marked, environment, names, remarks, below, trace_each=trace_each
        )
        teams.append(plan)
        dashboards.update(pages)
    boards = (
        plan_executive(everything, model.pipelines, teams, fleets.fleets, environment, names, remarks),
        plan_diagnostic(everything, model.pipelines, environment, names, remarks),
    )
    check_log_filters(everything, remarks)
    hold_metrics(model, technologies, remarks)
    core = plan_core(everything, environment, names, remarks, boards, fleets.fleets)
    check_fleets(core.fleets, environment, remarks)
    check_reach(core, teams, environment, names, remarks)
    remarks.raise_findings()
    compose = partial(_compose, by_team, environment, names)
    notice_fleets(fleets, teams, compose, names, remarks, whole_account=environment.whole_account)
    composites = (composite for team_plan in teams for composite in team_plan.composites)
    notice_stuck(model.pipelines, technologies, remarks)
    notice_pipeline_composites(model.pipelines, composites, environment, remarks)
    every_alarm = (alarm for team_plan in teams for alarm in team_plan.alarms)
    made = Plan(
        environment=environment,
        settings=plan_settings(environment, model.pipelines, everything, every_alarm, fleets.fleets, dashboards, names),
        core=core,
        teams=tuple(teams),
        notices=tuple(remarks.notices),
    )
    bill = plan_costs(made, model, technologies)
    hold_ceiling(bill, model, remarks)
    remarks.raise_findings()
    return replace(made, monthly_usd=bill.rounded)


def alarms_that_cannot_fire(model: Model) -> list[Finding]:
    """What the plan would refuse about single alarms, without making it."""
    remarks, names = Remarks(), names_of(model.environment)
    for pipelines, watched in _by_team(model, watch(model, registered())).values():
        plan_team_alarms(pipelines, watched, model.environment, names, remarks)
    return remarks.findings


def _compose(
    by_team: ByTeam, environment: Environment, names: Names, team: str, alarms: Sequence[AlarmPlan]
) -> tuple[CompositePlan, ...]:
    return plan_team_composites(team, by_team[team][0], alarms, environment, names)


def _by_team(model: Model, everything: tuple[Watched, ...]) -> ByTeam:
    teams: ByTeam = {}
    for pipeline in model.pipelines:
        teams.setdefault(pipeline.team, ([], []))[0].append(pipeline)
    for watched in everything:
        teams[watched.pipeline.team][1].append(watched)
    return dict(sorted(teams.items()))
