"""Glue job runs from StartJobRun to their end: states, retries by the service, logs and the state change event."""

from __future__ import annotations

import math
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any

from ministack.core.concurrency import spawn_background
from ministack.core.responses import error_response_json, get_region, json_response
from ministack.services import glue

from pipewarden_cli.local import emulator
from pipewarden_cli.local.glue_script import Outcome, Script

ACTIVE = ("STARTING", "RUNNING", "STOPPING", "WAITING")
SEVERITIES = {"SUCCEEDED": "INFO", "STOPPED": "INFO", "TIMEOUT": "WARN", "FAILED": "ERROR"}
MESSAGES = {"SUCCEEDED": "Job run succeeded", "STOPPED": "Job run stopped", "TIMEOUT": "Job run timed out"}
PYTHON_SHELL = "pythonshell"
PYTHON_SHELL_CAPACITY = 0.0625
PYTHON_OUTPUT, PYTHON_ERROR = "/aws-glue/python-jobs/output", "/aws-glue/python-jobs/error"

# Arguments that only this imitation knows; scripts don't see them.
LOCAL_PREFIX = "--pipewarden-local-"
FAIL_FIRST = LOCAL_PREFIX + "fail"
FAIL_MESSAGE = LOCAL_PREFIX + "fail-message"
RUN_SECONDS = LOCAL_PREFIX + "run-seconds"
TIMEOUT_SECONDS = LOCAL_PREFIX + "timeout-seconds"

Record = dict[str, Any]

_lock = threading.Lock()
_stops: dict[str, threading.Event] = {}
_scripts: dict[str, Script] = {}


def start_job_run(data: Mapping[str, Any]) -> Any:
    """Answer StartJobRun."""
    name = data.get("JobName", "")
    job = glue._jobs.get(name)
    if job is None:
        return error_response_json(
            "EntityNotFoundException", f"Failed to start job run due to missing metadata: {name}"
        )
    previous = data.get("JobRunId")
    if previous and find_run(name, previous) is None:
        return error_response_json("EntityNotFoundException", f"JobRun {previous} of {name} is not found")
    if data.get("MaxCapacity") and (data.get("WorkerType") or data.get("NumberOfWorkers")):
        return error_response_json(
            "InvalidInputException", "Please do not set Max Capacity when using Worker Type and Number of Workers."
        )
    with _lock:
        runs = glue._job_runs.setdefault(name, [])
        if sum(run["JobRunState"] in ACTIVE for run in runs) >= max_concurrent_runs(job):
            return error_response_json("ConcurrentRunsExceededException", f"Concurrent runs exceeded for {name}")
        record = _new_record(job, data, f"jr_{secrets.token_hex(32)}", 0, previous)
        runs.append(record)
    _launch(dict(job), record, data)
    return json_response({"JobRunId": record["Id"]})


def batch_stop_job_run(data: Mapping[str, Any]) -> Any:
    """Answer BatchStopJobRun: the runs are STOPPING at once and STOPPED when their process is gone."""
    name = data.get("JobName", "")
    done, errors = [], []
    for run_id in data.get("JobRunIds", []):
        run = find_run(name, run_id)
        if run is not None and run["JobRunState"] in ACTIVE:
            run["JobRunState"] = "STOPPING"
            stop_run(run_id)
            done.append({"JobName": name, "JobRunId": run_id})
            continue
        code = "EntityNotFoundException" if run is None else "InvalidInputException"
        message = "Job run not found" if run is None else f"Job run is in state {run['JobRunState']}"
        detail = {"ErrorCode": code, "ErrorMessage": message}
        errors.append({"JobName": name, "JobRunId": run_id, "ErrorDetail": detail})
    return json_response({"SuccessfulSubmissions": done, "Errors": errors})


def find_run(job_name: str, run_id: str) -> Record | None:
    """The run's record, or None."""
    return next((run for run in glue._job_runs.get(job_name, []) if run["Id"] == run_id), None)


def max_concurrent_runs(job: Mapping[str, Any]) -> int:
    """ExecutionProperty.MaxConcurrentRuns, which is 1 when it is not given."""
    return int((job.get("ExecutionProperty") or {}).get("MaxConcurrentRuns") or 1)


def stop_run(run_id: str) -> None:
    """Have a run end now."""
    stop = _stops.get(run_id)
    if stop is not None:
        stop.set()
    script = _scripts.get(run_id)
    if script is not None:
        script.stop()


def stop_all() -> None:
    """Have every run end now; nobody is told."""
    for run_id in list(_stops):
        stop_run(run_id)


def _new_record(
    job: Mapping[str, Any], data: Mapping[str, Any], run_id: str, attempt: int, previous: str | None
) -> Record:
    now = round(time.time(), 3)
    shell = is_python_shell(job)
    capacity = data.get("MaxCapacity") or job.get("MaxCapacity")
    workers = data.get("NumberOfWorkers") or job.get("NumberOfWorkers")
    record: Record = {
        "Id": run_id,
        "Attempt": attempt,
        "JobName": job["Name"],
        "JobMode": "SCRIPT",
        "StartedOn": now,
        "LastModifiedOn": now,
        "JobRunState": "STARTING",
        # What StartJobRun was given, without the job's defaults: as on AWS.
        "Arguments": dict(data.get("Arguments") or {}),
        "PredecessorRuns": [],
        "AllocatedCapacity": 0 if shell else int(capacity or workers or 2),
        "ExecutionTime": 0,
        "Timeout": data.get("Timeout") or job.get("Timeout") or 2880,
        "MaxCapacity": (capacity or PYTHON_SHELL_CAPACITY) if shell else float(capacity or workers or 2),
        "LogGroupName": "/aws-glue/python-jobs" if shell else "/aws-glue/jobs",
        "GlueVersion": job.get("GlueVersion") or "3.0",
    }
    if previous:
        record["PreviousRunId"] = previous
    for field in ("WorkerType", "NumberOfWorkers", "SecurityConfiguration", "ExecutionClass", "NotificationProperty"):
        value = data.get(field) or job.get(field)
        if value and not (shell and field in ("WorkerType", "NumberOfWorkers")):
            record[field] = value
    return record


