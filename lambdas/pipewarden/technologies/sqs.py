"""Amazon SQS queues and their dead-letter queues.

Facts: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html.
A message that the redrive policy moves to a dead-letter queue is not counted in that queue's NumberOfMessagesSent, so
the alarm looks at the visible messages. A queue unused for about six hours stops its metrics: nothing in it, no data.
"""

from pipewarden.technology import AlarmRule, Grant, Technology, Widget

QUEUE = "arn:$(partition):sqs:$(region):$(account):$(queue)"
DEAD_LETTERS = "arn:$(partition):sqs:$(region):$(account):$(dead_letter.queue)"
METRICS = (
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"
)
DIMENSIONS = {"QueueName": "$(queue)"}
DEAD_LETTER_DIMENSIONS = {"QueueName": "$(dead_letter.queue)"}
QUEUE_NAME = {"$ref": "#/$defs/name"}

DRAIN = {
    "type": "object",
    "description": "What happens to the messages in the dead-letter queue. Without it they are watched only.",
    "additionalProperties": False,
    "properties": {
        "to": {
            **QUEUE_NAME,
            "default": "source",
            "description": "`source` (the queue itself), `archive` (store only) or the name of another queue.",
        },
        "rate": {"$ref": "#/$defs/rate", "default": "10/s", "description": "Messages sent at most."},
        "attempts": {
            "type": "integer",
            "minimum": 1,
            "maximum": 10,
            "default": 3,
            "description": "How often one message is sent back before `then` applies.",
        },
        "then": {
            "enum": ["quarantine", "archive", "leave"],
            "default": "quarantine",
            "description": "Where a message goes that came back too often.",
        },
        "archive": {
            "type": "boolean",
            "default": True,
            "description": "Store a copy of each message in the archive bucket before it leaves the queue.",
        },
    },
}

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
        "dead_letter": {
            "type": "object",
            "description": "The queue that takes what could not be handled.",
            "additionalProperties": False,
            "required": ["queue"],
            "properties": {
                "queue": {**QUEUE_NAME, "description": "Name of the dead-letter queue."},
                "drain": DRAIN,
                "kms_key": {
                    "type": "string",
                    "pattern": "^arn:",
                    "description": "ARN of the customer-managed key that encrypts either queue, if there is one.",
                },
            },
        },
    },
    required=("queue",),
    identity="queue",
    arn=QUEUE,
    expectations={
        "oldest_message": {"$ref": "#/$defs/duration", "description": "No message waits longer."},
        "depth": {"type": "integer", "minimum": 1, "description": "No more messages wait."},
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
            key="dead-letter",
            meaning="Messages could not be handled and are in the dead-letter queue.",
            first_steps=(
                "Read one message and the consumer's log of that time.",
                "Correct the consumer before messages are sent back.",
            ),
            namespace="AWS/SQS",
            metric="ApproximateNumberOfMessagesVisible",
            dimensions=DEAD_LETTER_DIMENSIONS,
            statistic="Maximum",
            comparison=">",
            threshold=0,
            source=METRICS,
            role="drain",
            needs="dead_letter",
        ),
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
        Widget(
            title="$(resource): dead letters",
            metrics=(("AWS/SQS", "ApproximateNumberOfMessagesVisible", DEAD_LETTER_DIMENSIONS, "Maximum", "waiting"),),
            unit="Count",
            needs="dead_letter",
        ),
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
        Grant(
            purpose="drain",
            actions=(
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
            ),
            resources=(DEAD_LETTERS,),
            needs="dead_letter.drain",
        ),
        Grant(
            purpose="drain",
            actions=("sqs:SendMessage", "sqs:GetQueueAttributes", "sqs:GetQueueUrl"),
            resources=(QUEUE,),
            needs="dead_letter.drain",
        ),
        Grant(
            purpose="drain",
            actions=("kms:Decrypt", "kms:GenerateDataKey"),
            resources=("$(dead_letter.kms_key)",),
            needs="dead_letter.kms_key",
        ),
    ),
    console="https://$(region).$(console)/sqs/v3/home?region=$(region)#/queues/"
    "https%3A%2F%2Fsqs.$(region).amazonaws.com%2F$(account)%2F$(queue)",
)
