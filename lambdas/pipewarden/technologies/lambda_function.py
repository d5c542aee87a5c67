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
from typing import Any

from pipewarden import function_load, request_alarms
from pipewarden.alarm_rule import AlarmRule, Requests
from pipewarden.dead_letter_watch import (
    DEAD_LETTER_ALARM,
    DEAD_LETTER_GRANTS,
    DEAD_LETTER_WIDGET,
    dead_letter_field,
)
from pipewarden.error_pattern import ErrorPattern
from pipewarden.run import Run
from pipewarden.signal import Signal, SignalKind
from pipewarden.target import Target
from pipewarden.technology import Clients, EventRule, Grant, Redelivery, Retry, Technology, Widget

TYPE = "lambda"
ARN = "arn:$(partition):lambda:$(region):$(account):function:$(function)"
METRICS = "https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html"
DIMENSIONS = {"FunctionName": "$(function)"}
BACK_SECONDS = 420.0
"""Lambda waits one minute before its first retry of an asynchronous event and two before the second (Lambda guide,
"Asynchronous invocation"); what fails again is in the dead-letter queue some minutes after it was given again."""
HOLDS = {
    "enum": ["event", "record", "notification"],
    "default": "event",
    "description": "What lies in the queue: the `event` itself (the function's own dead-letter queue, that of an "
    "EventBridge target or of a schedule), the `record` of its on-failure destination, or the `notification` of an SNS "
    "subscription.",
}


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


def read_dead_letter(body: str, holds: str) -> str:
    """The event that the function gets again, as JSON. Raises ValueError when the body is not of the declared form.

    Forms: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html (event, record),
    https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html (what a function gets of a notification).
    """
    try:
        found = json.loads(body)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if holds == "event":
        return body
    key = "requestPayload" if holds == "record" else "TopicArn"
    if not isinstance(found, Mapping) or key not in found:
        raise ValueError(f"no {holds}: it has no {key}")
    return json.dumps(found[key] if holds == "record" else {"Records": [_sns_record(found)]})


def _sns_record(notification: Mapping[str, Any]) -> dict[str, Any]:
    renamed = {"SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl"}
    _, _, subscription = str(notification.get("UnsubscribeURL", "")).partition("SubscriptionArn=")
    sns = {renamed.get(key, key): value for key, value in notification.items()}
    sns = {"Subject": None, "MessageAttributes": {}, **sns}
    return {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription, "Sns": sns}


def invoke_again(clients: Clients, target: Target, payload: str) -> None:
    """Give the event to Lambda's own queue of asynchronous events, which has it safely when the call returns."""
    clients("lambda").invoke(
        FunctionName=target.fields["function"],
        Qualifier=target.fields.get("qualifier", "$LATEST"),
        InvocationType="Event",
        Payload=payload.encode(),
    )


def _explain(record: Mapping[str, Any]) -> tuple[str, str]:
    """Name and message of the error. Without a response (throttled, too old) the condition is all there is."""
    response = record.get("responsePayload")
    if isinstance(response, Mapping) and response.get("errorMessage"):
        return str(response.get("errorType", "")), str(response["errorMessage"])
    context = record.get("responseContext") or {}
    return str(context.get("functionError", "")), str(record["requestContext"].get("condition", ""))


