"""AWS/States metrics of executions. Its file name sorts after stepfunctions.py, whose status events it listens to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from ministack.services import stepfunctions

from pipewarden_cli.local import emulator

NAME = "AWS/States metrics"
IMITATED = (
    "ExecutionsStarted, -Succeeded, -Failed, -TimedOut, -Aborted, -Redriven, RedrivenExecutions... and ExecutionTime "
    "by StateMachineArn are recorded once and at once; there are no metrics of activities and service integrations.",
)

NAMESPACE = "AWS/States"
ENDS = {"SUCCEEDED": "Succeeded", "FAILED": "Failed", "TIMED_OUT": "TimedOut", "ABORTED": "Aborted"}


def fill() -> None:
    """Measure at every status change."""
    stepfunctions._emit_execution_status_event = _measured(stepfunctions._emit_execution_status_event)


def _measured(inner: Callable[[Any], None]) -> Callable[[Any], None]:
    def emit(execution: dict[str, Any]) -> None:
        inner(execution)
        dimensions = {"StateMachineArn": execution["stateMachineArn"]}
        emulator.put_metrics(
            NAMESPACE, [emulator.datum(*entry[:2], dimensions, entry[2]) for entry in _data(execution)]
        )

    return emit


def _data(execution: dict[str, Any]) -> list[tuple[str, float, str]]:
    is_redriven = execution.get("redriveCount", 0) > 0
    end = ENDS.get(execution["status"])
    if end is None:
        return [("ExecutionsRedriven" if is_redriven else "ExecutionsStarted", 1, "Count")]
    data: list[tuple[str, float, str]] = [(f"Executions{end}", 1, "Count")]
    if is_redriven:
        data.append((f"RedrivenExecutions{end}", 1, "Count"))
    return [*data, ("ExecutionTime", _seconds(execution) * 1000, "Milliseconds")]


def _seconds(execution: dict[str, Any]) -> float:
    started, stopped = (
        datetime.fromisoformat(execution[field].replace("Z", "+00:00")) for field in ("startDate", "stopDate")
    )
    return (stopped - started).total_seconds()
