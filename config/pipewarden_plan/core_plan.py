"""The core stack: what all teams share."""

from collections.abc import Mapping, Sequence

from pipewarden.names import Names
from pipewarden_plan import service_grant_plan
from pipewarden_plan.alarm_text import tag_value
from pipewarden_plan.composite_plan import plan_fleet_composites
from pipewarden_plan.function_plan import TIMEOUT_SECONDS, plan_functions
from pipewarden_plan.model import Environment
from pipewarden_plan.own_alarm import OWNER
from pipewarden_plan.own_watch_plan import plan_own_alarms, plan_own_composites
from pipewarden_plan.plan import CorePlan, DashboardPlan
from pipewarden_plan.planned_alarm import FleetPlan
from pipewarden_plan.remarks import Remarks
from pipewarden_plan.retention_plan import plan_retention
from pipewarden_plan.route_plan import plan_chats, plan_core_queues, plan_topics
from pipewarden_plan.rule_plan import plan_fleet_rules, plan_rules
from pipewarden_plan.schedule_plan import plan_core_schedules, plan_maintenance
from pipewarden_plan.spending_plan import plan_anomalies, plan_budgets
from pipewarden_plan.tracing_plan import plan_core_tracing
from pipewarden_plan.watched import Watched

ARCHIVE_DAYS = 90
"""Dead letters are what users sent, so they are not kept for ever; a quarter is time enough to ask about one. Incidents
beside them are a few kilobytes each, hold nothing of users, and are kept until somebody deletes them."""


def plan_core(
    everything: Sequence[Watched],
    environment: Environment,
    names: Names,
    remarks: Remarks,
    dashboards: tuple[DashboardPlan, ...] = (),
    fleets: tuple[FleetPlan, ...] = (),
) -> CorePlan:
    """Topics, queues, rules, functions, the watch over them, and the dashboards of the whole environment."""
    pipelines = tuple({watched.pipeline.name: watched.pipeline for watched in everything}.values())
    topics = plan_topics(environment, names, pipelines)
    retention = plan_retention(everything, environment, remarks)
    log_groups = tuple(sorted(group for kept in retention for group in kept.groups))
    chats = plan_chats(environment, names, pipelines)
    return CorePlan(
        stack=names.core_stack(),
        topics=topics,
        queues=plan_core_queues(names, TIMEOUT_SECONDS["responder"]),
        rules=(*plan_rules(everything, names, remarks), *plan_fleet_rules(fleets, names)),
        schedules=(
            *plan_core_schedules(environment, sum(watched.technology.runs for watched in everything)),
            *plan_maintenance(environment),
        ),
        functions=plan_functions(everything, environment, names, topics, log_groups, remarks),
        scheduler_statements=service_grant_plan.scheduler(names),
        alarms=plan_own_alarms(environment, names, topics),
        composites=(*plan_own_composites(environment, names), *plan_fleet_composites(fleets, names)),
        retention_days=environment.log_retention_days,
        retention=retention,
        archive_days=ARCHIVE_DAYS,
        tracing=plan_core_tracing(environment, names),
        tags=stack_tags(environment, OWNER),
        dashboards=dashboards,
        budgets=plan_budgets(environment, names),
        anomalies=plan_anomalies(environment, names),
        chats=chats,
        fleets=fleets,
        chat_statements=service_grant_plan.chat(names) if chats else (),
    )


def stack_tags(environment: Environment, owner: str) -> Mapping[str, str]:
    """CloudFormation hands a stack's tags on to everything in it that takes tags."""
    return {**environment.tags, "pipewarden:environment": environment.name, "owner": tag_value(owner)}
