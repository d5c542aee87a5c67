"""A failed Step Functions execution is redriven from the state that failed, under the same ARN."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipewarden_cli.local.control import LocalAws

pytestmark = pytest.mark.e2e

GET_URL = "arn:aws:states:::aws-sdk:sqs:getQueueUrl"


class Machine:
    """A state machine and its executions."""

    def __init__(self, local: LocalAws, name: str, role_arn: str, definition: dict[str, Any]) -> None:
        self.states = local.client("stepfunctions")
        text = json.dumps(definition)
        created = self.states.create_state_machine(name=name, definition=text, roleArn=role_arn)
        self.arn = created["stateMachineArn"]

    def start(self, **given: Any) -> str:
        arn: str = self.states.start_execution(stateMachineArn=self.arn, input=json.dumps(given))["executionArn"]
        return arn

    def ended(self, arn: str) -> dict[str, Any] | None:
        found: dict[str, Any] = self.states.describe_execution(executionArn=arn)
        return found if found["status"] in ("SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED") else None

    def history(self, arn: str) -> list[str]:
        return [event["type"] for event in self.states.get_execution_history(executionArn=arn)["events"]]


@pytest.fixture
def machine(local: LocalAws, name: str, role: Callable[..., str]) -> Callable[..., Machine]:
    def create(**definition: Any) -> Machine:
        return Machine(local, name, role(f"{name}-states", "states.amazonaws.com"), definition)

    return create


def waits_for_queue(queue: str) -> dict[str, Any]:
    """First remembers a number in the input, then fails for as long as there is no such queue."""
    return {
        "StartAt": "Prepare",
        "States": {
            "Prepare": {"Type": "Pass", "Result": 7, "ResultPath": "$.prepared", "Next": "Find"},
            "Find": {
                "Type": "Task",
                "Resource": GET_URL,
                "Parameters": {"QueueName": queue},
                "ResultPath": "$.found",
                "End": True,
            },
        },
    }


def test_a_redrive_goes_on_at_the_failed_state(
    local: LocalAws, machine: Callable[..., Machine], name: str, events: Callable[..., Any], until: Callable[..., Any]
) -> None:
    it = machine(**waits_for_queue(name))
    received = events({"source": ["aws.states"], "detail": {"stateMachineArn": [it.arn]}})
    arn = it.start(given=1)
    failed = until(lambda: it.ended(arn))
    assert (failed["status"], failed["redriveCount"], failed["redriveStatus"]) == ("FAILED", 0, "REDRIVABLE")
    assert "redriveDate" not in failed
    local.client("sqs").create_queue(QueueName=name)
    date = it.states.redrive_execution(executionArn=arn)["redriveDate"]
    done = until(lambda: (e := it.ended(arn)) and e["status"] == "SUCCEEDED" and e)
    assert (done["redriveCount"], done["redriveDate"], done["redriveStatus"]) == (1, date, "NOT_REDRIVABLE")
    output = json.loads(done["output"])
    assert (output["given"], output["prepared"]) == (1, 7)
    history = it.history(arn)
    assert history.count("ExecutionRedriven") == 1
    assert history.count("PassStateEntered") == 1
    assert history.index("ExecutionFailed") < history.index("ExecutionRedriven") < history.index("ExecutionSucceeded")
    seen = until(lambda: len(received()) >= 4 and received())
    counts = [(event["detail"]["status"], event["detail"]["redriveCount"]) for event in seen]
    assert counts == [("RUNNING", 0), ("FAILED", 0), ("RUNNING", 1), ("SUCCEEDED", 1)]
    assert seen[1]["detail"]["error"]
    assert seen[1]["resources"] == [arn]
    (listed,) = it.states.list_executions(stateMachineArn=it.arn, redriveFilter="REDRIVEN")["executions"]
    assert listed["redriveCount"] == 1
    assert it.states.list_executions(stateMachineArn=it.arn, redriveFilter="NOT_REDRIVEN")["executions"] == []


def test_a_token_used_twice_redrives_once(
    machine: Callable[..., Machine], name: str, until: Callable[..., Any]
) -> None:
    it = machine(**waits_for_queue(name))
    arn = it.start()
    until(lambda: it.ended(arn))
    first = it.states.redrive_execution(executionArn=arn, clientToken="once")
    until(lambda: it.history(arn).count("ExecutionFailed") == 2 and it.ended(arn))
    second = it.states.redrive_execution(executionArn=arn, clientToken="once")
    assert second["redriveDate"] == first["redriveDate"]
    assert it.states.describe_execution(executionArn=arn)["redriveCount"] == 1
    assert it.states.redrive_execution(executionArn=arn, clientToken="again")["redriveDate"] > first["redriveDate"]


def test_a_redrive_uses_the_definition_the_execution_started_with(
    local: LocalAws, machine: Callable[..., Machine], name: str, until: Callable[..., Any]
) -> None:
    it = machine(**waits_for_queue(name))
    arn = it.start()
    until(lambda: it.ended(arn))
    broken = {"StartAt": "Find", "States": {"Find": {"Type": "Fail", "Error": "New", "Cause": "new definition"}}}
    it.states.update_state_machine(stateMachineArn=it.arn, definition=json.dumps(broken))
    local.client("sqs").create_queue(QueueName=name)
    it.states.redrive_execution(executionArn=arn)
    assert until(lambda: (e := it.ended(arn)) and e["redriveCount"] == 1 and e)["status"] == "SUCCEEDED"


@pytest.mark.parametrize("is_known", [True, False], ids=["one that succeeded", "one that does not exist"])
def test_what_cannot_be_redriven_is_refused(
    machine: Callable[..., Machine], until: Callable[..., Any], is_known: bool
) -> None:
    it = machine(StartAt="Done", States={"Done": {"Type": "Succeed"}})
    arn = it.start()
    until(lambda: it.ended(arn))
    error = "ExecutionNotRedrivable" if is_known else "ExecutionDoesNotExist"
    with pytest.raises(ClientError, match=error):
        it.states.redrive_execution(executionArn=arn if is_known else f"{arn}x")


def test_an_execution_that_takes_too_long_times_out_and_can_be_redriven(
    machine: Callable[..., Machine], events: Callable[..., Any], until: Callable[..., Any]
) -> None:
    it = machine(TimeoutSeconds=1, StartAt="Wait", States={"Wait": {"Type": "Wait", "Seconds": 3, "End": True}})
    received = events({"source": ["aws.states"], "detail": {"stateMachineArn": [it.arn], "status": ["TIMED_OUT"]}})
    arn = it.start()
    ended = until(lambda: it.ended(arn))
    assert (ended["status"], ended["error"], ended["redriveStatus"]) == ("TIMED_OUT", "States.Timeout", "REDRIVABLE")
    assert until(received)[0]["detail"]["redriveStatus"] == "REDRIVABLE"


@pytest.mark.parametrize("fails", [True, False], ids=["a run that fails", "a run that succeeds"])
def test_a_glue_task_waits_for_the_run(
    local: LocalAws,
    machine: Callable[..., Machine],
    name: str,
    role: Callable[..., str],
    until: Callable[..., Any],
    fails: bool,
) -> None:
    arguments = {"--pipewarden-local-fail": str(int(fails)), "--pipewarden-local-fail-message": "Rate exceeded"}
    command = {"Name": "glueetl", "ScriptLocation": "s3://none/none.py"}
    glue_role = role(f"{name}-glue", "glue.amazonaws.com")
    local.client("glue").create_job(Name=name, Role=glue_role, Command=command, DefaultArguments=arguments)
    task = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": name}}
    it = machine(StartAt="Run", States={"Run": {**task, "End": True}})
    arn = it.start()
    ended = until(lambda: it.ended(arn))
    (run,) = local.client("glue").get_job_runs(JobName=name)["JobRuns"]
    if fails:
        assert (ended["status"], ended["error"]) == ("FAILED", "States.TaskFailed")
        assert json.loads(ended["cause"])["ErrorMessage"] == "Rate exceeded"
        assert json.loads(ended["cause"])["Id"] == run["Id"]
    else:
        assert (ended["status"], json.loads(ended["output"])["JobRunState"]) == ("SUCCEEDED", "SUCCEEDED")
