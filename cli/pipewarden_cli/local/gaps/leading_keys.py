"""The condition key dynamodb:LeadingKeys: which partition keys a call reads or writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ministack.services import dynamodb

from pipewarden_cli.local import authorization
from pipewarden_cli.local.authorization import Call

NAME = "DynamoDB conditions"
IMITATED = (
    "dynamodb:LeadingKeys is known to the operations on items, batches and transactions and to queries with a key "
    "condition expression that compares the partition key with a value; of a batch or transaction it holds every key "
    "at once. No other condition key of DynamoDB is.",
)

OPERATIONS = (
    *("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"),
    *("BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems"),
)


def fill() -> None:
    """Tell the policies of each operation on items."""
    for operation in OPERATIONS:
        authorization.set_context("dynamodb", operation, _leading_keys)


def _leading_keys(call: Call) -> dict[str, Any]:
    keys = sorted(set(_keys(call.data)))
    return {"dynamodb:leadingkeys": keys} if keys else {}


def _keys(data: Mapping[str, Any]) -> Iterator[str]:
    """Keys of one call, or of every part of a batch or transaction."""
    yield from _of_one(data, data.get("TableName", ""))
    for part in data.get("TransactItems") or ():
        for inner in part.values():
            yield from _of_one(inner, inner.get("TableName", ""))
    for table, asked in (data.get("RequestItems") or {}).items():
        rows = asked.get("Keys") or () if isinstance(asked, Mapping) else asked
        for row in rows:
            inner = next((each for each in row.values() if "Key" in each or "Item" in each), {"Key": row})
            yield from _of_one(inner, table)


def _of_one(data: Mapping[str, Any], table: str) -> Iterator[str]:
    name = _partition_key(table, data.get("IndexName", ""))
    for place in ("Key", "Item"):
        for value in ((data.get(place) or {}).get(name) or {}).values():
            yield str(value)
    left, _, right = str(data.get("KeyConditionExpression", "")).partition("=")
    left = (data.get("ExpressionAttributeNames") or {}).get(left.strip(), left.strip())
    if left == name and right:
        value = (data.get("ExpressionAttributeValues") or {}).get(right.split()[0], {})
        yield from map(str, value.values())


def _partition_key(table: str, index: str) -> str:
    found = dynamodb._tables.get(table.rpartition("/")[2]) or {}
    for each in found.get("GlobalSecondaryIndexes") or ():
        found = each if each["IndexName"] == index else found
    return next((part["AttributeName"] for part in found.get("KeySchema") or () if part["KeyType"] == "HASH"), "")
