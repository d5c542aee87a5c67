"""Amazon SQS queues and their dead-letter queues.

Facts: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html.
A message that the redrive policy moves to a dead-letter queue is not counted in that queue's NumberOfMessagesSent, so
the alarm looks at the visible messages. A queue unused for about six hours stops its metrics: nothing in it, no data.
"""

from pipewarden.alarm_rule import AlarmRule
from pipewarden.dead_letter_watch import (
    DEAD_LETTER_ALARM,
    DEAD_LETTER_GRANTS,
    DEAD_LETTER_WIDGET,
    dead_letter_field,
)
from pipewarden.technology import Grant, Technology, Widget

QUEUE = "arn:$(partition):sqs:$(region):$(account):$(queue)"
METRICS = (
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"
)
DIMENSIONS = {"QueueName": "$(queue)"}
QUEUE_NAME = {"$ref": "#/$defs/name"}

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
        "oldest_message": {"$ref": "#/$defs/duration", "description": "No message waits longer."},
        "depth": {"type": "integer", "minimum": 1, "description": "No more messages wait."},
        "growth": {
            "type": "integer",
            "minimum": 0,
            "description": "No more are added to those that wait in 5m; five of six such periods raise the alarm.",
            "examples": [100],
        },
    },
    alarms=(
        AlarmRule(
            key="oldest-message",
            meaning="Messages wait longer than declared.",
            first_steps=(
                "Look whether the consumer runs, and whether it fails or is throttled.",
                "Compare messages sent with messages deleted: is it a burst or a standstill?",
            ),
            namespace="AWS/SQS",
            metric="ApproximateAgeOfOldestMessage",
            dimensions=DIMENSIONS,
            statistic="Maximum",
            comparison=">",
            threshold="oldest_message",
            source=METRICS,
            unit="Seconds",
        ),
        AlarmRule(
            key="depth",
            meaning="More messages wait than declared.",
            first_steps=(
                "Look whether the consumer runs, and whether it fails or is throttled.",
                "Scale the consumer, or slow the producer down.",
            ),
            namespace="AWS/SQS",
            metric="ApproximateNumberOfMessagesVisible",
            dimensions=DIMENSIONS,
            statistic="Maximum",
            comparison=">",
            threshold="depth",
            source=METRICS,
        ),
        AlarmRule(
            key="growth",
            meaning="The queue has been growing for half an hour by more than declared: the consumer does not keep up.",
            first_steps=(
                "Compare messages sent with messages deleted: is it more work than usual, or a slower consumer?",
                "Scale the consumer, or slow the producer down.",
            ),
            namespace="AWS/SQS",
            metric="ApproximateNumberOfMessagesVisible",
            dimensions=DIMENSIONS,
            statistic="Average",
            comparison=">",
            threshold="growth",
            expression="DIFF(m)",
            periods=6,
            datapoints=5,
            source=METRICS,
        ),
        DEAD_LETTER_ALARM,
    ),
    widgets=(
        Widget(
            title="$(resource): messages",
            metrics=(
                ("AWS/SQS", "ApproximateNumberOfMessagesVisible", DIMENSIONS, "Maximum", "waiting"),
                ("AWS/SQS", "ApproximateNumberOfMessagesNotVisible", DIMENSIONS, "Maximum", "in flight"),
            ),
            unit="Count",
        ),
        Widget(
            title="$(resource): oldest message",
            metrics=(("AWS/SQS", "ApproximateAgeOfOldestMessage", DIMENSIONS, "Maximum", "age"),),
            unit="Seconds",
        ),
        DEAD_LETTER_WIDGET,
        Widget(
            title="$(resource): throughput",
            metrics=tuple(
                ("AWS/SQS", f"NumberOfMessages{what.capitalize()}", DIMENSIONS, "Sum", what)
                for what in ("sent", "received", "deleted")
            ),
            unit="Count",
        ),
    ),
    diagnostics=(
        Widget(
            title="$(resource): receives that found nothing",
            metrics=(("AWS/SQS", "NumberOfEmptyReceives", DIMENSIONS, "Sum", "empty"),),
            unit="Count",
        ),
        Widget(
            title="$(resource): size of messages",
            metrics=tuple(
                ("AWS/SQS", "SentMessageSize", DIMENSIONS, statistic, label)
                for statistic, label in (("Maximum", "largest"), ("Average", "mean"))
            ),
            unit="Bytes",
        ),
        Widget(
            title="$(resource): messages that are delayed",
            metrics=(("AWS/SQS", "ApproximateNumberOfMessagesDelayed", DIMENSIONS, "Maximum", "waiting"),),
            unit="Count",
        ),
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
