"""Asynchronous Lambda invocations: retries, event age, destinations and dead-letter queues.

"Retaining records of asynchronous invocations" in the Lambda developer guide: a destination gets the whole record, a
dead-letter queue only the event. Both are written with the function's role.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.concurrency import spawn_background
from ministack.core.responses import new_uuid
from ministack.services import lambda_svc

from pipewarden_cli.local import emulator, hooks

DEFAULT_RETRIES = 2
DEFAULT_AGE_SECONDS = 21_600
THROTTLE_PAUSE_SECONDS = 1.0
ARN_PARTS = 7

Function = Mapping[str, Any]

_logger = logging.getLogger("pipewarden.local")


def invoke(function: Function, event: Any) -> None:
    """Invoke in the background and see the outcome through to its end."""
    config = function.get("config") or function
    _, _, _, region, account, *_ = config["FunctionArn"].split(":")
    with hooks.account_scope(account, region):
        spawn_background(_run, function, event, hooks.request_id.get() or new_uuid(), thread_name="lambda-async")


def _run(function: Function, event: Any, request_id: str) -> None:
    settings = function.get("event_invoke_config") or (function.get("event_invoke_configs") or {}).get("$LATEST") or {}
    retries = settings.get("MaximumRetryAttempts")
    retries = DEFAULT_RETRIES if retries is None else int(retries)
    deadline = time.time() + int(settings.get("MaximumEventAgeInSeconds") or DEFAULT_AGE_SECONDS)
    attempts, condition = 0, "RetriesExhausted"
    while True:
        result = lambda_svc._execute_function(function, event)
        if result.get("throttle"):
            # Throttling uses up no attempt; the event waits for its turn or grows too old.
            pause = THROTTLE_PAUSE_SECONDS
        else:
            attempts += 1
            if not result.get("error"):
                _deliver(function, settings, "OnSuccess", "Success", event, result, attempts, request_id)
                return
            if attempts > retries:
                break
            pause = min(
                lambda_svc._LAMBDA_ASYNC_RETRY_BASE_SECONDS * 2 ** (attempts - 1),
                lambda_svc._LAMBDA_ASYNC_RETRY_MAX_SECONDS,
            )
        if time.time() + pause > deadline:
            condition = "EventAgeExceeded"
            break
        time.sleep(pause)
    _deliver(function, settings, "OnFailure", condition, event, result, attempts, request_id)
    _bury(function, event, result)


def _deliver(
    function: Function,
    settings: Mapping[str, Any],
    kind: str,
    condition: str,
    event: Any,
    result: Mapping[str, Any],
    attempts: int,
    request_id: str,
) -> None:
    arn = ((settings.get("DestinationConfig") or {}).get(kind) or {}).get("Destination")
    if arn:
        _send(function, arn, json.dumps(_record(function, condition, event, result, attempts, request_id)), {})


def _record(
    function: Function, condition: str, event: Any, result: Mapping[str, Any], attempts: int, request_id: str
) -> dict[str, Any]:
    config = function.get("config") or function
    response: dict[str, Any] = {"statusCode": 200, "executedVersion": config.get("Version", "$LATEST")}
    if result.get("error"):
        response["functionError"] = result.get("function_error") or "Unhandled"
    qualifier = config.get("Version", "$LATEST")
    # The emulator appends the qualifier of an Invoke to the ARN.
    bare = ":".join(config["FunctionArn"].split(":")[:ARN_PARTS])
    return {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"{bare}:{qualifier}",
            "condition": condition,
            "approximateInvokeCount": attempts,
        },
        "requestPayload": event,
        "responseContext": response,
        "responsePayload": result.get("body"),
    }


def _bury(function: Function, event: Any, result: Mapping[str, Any]) -> None:
    config = function.get("config") or function
    arn = (config.get("DeadLetterConfig") or {}).get("TargetArn")
    if not arn:
        return
    body = result.get("body")
    message = body.get("errorMessage", "") if isinstance(body, Mapping) else str(body)
    attributes = {
        "RequestID": {"DataType": "String", "StringValue": new_uuid()},
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": (message or "error")[:1024]},
    }
    _send(function, arn, json.dumps(event), attributes)


def _send(function: Function, arn: str, body: str, attributes: Mapping[str, Any]) -> None:
    config = function.get("config") or function
    credentials = emulator.role_credentials(config["Role"], config["FunctionName"])
    kind, account, name = arn.split(":")[2], arn.split(":")[4], arn.split(":")[5]
    client = emulator.client_as(credentials, kind)
    dimensions = {"FunctionName": config["FunctionName"]}
    try:
        if kind == "sqs":
            url = f"{emulator.endpoint_url()}/{account}/{name}"
            client.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=attributes)
        elif kind == "sns":
            client.publish(TopicArn=arn, Message=body, MessageAttributes=attributes)
        elif kind == "lambda":
            client.invoke(FunctionName=arn, InvocationType="Event", Payload=body)
        elif kind == "events":
            failed = "functionError" in json.loads(body).get("responseContext", {})
            detail_type = f"Lambda Function Invocation Result - {'Failure' if failed else 'Success'}"
            entry = {"EventBusName": arn, "Source": "lambda", "DetailType": detail_type, "Detail": body}
            client.put_events(Entries=[entry])
    except (ClientError, BotoCoreError) as problem:
        _logger.warning("function %s cannot reach %s: %s", config["FunctionName"], arn, problem)
        metric = "DeadLetterErrors" if attributes else "DestinationDeliveryFailures"
        emulator.put_metrics("AWS/Lambda", [emulator.datum(metric, 1, dimensions)])
