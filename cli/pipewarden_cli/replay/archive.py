"""Reading the archive of dead letters: objects by day, one JSON line a message, in the order in which they were put."""

import base64
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any


@dataclass(frozen=True)
class Archived:
    """One archived message: where it lies (object and line), and the message as ReceiveMessage gave it."""

    key: str
    line: int
    way: str
    archived: datetime
    message: dict[str, Any]


def read_archive(s3: Any, bucket: str, prefix: str, since: datetime, until: datetime) -> Iterator[Archived]:
    """The messages archived from `since` to before `until` (UTC), oldest first. Only the days asked for are listed."""
    day = since.astimezone(UTC).date()
    while datetime(day.year, day.month, day.day, tzinfo=UTC) < until:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}dt={day}/"):
            for row in page.get("Contents", ()):
                yield from _in_time(_read(s3, bucket, row["Key"]), since, until)
        day += timedelta(days=1)


def _in_time(found: Iterator[Archived], since: datetime, until: datetime) -> Iterator[Archived]:
    return (message for message in found if since <= message.archived < until)


def _read(s3: Any, bucket: str, key: str) -> Iterator[Archived]:
    text = gzip.decompress(s3.get_object(Bucket=bucket, Key=key)["Body"].read()).decode()
    # Not splitlines: a body may hold characters that Python, but not JSON lines, takes for the end of a line.
    for number, line in enumerate(row for row in text.split("\n") if row):
        values = json.loads(line)
        message = {
            "MessageId": values["message_id"],
            "Body": values["body"],
            "Attributes": values.get("attributes", {}),
            "MessageAttributes": {name: _typed(value) for name, value in values.get("message_attributes", {}).items()},
        }
        yield Archived(key, number, values["way"], datetime.fromisoformat(values["archived"]), message)


def _typed(value: dict[str, Any]) -> dict[str, Any]:
    binary = value.get("BinaryValue")
    return {**value, "BinaryValue": base64.b64decode(binary)} if binary is not None else value
