"""AWS Glue jobs: Spark, Python shell and Ray.

Facts: events and states https://docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html,
runs https://docs.aws.amazon.com/glue/latest/webapi/API_JobRun.html, log groups
https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html. There is no CloudWatch metric of failed jobs
that every kind of job writes, hence the alarm on our own.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from pipewarden import run_alarms
from pipewarden.glue_cost import COST, COST_ALARMS, read_billing
from pipewarden.glue_errors import ERRORS
from pipewarden.glue_graphs import DIAGNOSTICS
from pipewarden.glue_run import KINDS, LOG_GROUP_PREFIX, PYTHON_SHELL_LOG_GROUP, carried_over, read_run
from pipewarden.run import Run, Scale
from pipewarden.run_events import run_events
from pipewarden.run_pages import LOOKBACK, PAGE, newest_runs
from pipewarden.signal import Signal, SignalKind
from pipewarden.target import Target
from pipewarden.technology import Clients, Grant, Retry, Technology

TYPE = "glue-job"
JOB = "arn:$(partition):glue:$(region):$(account):job/$(job_name)"


def read_event(event: Mapping[str, Any]) -> Signal | None:
    detail = event["detail"]
    kind = KINDS.get(detail["state"])
    if kind is None:
        return None
    return Signal(
        kind=kind,
        time=datetime.fromisoformat(event["time"]).astimezone(UTC),
        technology=TYPE,
        identity=detail["jobName"],
        run_id=detail["jobRunId"],
        state=detail["state"],
        error="" if kind == SignalKind.RUN_SUCCEEDED else detail.get("message", ""),
    )


def describe_run(clients: Clients, target: Target, signal: Signal) -> Run:
    return read_run(_get(clients, target, signal.run_id), target)


def recent_runs(clients: Clients, target: Target, since: datetime) -> list[Run]:
    """Runs that are going on, or started or ended at or after `since`; of those, the newest `MOST_RUNS`."""
    runs = [read_run(found, target) for found in _list(clients, target, since - LOOKBACK)]
    return [run for run in runs if run.touches(since)]


def start_again(clients: Clients, target: Target, failed: Run, _token: str, scale: Scale | None = None) -> Run:
    """Start the failed run again with its own arguments, unless somebody has done so already.

    StartJobRun takes no client token, and Glue itself starts a further attempt where the job has `MaxRetries`; so a run
    that names the failed one as its predecessor is taken for the retry.
    """
    carried = dict(failed.input)
    if not failed.current:
        before = _get(clients, target, failed.run_id)
        if found := find_retry(clients, target, failed, before["StartedOn"]):
            return replace(found, adopted=True)
        carried = carried_over(before)
    if scale and carried.get("NumberOfWorkers"):
        carried["NumberOfWorkers"] = int(scale.larger(carried["NumberOfWorkers"]))
    answer = clients("glue").start_job_run(JobName=target.fields["job_name"], JobRunId=failed.run_id, **carried)
    return Run(run_id=answer["JobRunId"], state="running", retry_of=failed.run_id)


def say_layers(fields: Mapping[str, Any], attempts: int) -> str:
    """Runs that Glue starts by itself are adopted, so the two do not multiply."""
    own = int(fields.get("max_retries") or 0)
    if not own or not attempts:
        return ""
    return f"Glue itself starts a failed run again, up to {own} times: each counts as one of {attempts} attempts"


def find_retry(clients: Clients, target: Target, failed: Run, since: datetime) -> Run | None:
    for found in _list(clients, target, since):
        if found["StartedOn"] >= since and found["Id"] != failed.run_id and _is_retry_of(found, failed.run_id):
            return read_run(found, target)
    return None


def _is_retry_of(found: Mapping[str, Any], run_id: str) -> bool:
    previous: str = found.get("PreviousRunId") or ""
    return previous == run_id or (previous != "" and previous == _without_attempt(run_id) != found["Id"])


def _without_attempt(run_id: str) -> str:
    """Glue's own retries are seen with a suffix (`jr_..._attempt_1`), which no page of the documentation describes."""
    return re.sub(r"_attempt_\d+$", "", run_id)


