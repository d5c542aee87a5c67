"""Whether an AWS service may deliver to a queue, topic or function, and what happens to what it may not deliver.

The resource's policy must admit the service, and where the resource is encrypted with a key of the customer's, the
key's policy must admit it as well. The keys that AWS manages (alias/aws/sqs, alias/aws/sns) admit no service.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ministack import app
from ministack.core.concurrency import esm_wake
from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy
from ministack.core.responses import get_account_id, get_region
from ministack.services import kms, lambda_svc, sns, sqs

AWS_MANAGED = "alias/aws/"
KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")


@dataclass(frozen=True)
class Refusal:
    """Why a delivery failed, with the error code that EventBridge gives to a dead-letter queue."""

    code: str
    message: str


def refusal(target_arn: str, service: str, source_arn: str) -> Refusal | None:
    """Why ``service`` (``events.amazonaws.com``) may not deliver for ``source_arn``; None when it may."""
    kind = target_arn.split(":")[2] if target_arn.count(":") >= 5 else ""
    check = {"sqs": _queue_refusal, "sns": _topic_refusal, "lambda": _function_refusal}.get(kind)
    return None if check is None else check(target_arn, service, source_arn)


def put_message(queue_arn: str, body: str, attributes: Mapping[str, str]) -> None:
    """Send a message on behalf of an AWS service, with text attributes."""
    queue = sqs._queue_by_arn(queue_arn)
    typed = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    sqs._act_send_message({"MessageBody": body, "MessageAttributes": typed}, sqs._queue_url(queue["name"]))
    esm_wake.set()


def key_admits(key_reference: str | None, service: str, source_arn: str) -> bool:
    """Whether the key of an encrypted queue or topic lets the service use it; true without a key or without IAM."""
    if not key_reference or not app.AUTH:
        return True
    if AWS_MANAGED in key_reference:
        return False
    key = kms._resolve_key(key_reference)
    if not key:
        return False
    return all(_allows(key.get("Policy"), action, service, source_arn, key.get("Arn", "*")) for action in KEY_ACTIONS)


def checking_queue_key(inner: Callable[..., bool]) -> Callable[..., bool]:
    """Extend the emulator's check of a queue's policy by the one of its key."""

    def allows(queue_arn: str, service: str, source_arn: str, source_account: str) -> bool:
        queue = sqs._queue_by_arn(queue_arn) or {"attributes": {}}
        key = queue["attributes"].get("KmsMasterKeyId")
        return inner(queue_arn, service, source_arn, source_account) and key_admits(key, service, source_arn)

    return allows


def checking_topic_key(inner: Callable[..., bool]) -> Callable[..., bool]:
    """Extend the emulator's check of a topic's policy by the one of its key."""

    def allows(topic_arn: str, service: str, source_arn: str, source_account: str) -> bool:
        topic = sns._topic_by_arn_any_scope(topic_arn) or {"attributes": {}}
        key = topic["attributes"].get("KmsMasterKeyId")
        return inner(topic_arn, service, source_arn, source_account) and key_admits(key, service, source_arn)

    return allows


def _queue_refusal(arn: str, service: str, source_arn: str) -> Refusal | None:
    if sqs._queue_by_arn(arn) is None:
        return Refusal("NO_RESOURCE", f"The specified queue does not exist: {arn}")
    if not sqs.queue_policy_allows(arn, service, source_arn, get_account_id()):
        return Refusal("NO_PERMISSIONS", f"The policy or key of {arn} does not admit {service}")
    return None


def _topic_refusal(arn: str, service: str, source_arn: str) -> Refusal | None:
    topic = sns._topic_by_arn_any_scope(arn)
    if topic is None:
        return Refusal("NO_RESOURCE", f"Topic does not exist: {arn}")
    key = topic["attributes"].get("KmsMasterKeyId")
    # Not topic_policy_allows: the default policy admits what acts for the owner, and EventBridge does not.
    policy = topic["attributes"].get("Policy")
    admitted = _allows(policy, "sns:Publish", service, source_arn, arn) and key_admits(key, service, source_arn)
    return None if admitted else Refusal("NO_PERMISSIONS", f"The policy or key of {arn} does not admit {service}")


def _function_refusal(arn: str, service: str, source_arn: str) -> Refusal | None:
    name = arn.split(":function:", 1)[-1].split(":")[0]
    if name not in lambda_svc._functions:
        return Refusal("NO_RESOURCE", f"Function not found: {arn}")
    policy = lambda_svc._functions[name].get("policy")
    if _allows(policy, "lambda:InvokeFunction", service, source_arn, arn):
        return None
    return Refusal("NO_PERMISSIONS", f"The policy of {arn} does not let {service} invoke it for {source_arn}")


def _allows(policy: Any, action: str, service: str, source_arn: str, resource_arn: str) -> bool:
    if not app.AUTH:
        return True
    document = json.loads(policy or "{}") if isinstance(policy, str) else policy
    account = get_account_id()
    context = EvalContext(
        principal_arn="*",
        principal_type="Service",
        principal_account="",
        action=action,
        resource_arn=resource_arn,
        region=get_region(),
        service_context={"aws:sourcearn": source_arn, "aws:sourceaccount": account},
    )
    return bool(evaluate_resource_policy(document, context, service=service).decision == "Allow")