def _launch(job: Record, record: Record, data: Mapping[str, Any]) -> None:
    _stops[record["Id"]] = threading.Event()
    spawn_background(_execute, job, record, dict(data), thread_name=f"glue-{record['Id'][:12]}")


def _execute(job: Record, record: Record, data: Record) -> None:
    if record["JobRunState"] == "STARTING":
        _change(record, "RUNNING")
    arguments = {**(job.get("DefaultArguments") or {}), **record["Arguments"]}
    try:
        outcome = _outcome(job, record, arguments)
    finally:
        _stops.pop(record["Id"], None)
        _scripts.pop(record["Id"], None)
    _finish(record, outcome)
    if outcome.state == "FAILED" and record["Attempt"] < int(job.get("MaxRetries") or 0):
        _retry(job, record, data)


def _outcome(job: Record, record: Record, arguments: Mapping[str, str]) -> Outcome:
    role = job.get("Role", "")
    if not emulator.trusts_service(role, "glue.amazonaws.com"):
        return Outcome("FAILED", f"Role {role} should be given assume role permissions for Glue Service.")
    if is_python_shell(job):
        return _run_script(job, record, arguments)
    return _pretend_spark(record, arguments)


def _run_script(job: Record, record: Record, arguments: Mapping[str, str]) -> Outcome:
    run_id = record["Id"]
    location = job["Command"].get("ScriptLocation", "")
    credentials = emulator.role_credentials(job.get("Role", ""), "GlueJobRunnerSession")
    try:
        source = _fetch(location, credentials)
    except Exception as problem:  # noqa: BLE001  # whatever S3 answers is how the run failed
        return Outcome("FAILED", str(problem))
    region = get_region()
    environment = {
        **credentials,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": emulator.endpoint_url(),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    seen = {key: value for key, value in arguments.items() if not key.startswith(LOCAL_PREFIX)}
    script = Script(source, location.rsplit("/", 1)[-1] or "script.py", seen, environment)
    _scripts[run_id] = script
    if _stops[run_id].is_set():
        return Outcome("STOPPED")
    return script.run(
        _timeout_seconds(record, arguments),
        lambda line: emulator.put_log_lines(PYTHON_OUTPUT, run_id, [line]),
        lambda line: emulator.put_log_lines(PYTHON_ERROR, run_id, [line]),
    )


def _pretend_spark(record: Record, arguments: Mapping[str, str]) -> Outcome:
    seconds, limit = float(arguments.get(RUN_SECONDS, 0)), _timeout_seconds(record, arguments)
    if _stops[record["Id"]].wait(min(seconds, limit)):
        return Outcome("STOPPED")
    if seconds > limit:
        return Outcome("TIMEOUT", MESSAGES["TIMEOUT"])
    runs = [run["Id"] for run in glue._job_runs.get(record["JobName"], [])]
    if record["Id"] in runs and runs.index(record["Id"]) < int(arguments.get(FAIL_FIRST, 0)):
        return Outcome("FAILED", arguments.get(FAIL_MESSAGE) or "Command failed with exit code 1")
    return Outcome("SUCCEEDED")


def _finish(record: Record, outcome: Outcome) -> None:
    record["CompletedOn"] = round(time.time(), 3)
    record["ExecutionTime"] = math.ceil(record["CompletedOn"] - record["StartedOn"])
    if outcome.error:
        record["ErrorMessage"] = outcome.error
    _change(record, outcome.state)
    name, run_id = record["JobName"], record["Id"]
    failed = f"JobName:{name} and JobRunId:{run_id} failed to execute with exception {outcome.error}"
    detail = {
        "jobName": name,
        "severity": SEVERITIES[outcome.state],
        "state": outcome.state,
        "jobRunId": run_id,
        "message": MESSAGES.get(outcome.state, failed),
    }
    emulator.publish_event("aws.glue", "Glue Job State Change", detail)


def _retry(job: Record, record: Record, data: Record) -> None:
    attempt = record["Attempt"] + 1
    first_id = record["Id"].split("_attempt_")[0]
    following = _new_record(job, data, f"{first_id}_attempt_{attempt}", attempt, record["Id"])
    with _lock:
        glue._job_runs.setdefault(job["Name"], []).append(following)
    _launch(job, following, data)


def _change(record: Record, state: str) -> None:
    record["JobRunState"] = state
    record["LastModifiedOn"] = round(time.time(), 3)


def is_python_shell(job: Mapping[str, Any]) -> bool:
    """Whether the job really runs here; every other kind is only pretended."""
    return bool((job.get("Command") or {}).get("Name") == PYTHON_SHELL)


def _timeout_seconds(record: Record, arguments: Mapping[str, str]) -> float:
    return float(arguments.get(TIMEOUT_SECONDS) or record["Timeout"] * 60)


def _fetch(location: str, credentials: Mapping[str, str]) -> bytes:
    bucket, _, key = location.removeprefix("s3://").partition("/")
    body: bytes = emulator.client_as(credentials, "s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return body