def _get(clients: Clients, target: Target, run_id: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = clients("glue").get_job_run(JobName=target.fields["job_name"], RunId=run_id)["JobRun"]
    return found


def _list(clients: Clients, target: Target, since: datetime) -> Iterator[Mapping[str, Any]]:
    asked = {"JobName": target.fields["job_name"], "MaxResults": PAGE}
    return newest_runs(clients("glue").get_job_runs, asked, "JobRuns", "StartedOn", "NextToken", since)


TECHNOLOGY = Technology(
    type=TYPE,
    title="AWS Glue job",
    summary="A Glue job: Spark, Python shell or Ray. A failed run is started again with its own arguments.",
    example={"type": TYPE, "job_name": "customer-import-extract-$(env)", "expect": {"duration": {"max": "45m"}}},
    fields={
        "job_name": {
            "type": "string",
            "title": "the name of a Glue job",
            "minLength": 1,
            "maxLength": 255,
            "description": "Name of the Glue job, in which blanks are allowed.",
        },
        "log_group_prefix": {
            "type": "string",
            "title": "a log group's name without /error and without a slash at its end",
            "pattern": "^[^:*]*[^:*/]$",
            "maxLength": 500,
            "default": LOG_GROUP_PREFIX,
            "description": "Where the job logs, if `--custom-logGroup-prefix` says so.",
        },
        "execution_class": {
            "enum": ["standard", "flex"],
            "default": "standard",
            "description": "What its runs are billed as; `expect.cost` is judged by it.",
        },
        "max_retries": {
            "type": "integer",
            "title": "a whole number from 0 to 10",
            "minimum": 0,
            "maximum": 10,
            "default": 0,
            "description": "The job's own `MaxRetries`: what Glue starts by itself counts as an attempt of `retry`.",
        },
    },
    required=("job_name",),
    identity="job_name",
    arn=JOB,
    derive=read_billing,
    expectations={**run_alarms.EXPECTATIONS, "cost": COST},
    alarms=(run_alarms.RUN_FAILED, *run_alarms.ALARMS, *COST_ALARMS),
    widgets=run_alarms.WIDGETS,
    diagnostics=DIAGNOSTICS,
    usage=("dpu_hours", "flex_dpu_hours", "m_dpu_hours"),
    events=run_events(
        ("aws.glue",),
        "Glue Job State Change",
        word="state",
        failed=("FAILED", "TIMEOUT", "ERROR", "EXPIRED", "STOPPED"),
        succeeded=("SUCCEEDED",),
        identity_path="detail.jobName",
        identity="$(job_name)",
    ),
    grants=(
        Grant(purpose="read", actions=("glue:GetJobRun", "glue:GetJobRuns"), resources=(JOB,)),
        Grant(purpose="list", actions=("glue:GetJobRuns",), resources=(JOB,)),
        Grant(purpose="retry", actions=("glue:StartJobRun",), resources=(JOB,)),
    ),
    log_groups=(
        "$(log_group_prefix)/error",
        "$(log_group_prefix)/output",
        f"{PYTHON_SHELL_LOG_GROUP}/error",
        f"{PYTHON_SHELL_LOG_GROUP}/output",
    ),
    queries=(
        (
            "by run id",
            # Glue names its log streams after the run.
            "fields @timestamp, @logStream, @message | filter @logStream like 'RUN-ID' | sort @timestamp asc "
            "| limit 1000",
        ),
    ),
    console="https://$(region).$(console)/gluestudio/home?region=$(region)#/editor/job/$(job_name)/runs",
    run_console="https://$(region).$(console)/gluestudio/home?region=$(region)#/job/$(job_name)/run/$(run_id)",
    errors=ERRORS,
    runs=True,
    read_event=read_event,
    describe_run=describe_run,
    recent_runs=recent_runs,
    retry=Retry(
        calls=("glue:GetJobRun", "glue:GetJobRuns", "glue:StartJobRun"),
        idempotent=False,
        start=start_again,
        find=find_retry,
        scalable=("workers",),
        start_larger=start_again,
        layers=say_layers,
    ),
)
