"""Grants on the customer's key that a caller needs to use what the key encrypts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.core.responses import get_region
from ministack.services import dynamodb, s3, secretsmanager, sns, sqs

from pipewarden_cli.local import authorization, emulator
from pipewarden_cli.local.authorization import Call, Grant

NAME = "KMS"
IMITATED = (
    "Queues, topics, secrets, buckets and tables with a customer's key ask their caller for kms:GenerateDataKey and "
    "kms:Decrypt on it, as the key's policy and the caller's role say; nothing is really encrypted by it. "
    "The keys that AWS manages ask nobody of the account.",
)

WRITING, READING = ("kms:GenerateDataKey", "kms:Decrypt"), ("kms:Decrypt",)
AWS_MANAGED = "alias/aws/"
S3_ALGORITHM, S3_KEY = "x-amz-server-side-encryption", "x-amz-server-side-encryption-aws-kms-key-id"

OPERATIONS: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("sqs", ("SendMessage", "SendMessageBatch"), WRITING),
    ("sqs", ("ReceiveMessage",), READING),
    ("sns", ("Publish", "PublishBatch"), WRITING),
    ("secretsmanager", ("GetSecretValue",), READING),
    ("secretsmanager", ("PutSecretValue", "UpdateSecret"), WRITING),
    ("s3", ("PutObject",), ("kms:GenerateDataKey",)),
    ("s3", ("GetObject",), READING),
    ("dynamodb", ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan"), READING),
    ("dynamodb", ("BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems"), READING),
)


def fill() -> None:
    """Register the grants; they are checked by the launcher's authorization."""
    for service, operations, actions in OPERATIONS:
        for operation in operations:
            authorization.also_needs(service, operation, _needing(actions))
    s3._resolve_sse_write_headers = _with_managed_key(s3._resolve_sse_write_headers)


def _with_managed_key(inner: Callable[..., Any]) -> Callable[..., Any]:
    """`aws:kms` without a key means the key that AWS manages for S3; the CDK CLI uploads assets so."""

    def resolve(headers: dict[str, str], bucket_name: str) -> Any:
        named = headers.get(S3_ALGORITHM) != "aws:kms" or headers.get(S3_KEY)
        return inner(headers if named else {**headers, S3_KEY: f"{AWS_MANAGED}s3"}, bucket_name)

    return resolve


def _needing(actions: tuple[str, ...]) -> Callable[[Call], list[Grant]]:
    def needs(call: Call) -> list[Grant]:
        key = KEY_OF[call.service](call)
        if not key or AWS_MANAGED in key:
            return []
        via = {"kms:viaservice": f"{call.service}.{get_region()}.amazonaws.com"}
        return [Grant("kms", action, emulator.key_arn(key), via) for action in actions]

    return needs


def _queue_key(call: Call) -> str | None:
    try:
        queue = sqs._get_q(call.data.get("QueueUrl") or sqs._url_from_path(call.path))
    except sqs._Err:
        return None
    found: str | None = queue["attributes"].get("KmsMasterKeyId")
    return found


def _topic_key(call: Call) -> str | None:
    topic = sns._topic_by_arn_any_scope(call.data.get("TopicArn") or call.data.get("TargetArn") or "")
    found: str | None = (topic or {"attributes": {}})["attributes"].get("KmsMasterKeyId")
    return found


def _secret_key(call: Call) -> str | None:
    _, secret = secretsmanager._resolve(call.data.get("SecretId", ""))
    found: str | None = (secret or {}).get("KmsKeyId")
    return found


def _bucket_key(call: Call) -> str | None:
    headers = s3._bucket_default_sse_headers(call.path.strip("/").split("/", 1)[0])
    found: str | None = headers.get("x-amz-server-side-encryption-aws-kms-key-id")
    return found


def _table_key(call: Call) -> str | None:
    names = [call.data.get("TableName"), *(call.data.get("RequestItems") or {})]
    for item in call.data.get("TransactItems") or []:
        names += [operation.get("TableName") for operation in item.values()]
    for name in filter(None, names):
        table = dynamodb._tables.get(str(name).rsplit("/", 1)[-1]) or {}
        key = (table.get("SSEDescription") or {}).get("KMSMasterKeyArn")
        if key:
            return str(key)
    return None


KEY_OF: dict[str, Callable[[Call], str | None]] = {
    "sqs": _queue_key,
    "sns": _topic_key,
    "secretsmanager": _secret_key,
    "s3": _bucket_key,
    "dynamodb": _table_key,
}
