"""Which execution of a state machine started a Glue run: asked of the histories, botocore judging every call."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest

from pipewarden.registry import technologies
from pipewarden.run import Run
from pipewarden.target import Target
from pipewarden.technology import Technology
from tests.unit.technologies.conftest import Conversation

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:customer-load-prod"
BEGAN, RUN = "2026-03-01T02:10:00+00:00", "jr_1"
STATES = technologies()["step-functions"]


def execution(name: str, started: str, stopped: str | None = None, status: str = "FAILED") -> dict[str, Any]:
    arn = f"arn:aws:states:us-east-1:123456789012:execution:customer-load-prod:{name}"
    times = {"startDate": started, **({"stopDate": stopped} if stopped else {})}
    return {"executionArn": arn, "stateMachineArn": MACHINE, "name": name, "status": status, **times}


def listing(*found: dict[str, Any]) -> dict[str, Any]:
    request = {"stateMachineArn": MACHINE, "maxResults": 100}
    answer = {"executions": list(found)}
    return {"service": "stepfunctions", "operation": "ListExecutions", "request": request, "answer": answer}


def history(name: str, *events: dict[str, Any]) -> dict[str, Any]:
    arn = execution(name, "")["executionArn"]
    request = {"executionArn": arn, "maxResults": 1000, "reverseOrder": True}
    answer = {"events": [{"timestamp": BEGAN, "id": at + 1, **event} for at, event in enumerate(events)]}
    return {"service": "stepfunctions", "operation": "GetExecutionHistory", "request": request, "answer": answer}


def submitted(run_id: str, resource: str = "startJobRun.sync") -> dict[str, Any]:
    output = f'{{"JobName":"merge","JobRunId":"{run_id}"}}'
    details = {"resourceType": "glue", "resource": resource, "output": output}
    return {"type": "TaskSubmitted", "taskSubmittedEventDetails": details}


FAILED = {"type": "TaskFailed", "taskFailedEventDetails": {"resourceType": "glue", "resource": "startJobRun.sync"}}
GOING_ON = ("2026-03-01T02:05:00+00:00", None, "RUNNING")
ENDED_AFTER = ("2026-03-01T02:05:00+00:00", "2026-03-01T02:20:00+00:00")
ENDED_BEFORE = ("2026-03-01T02:05:00+00:00", "2026-03-01T02:09:00+00:00")
BEGAN_LATER = ("2026-03-01T02:11:00+00:00", None, "RUNNING")


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        pytest.param([listing()], "", id="nothing was executed"),
        pytest.param([listing(execution("a", *GOING_ON)), history("a", FAILED, submitted(RUN))], "a", id="it goes on"),
        pytest.param([listing(execution("a", *ENDED_AFTER)), history("a", submitted(RUN))], "a", id="it failed since"),
        pytest.param([listing(execution("a", *ENDED_BEFORE))], "", id="it had ended before: its history is not read"),
        pytest.param([listing(execution("a", *BEGAN_LATER))], "", id="it began later: its history is not read"),
        pytest.param([listing(execution("a", *GOING_ON)), history("a", submitted("jr_12"))], "", id="another run"),
        pytest.param(
            [listing(execution("a", *GOING_ON)), history("a", submitted(RUN, "startJobRun"))],
            "",
            id="it started the run and did not wait: it cannot be resumed in its place",
        ),
        pytest.param(
            [listing(execution("a", *GOING_ON)), history("a", submitted(RUN, "startJobRun.sync:2"))],
            "a",
            id="the second form of waiting",
        ),
        pytest.param(
            [
                listing(*(execution(name, *GOING_ON) for name in "abcd")),
                *(history(name, submitted(f"jr_{name}")) for name in "abc"),
            ],
            "",
            id="no more than three histories are read",
        ),
    ],
)
def test_the_execution_that_waits_for_a_run(
    calls: Sequence[Mapping[str, Any]],
    expected: str,
    converse: Callable[[Sequence[Mapping[str, Any]]], Conversation],
    declare: Callable[[Technology], Target],
) -> None:
    clients = converse(calls)
    run = Run(run_id=RUN, state="failed", started=datetime(2026, 3, 1, 2, 10, tzinfo=UTC))
    assert STATES.owning_run
    found = STATES.owning_run(clients, declare(STATES), run)
    assert found == (execution(expected, "")["executionArn"] if expected else "")
    granted = {
        action for grant in STATES.grants if grant.purpose in ("read", "owner", "list") for action in grant.actions
    }
    assert set(clients.asked) <= granted


def test_a_run_whose_start_is_not_known_is_not_looked_for(
    converse: Callable[[Sequence[Mapping[str, Any]]], Conversation], declare: Callable[[Technology], Target]
) -> None:
    assert STATES.owning_run
    assert STATES.owning_run(converse([]), declare(STATES), Run(run_id=RUN, state="failed")) == ""
