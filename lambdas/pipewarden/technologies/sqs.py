"""Amazon SQS queues and their dead-letter queues.

Facts: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html.
A message that the redrive policy moves to a dead-letter queue is not counted in that queue's NumberOfMessagesSent, so
the alarm looks at the visible messages. A queue unused for about six hours stops its metrics: nothing in it, no data.
"""

from functools import partial

from pipewarden.alarm_rule import AlarmRule
from pipewarden.dead_letter_watch import (
    DEAD_LETTER_ALARM,
    DEAD_LETTER_GRANTS,
    DEAD_LETTER_WIDGET,
    dead_letter_field,
)
from pipewarden.grading import graded
from pipewarden.graph import graph
from pipewarden.technology import Grant, Technology

QUEUE = "arn:$(partition):sqs:$(region):$(account):$(queue)"
METRICS = (
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"
)
DIMENSIONS = {"QueueName": "$(queue)"}
QUEUE_NAME = {"$ref": "#/$defs/name"}
_alarm = partial(AlarmRule, namespace="AWS/SQS", dimensions=DIMENSIONS, source=METRICS, comparison=">")
_graph = partial(graph, "AWS/SQS", DIMENSIONS)

TECHNOLOGY = Technology(
    type="sqs",
    title="Amazon SQS queue",
    summary="A queue by the age and number of its messages. Its dead-letter queue is watched and drained, if declared.",
    example={
        "type": "sqs",
        "queue": "customer-ingest-$(env)",
        "expect": {"oldest_message": "10m"},
        "dead_letter": {
            "queue": "customer-ingest-dlq-$(env)",
            "drain": {"to": "source", "rate": "20/s", "attempts": 3, "then": "quarantine", "archive": True},
        },
    },
    fields={
        "queue": {**QUEUE_NAME, "description": "Name of the queue (not its URL); a FIFO queue's ends in `.fifo`."},
        "dead_letter": dead_letter_field("`source` (the queue itself)"),
    },
    required=("queue",),
    identity="queue",
    arn=QUEUE,
    expectations={
        "oldest_message": graded({"$ref": "#/$defs/duration"}, description="No message waits longer.", example="10m"),
        "depth": graded({"type": "integer", "minimum": 1}, description="No more messages wait.", example=1000),
        "growth": {
            "type": "integer",
            "minimum": 0,
            "description": "No more are added to those that wait in 5m; five of six such periods raise the alarm.",
            "examples": [100],
        },
    },
    alarms=(
        _alarm(
            key="oldest-message",
            meaning="Messages wait longer than declared.",
            first_steps=(
                "Look whether the consumer runs, and whether it fails or is throttled.",
                "Compare messages sent with messages deleted: is it a burst or a standstill?",
            ),
            metric="ApproximateAgeOfOldestMessage",
            statistic="Maximum",
            threshold="oldest_message",
            unit="Seconds",
        ),
        _alarm(
            key="depth",
            meaning="More messages wait than declared.",
            first_steps=(
                "Look whether the consumer runs, and whether it fails or is throttled.",
                "Scale the consumer, or slow the producer down.",
            ),
            metric="ApproximateNumberOfMessagesVisible",
            statistic="Maximum",
            threshold="depth",
        ),
        _alarm(
            key="growth",
            meaning="The queue has been growing for half an hour by more than declared: the consumer does not keep up.",
            first_steps=(
                "Compare messages sent with messages deleted: is it more work than usual, or a slower consumer?",
                "Scale the consumer, or slow the producer down.",
            ),
            metric="ApproximateNumberOfMessagesVisible",
            statistic="Average",
            threshold="growth",
            expression="DIFF(m)",
            periods=6,
            datapoints=5,
        ),
        DEAD_LETTER_ALARM,
    ),
    widgets=(
        _graph(
            "messages",
            "Count",
            ("ApproximateNumberOfMessagesVisible", "Maximum", "waiting"),
            ("ApproximateNumberOfMessagesNotVisible", "Maximum", "in flight"),
        ),
        _graph("oldest message", "Seconds", ("ApproximateAgeOfOldestMessage", "Maximum", "age")),
        DEAD_LETTER_WIDGET,
        _graph(
            "throughput",
            "Count",
            *((f"NumberOfMessages{what.capitalize()}", "Sum", what) for what in ("sent", "received", "deleted")),
        ),
    ),
    diagnostics=(
        _graph("receives that found nothing", "Count", ("NumberOfEmptyReceives", "Sum", "empty")),
        _graph(
            "size of messages",
            "Bytes",
            ("SentMessageSize", "Maximum", "largest"),
            ("SentMessageSize", "Average", "mean"),
        ),
        _graph("messages that are delayed", "Count", ("ApproximateNumberOfMessagesDelayed", "Maximum", "waiting")),
    ),
    grants=(
        *DEAD_LETTER_GRANTS,
        Grant(
            purpose="drain",
            actions=("sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"),
            resources=(QUEUE,),
            needs="dead_letter.drain",
        ),
    ),
    console="https://$(region).$(console)/sqs/v3/home?region=$(region)#/queues/"
    "https%3A%2F%2Fsqs.$(region).amazonaws.com%2F$(account)%2F$(queue)",
)
