"""Metrics out of logs: the embedded metric format and metric filters; and filter patterns that filter."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ministack.services import cloudwatch_logs

from pipewarden_cli.local import emulator
from pipewarden_cli.local.emf import LoggedMetric, read_logged_metrics
from pipewarden_cli.local.log_pattern import PatternError, compile_pattern, value_at

NAME = "CloudWatch Logs"
IMITATED = (
    "Log lines in the embedded metric format become metrics at once, in every log group; AWS takes a few minutes.",
    "Metric filters count events when they are written; their dimensions and default values are honoured, the default "
    "value only for events that arrive and don't match.",
    "Filter patterns know terms, phrases, ?any, -none, %regex% and JSON conditions; [space, delimited] patterns match "
    "every event.",
)

_logger = logging.getLogger("pipewarden.local")


def fill() -> None:
    """Look at every log event that is written, and replace the pattern matching."""
    cloudwatch_logs._fanout_to_subscription_filters = _also_measuring(cloudwatch_logs._fanout_to_subscription_filters)
    cloudwatch_logs._compile_filter_pattern = _tolerant
    cloudwatch_logs._subscription_pattern_matches = lambda pattern, message: _tolerant(pattern)(message or "")


def _tolerant(pattern: str) -> Callable[[str], bool]:
    try:
        return compile_pattern(pattern)
    except (PatternError, ValueError) as problem:
        _logger.warning("filter pattern %r matches nothing: %s", pattern, problem)
        return lambda _message: False


def _also_measuring(inner: Callable[..., Any]) -> Callable[..., Any]:
    def fan_out(group: str, stream: str, events: list[Mapping[str, Any]]) -> Any:
        try:
            _measure(group, [str(event.get("message", "")) for event in events])
        except Exception:  # a metric must never break the writing of a log
            _logger.exception("metrics of log group %s", group)
        return inner(group, stream, events)

    return fan_out


def _measure(group: str, messages: list[str]) -> None:
    by_namespace: dict[str, list[dict[str, Any]]] = {}
    for message in messages:
        for metric in read_logged_metrics(message):
            by_namespace.setdefault(metric.namespace, []).append(_datum(metric))
    for (owner, _), filtering in list(cloudwatch_logs._metric_filters.items()):
        if owner == group:
            for namespace, datum in _filtered(filtering, messages):
                by_namespace.setdefault(namespace, []).append(datum)
    for namespace, data in by_namespace.items():
        emulator.put_metrics(namespace, data)


def _datum(metric: LoggedMetric) -> dict[str, Any]:
    pairs = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    given: dict[str, Any] = {"MetricName": metric.name, "Dimensions": pairs, "Unit": metric.unit}
    return {**given, "Values": list(metric.values), "Timestamp": metric.timestamp}


def _filtered(filtering: Mapping[str, Any], messages: Iterable[str]) -> Iterable[tuple[str, dict[str, Any]]]:
    matches = _tolerant(filtering.get("filterPattern", ""))
    for message in messages:
        for transformation in filtering.get("metricTransformations", []):
            is_match = matches(message)
            value = _value(transformation, message) if is_match else transformation.get("defaultValue")
            dimensions = _dimensions(transformation, message) if is_match else {}
            if value is None:
                continue
            name, unit = transformation["metricName"], transformation.get("unit") or "None"
            yield transformation["metricNamespace"], emulator.datum(name, float(value), dimensions, unit)


def _value(transformation: Mapping[str, Any], message: str) -> float | None:
    given = str(transformation.get("metricValue", "1"))
    found = value_at(_document(message), given) if given.startswith("$") else given
    try:
        return float(found)
    except (TypeError, ValueError):
        return None


def _dimensions(transformation: Mapping[str, Any], message: str) -> dict[str, str]:
    selectors: Any = transformation.get("dimensions") or {}
    if isinstance(selectors, list):  # CloudFormation's Key and Value pairs
        selectors = {pair["Key"]: pair["Value"] for pair in selectors}
    found = {name: value_at(_document(message), str(selector)) for name, selector in selectors.items()}
    return {name: str(value) for name, value in found.items() if value is not None}


def _document(message: str) -> Any:
    try:
        return json.loads(message)
    except ValueError:
        return None
