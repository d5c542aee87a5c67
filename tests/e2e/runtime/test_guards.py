"""Guards against real APIs: breakers and costs in the table, the switch in SSM, runs that go on, larger runs."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pipewarden.handlers import responder
from pipewarden.handlers.outset import workplace
from pipewarden.retry_policy import BreakerPolicy
from pipewarden.run import Scale

pytestmark = pytest.mark.e2e

BUSY = "HTTP 503 Service Unavailable"
FULL = "Container killed by YARN for exceeding memory limits: out of memory"
SLOW = """
import time
time.sleep(30)
"""


def respond(world: Any, context: Any, body: Any) -> None:
    answer = responder.handler({"Records": [world.record(body)]}, context)
    assert answer["batchItemFailures"] == []


def due(world: Any) -> str:
    """The next retry that is due, once the scheduler has sent it."""

    def look() -> str | None:
        bodies = [str(message["Body"]) for message in world.receive(world.signals)]
        return next((body for body in bodies if '"retry-due"' in body), None)

    return str(world.until(look))


def incident() -> Any:
    return workplace().store.recent()[0]


def last_words() -> str:
    return "\n".join(entry.text for entry in workplace().store.timeline(incident().id))


def retried(world: Any) -> list[dict[str, Any]]:
    runs = world.client("glue").get_job_runs(JobName="extract")["JobRuns"]
    return [run for run in runs if run.get("PreviousRunId")]


def test_a_breaker_opens_and_is_kept_in_the_table(world: Any, context: Any, capsys: pytest.CaptureFixture[str]) -> None:
    world.guard(attempts=2, breaker=BreakerPolicy(failures=1, within_seconds=3600, open_seconds=3600))
    respond(world, context, world.run_job(BUSY))
    respond(world, context, due(world))
    (attempt,) = incident().attempts
    respond(world, context, world.ended(attempt.run_id))
    assert incident().state == "paged"
    assert "the circuit breaker of import is open since" in last_words()
    key = {"pk": {"S": "PIPELINE#import"}, "sk": {"S": "BREAKER"}}
    item = world.client("dynamodb").get_item(TableName=world.settings.names.table(), Key=key)["Item"]
    assert (item["state"]["S"], item["version"]["N"]) == ("open", "1")
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    found = [(line.get("Pipeline"), line["BreakerOpen"]) for line in lines if "BreakerOpen" in line]
    assert found == [("import", [1.0])]


def test_the_kill_switch_stops_what_is_planned(world: Any, context: Any) -> None:
    respond(world, context, world.run_job(BUSY))
    signal = due(world)
    world.switch("off")
    respond(world, context, signal)
    assert "remediation is off, the parameter /pipewarden/test/remediation says so" in last_words()
    assert (incident().state, retried(world)) == ("paged", [])
    world.client("ssm").delete_parameter(Name="/pipewarden/test/remediation")
    world.switch("act")
    assert workplace().kill_switch.read().mode == "act"


def test_without_the_parameter_nothing_is_started(world: Any, context: Any) -> None:
    world.client("ssm").delete_parameter(Name="/pipewarden/test/remediation")
    respond(world, context, world.run_job(BUSY))
    assert "observe mode (the parameter /pipewarden/test/remediation is missing)" in last_words()
    assert incident().attempts == ()


def test_a_retry_waits_while_another_run_goes_on(world: Any, context: Any) -> None:
    respond(world, context, world.run_job(BUSY))
    signal, glue, s3 = due(world), world.client("glue"), world.client("s3")
    s3.put_object(Bucket="runtime-data", Key="scripts/job.py", Body=SLOW.encode())
    other = glue.start_job_run(JobName="extract")["JobRunId"]
    respond(world, context, signal)
    (attempt,) = incident().attempts
    assert (attempt.state, attempt.waits) == ("planned", 1)
    assert f"another run of extract is going on ({other})" in last_words()
    assert retried(world) == []
    glue.batch_stop_job_run(JobName="extract", JobRunIds=[other])


def test_a_run_that_ran_out_of_memory_is_retried_with_more_workers(world: Any, context: Any) -> None:
    world.guard(attempts=2, classes=("transient",), scale=Scale(of="workers", factor=2, most=5))
    glue = world.client("glue")
    role = glue.get_job(JobName="extract")["Job"]["Role"]
    glue.delete_job(JobName="extract")
    command = {"Name": "glueetl", "ScriptLocation": "s3://runtime-data/scripts/job.py", "PythonVersion": "3"}
    glue.create_job(Name="extract", Role=role, Command=command, GlueVersion="4.0", WorkerType="G.1X", NumberOfWorkers=2)
    always = {"--pipewarden-local-fail": "9", "--pipewarden-local-fail-message": FULL}
    respond(world, context, world.ended(glue.start_job_run(JobName="extract", Arguments=always)["JobRunId"]))
    for number, workers in ((1, 4), (2, 5)):
        respond(world, context, due(world))
        attempt = incident().attempt("extract", number)
        run = glue.get_job_run(JobName="extract", RunId=attempt.run_id)["JobRun"]
        assert (attempt.larger, run["WorkerType"], run["NumberOfWorkers"]) == (True, "G.1X", workers)
        respond(world, context, world.ended(attempt.run_id))
    assert "retries exhausted: 2 of 2 failed" in last_words()
