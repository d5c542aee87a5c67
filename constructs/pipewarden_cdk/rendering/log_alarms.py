"""Alarms on queries of log groups, and the role with which CloudWatch Logs asks."""

from collections.abc import Iterable
from typing import Any

from pipewarden.names import Names
from pipewarden_cdk.rendering.fragment import Fragment, attribute, resource
from pipewarden_cdk.rendering.policies import role_document, trust
from pipewarden_plan.log_alarm_plan import schedule_expression
from pipewarden_plan.planned_alarm import AlarmPlan, LogQuestion
from pipewarden_plan.planned_function import StatementPlan

ROLE = "LogQueryRole"


def render_log_query_role(team: str, statements: Iterable[StatementPlan], names: Names) -> Fragment:
    """Nothing where no alarm of the team asks. That CloudWatch Logs takes the role is what AWS's own samples show; the
    API reference names the service of the alarms, and no condition on the caller is documented."""
    found = tuple(statements)
    if not found:
        return {}
    properties = {
        "RoleName": names.log_query_role(team),
        "Description": f"CloudWatch Logs takes it to run the queries of alarms of team {team}",
        "AssumeRolePolicyDocument": trust("logs.amazonaws.com"),
        "Policies": [{"PolicyName": "own", "PolicyDocument": role_document(found, has_key=False)}],
    }
    return {ROLE: resource("AWS::IAM::Role", properties)}


def asked(alarm: AlarmPlan, question: LogQuestion) -> dict[str, Any]:
    """The properties that take the place of a metric's."""
    return {
        "QueryResultsToEvaluate": alarm.periods,
        "QueryResultsToAlarm": alarm.datapoints,
        "Threshold": alarm.threshold,
        "ScheduledQueryConfiguration": {
            "QueryString": question.query,
            "AggregationExpression": question.value,
            "LogGroupIdentifiers": list(question.log_groups),
            "ScheduleConfiguration": {
                "ScheduleExpression": schedule_expression(alarm.period_seconds),
                "StartTimeOffset": question.start_offset_seconds,
                "EndTimeOffset": question.end_offset_seconds,
            },
            "ScheduledQueryRoleARN": attribute(ROLE, "Arn"),
        },
    }
