"""AWS Glue jobs: Spark, Python shell and Ray.

Facts: events and states https://docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html,
runs https://docs.aws.amazon.com/glue/latest/webapi/API_JobRun.html, log groups
https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html. There is no CloudWatch metric of failed jobs
that every kind of job writes, hence the alarm on our own.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pipewarden import run_alarms
from pipewarden.alarm_rule import AlarmRule
from pipewarden.glue_errors import ERRORS
from pipewarden.glue_usage import glue_usage
from pipewarden.run import MOST_RUNS, Run, RunState, Scale
from pipewarden.signal import Signal, SignalKind
from pipewarden.target import Target
from pipewarden.technology import Clients, EventRule, Grant, Retry, Technology, Widget
from pipewarden.usage import METRICS

TYPE = "glue-job"
KINDS = {
    "SUCCEEDED": SignalKind.RUN_SUCCEEDED,
    "FAILED": SignalKind.RUN_FAILED,
    "TIMEOUT": SignalKind.RUN_FAILED,
    "ERROR": SignalKind.RUN_FAILED,
    "EXPIRED": SignalKind.RUN_FAILED,
    "STOPPED": SignalKind.RUN_STOPPED,
}
STATES: Mapping[SignalKind, RunState] = {
    SignalKind.RUN_SUCCEEDED: "succeeded",
    SignalKind.RUN_FAILED: "failed",
    SignalKind.RUN_STOPPED: "stopped",
}
CARRIED = ("Arguments", "Timeout", "SecurityConfiguration", "NotificationProperty", "ExecutionClass")
LOOKBACK = timedelta(days=2)
"""A run may have started this long before the moment from which it interests us (default timeout: 48 hours)."""
PAGE = 100
MOST_PAGES = MOST_RUNS // PAGE
LOG_GROUP_PREFIX = "/aws-glue/jobs"
PYTHON_SHELL_LOG_GROUP = "/aws-glue/python-jobs"
PYTHON_SHELL_CAPACITIES = (0.0625, 1.0)


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
    return _read_run(_get(clients, target, signal.run_id), target)


def recent_runs(clients: Clients, target: Target, since: datetime) -> list[Run]:
    """Runs that are going on, or started or ended at or after `since`; of those, the newest `MOST_RUNS`."""
    runs = [_read_run(found, target) for found in _list(clients, target, since - LOOKBACK)]
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
            return found
        carried = _carried(before)
    if scale and carried.get("NumberOfWorkers"):
        carried["NumberOfWorkers"] = int(scale.larger(carried["NumberOfWorkers"]))
    answer = clients("glue").start_job_run(JobName=target.fields["job_name"], JobRunId=failed.run_id, **carried)
    return Run(run_id=answer["JobRunId"], state="running", retry_of=failed.run_id)


def _carried(found: Mapping[str, Any]) -> dict[str, Any]:
    """What StartJobRun is told of a run so that another one is the same."""
    carried = {name: found[name] for name in CARRIED if found.get(name)}
    if found.get("WorkerType"):
        # MaxCapacity is refused together with a worker type, although GetJobRun reports both.
        carried |= {name: found[name] for name in ("WorkerType", "NumberOfWorkers") if found.get(name)}
    elif found.get("MaxCapacity"):
        carried["MaxCapacity"] = found["MaxCapacity"]
    return carried


def find_retry(clients: Clients, target: Target, failed: Run, since: datetime) -> Run | None:
    for found in _list(clients, target, since):
        if found["StartedOn"] >= since and found["Id"] != failed.run_id and _is_retry_of(found, failed.run_id):
            return _read_run(found, target)
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
    """Runs newest first, until a whole page is older than `since`."""
    page: dict[str, Any] = {"JobName": target.fields["job_name"], "MaxResults": PAGE}
    for _ in range(MOST_PAGES):
        answer = clients("glue").get_job_runs(**page)
        yield from answer["JobRuns"]
        if not answer.get("NextToken") or all(found["StartedOn"] < since for found in answer["JobRuns"]):
            return
        page["NextToken"] = answer["NextToken"]


def _read_run(found: Mapping[str, Any], target: Target) -> Run:
    word = found["JobRunState"]
    state: RunState = STATES[KINDS[word]] if word in KINDS else "running"
    return Run(
        run_id=found["Id"],
        state=state,
        word=word,
        started=found.get("StartedOn"),
        ended=found.get("CompletedOn"),
        error=found.get("ErrorMessage", "") or found.get("StateDetail", ""),
        retry_of=found.get("PreviousRunId", ""),
        log_group=_log_group(found, target),
        log_stream=found["Id"],
        input=_carried(found),
        usage=glue_usage(found) if state != "running" else {},
        size={"workers": float(found["NumberOfWorkers"])} if _counts_workers(found) else {},
        owner=_owner(found),
    )


def _counts_workers(found: Mapping[str, Any]) -> bool:
    return bool(found.get("WorkerType") and found.get("NumberOfWorkers"))


def _owner(found: Mapping[str, Any]) -> str:
    """The workflow run that the run belongs to: Glue hands its name and id to each of the workflow's jobs as arguments.

    A trigger outside a workflow (`TriggerName` alone) only starts runs: there is nothing that could be resumed.
    Source: https://docs.aws.amazon.com/glue/latest/dg/workflow-run-properties-code.html.
    """
    arguments = found.get("Arguments") or {}
    run_id = arguments.get("--WORKFLOW_RUN_ID")
    return f"the Glue workflow {arguments.get('--WORKFLOW_NAME', '')}, run {run_id}" if run_id else ""


def _log_group(found: Mapping[str, Any], target: Target) -> str:
    """Where the run's errors are. GetJobRun does not name the kind of job; Python shell has its own log groups, and two
    capacities only."""
    prefix = target.fields.get("log_group_prefix", LOG_GROUP_PREFIX)
    if prefix != LOG_GROUP_PREFIX:
        return f"{prefix}/error"
    shell = str(found.get("LogGroupName", "")).startswith(PYTHON_SHELL_LOG_GROUP)
    shell |= found.get("MaxCapacity") in PYTHON_SHELL_CAPACITIES and found.get("WorkerType") != "G.025X"
    return f"{PYTHON_SHELL_LOG_GROUP}/error" if shell else f"{prefix}/error"


def read_billing(fields: Mapping[str, Any]) -> dict[str, str]:
    """What is counted of a run, and the item of the price table that says what it costs. Runs on memory-optimized
    workers (R and Z) are counted apart: their price is not in the table."""
    is_flex = fields.get("execution_class") == "flex"
    return {
        "billed": METRICS["flex_dpu_hours" if is_flex else "dpu_hours"],
        "price_item": "glue-flex-dpu-hour" if is_flex else "glue-dpu-hour",
    }


def _cost_alarm(key: str, meaning: str, threshold: str, **more: Any) -> AlarmRule:
    return AlarmRule(
        key=key,
        meaning=meaning,
        first_steps=(
            "Compare the amount of input, the number of workers and the duration with earlier runs.",
            "Look for idle workers and for runs that were started twice; auto scaling or fewer workers cost less.",
        ),
        namespace=run_alarms.NAMESPACE,
        metric="$(billed)",
        dimensions=run_alarms.DIMENSIONS,
        comparison=">",
        threshold=threshold,
        price="$(price_item)",
        source=run_alarms.SOURCE,
        **more,
    )


COST: Mapping[str, Any] = {
    "type": "object",
    "description": "What runs cost, by list prices in us-east-1 of the DPU-hours that they are billed for.",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {
        "per_run": {"$ref": "#/$defs/money", "description": "No run costs more.", "examples": ["5 USD"]},
        "per_day": {"$ref": "#/$defs/money", "description": "Runs of a day do not cost more.", "examples": ["50 USD"]},
    },
    "examples": [{"per_run": "5 USD", "per_day": "50 USD"}],
}
COST_ALARMS = (
    _cost_alarm("cost-run", "A run cost more than declared.", "cost.per_run", statistic="Maximum"),
    _cost_alarm(
        "cost-day",
        "The runs of a day cost more than declared.",
        "cost.per_day",
        statistic="Sum",
        period_seconds=86_400,
    ),
)


def _job_graph(title: str, unit: str, statistic: str, kind: str, metrics: str, group: str = "") -> Widget:
    """Metrics of all runs of the job (JobRunId ALL), as `name label, ...` with `stages` for all stages together; with a
    group one of those that observability metrics bring."""
    dimensions = {"JobName": "$(job_name)", "JobRunId": "ALL", "Type": kind}
    if group:
        dimensions["ObservabilityGroup"] = group
    pairs = (text.split(" ", 1) for text in metrics.replace("stages.", f"{ALL_STAGES}.").split(", "))
    rows = tuple(("Glue", f"glue.{metric}", dimensions, statistic, label) for metric, label in pairs)
    return Widget(title=f"$(resource): {title}", metrics=rows, unit=unit)


ALL_STAGES, EXECUTORS = "driver.aggregate", "driver.ExecutorAllocationManager.executors"
PART = "(1 is all of it)"
HEAP = "driver.jvm.heap.usage driver, ALL.jvm.heap.usage executors"
LOAD = "driver.system.cpuSystemLoad driver, ALL.system.cpuSystemLoad executors"
TASKS = "stages.numCompletedTasks succeeded, stages.numFailedTasks failed, stages.numKilledTasks killed"
BYTES = "stages.bytesRead read, stages.shuffleBytesWritten shuffle written, stages.shuffleLocalBytesRead shuffle read"
SKEW, WORKERS = "driver.skewness.job job", "driver.workerUtilization workers"
DIAGNOSTICS = (
    _job_graph("executors running", "Count", "Average", "gauge", f"{EXECUTORS}.numberAllExecutors running"),
    _job_graph("executors needed", "Count", "Maximum", "gauge", f"{EXECUTORS}.numberMaxNeededExecutors needed"),
    _job_graph(f"heap in use {PART}", "None", "Average", "gauge", HEAP),
    _job_graph(f"processor load {PART}", "None", "Average", "gauge", LOAD),
    _job_graph("time of stages", "Milliseconds", "Sum", "count", "stages.elapsedTime elapsed"),
    _job_graph("stages completed", "Count", "Sum", "count", "stages.numCompletedStages completed"),
    _job_graph("tasks by outcome", "Count", "Sum", "count", TASKS),
    _job_graph("records read", "Count", "Sum", "count", "stages.recordsRead records"),
    _job_graph("bytes read and shuffled", "Bytes", "Sum", "count", BYTES),
    _job_graph("skew of the work (0 is even)", "None", "Maximum", "gauge", SKEW, "job_performance"),
    _job_graph("workers in use (1 is all of them)", "None", "Average", "gauge", WORKERS, "resource_utilization"),
)
"""Glue writes them for Spark jobs with `--enable-metrics`, the last two with `--enable-observability-metrics`."""

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
    },
    required=("job_name",),
    identity="job_name",
    arn="arn:$(partition):glue:$(region):$(account):job/$(job_name)",
    derive=read_billing,
    expectations={**run_alarms.EXPECTATIONS, "cost": COST},
    alarms=(run_alarms.RUN_FAILED, *run_alarms.ALARMS, *COST_ALARMS),
    widgets=run_alarms.WIDGETS,
    diagnostics=DIAGNOSTICS,
    usage=("dpu_hours", "flex_dpu_hours", "m_dpu_hours"),
    events=(
        EventRule(
            kind="failed",
            source=("aws.glue",),
            detail_type=("Glue Job State Change",),
            detail={"state": ["FAILED", "TIMEOUT", "ERROR", "EXPIRED", "STOPPED"]},
            identity_path="detail.jobName",
            identity="$(job_name)",
        ),
        EventRule(
            kind="succeeded",
            source=("aws.glue",),
            detail_type=("Glue Job State Change",),
            detail={"state": ["SUCCEEDED"]},
            identity_path="detail.jobName",
            identity="$(job_name)",
        ),
    ),
    grants=(
        Grant(
            purpose="read",
            actions=("glue:GetJobRun", "glue:GetJobRuns"),
            resources=("arn:$(partition):glue:$(region):$(account):job/$(job_name)",),
        ),
        Grant(
            purpose="list",
            actions=("glue:GetJobRuns",),
            resources=("arn:$(partition):glue:$(region):$(account):job/$(job_name)",),
        ),
        Grant(
            purpose="retry",
            actions=("glue:StartJobRun", "glue:GetJobRun", "glue:GetJobRuns"),
            resources=("arn:$(partition):glue:$(region):$(account):job/$(job_name)",),
        ),
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
    ),
)
