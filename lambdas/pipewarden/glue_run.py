"""What Glue says of one run of a job, and what of it another run takes over.

Runs: https://docs.aws.amazon.com/glue/latest/webapi/API_JobRun.html, log groups
https://docs.aws.amazon.com/glue/latest/dg/monitor-continuous-logging.html.
"""

from collections.abc import Mapping
from typing import Any

from pipewarden.glue_usage import glue_usage
from pipewarden.run import Run, RunState
from pipewarden.signal import SignalKind
from pipewarden.target import Target

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
LOG_GROUP_PREFIX = "/aws-glue/jobs"
PYTHON_SHELL_LOG_GROUP = "/aws-glue/python-jobs"
PYTHON_SHELL_CAPACITIES = (0.0625, 1.0)


def carried_over(found: Mapping[str, Any]) -> dict[str, Any]:
    """What StartJobRun is told of a run so that another one is the same."""
    carried = {name: found[name] for name in CARRIED if found.get(name)}
    if found.get("WorkerType"):
        # MaxCapacity is refused together with a worker type, although GetJobRun reports both.
        carried |= {name: found[name] for name in ("WorkerType", "NumberOfWorkers") if found.get(name)}
    elif found.get("MaxCapacity"):
        carried["MaxCapacity"] = found["MaxCapacity"]
    return carried


def read_run(found: Mapping[str, Any], target: Target) -> Run:
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
        input=carried_over(found),
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
