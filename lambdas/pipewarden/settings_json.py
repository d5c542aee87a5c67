"""Settings as compact JSON, and their parts read from it."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any

from pipewarden.action_policy import ActionPolicy
from pipewarden.drain_policy import DrainPolicy
from pipewarden.error_pattern import ErrorPattern
from pipewarden.impact import Impact
from pipewarden.pipeline_settings import PipelineSettings, ResourceSettings
from pipewarden.retry_policy import BreakerPolicy, RetryPolicy, TimeWindow
from pipewarden.route_settings import Repeat, Rung, Severity
from pipewarden.run import Scale
from pipewarden.window import QuietHours


def without_defaults(value: Any) -> Any:
    """The value in JSON's types, without what is empty or a record's default. Not `asdict`, which would first copy
    everything deeply."""
    if isinstance(value, str):
        return value
    if isinstance(value, (list, tuple)):
        return [without_defaults(item) for item in value]
    if is_dataclass(value):
        kind: Any = type(value)
        value = {name: found for name, default in _fields(kind) if (found := getattr(value, name)) != default}
    if isinstance(value, Mapping):
        kept = {key: without_defaults(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item or isinstance(item, (int, float))}
    return value


@cache
def _fields(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    """The fields of a record with their defaults."""
    return tuple((row.name, row.default) for row in fields(kind))


def with_tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(item) if isinstance(item, list) else item for key, item in row.items()}


def _read_resource(row: Mapping[str, Any]) -> ResourceSettings:
    values = with_tuples(row)
    if retry := values.get("retry"):
        values["retry"] = _read_retry(with_tuples(retry))
    if patterns := values.get("error_patterns"):
        values["error_patterns"] = tuple(ErrorPattern(**{"advice": "", **pattern}) for pattern in patterns)
    if drain := values.get("drain"):
        values["drain"] = DrainPolicy(**{"source_queue": "", "quarantine_queue": "", **drain})
    values["actions"] = {name: _read_action(with_tuples(action)) for name, action in values.get("actions", {}).items()}
    return ResourceSettings(**{"fields": {}, **values})


def _read_action(row: Mapping[str, Any]) -> ActionPolicy:
    guards = {"guards": _read_retry(with_tuples(row["guards"]))} if "guards" in row else {}
    return ActionPolicy(**{"fields": {}, **row, **guards})


def _read_retry(row: Mapping[str, Any]) -> RetryPolicy:
    records = {"breaker": BreakerPolicy, "window": TimeWindow, "scale": Scale}
    read = {name: records[name](**row[name]) for name in records if row.get(name)}
    return RetryPolicy(**{"cost_per_day": {}, **row, **read})


def read_pipeline(row: Mapping[str, Any]) -> PipelineSettings:
    resources = {name: _read_resource(item) for name, item in row.get("resources", {}).items()}
    impact = {"impact": Impact(**row["impact"])} if row.get("impact") else {}
    return PipelineSettings(**{**with_tuples(row), **impact, "resources": resources})


def read_severity(row: Mapping[str, Any]) -> Severity:
    values = with_tuples(row)
    rungs = tuple(Rung(**rung) for rung in values.get("escalate", ()))
    repeat = Repeat(**values["repeat"]) if "repeat" in values else Repeat()
    quiet = QuietHours(**values["quiet_hours"]) if "quiet_hours" in values else None
    return Severity(**{"notify": (), **values, "escalate": rungs, "repeat": repeat, "quiet_hours": quiet})
