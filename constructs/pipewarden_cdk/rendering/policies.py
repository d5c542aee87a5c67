"""Policies: what roles may do, and who may use a topic, a queue, a bucket or the key."""

from collections.abc import Iterable, Mapping
from typing import Any

from pipewarden_cdk.rendering.fragment import attribute
from pipewarden_plan.grant_plan import as_iam
from pipewarden_plan.planned_function import KEY, StatementPlan

VERSION = "2012-10-17"
KEY_ID = "Key"

Statement = dict[str, Any]


def document(statements: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {"Version": VERSION, "Statement": [dict(statement) for statement in statements]}


def role_document(statements: Iterable[StatementPlan], *, has_key: bool) -> dict[str, Any]:
    """The planned statements with the key's ARN in place; those about the key are left out where there is none."""
    rendered = []
    for statement in statements:
        if KEY not in statement.resources:
            rendered.append(as_iam(statement))
        elif has_key:
            rendered.append({**as_iam(statement), "Resource": attribute(KEY_ID, "Arn")})
    return document(rendered)


def only_with_tls(action: str, resource: Any) -> Statement:
    return {
        "Sid": "OnlyWithTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": resource,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def service(
    sid: str, principal: str, actions: Any, resource: Any, condition: Mapping[str, Any] | None = None
) -> Statement:
    statement = {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": actions,
        "Resource": resource,
    }
    return {**statement, "Condition": dict(condition)} if condition else statement


def trust(principal: str, condition: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Who may take a role."""
    statement: Statement = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"}
    return document([{**statement, "Condition": dict(condition)} if condition else statement])
