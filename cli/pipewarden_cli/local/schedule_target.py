"""Calls the target of a schedule as the schedule's role, with retries and a dead-letter queue."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from botocore import xform_name
from botocore.exceptions import BotoCoreError, ClientError
from ministack.core.responses import get_account_id, get_region, new_uuid

from pipewarden_cli.local import emulator

SERVICE = "scheduler.amazonaws.com"
UNIVERSAL = "arn:aws:scheduler:::aws-sdk:"
DEFAULT_ATTEMPTS = 185
DEFAULT_AGE_SECONDS = 86_400
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
# Everything else that a client is told with 4xx stays wrong however often it is tried.
THROTTLED = ("Throttling", "ThrottlingException", "TooManyRequestsException", "RequestThrottled", "SlowDown")

_logger = logging.getLogger("pipewarden.local")


def fire(schedule: Mapping[str, Any], scheduled_at: float) -> None:
    """Call the target until it takes the call, the policy is used up, or trying again is pointless."""
    target, execution_id = schedule["Target"], new_uuid()
    policy = target.get("RetryPolicy") or {}
    attempts = int(policy.get("MaximumRetryAttempts", DEFAULT_ATTEMPTS))
    deadline = time.time() + int(policy.get("MaximumEventAgeInSeconds", DEFAULT_AGE_SECONDS))
    payload = _payload(schedule, scheduled_at, execution_id)
    for attempt in range(attempts + 1):
        _count(schedule, "InvocationAttemptCount")
        try:
            call(target["Arn"], target["RoleArn"], payload, target)
            return
        except (ClientError, BotoCoreError, ValueError, AttributeError) as problem:
            _count(schedule, "TargetErrorCount")
            code, is_worth_retrying = _judge(problem)
            message = str(problem)
            _logger.warning("schedule %s: %s", schedule["Name"], problem)
        pause = min(FIRST_PAUSE_SECONDS * 2**attempt, LONGEST_PAUSE_SECONDS)
        if not is_worth_retrying or attempt == attempts or time.time() + pause > deadline:
            _bury(schedule, payload, code, message, attempt, scheduled_at, execution_id)
            return
        time.sleep(pause)


def call(arn: str, role: str, payload: str, target: Mapping[str, Any]) -> None:
    """Do with the role's credentials what the target's ARN says. Raises what the service answers."""
    if not emulator.trusts_service(role, SERVICE):
        raise ValueError(f"The execution role {role} must allow {SERVICE} to assume it")
    credentials = emulator.role_credentials(role, "EventBridgeScheduler")
    if arn.startswith(UNIVERSAL):
        service, operation = arn.removeprefix(UNIVERSAL).split(":")
        client = emulator.client_as(credentials, {"sfn": "stepfunctions"}.get(service, service))
        _call_universal(client, operation, json.loads(payload or "{}"))
        return
    kind = arn.split(":")[2]
    client = emulator.client_as(credentials, {"states": "stepfunctions"}.get(kind, kind))
    if kind == "sqs":
        parameters = target.get("SqsParameters") or {}
        url = f"{emulator.endpoint_url()}/{arn.split(':')[4]}/{arn.split(':')[5]}"
        client.send_message(QueueUrl=url, MessageBody=payload, **parameters)
    elif kind == "lambda":
        client.invoke(FunctionName=arn, InvocationType="Event", Payload=payload)
    elif kind == "sns":
        client.publish(TopicArn=arn, Message=payload)
    elif kind == "states":
        client.start_execution(stateMachineArn=arn, input=payload)
    elif kind == "events":
        given = target.get("EventBridgeParameters") or {}
        entry = {"EventBusName": arn, "Source": given.get("Source"), "DetailType": given.get("DetailType")}
        client.put_events(Entries=[{**entry, "Detail": payload}])
    else:
        raise ValueError(f"Schedules cannot reach targets of {kind} here")


def _call_universal(client: Any, operation: str, parameters: Mapping[str, Any]) -> None:
    # The operation is spelt startJobRun here; boto3 has a table from StartJobRun to start_job_run.
    wanted = operation[0].upper() + operation[1:]
    shapes = client.meta.service_model.operation_model(wanted).input_shape
    known = {name.lower(): name for name in (shapes.members if shapes else {})}
    given = {known.get(name.lower(), name): value for name, value in parameters.items()}
    getattr(client, xform_name(wanted))(**given)


def _payload(schedule: Mapping[str, Any], scheduled_at: float, execution_id: str) -> str:
    at = datetime.fromtimestamp(scheduled_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = schedule["Target"].get("Input")
    if text is None:
        # What a templated target without an input receives.
        default = {
            "version": "0",
            "id": execution_id,
            "detail-type": "Scheduled Event",
            "source": "aws.scheduler",
            "account": get_account_id(),
            "time": at,
            "region": get_region(),
            "resources": [schedule["Arn"]],
            "detail": "{}",
        }
        return json.dumps(default)
    attributes = {"schedule-arn": schedule["Arn"], "scheduled-time": at, "execution-id": execution_id}
    for name, value in {**attributes, "attempt-number": "1"}.items():
        text = text.replace(f"<aws.scheduler.{name}>", value)
    return str(text)


def _judge(problem: Exception) -> tuple[str, bool]:
    if not isinstance(problem, ClientError):
        return type(problem).__name__, isinstance(problem, BotoCoreError)
    code = problem.response["Error"]["Code"]
    status = problem.response["ResponseMetadata"].get("HTTPStatusCode", 500)
    return code, code in THROTTLED or status >= 500


def _bury(
    schedule: Mapping[str, Any],
    payload: str,
    code: str,
    message: str,
    retries: int,
    scheduled_at: float,
    execution_id: str,
) -> None:
    target = schedule["Target"]
    queue_arn = (target.get("DeadLetterConfig") or {}).get("Arn")
    if not queue_arn:
        return
    attributes = {
        "ERROR_CODE": code,
        "ERROR_MESSAGE": message,
        "EXECUTION_ID": execution_id,
        "RETRY_ATTEMPTS": str(retries),
        "SCHEDULED_TIME": datetime.fromtimestamp(scheduled_at, UTC).isoformat(),
        "SCHEDULE_ARN": schedule["Arn"],
        "TARGET_ARN": target["Arn"],
    }
    typed = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    credentials = emulator.role_credentials(target["RoleArn"], "EventBridgeScheduler")
    url = f"{emulator.endpoint_url()}/{queue_arn.split(':')[4]}/{queue_arn.split(':')[5]}"
    try:
        emulator.client_as(credentials, "sqs").send_message(QueueUrl=url, MessageBody=payload, MessageAttributes=typed)
        _count(schedule, "InvocationsSentToDeadLetterCount")
    except (ClientError, BotoCoreError) as problem:
        _count(schedule, "InvocationsFailedToBeSentToDeadLetterCount")
        _logger.warning("schedule %s: the dead-letter queue: %s", schedule["Name"], problem)


def _count(schedule: Mapping[str, Any], metric: str) -> None:
    """One more, by schedule group (Scheduler guide, "Monitoring with CloudWatch")."""
    dimensions = {"ScheduleGroup": schedule.get("GroupName") or "default"}
    emulator.put_metrics("AWS/Scheduler", [emulator.datum(metric, 1, dimensions)])