INVOKE_ERRORS = "https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors"
ERRORS = (
    ErrorPattern(
        r"task timed out after|sandbox\.timedout",
        "unknown",
        "The function ran into its timeout. If it happens again, look for the slow call before raising the limit.",
        id="lambda-timeout",
        ground="message",
        source=INVOKE_ERRORS,
    ),
    ErrorPattern(
        "eventageexceeded|toomanyrequestsexception|ec2throttledexception|enilimitreached|resourcenotready"
        "|resourceconflictexception",
        "transient",
        "Lambda had no room to run it. Look at the function's reserved concurrency and at the account's limit.",
        id="lambda-no-room",
        ground="name",
        source=INVOKE_ERRORS,
    ),
    ErrorPattern(
        r"runtime\.exiterror.{0,200}(signal: killed|out of memory)|signal: killed"
        r"|memory size.{0,60}max memory used|runtime\.outofmemory",
        "resource",
        "Give the function more memory; the same size will fail again.",
        id="lambda-memory",
        ground="message",
        source=INVOKE_ERRORS,
    ),
    ErrorPattern(
        r"runtime\.(importmoduleerror|handlernotfound|usercodesyntaxerror|invalidentrypoint"
        "|malformedhandlername)",
        "deterministic",
        "The package does not fit its handler or runtime. Deploy a corrected package.",
        id="lambda-package",
        ground="name",
        source=INVOKE_ERRORS,
    ),
    ErrorPattern(
        "invalidrequestcontent|requesttoolarge|recursiveinvocationexception|kms(disabled|accessdenied|notfound)",
        "deterministic",
        "Lambda refuses this invocation as it is. Correct the payload or the function's settings.",
        id="lambda-refused",
        ground="name",
        source=INVOKE_ERRORS,
    ),
)

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
        **function_load.FIELDS,
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
        **function_load.EXPECTATIONS,
    },
    requests=Requests(
        namespace="AWS/Lambda", dimensions=DIMENSIONS, total=("Invocations", "Sum"), bad=("Errors", "Sum")
    ),
    alarms=(
        AlarmRule(
            key="errors",
            meaning="An invocation ended with an error.",
            first_steps=(
                "Read the last error in the function's log group.",
                "Look whether Lambda's own retries of the event succeeded since.",
            ),
            namespace="AWS/Lambda",
            metric="Errors",
            dimensions=DIMENSIONS,
            statistic="Sum",
            comparison=">=",
            threshold=1,
            source=METRICS,
            role="run",
        ),
        AlarmRule(
            key="throttles",
            meaning="Invocations were refused for lack of concurrency.",
            first_steps=(
                "Compare ConcurrentExecutions with the function's reserved concurrency and the account's limit.",
                "Find the caller whose traffic grew.",
            ),
            namespace="AWS/Lambda",
            metric="Throttles",
            dimensions=DIMENSIONS,
            statistic="Sum",
            comparison=">=",
            threshold=1,
            source=METRICS,
        ),
        AlarmRule(
            key="duration",
            meaning="An invocation took longer than declared.",
            first_steps=(
                "Compare the amount of input with earlier invocations.",
                "Look for a slow call: a database, an API, a cold start in a VPC.",
            ),
            namespace="AWS/Lambda",
            metric="Duration",
            dimensions=DIMENSIONS,
            statistic="Maximum",
            comparison=">",
            threshold="duration.max",
            source=METRICS,
            unit="Milliseconds",
        ),
        *function_load.ALARMS,
        DEAD_LETTER_ALARM,
        *request_alarms.ALARMS,
    ),
    widgets=(
        Widget(
            title="$(resource): invocations",
            metrics=(
                ("AWS/Lambda", "Invocations", DIMENSIONS, "Sum", "invocations"),
                ("AWS/Lambda", "Errors", DIMENSIONS, "Sum", "errors"),
                ("AWS/Lambda", "Throttles", DIMENSIONS, "Sum", "throttles"),
            ),
            unit="Count",
        ),
        Widget(
            title="$(resource): duration",
            metrics=(
                ("AWS/Lambda", "Duration", DIMENSIONS, "Maximum", "longest"),
                ("AWS/Lambda", "Duration", DIMENSIONS, "p90", "p90"),
                ("AWS/Lambda", "Duration", DIMENSIONS, "p50", "median"),
            ),
            unit="Milliseconds",
        ),
        DEAD_LETTER_WIDGET,
    ),
    diagnostics=(
        Widget(
            title="$(resource): executions at the same time",
            metrics=(("AWS/Lambda", "ConcurrentExecutions", DIMENSIONS, "Maximum", "at once"),),
            unit="Count",
        ),
        Widget(
            title="$(resource): asynchronous events received and lost",
            metrics=tuple(
                ("AWS/Lambda", metric, DIMENSIONS, "Sum", label)
                for metric, label in (
                    ("AsyncEventsReceived", "received"),
                    ("AsyncEventsDropped", "dropped"),
                    ("DestinationDeliveryFailures", "failed"),
                )
            ),
            unit="Count",
        ),
        Widget(
            title="$(resource): age of asynchronous events",
            metrics=(("AWS/Lambda", "AsyncEventAge", DIMENSIONS, "Maximum", "longest"),),
            unit="Milliseconds",
        ),
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
    retry=Retry(calls=("lambda:InvokeFunction",), idempotent=False, start=start_again, find=find_retry),
    redelivery=Redelivery(
        calls=("lambda:InvokeFunction",), read=read_dead_letter, deliver=invoke_again, back_seconds=BACK_SECONDS
    ),
)
