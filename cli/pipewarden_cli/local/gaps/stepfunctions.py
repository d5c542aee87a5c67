"""Redrive of Step Functions executions, their timeouts, Glue tasks, and status events that tell the whole story."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from ministack.core.responses import json_response, now_iso
from ministack.services import stepfunctions

from pipewarden_cli.local import emulator, execution_redrive, glue_task, hooks
from pipewarden_cli.local.execution_redrive import RESTORING_STATE, Execution, redrive_fields

NAME = "Step Functions"
IMITATED = (
    "RedriveExecution goes on at the top-level state that failed, with the input, variables and definition it had, "
    "under the same ARN and history; a failed Parallel or Map state runs again as a whole, where AWS repeats only the "
    "branches and items that failed. The state is entered again in the history; AWS goes on at its task.",
    "A redriven execution is PENDING_REDRIVE until a task that was still running has ended. Client tokens, the 14 days "
    "and the history limit are honoured; the one-year limit is not.",
    "TimeoutSeconds of a state machine ends the execution as TIMED_OUT within about a second; a task that is running "
    "then is left to end by itself.",
    "Task arn:aws:states:::glue:startJobRun(.sync) starts the Glue job, which with .sync the history tells as "
    "TaskSubmitted; stopping the execution does not stop the run.",
    "Status change events arrive at once and exactly once. Tasks run without asking what the state machine's role "
    "may do.",
)

INPUT_LIMIT = 248 * 1024


def fill() -> None:
    """Replace how executions fail, report and are described; add redrive and the Glue task."""
    machines = execution_redrive.StateMachines()
    machines.update(stepfunctions._state_machines)
    stepfunctions._state_machines = machines
    stepfunctions._start_execution = _remembering(stepfunctions._start_execution)
    stepfunctions._run_execution = execution_redrive.tracking_run(stepfunctions._run_execution)
    stepfunctions._add_event = _without_restoring(stepfunctions._add_event)
    stepfunctions._fail_execution = _unless_ended(stepfunctions._fail_execution)
    stepfunctions._emit_execution_status_event = emit_status
    stepfunctions._describe_execution = _described(stepfunctions._describe_execution)
    stepfunctions._list_executions = _listed(stepfunctions._list_executions)
    stepfunctions._SERVICE_DISPATCH[glue_task.RESOURCE] = glue_task.start_job_run
    for name in ("_execute_task", "_execute_parallel", "_execute_map"):
        setattr(stepfunctions, name, _keeping_variables(getattr(stepfunctions, name)))
    stepfunctions.handle_request = _with_redrive(stepfunctions.handle_request)
    hooks.every_second(_time_out)


def emit_status(execution: Execution) -> None:
    """Raise 'Step Functions Execution Status Change', with what DescribeExecution would say."""
    if execution.get("sync"):
        return
    status = execution["status"]
    has_failed = status in execution_redrive.REDRIVABLE
    text = execution.get("input") or ""
    included = len(json.dumps(text)) <= INPUT_LIMIT
    output = execution.get("output") if status == "SUCCEEDED" else None
    detail = {
        "executionArn": execution["executionArn"],
        "stateMachineArn": execution["stateMachineArn"],
        "name": execution["name"],
        "status": status,
        "startDate": _milliseconds(execution.get("startDate")),
        "stopDate": _milliseconds(execution.get("stopDate")),
        "input": text if included else None,
        "inputDetails": {"included": included},
        "output": output,
        "outputDetails": None if output is None else {"included": True},
        "stateMachineVersionArn": None,
        "stateMachineAliasArn": None,
        "redriveDate": None,
        **redrive_fields(execution),
        "error": execution.get("error") if has_failed else None,
        "cause": execution.get("cause") if has_failed else None,
    }
    if detail["redriveDate"] is not None:
        detail["redriveDate"] = _milliseconds(detail["redriveDate"])
    emulator.publish_event("aws.states", "Step Functions Execution Status Change", detail, [execution["executionArn"]])


def _milliseconds(stamp: str | None) -> int | None:
    return None if not stamp else int(datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp() * 1000)


def _remembering(inner: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def start(data: Mapping[str, Any]) -> Any:
        answer = inner(data)
        arn = json.loads(answer[2]).get("executionArn")
        execution = stepfunctions._executions.get(arn) if arn else None
        if execution is not None:
            execution_redrive.remember_definition(execution)
        return answer

    return start


def _without_restoring(inner: Callable[..., Any]) -> Callable[..., Any]:
    def add(execution: Execution, event_type: str, details: Mapping[str, Any] | None = None) -> Any:
        names = {value.get("name") for value in (details or {}).values() if isinstance(value, dict)}
        return {} if RESTORING_STATE in names else inner(execution, event_type, details)

    return add


def _unless_ended(inner: Callable[..., Any]) -> Callable[..., Any]:
    def fail(execution: Execution, error: str, cause: str) -> None:
        # A task may fail after its execution was stopped or timed out; that must not rewrite how it ended.
        if execution["status"] == "RUNNING":
            inner(execution, error, cause)

    return fail


def _keeping_variables(inner: Callable[..., Any]) -> Callable[..., Any]:
    def execute(state: Any, raw_input: Any, execution: Execution | None, context: dict[str, Any]) -> Any:
        if execution is not None:
            execution["variables"] = context.get("variables")
            glue_task.execution.set(execution)
        return inner(state, raw_input, execution, context)

    return execute


def _described(inner: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def describe(data: Mapping[str, Any]) -> Any:
        answer = inner(data)
        execution = stepfunctions._executions.get(data.get("executionArn"))
        if execution is None:
            return answer
        return json_response({**json.loads(answer[2]), **redrive_fields(execution)})

    return describe


def _listed(inner: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def listing(data: Mapping[str, Any]) -> Any:
        answer = inner(data)
        if answer[0] != 200:
            return answer
        body, wanted = json.loads(answer[2]), data.get("redriveFilter")
        for entry in body["executions"]:
            fields = redrive_fields(stepfunctions._executions[entry["executionArn"]])
            entry.update({k: v for k, v in fields.items() if k in ("redriveCount", "redriveDate")})
        body["executions"] = [
            entry
            for entry in body["executions"]
            if wanted is None or (entry["redriveCount"] > 0) == (wanted == "REDRIVEN")
        ]
        return json_response(body)

    return listing


def _with_redrive(inner: Callable[..., Any]) -> Callable[..., Any]:
    async def handle(method: str, path: str, headers: Any, body: bytes, query_params: Any) -> Any:
        if headers.get("x-amz-target", "").endswith(".RedriveExecution"):
            return stepfunctions._finalize_response(execution_redrive.redrive(json.loads(body or b"{}")))
        return await inner(method, path, headers, body, query_params)

    return handle


def _time_out() -> None:
    for account, region in hooks.scopes(stepfunctions._executions):
        with hooks.account_scope(account, region):
            for execution in list(stepfunctions._executions.values()):
                if execution["status"] == "RUNNING" and _is_overdue(execution):
                    execution.update(status="TIMED_OUT", stopDate=now_iso(), error="States.Timeout", cause=None)
                    stepfunctions._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
                    stepfunctions._emit_execution_status_event(execution)


def _is_overdue(execution: Execution) -> bool:
    if "timeoutSeconds" not in execution:
        definition = json.loads(execution.get("startedDefinition") or "{}")
        execution["timeoutSeconds"] = definition.get("TimeoutSeconds")
    limit = execution["timeoutSeconds"]
    # A redrive starts the clock of the state machine anew.
    started = execution.get("redrivenAt") or (_milliseconds(execution["startDate"]) or 0) / 1000
    return isinstance(limit, int | float) and time.time() - started > limit
