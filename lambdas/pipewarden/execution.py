"""What Step Functions says of one execution."""

import json
from collections.abc import Mapping
from typing import Any

from pipewarden.run import Run, RunState
from pipewarden.signal import SignalKind

KINDS = {
    "SUCCEEDED": SignalKind.RUN_SUCCEEDED,
    "FAILED": SignalKind.RUN_FAILED,
    "TIMED_OUT": SignalKind.RUN_FAILED,
    "ABORTED": SignalKind.RUN_STOPPED,
}
STATES: Mapping[str, RunState] = {
    "SUCCEEDED": "succeeded",
    "FAILED": "failed",
    "TIMED_OUT": "failed",
    "ABORTED": "stopped",
}


def read_execution(found: Mapping[str, Any]) -> Run:
    name, error = found.get("error") or "", explain_cause(found.get("cause") or "")
    return Run(
        run_id=found["executionArn"],
        state=STATES.get(found["status"], "running"),
        word=found["status"],
        redrive=found.get("redriveCount") or 0,
        started=found.get("redriveDate") or found.get("startDate"),
        ended=found.get("stopDate"),
        error_name=name,
        error=error.removeprefix(f"{name}: "),
        input={"input": found["input"]} if found.get("input") else {},
    )


def start_anew(states: Any, machine: str, before: Mapping[str, Any], token: str) -> Run:
    """Start an execution whose name is made of the token: the name is what Step Functions refuses to use twice."""
    if "input" not in before:
        raise ValueError("the input of the failed execution is not readable, so it cannot be started again")
    name = f"retry-{token}"
    try:
        run_id = states.start_execution(stateMachineArn=machine, name=name, input=before["input"])["executionArn"]
    except states.exceptions.ExecutionAlreadyExists:
        run_id = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    return Run(run_id=run_id, state="running", retry_of=before["executionArn"])


def explain_cause(cause: str) -> str:
    """The sentence inside a cause: Lambda and Glue put a JSON document there, with the message in one of its fields."""
    try:
        found = json.loads(cause)
    except ValueError:
        return cause
    if not isinstance(found, Mapping):
        return cause
    message = found.get("errorMessage") or found.get("ErrorMessage") or found.get("Cause")
    kind = found.get("errorType") or found.get("Error")
    return ": ".join(str(part) for part in (kind, message) if part) or cause
