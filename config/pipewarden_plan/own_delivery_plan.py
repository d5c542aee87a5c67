"""Whether what Pipewarden sends arrives: topics, and the last stops of what could not be delivered."""

from collections.abc import Sequence

from pipewarden_plan.own_alarm import OwnAlarms, gravest, metric
from pipewarden_plan.planned_alarm import AlarmPlan
from pipewarden_plan.planned_delivery import TopicPlan

CALLED_ASYNCHRONOUSLY = ("drainer", "escalator", "probe", "reconciler")
"""Scheduler and other functions call them and don't wait; Lambda keeps what failed for good in a queue."""


def plan_deliveries(topics: Sequence[TopicPlan], own: OwnAlarms) -> tuple[AlarmPlan, ...]:
    """One alarm per topic, one over the schedules, one per function whose failed calls Lambda keeps."""
    return (
        *(_undelivered(topic, own) for topic in topics),
        _schedules_lost(own),
        *(_calls_lost(role, own) for role in CALLED_ASYNCHRONOUSLY),
    )


def _undelivered(topic: TopicPlan, own: OwnAlarms) -> AlarmPlan:
    """A page topic cannot tell of its own failure, so its alarm acts on that of another severity where there is one.

    For queues, e-mail and text messages SNS counts a notification when it stops trying (SNS guide, "Monitoring Amazon
    SNS topics using CloudWatch").
    """
    names = own.names
    severity = next((key for key in own.environment.severities if topic.name == names.page_topic(key)), "")
    return own.alarm(
        f"{topic.name.removeprefix(f'{names.prefix}-')}.undelivered",
        f"SNS could not deliver a message of topic {topic.name} to one who listens.",
        metric("AWS/SNS", "NumberOfNotificationsFailed", {"TopicName": topic.name}, "Sum", "Count"),
        steps=(
            "Look at the topic's subscriptions: an address that is gone, a text message beyond the monthly limit, "
            "a queue whose policy or key does not admit SNS.",
            "Page who listens there by other means: pipewarden notify sends a test message.",
        ),
        comparison=">",
        threshold=0,
        period_seconds=300,
        topic=names.page_topic(gravest(own.environment, without=severity)),
    )


def _schedules_lost(own: OwnAlarms) -> AlarmPlan:
    group = own.names.schedule_group()
    return own.alarm(
        "schedules.lost",
        "A schedule reached neither its target nor its dead-letter queue: a retry, a rung or a deadline is lost.",
        metric("AWS/Scheduler", "InvocationsFailedToBeSentToDeadLetterCount", {"ScheduleGroup": group}, "Sum", "Count"),
        steps=(f"Look at the policies of role {own.names.scheduler_role()} and of the dead-letter queue and its key.",),
        comparison=">",
        threshold=0,
        period_seconds=300,
    )


def _calls_lost(role: str, own: OwnAlarms) -> AlarmPlan:
    return own.alarm(
        f"{role}.lost",
        f"A call of {role} failed for good, and Lambda could not put it into the dead-letter queue either.",
        metric("AWS/Lambda", "DestinationDeliveryFailures", {"FunctionName": own.names.function(role)}, "Sum", "Count"),
        steps=("Look at the function's role, and at the policies of the dead-letter queue and its key.",),
        comparison=">",
        threshold=0,
        period_seconds=300,
    )
