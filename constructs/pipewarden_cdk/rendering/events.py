"""EventBridge rules and Scheduler schedules."""

import json
from collections.abc import Iterable
from typing import Any

from pipewarden.names import Names
from pipewarden_cdk.rendering.fragment import Fragment, attribute, logical_id, resource
from pipewarden_cdk.rendering.policies import role_document, trust
from pipewarden_plan.planned_delivery import RulePlan, SchedulePlan
from pipewarden_plan.planned_function import StatementPlan

RULE_RETRY = {"MaximumEventAgeInSeconds": 86_400, "MaximumRetryAttempts": 185}
SCHEDULE_ATTEMPTS = 185


def render_rules(rules: Iterable[RulePlan], names: Names) -> Fragment:
    """Every rule delivers into the signals queue, or after a day of trying into its dead-letter queue."""
    target = {
        "Id": "signals",
        "Arn": names.queue_arn(names.signals_queue()),
        "DeadLetterConfig": {"Arn": names.queue_arn(names.signals_dead_letters())},
        "RetryPolicy": RULE_RETRY,
    }
    return {
        logical_id("Rule", rule.name): resource(
            "AWS::Events::Rule",
            {
                "Name": rule.name,
                "Description": f"{rule.technology}: {rule.kind}, of declared resources",
                "EventPattern": rule.pattern,
                "State": "ENABLED",
                "Targets": [target],
            },
        )
        for rule in rules
    }


def render_schedule_group(names: Names) -> Fragment:
    return {"ScheduleGroup": resource("AWS::Scheduler::ScheduleGroup", {"Name": names.schedule_group()})}


def render_scheduler_role(statements: Iterable[StatementPlan], names: Names, *, has_key: bool) -> Fragment:
    # Of the group, not of a schedule (Scheduler guide, "Confused deputy prevention").
    group = names.arn("scheduler", f"schedule-group/{names.schedule_group()}")
    ours = {"StringEquals": {"aws:SourceAccount": names.account, "aws:SourceArn": group}}
    properties = {
        "RoleName": names.scheduler_role(),
        "Description": "EventBridge Scheduler takes it to call Pipewarden",
        "AssumeRolePolicyDocument": trust("scheduler.amazonaws.com", ours),
        "Policies": [{"PolicyName": "own", "PolicyDocument": role_document(statements, has_key=has_key)}],
    }
    return {"SchedulerRole": resource("AWS::IAM::Role", properties)}


def render_schedules(schedules: Iterable[SchedulePlan], names: Names, *, in_core: bool) -> Fragment:
    """Schedules of the core stack wait for its group and role; those of a team's stack find them there."""
    return {
        logical_id("Schedule", schedule.name): resource(
            "AWS::Scheduler::Schedule",
            {
                "Name": schedule.name,
                "GroupName": names.schedule_group(),
                "Description": schedule.description,
                "ScheduleExpression": schedule.expression,
                "ScheduleExpressionTimezone": schedule.timezone,
                "FlexibleTimeWindow": {"Mode": "OFF"},
                "State": "ENABLED",
                "Target": _target(schedule, names, in_core=in_core),
            },
            **({"DependsOn": ["ScheduleGroup"]} if in_core else {}),
        )
        for schedule in schedules
    }


def _target(schedule: SchedulePlan, names: Names, *, in_core: bool) -> dict[str, Any]:
    is_queue = schedule.target == "signals"
    return {
        "Arn": names.queue_arn(names.signals_queue()) if is_queue else names.function_arn(schedule.target),
        "RoleArn": attribute("SchedulerRole", "Arn") if in_core else names.scheduler_role_arn(),
        "Input": json.dumps(schedule.input, separators=(",", ":")),
        "DeadLetterConfig": {"Arn": names.queue_arn(names.signals_dead_letters())},
        "RetryPolicy": {"MaximumEventAgeInSeconds": schedule.retry_seconds, "MaximumRetryAttempts": SCHEDULE_ATTEMPTS},
    }
