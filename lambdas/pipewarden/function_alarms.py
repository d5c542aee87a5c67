"""What a Lambda function is judged by: errors, throttles, duration, reserved concurrency, and how far it lags."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from pipewarden.alarm_rule import AlarmRule

DIMENSIONS: Final = {"FunctionName": "$(function)"}
METRICS: Final = "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"
_alarm = partial(AlarmRule, namespace="AWS/Lambda", dimensions=DIMENSIONS, source=METRICS)

FIELDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "reserved_concurrency": {
        "type": "integer",
        "minimum": 1,
        "maximum": 1_000_000,
        "description": "The function's reserved concurrency, of which `expect.utilization` is a part.",
        "examples": [100],
    },
}

EXPECTATIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "error_rate": {
        "$ref": "#/$defs/percentage",
        "description": "No larger part of the invocations of an hour ends with an error. Switch the alarm `errors` "
        "off beside it, which fires for a single one.",
        "examples": ["5%"],
    },
    "utilization": {
        "$ref": "#/$defs/percentage",
        "description": "No larger part of `reserved_concurrency` is in use at once, three periods in a row.",
        "examples": ["80%"],
    },
    "lag": {
        "$ref": "#/$defs/duration",
        "description": "The last record of a batch is not older when the function gets it; only functions reading "
        "a stream (Kinesis, DynamoDB, Kafka) by an event source mapping have this metric.",
        "examples": ["5m"],
    },
}

ALARMS: Final = (
    _alarm(
        key="errors",
        meaning="An invocation ended with an error.",
        first_steps=(
            "Read the last error in the function's log group.",
            "Look whether Lambda's own retries of the event succeeded since.",
        ),
        metric="Errors",
        statistic="Sum",
        comparison=">=",
        threshold=1,
        role="run",
    ),
    _alarm(
        key="throttles",
        meaning="Invocations were refused for lack of concurrency.",
        first_steps=(
            "Compare ConcurrentExecutions with the function's reserved concurrency and the account's limit.",
            "Find the caller whose traffic grew.",
        ),
        metric="Throttles",
        statistic="Sum",
        comparison=">=",
        threshold=1,
    ),
    _alarm(
        key="duration",
        meaning="An invocation took longer than declared.",
        first_steps=(
            "Compare the amount of input with earlier invocations.",
            "Look for a slow call: a database, an API, a cold start in a VPC.",
        ),
        metric="Duration",
        statistic="Maximum",
        comparison=">",
        threshold="duration.max",
        unit="Milliseconds",
    ),
    _alarm(
        key="error-rate",
        meaning="A larger part of the invocations of an hour ends with an error than declared.",
        first_steps=(
            "Group the errors in the function's log by their message, and mend the most frequent cause first.",
            "Compare the time of the first one with the last deployment.",
        ),
        metric="Errors",
        statistic="Sum",
        comparison=">",
        threshold="error_rate",
        expression="100 * m / calls",
        inputs={"calls": "Invocations"},
        period_seconds=3600,
    ),
    _alarm(
        key="utilization",
        meaning="More of the reserved concurrency is in use at once than declared: soon it is throttled.",
        first_steps=(
            "Look whether invocations take longer than usual: the same load then needs more of them at once.",
            "Reserve more, or let what calls the function send less at once.",
        ),
        metric="ConcurrentExecutions",
        statistic="Maximum",
        comparison=">",
        threshold="utilization",
        expression="100 * m / $(reserved_concurrency)",
        needs="reserved_concurrency",
        periods=3,
        datapoints=3,
    ),
    _alarm(
        key="lag",
        meaning="The function reads its stream later than declared.",
        first_steps=(
            "Look for errors: a batch that fails is tried again and holds its shard up.",
            "Compare the duration of a batch with the rate at which records come; read in parallel, or add shards.",
        ),
        metric="IteratorAge",
        statistic="Maximum",
        comparison=">",
        threshold="lag",
        unit="Milliseconds",
    ),
)
