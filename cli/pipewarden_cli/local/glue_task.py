"""The Step Functions task ``arn:aws:states:::glue:startJobRun``, with and without ``.sync``."""

from __future__ import annotations

import contextvars
import json
import time
from collections.abc import Mapping
from typing import Any

from ministack.services import glue, stepfunctions

from pipewarden_cli.local import glue_run

RESOURCE = "arn:aws:states:::glue:startJobRun"
POLL_SECONDS = 0.1
execution: contextvars.ContextVar[Any] = contextvars.ContextVar("execution_of_task", default=None)
"""The execution whose task is being done: the emulator hands a task its parameters only."""


def start_job_run(resource: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Start the run; with ``.sync`` wait for its end and return it, failing the task when the run did not succeed."""
    status, _, body = glue._start_job_run(dict(parameters))
    answer = json.loads(body)
    if status >= 400:
        raise stepfunctions._ExecutionError(f"Glue.{answer['__type']}", answer.get("message", ""))
    name, run_id = parameters["JobName"], answer["JobRunId"]
    started = {"JobName": name, "JobRunId": run_id}
    if not resource.endswith(".sync"):
        return started
    if (running := execution.get()) is not None:
        about = {"resourceType": "glue", "resource": "startJobRun.sync", "output": json.dumps(started)}
        stepfunctions._add_event(running, "TaskSubmitted", {"taskSubmittedEventDetails": about})
    while True:
        run = glue_run.find_run(name, run_id)
        if run is None:
            raise stepfunctions._ExecutionError("Glue.EntityNotFoundException", f"Job run {run_id} is gone")
        if run["JobRunState"] not in glue_run.ACTIVE:
            break
        time.sleep(POLL_SECONDS)
    result = _in_milliseconds(run)
    if run["JobRunState"] != "SUCCEEDED":
        raise stepfunctions._ExecutionError("States.TaskFailed", json.dumps(result))
    return result


def _in_milliseconds(run: Mapping[str, Any]) -> dict[str, Any]:
    # Step Functions renders the run's times as epoch milliseconds.
    times = ("StartedOn", "LastModifiedOn", "CompletedOn")
    return {key: int(value * 1000) if key in times else value for key, value in run.items()}
