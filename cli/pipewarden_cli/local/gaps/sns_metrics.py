"""AWS/SNS metrics of every topic."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import sns

from pipewarden_cli.local import delivery, emulator

NAME = "AWS/SNS metrics"
IMITATED = (
    "NumberOfMessagesPublished, NumberOfNotificationsDelivered and NumberOfNotificationsFailed by TopicName are "
    "recorded at once. A notification fails here when its queue or function is gone or does not admit SNS; e-mails "
    "and text messages always arrive, HTTP endpoints are not counted.",
)

NAMESPACE = "AWS/SNS"
COUNTED = ("sqs", "lambda", "email", "email-json", "sms")


def fill() -> None:
    """Count around each delivery of a topic."""
    sns._fanout = _counting(sns._fanout)


def _counting(inner: Callable[..., Any]) -> Callable[..., Any]:
    def fanout(topic_arn: str, *arguments: Any, **rest: Any) -> Any:
        topic = sns._topic_by_arn_any_scope(topic_arn) or {"subscriptions": []}
        outcomes = [_arrives(topic_arn, found) for found in topic["subscriptions"] if found["protocol"] in COUNTED]
        answer = inner(topic_arn, *arguments, **rest)
        counts = {
            "NumberOfMessagesPublished": 1,
            "NumberOfNotificationsDelivered": outcomes.count(True),
            "NumberOfNotificationsFailed": outcomes.count(False),
        }
        dimensions = {"TopicName": topic_arn.rpartition(":")[2]}
        data = [emulator.datum(name, value, dimensions) for name, value in counts.items() if value]
        emulator.put_metrics(NAMESPACE, data)
        return answer

    return fanout


def _arrives(topic_arn: str, subscription: dict[str, Any]) -> bool:
    return delivery.refusal(subscription["endpoint"], "sns.amazonaws.com", topic_arn) is None
