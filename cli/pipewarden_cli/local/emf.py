"""Reads metrics out of log lines in the embedded metric format.

"Specification: Embedded metric format" in the CloudWatch user guide. A line that does not follow it yields nothing, as
on AWS, where the log event stays a log event.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MOST_VALUES = 100
MOST_DIMENSIONS = 30


@dataclass(frozen=True)
class LoggedMetric:
    """The values of one metric with one set of dimensions. ``timestamp`` is in epoch seconds."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    values: tuple[float, ...]
    unit: str
    timestamp: float


def read_logged_metrics(line: str) -> tuple[LoggedMetric, ...]:
    """All metrics in one log line, one entry per metric and dimension set."""
    if '"_aws"' not in line:
        return ()
    try:
        root = json.loads(line)
    except ValueError:
        return ()
    envelope = root.get("_aws") if isinstance(root, dict) else None
    if not isinstance(envelope, dict) or not isinstance(envelope.get("Timestamp"), int | float):
        return ()
    directives = envelope.get("CloudWatchMetrics")
    if not isinstance(directives, list):
        return ()
    at = envelope["Timestamp"] / 1000
    return tuple(metric for directive in directives for metric in _read_directive(root, directive, at))


def _read_directive(root: Mapping[str, Any], directive: Any, at: float) -> Iterator[LoggedMetric]:
    namespace = directive.get("Namespace") if isinstance(directive, dict) else None
    if not isinstance(namespace, str):
        return
    for definition in directive.get("Metrics") or []:
        name = definition.get("Name")
        values = _values(root.get(name))
        if not values:
            continue
        for names in directive.get("Dimensions") or [[]]:
            dimensions = _dimensions(root, names)
            if dimensions is not None:
                yield LoggedMetric(namespace, name, dimensions, values, definition.get("Unit") or "None", at)


def _values(value: Any) -> tuple[float, ...]:
    found = value if isinstance(value, list) else [value]
    numbers = [v for v in found if isinstance(v, int | float) and not isinstance(v, bool)]
    return tuple(float(v) for v in numbers) if 0 < len(numbers) == len(found) <= MOST_VALUES else ()


def _dimensions(root: Mapping[str, Any], names: Any) -> tuple[tuple[str, str], ...] | None:
    if not isinstance(names, list) or len(names) > MOST_DIMENSIONS:
        return None
    pairs = tuple((name, root.get(name)) for name in names)
    # A dimension that is missing or no text makes the set invalid.
    return None if any(not isinstance(value, str) for _, value in pairs) else tuple((n, str(v)) for n, v in pairs)
