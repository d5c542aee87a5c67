"""Topics and queues with the policies that let AWS services reach them, and only them."""

from collections.abc import Iterable
from typing import Any

from pipewarden.names import Names
from pipewarden_cdk.rendering.fragment import Fragment, Resource, kept_when, logical_id, resource
from pipewarden_cdk.rendering.policies import document, only_with_tls, service
from pipewarden_plan.planned_delivery import QueuePlan, TopicPlan
from pipewarden_plan.route_plan import CLOUDWATCH


def render_topics(topics: Iterable[TopicPlan], names: Names, key: Any) -> Fragment:
    """`key` is what encrypts (an id, an alias or a reference); None leaves topics to SNS's own storage encryption."""
    fragment: Fragment = {}
    for topic in topics:
        logical = logical_id("Topic", topic.name)
        arn = names.topic_arn(topic.name)
        shown = {"TopicName": topic.name, "DisplayName": topic.display_name, "KmsMasterKeyId": key}
        fragment[logical] = resource("AWS::SNS::Topic", shown)
        policy = {"Topics": [{"Ref": logical}], "PolicyDocument": document(_topic_statements(topic, arn, names))}
        fragment[f"{logical}Policy"] = resource("AWS::SNS::TopicPolicy", policy)
        for protocol, endpoint in topic.subscriptions:
            fragment[logical_id("Subscription", f"{topic.name} {protocol} {endpoint}")] = resource(
                "AWS::SNS::Subscription", _subscription(logical, protocol, endpoint, names)
            )
    return fragment


def _topic_statements(topic: TopicPlan, arn: str, names: Names) -> list[dict[str, Any]]:
    published = [
        service(
            f"From{publisher.split('.')[0].capitalize()}", publisher, "sns:Publish", arn, _sent_by(publisher, names)
        )
        for publisher in topic.publishers
    ]
    return [*published, only_with_tls("sns:Publish", arn)]


def _sent_by(publisher: str, names: Names) -> dict[str, Any]:
    """Alarms of this environment; of other services what acts for the account."""
    ours = {"StringEquals": {"aws:SourceAccount": names.account}}
    alarms = {"ArnLike": {"aws:SourceArn": names.arn("cloudwatch", f"alarm:{names.environment}/*")}}
    return {**ours, **alarms} if publisher == CLOUDWATCH else ours


def _subscription(topic: str, protocol: str, endpoint: str, names: Names) -> dict[str, Any]:
    properties: dict[str, Any] = {"TopicArn": {"Ref": topic}, "Protocol": protocol, "Endpoint": endpoint}
    if protocol == "sqs":
        dead_letters = names.queue_arn(names.signals_dead_letters())
        properties["RedrivePolicy"] = {"deadLetterTargetArn": dead_letters}
    return properties


def render_queues(queues: Iterable[QueuePlan], names: Names, key: Any, *, protected: bool) -> Fragment:
    """Each queue with its policy. Quarantined and dead messages are state: a protected environment keeps them."""
    fragment: Fragment = {}
    for queue in queues:
        logical = logical_id("Queue", queue.name)
        arn = names.queue_arn(queue.name)
        fragment[logical] = _queue(queue, names, key, protected=protected)
        statements = [*_queue_statements(queue, arn, names), only_with_tls("sqs:*", arn)]
        policy = {"Queues": [{"Ref": logical}], "PolicyDocument": document(statements)}
        fragment[f"{logical}Policy"] = resource("AWS::SQS::QueuePolicy", policy)
    return fragment


def _queue(queue: QueuePlan, names: Names, key: Any, *, protected: bool) -> Resource:
    properties: dict[str, Any] = {
        "QueueName": queue.name,
        "FifoQueue": True if queue.fifo else None,
        "MessageRetentionPeriod": queue.retention_seconds,
        "VisibilityTimeout": queue.visibility_seconds,
        "KmsMasterKeyId": key,
        "SqsManagedSseEnabled": None if key else True,
    }
    if queue.dead_letters:
        target = names.queue_arn(queue.dead_letters)
        properties["RedrivePolicy"] = {"deadLetterTargetArn": target, "maxReceiveCount": queue.receives}
    depends = {"DependsOn": [logical_id("Queue", queue.dead_letters)]} if queue.dead_letters else {}
    return resource("AWS::SQS::Queue", properties, **kept_when(protected), **depends)


def _queue_statements(queue: QueuePlan, arn: str, names: Names) -> list[dict[str, Any]]:
    """Rules and alarm topics deliver into the signals queue, and into the dead-letter queue where they cannot."""
    if queue.purpose == "quarantine":
        return []
    rules = {"ArnLike": {"aws:SourceArn": names.arn("events", f"rule/{names.prefix}-*")}}
    topics = {"ArnLike": {"aws:SourceArn": names.topic_arn(f"{names.prefix}-alarm-*")}}
    return [
        service("FromRules", "events.amazonaws.com", "sqs:SendMessage", arn, rules),
        service("FromAlarmTopics", "sns.amazonaws.com", "sqs:SendMessage", arn, topics),
    ]
