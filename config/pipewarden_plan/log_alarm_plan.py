"""Alarms on queries of Logs Insights: what is asked when, and the role that may ask."""

from collections.abc import Iterable, Sequence

from pipewarden.names import Names
from pipewarden_plan.planned_alarm import AlarmPlan, LogQuestion
from pipewarden_plan.planned_function import StatementPlan
from pipewarden_plan.watched import Watched

DELAY_SECONDS = 60
"""Events may be read so long after they were written; each is read once, for a run ends where the one before began."""
CALLS = ("logs:StartQuery", "logs:StopQuery", "logs:GetQueryResults")


def question_of(watched: Watched, every_seconds: int) -> LogQuestion | None:
    """What an alarm of the resource asks of its log groups; None where it judges a metric."""
    rule = watched.technology.log_query
    if rule is None:
        return None
    return LogQuestion(
        query=watched.fill(rule.query),
        value=watched.fill(rule.value),
        log_groups=tuple(watched.values[rule.log_groups_field]),
        start_offset_seconds=every_seconds + DELAY_SECONDS,
        end_offset_seconds=DELAY_SECONDS,
    )


def schedule_expression(every_seconds: int) -> str:
    """`rate(5 minutes)`: PutLogAlarm takes rates."""
    minutes = every_seconds // 60
    return f"rate({minutes} minute{'' if minutes == 1 else 's'})"


def plan_log_query_role(alarms: Iterable[AlarmPlan], names: Names) -> tuple[StatementPlan, ...]:
    """What the team's role allows CloudWatch Logs on behalf of its alarms; nothing where no alarm asks."""
    asked = dict.fromkeys(group for alarm in alarms if alarm.deployed and alarm.asks for group in alarm.asks.log_groups)
    if not asked:
        return ()
    return (
        StatementPlan(
            sid="AskLogs",
            reason="alarms on queries ask these log groups",
            actions=CALLS,
            resources=_resources(list(asked), names),
        ),
    )


def _resources(groups: Sequence[str], names: Names) -> tuple[str, ...]:
    arns = [names.arn("logs", f"log-group:{group}") for group in groups]
    return tuple(found for arn in arns for found in (arn, f"{arn}:*"))
