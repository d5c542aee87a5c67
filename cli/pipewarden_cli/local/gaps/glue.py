"""Glue job runs that fail, stop, time out and say so."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import glue
from ministack.services.cloudformation import provisioners

from pipewarden_cli.local import glue_run, hooks

NAME = "AWS Glue jobs"
IMITATED = (
    "A pythonshell job runs its script from S3 as a process of the emulator's own Python, whatever PythonVersion says, "
    "with the session of its role; only boto3, what is installed beside it, and awsglue.utils can be imported.",
    "A failed run's ErrorMessage is the exception that ended the script, else its last line on stderr, else "
    "'Command failed with exit code N'.",
    "Every run that ends raises 'Glue Job State Change' within milliseconds and exactly once; AWS is best effort and "
    "slower. 'Glue Job Run Status' (a run that takes long) is never raised.",
    "Output goes to /aws-glue/python-jobs/output and /error, stream = run id, without asking whether the role may log.",
    "glueetl, gluestreaming and glueray jobs run nothing: they succeed at once, or as the job arguments "
    "--pipewarden-local-fail N (the first N runs fail), --pipewarden-local-fail-message TEXT and "
    "--pipewarden-local-run-seconds S say. --pipewarden-local-timeout-seconds S stands in for Timeout, "
    "which is in minutes.",
    "Retries by the service (MaxRetries) start at once, as run ids with _attempt_N and PreviousRunId; AWS does not "
    "document either. JobRunQueuingEnabled does not queue: runs beyond MaxConcurrentRuns are refused.",
)

# What the emulator's CreateJob and UpdateJob drop.
KEPT_FIELDS = ("ExecutionProperty", "NotificationProperty", "ExecutionClass", "JobRunQueuingEnabled", "LogUri")


def fill() -> None:
    """Replace how runs start, end, stop and are listed."""
    glue._start_job_run = glue_run.start_job_run
    glue._batch_stop_job_run = glue_run.batch_stop_job_run
    glue._get_job_runs = _get_job_runs
    glue._create_job = _keeping_fields(glue._create_job, lambda data: (data.get("Name"), data))
    glue._update_job = _keeping_fields(
        glue._update_job, lambda data: (data.get("JobName"), data.get("JobUpdate", {})), is_new=False
    )
    fields = provisioners._glue_job_fields
    provisioners._glue_job_fields = lambda props: {
        **fields(props),
        **{field: props[field] for field in KEPT_FIELDS if field in props},
    }
    hooks.on_reset(glue_run.stop_all)
    hooks.on_end(glue_run.stop_all)


def _keeping_fields(
    inner: Callable[[Any], Any],
    read: Callable[[Mapping[str, Any]], tuple[Any, Mapping[str, Any]]],
    *,
    is_new: bool = True,
) -> Callable[[Any], Any]:
    def call(data: Mapping[str, Any]) -> Any:
        answer = inner(data)
        name, given = read(data)
        job = glue._jobs.get(name)
        if answer[0] == 200 and job is not None:
            job.update({field: given[field] for field in KEPT_FIELDS if field in given})
            if is_new:
                job.setdefault("ExecutionProperty", {"MaxConcurrentRuns": 1})
                _drop_spark_defaults(job, given)
        return answer

    return call


def _drop_spark_defaults(job: dict[str, Any], given: Mapping[str, Any]) -> None:
    # The emulator gives every job two G.1X workers; a Python shell job has none, and a retry must not send them.
    if glue_run.is_python_shell(job):
        for field in ("WorkerType", "NumberOfWorkers"):
            if field not in given:
                job.pop(field, None)
        job["MaxCapacity"] = job.get("MaxCapacity") or glue_run.PYTHON_SHELL_CAPACITY


def _get_job_runs(data: Mapping[str, Any]) -> Any:
    # Newest first and in pages, as on AWS.
    name = data.get("JobName", "")
    if name not in glue._jobs:
        return error_response_json("EntityNotFoundException", f"Job {name} not found")
    runs = list(reversed(glue._job_runs.get(name, [])))
    start = int(data.get("NextToken") or 0)
    size = int(data.get("MaxResults") or 200)
    answer: dict[str, Any] = {"JobRuns": runs[start : start + size]}
    if start + size < len(runs):
        answer["NextToken"] = str(start + size)
    return json_response(answer)
