"""A Glue run that a state machine has started: nobody declared `within:`, the history of the execution tells."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipewarden.handlers.outset import workplace
from pipewarden.pipeline_settings import ResourceSettings
from tests.e2e.runtime.conftest import forget, make_role
from tests.e2e.runtime.test_guards import due, incident, last_words, respond, retried

pytestmark = pytest.mark.e2e

BUSY = "HTTP 503 Service Unavailable"


@pytest.fixture
def machine(world: Any) -> str:
    """A state machine that runs the job and waits for it, declared beside it."""
    parameters = {"JobName": "extract", "Arguments": {"--bucket": "runtime-data"}}
    task = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": parameters, "End": True}
    definition = json.dumps({"StartAt": "Run", "States": {"Run": task}})
    role = make_role(world, "flow-role", "states.amazonaws.com", "glue:StartJobRun")
    arn = world.client("stepfunctions").create_state_machine(name="flow", definition=definition, roleArn=role)
    pipeline = world.settings.pipelines["import"]
    flow = ResourceSettings(
        type="step-functions",
        fields={"state_machine": "flow"},
        identities=(arn["stateMachineArn"],),
        retry=pipeline.resources["extract"].retry,
    )
    resources = {**pipeline.resources, "flow": flow}
    settings = replace(world.settings, pipelines={"import": replace(pipeline, resources=resources)})
    Path(os.environ["PIPEWARDEN_SETTINGS"]).write_text(settings.to_json())
    forget()
    return str(arn["stateMachineArn"])


def execute(world: Any, machine: str, text: str) -> str:
    world.client("s3").put_object(Bucket="runtime-data", Key="data", Body=text.encode())
    return str(world.client("stepfunctions").start_execution(stateMachineArn=machine)["executionArn"])


def ended(world: Any, execution: str) -> dict[str, Any]:
    """Wait for the end of an execution; the event that tells of it."""
    states = world.client("stepfunctions")

    def look() -> Any:
        found = states.describe_execution(executionArn=execution)
        return found if found["status"] in ("FAILED", "SUCCEEDED") else None

    found = world.until(look)
    detail = {name: found[name] for name in ("executionArn", "stateMachineArn", "status", "redriveCount")}
    return {
        "source": "aws.states",
        "detail-type": "Step Functions Execution Status Change",
        "time": found["stopDate"].isoformat(),
        "detail": {**detail, "error": found.get("error"), "cause": found.get("cause")},
    }


def test_it_is_the_reason_of_the_executions_failure_and_retried_only_through_it(
    world: Any, context: Any, machine: str
) -> None:
    execution = execute(world, machine, BUSY)
    failed = ended(world, execution)
    (run,) = world.client("glue").get_job_runs(JobName="extract")["JobRuns"]
    respond(world, context, world.ended(run["Id"]))
    assert f"{execution} of flow started it: waiting for what that reports" in last_words()
    assert incident().attempts == ()
    respond(world, context, failed)
    assert [(attempt.resource, attempt.state) for attempt in incident().attempts] == [("flow", "planned")]
    world.client("s3").put_object(Bucket="runtime-data", Key="data", Body=b"good")
    respond(world, context, due(world))
    assert retried(world) == []
    respond(world, context, ended(world, execution))
    assert incident().state == "recovered"
    assert [reason.open for reason in incident().reasons] == [False, False]


def test_a_run_of_its_own_is_retried_although_an_execution_goes_on(world: Any, context: Any, machine: str) -> None:
    wait = {"Type": "Wait", "Seconds": 30, "End": True}
    definition = json.dumps({"StartAt": "Wait", "States": {"Wait": wait}})
    world.client("stepfunctions").update_state_machine(stateMachineArn=machine, definition=definition)
    execution = execute(world, machine, BUSY)
    respond(world, context, world.run_job(BUSY))
    assert [(attempt.resource, attempt.state) for attempt in incident().attempts] == [("extract", "planned")]
    world.client("stepfunctions").stop_execution(executionArn=execution)
    assert workplace().store.recent()[0].id == incident().id
