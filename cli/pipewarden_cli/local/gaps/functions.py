"""Lambda: asynchronous invocations to their end, and event source mappings that need their role's grants."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack import app
from ministack.core.iam_evaluator import enforce
from ministack.core.responses import get_region
from ministack.services import lambda_svc, sns

from pipewarden_cli.local import delivery, emulator, function_async

NAME = "Lambda"
IMITATED = (
    "Functions run in a process of the emulator's own Python, whatever their Runtime and Architectures say, with their "
    "role's credentials; memory, ephemeral storage, VPC and X-Ray daemon are not imitated. Layers and the packages "
    "installed beside the emulator can be imported.",
    "Asynchronous invocations (also from rules and topics) are retried after 1, 2, 4 ... seconds instead of minutes; "
    "destinations get the documented record with the real number of attempts, dead-letter queues the event with its "
    "attributes, both written as the function's role.",
    "A queue is read for a function only while the function's role may receive and delete its messages (and decrypt "
    "them); that is looked at again every second.",
    "A function URL is reached at http://127.0.0.1:PORT/_aws/lambda-url/ID/ (LocalAws.function_url gives it).",
)

RAISED = re.compile(r"(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)(?::|$)")
"""The line of a traceback that names the exception, with its class."""
GRANTS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
ASK_AGAIN_SECONDS = 1.0

_may_read: dict[str, tuple[bool, float]] = {}


def fill() -> None:
    """Replace the asynchronous path and hold event source mappings to their role."""
    lambda_svc.invoke_async_with_retry = function_async.invoke
    lambda_svc._execute_function_warm = _naming_the_exception(lambda_svc._execute_function_warm)
    lambda_svc._sqs_esm_concurrency = _while_permitted(lambda_svc._sqs_esm_concurrency)
    sns._deliver_to_lambda = _notify


def _naming_the_exception(inner: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Answer a handler's exception as the Python runtime does: its class as the type, and where it was raised."""

    def execute(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        result = inner(func, event, request_id)
        body = result.get("body")
        if isinstance(body, dict) and body.get("errorType") == "Runtime.HandlerError":
            _head, _, trace = str(result.get("log", "")).rpartition("Traceback (most recent call last):\n")
            lines = trace.rstrip().splitlines()
            raised = next((RAISED.match(line) for line in lines if not line.startswith(" ")), None)
            if raised:
                places = [line for line in lines if line.startswith("  ")]
                result["body"] = {**body, "errorType": raised[1], "requestId": request_id, "stackTrace": places}
        return result

    return execute


def invoke_by_arn(arn: str, payload: str) -> None:
    """Invoke a function asynchronously with a JSON payload; a function that is gone is passed over."""
    function, config, _ = lambda_svc._get_func_record_for_ref(arn)
    if function and config:
        function_async.invoke(lambda_svc._execution_record_for_config(function, config), json.loads(payload))


def _notify(
    endpoint: str, envelope: str, topic: str, subscription: str, _message_id: str, _message: str, _attributes: Any
) -> None:
    if delivery.refusal(endpoint, "sns.amazonaws.com", topic) is not None:
        return
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": subscription,
        "Sns": json.loads(envelope),
    }
    invoke_by_arn(endpoint, json.dumps({"Records": [record]}))


def _while_permitted(inner: Callable[..., int]) -> Callable[..., int]:
    def concurrency(mapping: Mapping[str, Any], function: Any, config: Mapping[str, Any], queue: Any) -> int:
        allowed = _is_permitted(mapping["UUID"], config, queue["attributes"])
        return inner(mapping, function, config, queue) if allowed else 0

    return concurrency


def _is_permitted(mapping_id: str, config: Mapping[str, Any], queue: Mapping[str, Any]) -> bool:
    if not app.AUTH:
        return True
    known, asked_at = _may_read.get(mapping_id, (False, 0.0))
    if time.monotonic() - asked_at < ASK_AGAIN_SECONDS:
        return known
    key = emulator.role_credentials(config["Role"], "lambda-event-source")["AWS_ACCESS_KEY_ID"]
    needed = [("sqs", action, queue["QueueArn"]) for action in GRANTS]
    encrypting = queue.get("KmsMasterKeyId")
    if encrypting and "alias/aws/" not in encrypting:
        needed.append(("kms", "kms:Decrypt", emulator.key_arn(encrypting)))
    via = {"kms:viaservice": f"sqs.{get_region()}.amazonaws.com"}
    allowed = all(
        enforce(key, action, service, get_region(), resource_arn=arn, service_context=via) is None
        for service, action, arn in needed
    )
    _may_read[mapping_id] = (allowed, time.monotonic())
    return allowed
