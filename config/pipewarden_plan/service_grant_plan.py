"""What AWS's own services may do in our name: the scheduler and the chat."""

from pipewarden.names import Names
from pipewarden_plan.key_grant_plan import key
from pipewarden_plan.planned_function import StatementPlan


def scheduler(names: Names) -> tuple[StatementPlan, ...]:
    """The role of all schedules, the ones that functions make at run time included."""
    queues = [names.signals_queue(), names.signals_dead_letters()]
    return (
        StatementPlan(
            sid="Signals",
            reason="retries that are due, deadlines and heartbeats; and the schedules' own dead letters",
            actions=("sqs:SendMessage",),
            resources=tuple(names.queue_arn(queue) for queue in queues),
        ),
        StatementPlan(
            sid="Functions",
            reason="rungs of an escalation, passes of a drain, the probe, the reconciler",
            actions=("lambda:InvokeFunction",),
            resources=tuple(names.function_arn(role) for role in ("drainer", "escalator", "probe", "reconciler")),
        ),
        *key(names, "scheduler"),
    )


def chat(names: Names) -> tuple[StatementPlan, ...]:
    """What people may see from a chat through AWS's own chat service; also its guardrail, to which nothing adds."""
    return (
        StatementPlan(
            sid="Alarms",
            reason="what an alarm in the chat says",
            actions=("cloudwatch:DescribeAlarms",),
            resources=(names.arn("cloudwatch", f"alarm:{names.environment}/*"),),
        ),
        StatementPlan(
            sid="Graphs",
            reason="the graph beside an alarm; CloudWatch takes no resource here",
            actions=("cloudwatch:GetMetricData", "cloudwatch:GetMetricWidgetImage"),
            resources=("*",),
        ),
    )
