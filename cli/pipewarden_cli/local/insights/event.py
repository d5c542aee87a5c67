"""The fields that Logs Insights discovers in a log event.

"Supported logs and discovered fields" in the CloudWatch Logs user guide: JSON with a dot between its levels, at most
200 fields of an event; for Lambda the id, the type of the line and what its report says, sizes in bytes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from pipewarden_cli.local.insights.value import Moment, Row

MOST_FIELDS = 200
MEGABYTE = 1_000_000
_LAMBDA = re.compile(r"(START|END|REPORT) RequestId: ([0-9a-f-]{36})")
_REPORTED = {
    "@duration": (re.compile(r"\tDuration: ([\d.]+) ms"), 1),
    "@billedDuration": (re.compile(r"Billed Duration: ([\d.]+) ms"), 1),
    "@memorySize": (re.compile(r"Memory Size: ([\d.]+) MB"), MEGABYTE),
    "@maxMemoryUsed": (re.compile(r"Max Memory Used: ([\d.]+) MB"), MEGABYTE),
}


def discover(at_milliseconds: int, message: str, others: Mapping[str, str]) -> Row:
    """The row of one event; `others` are what its place says: @log, @logStream, @ptr."""
    row: Row = {"@timestamp": Moment(at_milliseconds), "@message": message, **others}
    row |= _of_json(message) if message.lstrip().startswith("{") else _of_lambda(message)
    return row


def _of_json(message: str) -> Row:
    try:
        document = json.loads(message)
    except ValueError:
        return {}
    return dict(islice(_flat("", document), MOST_FIELDS))


def _flat(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list):
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for name, part in parts:
            yield from _flat(f"{path}.{name}" if path else str(name), part)
    elif value is not None:
        yield path, value


def _of_lambda(message: str) -> Row:
    match = _LAMBDA.match(message)
    if match is None:
        return {}
    row: Row = {"@type": match[1], "@requestId": match[2]}
    for name, (pattern, size) in _REPORTED.items():
        if found := pattern.search(message):
            row[name] = float(found[1]) * size
    return row
