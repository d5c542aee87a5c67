"""The emulator's internals that more than one gap calls: events, logs, metrics, role credentials.

Everything here acts in the current account and region, as the emulator's own handlers do.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ministack import app
from ministack.core.iam_evaluator import fnmatch_iam
from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch, cloudwatch_logs, eventbridge, iam, kms, sts

from pipewarden_cli.local.cloudwatch import clock
from pipewarden_cli.local.ports import HOST

Datum = Mapping[str, Any]


def endpoint_url() -> str:
    """Where this emulator serves."""
    return f"http://{HOST}:{os.environ['GATEWAY_PORT']}"


def publish_event(source: str, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str] = ()) -> None:
    """Put an event of an AWS service on the default bus (the public API refuses ``aws.`` sources, here as on AWS)."""
    entry = {"Source": source, "DetailType": detail_type, "Detail": json.dumps(detail), "Resources": list(resources)}
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)


def put_metrics(namespace: str, data: Iterable[Datum]) -> None:
    """Record data as PutMetricData takes and does it, so that alarms see them, by the time of the alarms."""
    batch = [{**datum, "Timestamp": datum.get("Timestamp", time.time()) + clock.ahead()} for datum in data]
    if batch:
        cloudwatch._put_metric_data({}, {"Namespace": namespace, "MetricData": batch}, False, True)


def datum(name: str, value: float, dimensions: Mapping[str, str], unit: str = "Count") -> dict[str, Any]:
    """One value of a metric, as PutMetricData takes it."""
    pairs = [{"Name": key, "Value": text} for key, text in dimensions.items()]
    return {"MetricName": name, "Value": value, "Unit": unit, "Dimensions": pairs}


def put_log_lines(group: str, stream: str, lines: Iterable[str]) -> None:
    """Append lines to a log stream, creating group and stream as AWS services do."""
    if group not in cloudwatch_logs._log_groups:
        cloudwatch_logs._create_log_group({"logGroupName": group})
    if stream not in cloudwatch_logs._log_groups[group]["streams"]:
        cloudwatch_logs._create_log_stream({"logGroupName": group, "logStreamName": stream})
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": line} for line in lines]
    cloudwatch_logs._put_log_events({"logGroupName": group, "logStreamName": stream, "logEvents": events})


def key_arn(reference: str) -> str:
    """The ARN of a key given by id, alias or ARN; the reference itself when there is no such key."""
    key = kms._resolve_key(reference)
    return str(key["Arn"]) if key else reference


def role_name(role: str) -> str:
    """The name of a role given by name or ARN (a path is no part of it)."""
    return role.rsplit("/", 1)[-1]


def trusts_service(role: str, service: str) -> bool:
    """Whether the role exists and lets ``service`` (``glue.amazonaws.com``) assume it; always true without IAM."""
    if not app.AUTH:
        return True
    found = iam._roles.get(role_name(role))
    if found is None:
        return False
    document = found.get("AssumeRolePolicyDocument") or "{}"
    policy = json.loads(document) if isinstance(document, str) else document
    return any(_lets_assume(statement, service) for statement in _list(policy.get("Statement")))


def role_credentials(role: str, session_name: str) -> dict[str, str]:
    """AWS_* variables of a new session of the role; of the account's root when IAM is not enforced."""
    if not app.AUTH:
        return {"AWS_ACCESS_KEY_ID": get_account_id(), "AWS_SECRET_ACCESS_KEY": "test"}
    name = role_name(role)
    access_key = f"ASIA{secrets.token_hex(8).upper()}"
    secret_key, token = secrets.token_hex(20), hashlib.sha256(access_key.encode()).hexdigest()
    sts.register_session(
        access_key,
        {
            "Arn": f"arn:aws:sts::{get_account_id()}:assumed-role/{name}/{session_name}",
            "UserId": f"{name}:{session_name}",
            "SecretAccessKey": secret_key,
            "SessionToken": token,
        },
    )
    return {"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key, "AWS_SESSION_TOKEN": token}


def client_as(credentials: Mapping[str, str], service: str) -> Any:
    """A boto3 client that calls this emulator over HTTP with the given AWS_* credentials, so that IAM applies."""
    import boto3  # the emulator starts in 0.2 s because nothing imports boto3 before it is needed
    from botocore.config import Config

    return boto3.session.Session().client(
        service,  # type: ignore[call-overload]  # the service's name is not a literal here
        region_name=get_region(),
        endpoint_url=endpoint_url(),
        aws_access_key_id=credentials["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=credentials["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=credentials.get("AWS_SESSION_TOKEN"),
        config=Config(s3={"addressing_style": "path"}, proxies={}, retries={"total_max_attempts": 1}),
    )


def _lets_assume(statement: Mapping[str, Any], service: str) -> bool:
    principal = statement.get("Principal")
    services = _list(principal.get("Service")) if isinstance(principal, Mapping) else _list(principal)
    actions = [str(action) for action in _list(statement.get("Action"))]
    return (
        statement.get("Effect") == "Allow"
        and any(name in (service, "*") for name in services)
        and any(fnmatch_iam("sts:AssumeRole", action) for action in actions)
    )


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
