"""AWS Step Functions state machines of the standard type (express ones send no events and cannot be redriven).

Facts: events https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html, redrive
https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pipewarden import run_alarms
from pipewarden.alarm_rule import AlarmRule
from pipewarden.error_pattern import ErrorPattern
from pipewarden.run import MOST_RUNS, Run, RunState
from pipewarden.signal import Signal, SignalKind
from pipewarden.target import Target
from pipewarden.technology import Clients, EventRule, Grant, Retry, Technology, Widget
from pipewarden.template import fill

TYPE = "step-functions"
STATE_MACHINE = "arn:$(partition):states:$(region):$(account):stateMachine:$(state_machine)"
EXECUTIONS = "arn:$(partition):states:$(region):$(account):execution:$(state_machine):*"
METRICS = "https://docs.aws.amazon.com/step-functions/latest/dg/procedure-cw-metrics.html"
DIMENSIONS = {"StateMachineArn": STATE_MACHINE}
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
LOOKBACK = timedelta(days=2)
"""An execution may have started this long before the moment from which it interests us."""
PAGE = 100
MOST_PAGES = MOST_RUNS // PAGE


def read_event(event: Mapping[str, Any]) -> Signal | None:
    detail = event["detail"]
    kind = KINDS.get(detail["status"])
    if kind is None:
        return None
    name, cause = detail.get("error") or "", _explain(detail.get("cause") or "")
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
    return _read_run(clients("stepfunctions").describe_execution(executionArn=signal.run_id))


def recent_runs(clients: Clients, target: Target, since: datetime) -> list[Run]:
    """Executions that are going on, or started or ended at or after `since`; of those, the newest `MOST_RUNS`."""
    runs = [_read_run(found) for found in _list(clients, target, since - LOOKBACK)]
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
            return _read_run(before)
    try:
        states.redrive_execution(executionArn=failed.run_id, clientToken=token)
    except states.exceptions.ExecutionNotRedrivable:
        now = states.describe_execution(executionArn=failed.run_id)
        if _redriven_since(now, failed):
            return _read_run(now)
        if now.get("redriveStatus") == "REDRIVABLE_BY_MAP_RUN":
            raise
        return _start_new(states, target, now, token)
    return Run(run_id=failed.run_id, state="running", redrive=failed.redrive + 1)


def find_retry(clients: Clients, _target: Target, failed: Run, _since: datetime) -> Run | None:
    found = clients("stepfunctions").describe_execution(executionArn=failed.run_id)
    return _read_run(found) if _redriven_since(found, failed) else None


def _start_new(states: Any, target: Target, before: Mapping[str, Any], token: str) -> Run:
    """Start an execution whose name is made of the token: the name is what Step Functions refuses to use twice."""
    if "input" not in before:
        raise ValueError("the input of the failed execution is not readable, so it cannot be started again")
    machine, name = fill(STATE_MACHINE, target.values), f"retry-{token}"
    try:
        started = states.start_execution(stateMachineArn=machine, name=name, input=before["input"])
        run_id = started["executionArn"]
    except states.exceptions.ExecutionAlreadyExists:
        run_id = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    return Run(run_id=run_id, state="running", retry_of=before["executionArn"])


def _redriven_since(found: Mapping[str, Any], failed: Run) -> bool:
    return int(found.get("redriveCount") or 0) > failed.redrive


def _list(clients: Clients, target: Target, since: datetime) -> Iterator[Mapping[str, Any]]:
    """Executions newest first, until a whole page is older than `since`."""
    page: dict[str, Any] = {"stateMachineArn": fill(STATE_MACHINE, target.values), "maxResults": PAGE}
    for _ in range(MOST_PAGES):
        answer = clients("stepfunctions").list_executions(**page)
        yield from answer["executions"]
        if not answer.get("nextToken") or all(found["startDate"] < since for found in answer["executions"]):
            return
        page["nextToken"] = answer["nextToken"]


def _read_run(found: Mapping[str, Any]) -> Run:
    name, error = found.get("error") or "", _explain(found.get("cause") or "")
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


def _explain(cause: str) -> str:
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


ERROR_NAMES = "https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html"
ERRORS = (
    ErrorPattern(
        r"lambda\.(serviceexception|awslambdaexception|sdkclientexception|toomanyrequestsexception"
        r"|clientexecutiontimeoutexception|unknown)|glue\.concurrentrunsexceededexception",
        "transient",
        "A service that the state machine called was busy or unreachable. Add a Retry to that state as well.",
        id="sfn-service-call",
        ground="name",
        source=ERROR_NAMES,
    ),
    ErrorPattern(
        r"states\.(heartbeat)?timeout\b",
        "unknown",
        "A state took longer than its limit. If it happens again, look at the slow state before raising the limit.",
        id="sfn-timeout",
        ground="flag",
        source=ERROR_NAMES,
    ),
    ErrorPattern(
        r"states\.datalimitexceeded",
        "deterministic",
        "A state's input or output is over 256 KiB. Pass a reference to S3 instead of the data.",
        id="sfn-data-limit",
        ground="flag",
        source=ERROR_NAMES,
    ),
    ErrorPattern(
        r"states\.permissions",
        "deterministic",
        "The state machine's role may not do what the failed state does. Extend the role.",
        id="sfn-permissions",
        ground="flag",
        source=ERROR_NAMES,
    ),
    ErrorPattern(
        r"states\.(runtime|parameterpathfailure|resultpathmatchfailure|nochoicematched|intrinsicfailure"
        "|queryevaluationerror|itemreaderfailed|resultwriterfailed)",
        "deterministic",
        "The definition does not fit this input. Correct the definition and start a new execution: a redrive "
        "keeps the old one.",
        id="sfn-definition",
        ground="flag",
        source=ERROR_NAMES,
    ),
    ErrorPattern(
        r"states\.exceedtoleratedfailurethreshold",
        "unknown",
        "Too many items of a map failed. Open the map run: the items tell the cause.",
        id="sfn-map-threshold",
        ground="flag",
        source=ERROR_NAMES,
    ),
)


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


def _counts(**labels: str) -> tuple[tuple[str, str, Mapping[str, str], str, str], ...]:
    return tuple(("AWS/States", metric, DIMENSIONS, "Sum", label) for metric, label in labels.items())


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
        Widget(
            title="$(resource): executions",
            metrics=_counts(
                ExecutionsSucceeded="succeeded",
                ExecutionsFailed="failed",
                ExecutionsTimedOut="timed out",
                ExecutionsAborted="aborted",
                ExecutionThrottled="throttles",
            ),
            unit="Count",
            stacked=True,
        ),
        *run_alarms.WIDGETS[1:],
    ),
    diagnostics=(
        Widget(
            title="$(resource): time of executions, waiting included",
            metrics=tuple(
                ("AWS/States", "ExecutionTime", DIMENSIONS, statistic, label)
                for statistic, label in (("Maximum", "longest"), ("p90", "p90"), ("p50", "median"))
            ),
            unit="Milliseconds",
        ),
        Widget(
            title="$(resource): executions started and redriven",
            metrics=_counts(ExecutionsStarted="started", ExecutionsRedriven="redriven"),
            unit="Count",
        ),
        Widget(
            title="$(resource): how redriven executions ended",
            metrics=_counts(
                RedrivenExecutionsSucceeded="succeeded",
                RedrivenExecutionsFailed="failed",
                RedrivenExecutionsTimedOut="timed out",
                RedrivenExecutionsAborted="aborted",
            ),
            unit="Count",
            stacked=True,
        ),
    ),
    events=(
        EventRule(
            kind="failed",
            source=("aws.states",),
            detail_type=("Step Functions Execution Status Change",),
            detail={"status": ["FAILED", "TIMED_OUT", "ABORTED"]},
            identity_path="detail.stateMachineArn",
            identity=STATE_MACHINE,
        ),
        EventRule(
            kind="succeeded",
            source=("aws.states",),
            detail_type=("Step Functions Execution Status Change",),
            detail={"status": ["SUCCEEDED"]},
            identity_path="detail.stateMachineArn",
            identity=STATE_MACHINE,
        ),
    ),
    grants=(
        Grant(purpose="read", actions=("states:DescribeExecution",), resources=(EXECUTIONS,)),
        Grant(purpose="read", actions=("states:ListExecutions",), resources=(STATE_MACHINE,)),
        Grant(purpose="list", actions=("states:ListExecutions",), resources=(STATE_MACHINE,)),
        Grant(
            purpose="retry",
            actions=("states:RedriveExecution", "states:DescribeExecution"),
            resources=(EXECUTIONS,),
        ),
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
    retry=Retry(
        calls=("states:DescribeExecution", "states:RedriveExecution", "states:StartExecution"),
        idempotent=True,
        start=start_again,
        find=find_retry,
    ),
)
