"""AWS Lambda functions.

Lambda keeps no list of invocations and sends no event of its own; its metrics count attempts. Single invocations are
known only where the function's asynchronous destinations (on failure, on success) are the default event bus, and then
the record carries the payload, so the invocation can be repeated. Hence `runs` is False: `duration` is judged on
Lambda's own metric, and expectations that need a list of runs (`success_rate`, `finished_by`, `duration.ratio`) do not
apply.

Facts: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html (records),
https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html (metrics).
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pipewarden import function_alarms, request_alarms
from pipewarden.alarm_rule import Requests
from pipewarden.dead_letter_watch import (
    DEAD_LETTER_ALARM,
    DEAD_LETTER_GRANTS,
    DEAD_LETTER_WIDGET,
    dead_letter_field,
)
from pipewarden.function_dead_letter import BACK_SECONDS, HOLDS, invoke_again, read_dead_letter
from pipewarden.function_errors import ERRORS
from pipewarden.graph import graph
from pipewarden.run import Run
from pipewarden.signal import Signal, SignalKind
from pipewarden.target import Target
from pipewarden.technology import Clients, EventRule, Grant, Redelivery, Retry, Technology

TYPE = "lambda"
TRIES = 3
"""Of an asynchronous invocation, unless its function is configured to fewer (MaximumRetryAttempts)."""
ARN = "arn:$(partition):lambda:$(region):$(account):function:$(function)"
METRICS = "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"
DIMENSIONS = {"FunctionName": "$(function)"}
_graph = partial(graph, "AWS/Lambda", DIMENSIONS)


def read_event(event: Mapping[str, Any]) -> Signal | None:
    record = event["detail"]
    context = record["requestContext"]
    failed = event["detail-type"].endswith("Failure")
    return Signal(
        kind=SignalKind.RUN_FAILED if failed else SignalKind.RUN_SUCCEEDED,
        time=datetime.fromisoformat(record.get("timestamp") or event["time"]).astimezone(UTC),
        technology=TYPE,
        identity=context["functionArn"],
        run_id=context["requestId"],
        state=context.get("condition", ""),
        error=": ".join(part for part in _explain(record) if part) if failed else "",
        detail={"requestPayload": record.get("requestPayload"), "error": list(_explain(record))} if failed else {},
    )


def describe_run(_clients: Clients, target: Target, signal: Signal) -> Run:
    """What the event told: Lambda cannot be asked about an invocation that is over."""
    name, message = signal.detail.get("error", ["", signal.error])
    known = "requestPayload" in signal.detail
    return Run(
        run_id=signal.run_id,
        state="failed" if signal.kind == SignalKind.RUN_FAILED else "succeeded",
        word=signal.state,
        ended=signal.time,
        error_name=name,
        error=message,
        log_group=f"/aws/lambda/{target.fields['function']}",
        input={"requestPayload": signal.detail["requestPayload"]} if known else {},
    )


def start_again(clients: Clients, target: Target, failed: Run, _token: str) -> Run:
    """Invoke the function with the payload of the failed invocation, in the same asynchronous way."""
    if "requestPayload" not in failed.input:
        raise ValueError("the payload of the failed invocation is not known, so it cannot be repeated")
    answer = clients("lambda").invoke(
        FunctionName=target.fields["function"],
        Qualifier=target.fields.get("qualifier", "$LATEST"),
        InvocationType="Event",
        Payload=json.dumps(failed.input["requestPayload"]).encode(),
    )
    # The request id of an asynchronous Invoke is the id under which the invocation logs and reports itself.
    return Run(run_id=answer["ResponseMetadata"]["RequestId"], state="running", retry_of=failed.run_id)


def find_retry(_clients: Clients, _target: Target, _failed: Run, _since: datetime) -> Run | None:
    """None: Lambda keeps no list to look into. A crash between Invoke and our own record of it (milliseconds) can thus
    lead to a second invocation; consumers of asynchronous invocations must be idempotent in any case, because Lambda
    itself may deliver one twice."""
    return None


def _explain(record: Mapping[str, Any]) -> tuple[str, str]:
    """Name and message of the error. Without a response (throttled, too old) the condition is all there is."""
    response = record.get("responsePayload")
    if isinstance(response, Mapping) and response.get("errorMessage"):
        return str(response.get("errorType", "")), str(response["errorMessage"])
    context = record.get("responseContext") or {}
    return str(context.get("functionError", "")), str(record["requestContext"].get("condition", ""))


TECHNOLOGY = Technology(
    type=TYPE,
    title="AWS Lambda function",
    summary="A function, by its metrics; and by its invocations, where its asynchronous destinations are the default "
    "event bus. A failed invocation is repeated with its payload.",
    example={
        "type": TYPE,
        "function": "crm-export-$(env)",
        "expect": {"duration": {"max": "10m"}},
        "dead_letter": {"queue": "crm-export-dlq-$(env)", "holds": "event", "drain": {"rate": "5/s", "attempts": 2}},
    },
    fields={
        "function": {"$ref": "#/$defs/name", "description": "Name of the function."},
        "qualifier": {
            "type": "string",
            "title": "an alias or a version such as live, 12 or $LATEST",
            "pattern": r"^(\$LATEST|[A-Za-z0-9_-]{1,128})$",
            "default": "$LATEST",
            "description": "Alias or version that is invoked, as destination records name it.",
        },
        **function_alarms.FIELDS,
        "dead_letter": dead_letter_field("`source` (the function is invoked again)", holds=HOLDS),
    },
    required=("function",),
    identity="function",
    arn=ARN,
    expectations={
        "duration": {
            "type": "object",
            "description": "How long a good invocation takes.",
            "additionalProperties": False,
            "required": ["max"],
            "properties": {
                "max": {"$ref": "#/$defs/duration", "description": "No invocation may take longer; under 15m."},
            },
        },
        **request_alarms.EXPECTATIONS,
        **function_alarms.EXPECTATIONS,
    },
    requests=Requests(
        namespace="AWS/Lambda", dimensions=DIMENSIONS, total=("Invocations", "Sum"), bad=("Errors", "Sum")
    ),
    alarms=(
        *function_alarms.ALARMS,
        DEAD_LETTER_ALARM,
        *request_alarms.ALARMS,
    ),
    widgets=(
        _graph(
            "invocations",
            "Count",
            ("Invocations", "Sum", "invocations"),
            ("Errors", "Sum", "errors"),
            ("Throttles", "Sum", "throttles"),
        ),
        _graph(
            "duration",
            "Milliseconds",
            ("Duration", "Maximum", "longest"),
            ("Duration", "p90", "p90"),
            ("Duration", "p50", "median"),
        ),
        DEAD_LETTER_WIDGET,
    ),
    diagnostics=(
        _graph("executions at the same time", "Count", ("ConcurrentExecutions", "Maximum", "at once")),
        _graph(
            "asynchronous events received and lost",
            "Count",
            ("AsyncEventsReceived", "Sum", "received"),
            ("AsyncEventsDropped", "Sum", "dropped"),
            ("DestinationDeliveryFailures", "Sum", "failed"),
        ),
        _graph("age of asynchronous events", "Milliseconds", ("AsyncEventAge", "Maximum", "longest")),
    ),
    events=(
        EventRule(
            kind="failed",
            source=("lambda",),
            detail_type=("Lambda Function Invocation Result - Failure",),
            detail={},
            identity_path="detail.requestContext.functionArn",
            identity=f"{ARN}:$(qualifier)",
        ),
        EventRule(
            kind="succeeded",
            source=("lambda",),
            detail_type=("Lambda Function Invocation Result - Success",),
            detail={},
            identity_path="detail.requestContext.functionArn",
            identity=f"{ARN}:$(qualifier)",
        ),
    ),
    grants=(
        Grant(purpose="retry", actions=("lambda:InvokeFunction",), resources=(ARN, f"{ARN}:*")),
        *DEAD_LETTER_GRANTS,
        Grant(
            purpose="drain",
            actions=("lambda:InvokeFunction",),
            resources=(ARN, f"{ARN}:*"),
            needs="dead_letter.drain",
        ),
    ),
    log_groups=("/aws/lambda/$(function)",),
    queries=(
        (
            "by run id",
            "fields @timestamp, @log, @message | filter @requestId = 'RUN-ID' | sort @timestamp asc | limit 1000",
        ),
        (
            "durations and memory",
            "filter @type = 'REPORT' | stats max(@duration) as longest_ms, pct(@duration, 90) as p90_ms, "
            "max(@maxMemoryUsed / @memorySize) as memory_part by bin(1h) as hour, @log | sort hour desc",
        ),
    ),
    console="https://$(region).$(console)/lambda/home?region=$(region)#/functions/$(function)?tab=monitoring",
    # `$252F` is how the console writes a slash in its log links.
    run_console="https://$(region).$(console)/cloudwatch/home?region=$(region)#logsV2:log-groups/log-group/"
    "$252Faws$252Flambda$252F$(function)/log-events$3FfilterPattern$3D$2522$(run_id)$2522",
    errors=ERRORS,
    read_event=read_event,
    describe_run=describe_run,
    retry=Retry(
        calls=("lambda:InvokeFunction",),
        idempotent=False,
        start=start_again,
        find=find_retry,
        layers=lambda _, attempts: f"Lambda itself tries each up to {TRIES} times: {TRIES * (1 + attempts)} in all",
    ),
    redelivery=Redelivery(
        calls=("lambda:InvokeFunction",), read=read_dead_letter, deliver=invoke_again, back_seconds=BACK_SECONDS
    ),
)
