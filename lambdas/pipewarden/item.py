"""DynamoDB's typed attribute values and our records, one into the other, without boto3's own serializer.

Numbers come back as int when they are whole, else as float: nothing here needs 38 digits.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any

Item = dict[str, Any]
"""Attribute names to typed values, as the low-level API takes and gives them."""


def to_item(values: Mapping[str, Any]) -> Item:
    """Typed values; empty and None attributes are left out, records and times written as maps and ISO text."""
    return {name: to_value(value) for name, value in values.items() if value not in (None, "", (), [], {})}


def to_value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, Enum):
        return {"S": str(value.value)}
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, (int, float)):
        return {"N": repr(value)}
    if isinstance(value, datetime):
        return {"S": to_text(value)}
    if is_dataclass(value) and not isinstance(value, type):
        return {"M": to_item({field.name: getattr(value, field.name) for field in fields(value)})}
    if isinstance(value, Mapping):
        return {"M": {str(name): to_value(inner) for name, inner in value.items()}}
    if isinstance(value, (list, tuple)):
        return {"L": [to_value(inner) for inner in value]}
    if value is None:
        return {"NULL": True}
    raise TypeError(f"no DynamoDB value for {type(value).__name__}")


def from_item(item: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Plain values by attribute name."""
    return {name: from_value(value) for name, value in item.items()}


def from_value(value: Mapping[str, Any]) -> Any:
    (kind, inner), *_ = value.items()
    if kind == "N":
        number = float(inner)
        return int(number) if number.is_integer() else number
    if kind == "M":
        return from_item(inner)
    if kind == "L":
        return [from_value(each) for each in inner]
    return None if kind == "NULL" else inner


def to_text(moment: datetime) -> str:
    """UTC with microseconds, always of the same length: sorts as text."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def to_moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
