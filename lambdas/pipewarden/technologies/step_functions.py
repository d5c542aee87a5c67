"""AWS Step Functions state machines of the standard type (express ones send no events and cannot be redriven).

Facts: events https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html, redrive
https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from pipewarden import run_alarms
from pipewarden.alarm_rule import AlarmRule
from pipewarden.execution import KINDS, explain_cause, read_execution, start_anew
from pipewarden.execution_history import owning_execution
from pipewarden.graph import graph
from pipewarden.run import Run
from pipewarden.run_events import run_events
from pipewarden.run_pages import LOOKBACK, PAGE, newest_runs
from pipewarden.signal import Signal
from pipewarden.step_functions_errors import ERRORS
from pipewarden.target import Target
from pipewarden.technology import Clients, Grant, Retry, Technology
from pipewarden.template import fill

TYPE = "step-functions"
STATE_MACHINE = "arn:$(partition):states:$(region):$(account):stateMachine:$(state_machine)"
EXECUTIONS = "arn:$(partition):states:$(region):$(account):execution:$(state_machine):*"
METRICS = "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html"
DIMENSIONS = {"StateMachineArn": STATE_MACHINE}


def read_event(event: Mapping[str, Any]) -> Signal | None:
    detail = event["detail"]
    kind = KINDS.get(detail["status"])
    if kind is None:
        return None
    name, cause = detail.get("error") or "", explain_cause(detail.get("cause") or "")
    return Signal(
        kind=kind,
        time=datetime.fromisoformat(event["time"]).astimezone(UTC),
        technology=TYPE,
        identity=detail["stateMachineArn"],
        run_id=detail["executionArn"],
        redrive=detail.get("redriveCount") or 0,
        state=detail["status"],
        error=": ".join(part for part in (name, cause) if part),
    )


def describe_run(clients: Clients, _target: Target, signal: Signal) -> Run:
    return read_execution(clients("stepfunctions").describe_execution(executionArn=signal.run_id))


def recent_runs(clients: Clients, target: Target, since: datetime) -> list[Run]:
    """Executions that are going on, or started or ended at or after `since`; of those, the newest `MOST_RUNS`."""
    runs = [read_execution(found) for found in _list(clients, target, since - LOOKBACK)]
    return [run for run in runs if run.touches(since)]


def start_again(clients: Clients, target: Target, failed: Run, token: str) -> Run:
    """Redrive the execution from its failed state; where the service cannot, start a new one with the same input.

    A client token is honoured for 15 minutes only, so the redrive count is looked at first: a higher one says that
    this failure has been redriven already, by us or by a person.
    """
    states = clients("stepfunctions")
    if not failed.current:
        before = states.describe_execution(executionArn=failed.run_id)
        if _redriven_since(before, failed):
            return read_execution(before)
    try:
        states.redrive_execution(executionArn=failed.run_id, clientToken=token)
    except states.exceptions.ExecutionNotRedrivable:
        now = states.describe_execution(executionArn=failed.run_id)
        if _redriven_since(now, failed):
            return read_execution(now)
        if now.get("redriveStatus") == "REDRIVABLE_BY_MAP_RUN":
            raise
        return start_anew(states, fill(STATE_MACHINE, target.values), now, token)
    return Run(run_id=failed.run_id, state="running", redrive=failed.redrive + 1)


def find_retry(clients: Clients, _target: Target, failed: Run, _since: datetime) -> Run | None:
    found = clients("stepfunctions").describe_execution(executionArn=failed.run_id)
    return read_execution(found) if _redriven_since(found, failed) else None


def _redriven_since(found: Mapping[str, Any], failed: Run) -> bool:
    return int(found.get("redriveCount") or 0) > failed.redrive


def _list(clients: Clients, target: Target, since: datetime) -> Iterator[Mapping[str, Any]]:
    asked = {"stateMachineArn": fill(STATE_MACHINE, target.values), "maxResults": PAGE}
    return newest_runs(clients("stepfunctions").list_executions, asked, "executions", "startDate", "nextToken", since)


def _alarm(key: str, metric: str, meaning: str, role: str, *steps: str) -> AlarmRule:
    return AlarmRule(
        key=key,
        meaning=meaning,
        first_steps=steps,
        namespace="AWS/States",
        metric=metric,
        dimensions={"StateMachineArn": STATE_MACHINE},
        statistic="Sum",
        comparison=">=",
        threshold=1,
        source=METRICS,
        role="run" if role == "run" else "health",
    )


_graph = partial(graph, "AWS/States", DIMENSIONS)

TECHNOLOGY = Technology(
    type=TYPE,
    title="AWS Step Functions state machine",
    summary="A standard state machine. Failed executions are redriven from the failed state, or started anew.",
    example={"type": TYPE, "state_machine": "customer-load-$(env)"},
    fields={
        "state_machine": {
            "$ref": "#/$defs/name",
            "description": "Name of a standard state machine (not its ARN).",
        },
    },
    required=("state_machine",),
    identity="state_machine",
    arn=STATE_MACHINE,
    expectations=run_alarms.EXPECTATIONS,
    alarms=(
        _alarm(
            "failed",
            "ExecutionsFailed",
            "An execution failed.",
            "run",
            "Open the execution and read the failed state's error and cause.",
            "If the definition was wrong, correct it and start a new execution; a redrive keeps the old definition.",
        ),
        _alarm(
            "timed-out",
            "ExecutionsTimedOut",
            "An execution ran into its time limit.",
            "run",
            "Find the state that was running when the time was over.",
            "Raise TimeoutSeconds only when that state is slow for a good reason.",
        ),
        _alarm(
            "throttled",
            "ExecutionThrottled",
            "State transitions were throttled: executions are slow, none is lost.",
            "health",
            "Look for a loop or a burst of executions in this account.",
            "Ask for a higher StateTransition quota if the load is real.",
        ),
        *run_alarms.ALARMS,
    ),
    widgets=(
        _graph(
            "executions",
            "Count",
            ("ExecutionsSucceeded", "Sum", "succeeded"),
            ("ExecutionsFailed", "Sum", "failed"),
            ("ExecutionsTimedOut", "Sum", "timed out"),
            ("ExecutionsAborted", "Sum", "aborted"),
            ("ExecutionThrottled", "Sum", "throttles"),
            stacked=True,
        ),
        *run_alarms.WIDGETS[1:],
    ),
    diagnostics=(
        _graph(
            "time of executions, waiting included",
            "Milliseconds",
            ("ExecutionTime", "Maximum", "longest"),
            ("ExecutionTime", "p90", "p90"),
            ("ExecutionTime", "p50", "median"),
        ),
        _graph(
            "executions started and redriven",
            "Count",
            ("ExecutionsStarted", "Sum", "started"),
            ("ExecutionsRedriven", "Sum", "redriven"),
        ),
        _graph(
            "how redriven executions ended",
            "Count",
            ("RedrivenExecutionsSucceeded", "Sum", "succeeded"),
            ("RedrivenExecutionsFailed", "Sum", "failed"),
            ("RedrivenExecutionsTimedOut", "Sum", "timed out"),
            ("RedrivenExecutionsAborted", "Sum", "aborted"),
            stacked=True,
        ),
    ),
    events=run_events(
        ("aws.states",),
        "Step Functions Execution Status Change",
        word="status",
        failed=("FAILED", "TIMED_OUT", "ABORTED"),
        succeeded=("SUCCEEDED",),
        identity_path="detail.stateMachineArn",
        identity=STATE_MACHINE,
    ),
    grants=(
        Grant(purpose="read", actions=("states:DescribeExecution",), resources=(EXECUTIONS,)),
        Grant(purpose="read", actions=("states:ListExecutions",), resources=(STATE_MACHINE,)),
        Grant(purpose="list", actions=("states:ListExecutions",), resources=(STATE_MACHINE,)),
        Grant(purpose="owner", actions=("states:GetExecutionHistory",), resources=(EXECUTIONS,)),
        Grant(purpose="retry", actions=("states:RedriveExecution",), resources=(EXECUTIONS,)),
        Grant(purpose="retry", actions=("states:StartExecution",), resources=(STATE_MACHINE,)),
    ),
    log_groups=("/aws/vendedlogs/states/$(state_machine)-Logs",),
    queries=(
        (
            "by run id",
            "fields @timestamp, type, id, details.name, details.error, details.cause | filter execution_arn = 'RUN-ID' "
            "| sort @timestamp asc | limit 1000",
        ),
        (
            "failures by state",
            "filter type like /Failed|TimedOut|Aborted/ | stats count(*) as times by type, details.error "
            "| sort times desc",
        ),
    ),
    console="https://$(region).$(console)/states/home?region=$(region)#/statemachines/view/" + STATE_MACHINE,
    run_console="https://$(region).$(console)/states/home?region=$(region)#/v2/executions/details/$(run_id)",
    errors=ERRORS,
    runs=True,
    read_event=read_event,
    describe_run=describe_run,
    recent_runs=recent_runs,
    owning_run=lambda clients, target, run: owning_execution(clients, fill(STATE_MACHINE, target.values), run),
    retry=Retry(
        calls=("states:DescribeExecution", "states:RedriveExecution", "states:StartExecution"),
        idempotent=True,
        start=start_again,
        find=find_retry,
    ),
)
