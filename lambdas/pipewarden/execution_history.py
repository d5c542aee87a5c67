"""Which execution of a state machine started a run and waits for it.

Glue, Batch, EMR and others do not say that Step Functions started a run of theirs; the history of the execution does. A
task of the kind `.sync` is told there as TaskSubmitted, with the service's answer to the start, which names the run
(https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html, GetExecutionHistory in the API model).
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pipewarden.run import Run
from pipewarden.technology import Clients

EXECUTIONS = 100
EVENTS = 1_000
MOST_HISTORIES = 3
"""Of this many executions the history is read at most: those that began last before the run did."""
SLACK = timedelta(seconds=2)
"""Two services' clocks, and times without fractions of a second."""


def owning_execution(clients: Clients, machine: str, run: Run) -> str:
    """The ARN of the execution that waits for the run, or waited for it when it ended; "" when none is found.

    One call, and one for each execution that was going on when the run began. Of each history the newest events are
    read. Items of a distributed map are executions of their own, which are not listed with those of their machine.
    """
    if run.started is None:
        return ""
    states = clients("stepfunctions")
    listed = states.list_executions(stateMachineArn=machine, maxResults=EXECUTIONS)["executions"]
    near = [found["executionArn"] for found in listed if _was_going_on(found, run)]
    for execution in near[:MOST_HISTORIES]:
        events = states.get_execution_history(executionArn=execution, maxResults=EVENTS, reverseOrder=True)["events"]
        if any(_names(event, run.run_id) for event in events):
            return str(execution)
    return ""


def _was_going_on(found: Mapping[str, Any], run: Run) -> bool:
    if run.started is None or found["startDate"] > run.started + SLACK:
        return False
    return found.get("stopDate") is None or found["stopDate"] >= run.started - SLACK


def _names(event: Mapping[str, Any], run_id: str) -> bool:
    """Whether the event submits a task that is waited for, and the run is what the service answered."""
    submitted = event.get("taskSubmittedEventDetails")
    if submitted is None or ".sync" not in submitted["resource"]:
        return False
    return json.dumps(run_id) in submitted.get("output", "")
