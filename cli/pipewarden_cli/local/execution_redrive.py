"""RedriveExecution: a failed execution goes on from the state that failed, under the same ARN.

The emulator runs an execution from the start of its state machine. To go on in the middle it is handed, for this one
run, the old definition with a first state that restores the failed state's input and the variables, and leads to it.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from ministack.core.concurrency import spawn_background
from ministack.core.responses import AccountRegionScopedDict, error_response_json, json_response, now_iso
from ministack.services import stepfunctions

REDRIVABLE = ("FAILED", "TIMED_OUT", "ABORTED")
REDRIVABLE_DAYS = 14
HISTORY_LIMIT = 24_999
TOKEN_MINUTES = 15
TOKENS_KEPT = 10
OLD_RUN_SECONDS = 60.0
RESTORING_STATE = "pipewarden:restore"

Execution = dict[str, Any]

_definition: contextvars.ContextVar[str | None] = contextvars.ContextVar("resumed_definition", default=None)
_runs: dict[str, threading.Event] = {}


class StateMachines(AccountRegionScopedDict):  # type: ignore[misc]  # the emulator is not typed
    """The emulator's store of state machines; while an execution is resumed, its own definition is in place."""

    __slots__ = ()

    def get(self, key: str, default: Any = None) -> Any:
        """The state machine, with the definition of the run that asks."""
        found, definition = super().get(key, default), _definition.get()
        return found if found is None or definition is None else {**found, "definition": definition}


def redrive(data: Mapping[str, Any]) -> Any:
    """Answer RedriveExecution."""
    execution = stepfunctions._executions.get(data.get("executionArn"))
    if execution is None:
        return error_response_json("ExecutionDoesNotExist", f"Execution Does Not Exist: '{data.get('executionArn')}'")
    token = data.get("clientToken")
    earlier = _redriven_with(execution, token)
    if earlier is not None:
        return json_response({"redriveDate": earlier})
    reason = refusal(execution)
    if reason is not None:
        return error_response_json("ExecutionNotRedrivable", reason)
    date = now_iso()
    if token:
        execution.setdefault("redriveTokens", []).append((token, date))
        del execution["redriveTokens"][:-TOKENS_KEPT]
    execution["redriveDate"] = date
    execution["redriveCount"] = execution.get("redriveCount", 0) + 1
    execution["status"] = "PENDING_REDRIVE"
    spawn_background(_resume, execution, thread_name="states-redrive")
    return json_response({"redriveDate": date})


def refusal(execution: Execution) -> str | None:
    """Why the execution cannot be redriven, in the words of redriveStatusReason; None when it can."""
    status = execution["status"]
    if status not in REDRIVABLE:
        return f"Execution is {status} and cannot be redriven"
    if len(execution["events"]) >= HISTORY_LIMIT:
        return "Execution history event limit exceeded"
    stopped = datetime.fromisoformat(execution["stopDate"].replace("Z", "+00:00"))
    if datetime.now(UTC) - stopped > timedelta(days=REDRIVABLE_DAYS):
        return "Execution redrivable period exceeded"
    if execution["stateMachineArn"] not in stepfunctions._state_machines:
        return "State machine is deleted"
    return None


def redrive_fields(execution: Execution) -> dict[str, Any]:
    """What DescribeExecution and the status event say about redriving."""
    reason = refusal(execution)
    status = execution["status"]
    fields = {
        "redriveCount": execution.get("redriveCount", 0),
        "redriveDate": execution.get("redriveDate"),
        "redriveStatus": "NOT_REDRIVABLE" if reason else "REDRIVABLE",
        "redriveStatusReason": reason or f"Execution is {status} and is redrivable",
    }
    return {key: value for key, value in fields.items() if value is not None}


def remember_definition(execution: Execution) -> None:
    """Keep the definition that the execution started with: a redrive uses that one, even after an update."""
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"])
    if machine is not None:
        execution.setdefault("startedDefinition", machine["definition"])


def tracking_run(inner: Callable[[str], None]) -> Callable[[str], None]:
    """Know when the thread of an execution is really over, however its status was changed meanwhile."""

    def run(execution_arn: str) -> None:
        over = threading.Event()
        _runs[execution_arn] = over
        try:
            inner(execution_arn)
        finally:
            over.set()

    return run


def _redriven_with(execution: Execution, token: str | None) -> str | None:
    oldest = datetime.now(UTC) - timedelta(minutes=TOKEN_MINUTES)
    for used, date in execution.get("redriveTokens", []):
        if used == token and datetime.fromisoformat(date.replace("Z", "+00:00")) > oldest:
            return str(date)
    return None


def _resume(execution: Execution) -> None:
    arn = execution["executionArn"]
    # A stopped execution may still wait for its last task; two threads must not walk the same execution.
    previous = _runs.get(arn)
    if previous is not None:
        previous.wait(OLD_RUN_SECONDS)
    definition = resumed_definition(execution)
    for field in ("error", "cause"):
        execution.pop(field, None)
    execution.update(status="RUNNING", stopDate=None, output=None, redrivenAt=time.time())
    details = {"executionRedrivenEventDetails": {"redriveCount": execution["redriveCount"]}}
    stepfunctions._add_event(execution, "ExecutionRedriven", details)
    stepfunctions._emit_execution_status_event(execution)
    with _using(definition):
        stepfunctions._run_execution(arn)


def resumed_definition(execution: Execution) -> str:
    """The execution's definition, starting at the top-level state that was entered last, with the input it had."""
    definition = json.loads(execution["startedDefinition"])
    entered = [
        event["stateEnteredEventDetails"]
        for event in execution["events"]
        if event.get("stateEnteredEventDetails", {}).get("name") in definition.get("States", {})
    ]
    if not entered:
        return str(execution["startedDefinition"])
    restoring: dict[str, Any] = {
        "Type": "Pass",
        "QueryLanguage": "JSONPath",
        "Result": json.loads(entered[-1]["input"]),
        "Next": entered[-1]["name"],
    }
    if execution.get("variables"):
        restoring["Assign"] = dict(execution["variables"])
    definition["States"][RESTORING_STATE] = restoring
    definition["StartAt"] = RESTORING_STATE
    return json.dumps(definition)


@contextlib.contextmanager
def _using(definition: str) -> Iterator[None]:
    token = _definition.set(definition)
    try:
        yield
    finally:
        _definition.reset(token)
