"""What technologies with a dead-letter queue have in common: its field, alarm, graph and permissions. Only data."""

from collections.abc import Mapping
from typing import Any

from pipewarden.alarm_rule import AlarmRule
from pipewarden.message_filter import MOST_CHARACTERS
from pipewarden.technology import Grant, Widget

DEAD_LETTERS = "arn:$(partition):sqs:$(region):$(account):$(dead_letter.queue)"
DIMENSIONS = {"QueueName": "$(dead_letter.queue)"}
METRICS = (
    "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html"
)
QUEUE_NAME = {"$ref": "#/$defs/name"}
UNLIMITED = "unlimited"


def dead_letter_field(source: str, **more: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of `dead_letter:`. `source` says what `to: source` means; `more` are further properties."""
    return {
        "type": "object",
        "description": "The queue that takes what could not be handled.",
        "additionalProperties": False,
        "required": ["queue"],
        "properties": {
            "queue": {**QUEUE_NAME, "description": "Name of the dead-letter queue."},
            "drain": _drain(source),
            **more,
            "kms_key": {
                "type": "string",
                "pattern": "^arn:",
                "description": "ARN of the customer-managed key that encrypts any of the queues, if there is one.",
            },
        },
    }


def _drain(source: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": "What happens to the messages in the dead-letter queue. Without it they are watched only.",
        "additionalProperties": False,
        "properties": {
            "to": {
                **QUEUE_NAME,
                "default": "source",
                "description": f"{source}, `archive` (store only), `quarantine` or the name of another queue.",
            },
            "where": {
                "type": "string",
                "title": 'a condition such as body.error.code = "TIMEOUT"',
                "format": "pipewarden-where",
                "minLength": 1,
                "maxLength": MOST_CHARACTERS,
                "description": "Only these messages; the others stay. See docs/dead-letters.md for the words.",
            },
            "rate": {"$ref": "#/$defs/rate", "default": "10/s", "description": "Messages sent at most."},
            "attempts": {
                "title": "1-10, or unlimited",
                "anyOf": [{"type": "integer", "minimum": 1, "maximum": 10}, {"const": UNLIMITED}],
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
            "most_returned": {
                "$ref": "#/$defs/percentage",
                "default": "50%",
                "description": "When more of the replayed messages come back (and at least 20), the drain stops and "
                "people are paged: the consumer fails, not the messages.",
            },
        },
    }


DEAD_LETTER_ALARM = AlarmRule(
    key="dead-letter",
    meaning="Messages could not be handled and are in the dead-letter queue.",
    first_steps=(
        "Read one message and the consumer's log of that time.",
        "Correct the consumer before messages are sent back.",
    ),
    namespace="AWS/SQS",
    metric="ApproximateNumberOfMessagesVisible",
    dimensions=DIMENSIONS,
    statistic="Maximum",
    comparison=">",
    threshold=0,
    source=METRICS,
    role="drain",
    needs="dead_letter",
)

DEAD_LETTER_WIDGET = Widget(
    title="$(resource): dead letters",
    metrics=(("AWS/SQS", "ApproximateNumberOfMessagesVisible", DIMENSIONS, "Maximum", "waiting"),),
    unit="Count",
    needs="dead_letter",
)

DEAD_LETTER_GRANTS = (
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
        actions=("kms:Decrypt", "kms:GenerateDataKey"),
        resources=("$(dead_letter.kms_key)",),
        needs="dead_letter.kms_key",
    ),
)
