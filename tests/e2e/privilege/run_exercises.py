"""Exercises about failed runs: retried, started again, found by the reconciler."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.privilege.stage import Stage, unique

JOB = "job-rights"
LOCAL = "--pipewarden-local-"
JOB_LOGS = "/aws-glue/jobs/error"
FUNCTION_LOGS = "/aws/lambda/function-rights"


def a_failed_job_is_started_again_and_recovers(stage: Stage) -> None:
    glue = stage.client("glue")
    failing = {f"{LOCAL}fail": "1", f"{LOCAL}fail-message": "HTTP 503 Service Unavailable"}
    new_job(stage)
    glue.start_job_run(JobName=JOB, Arguments=failing)
    found = stage.ends("job", "recovered")
    assert found.attempts == 1
    stage.mail("job", "recovered", address="team@example.com")
    stage.is_kept(found)


def fail_for_good(stage: Stage, run_seconds: int = 0, job: str = JOB) -> str:
    """Let a job fail in a way that no retry mends; the run's id."""
    new_job(stage, job)
    failing = {
        f"{LOCAL}fail": "1",
        f"{LOCAL}fail-message": "ValueError: row 7",
        f"{LOCAL}run-seconds": str(run_seconds),
    }
    return str(stage.client("glue").start_job_run(JobName=job, Arguments=failing)["JobRunId"])


def the_page_of_a_failed_job_has_its_log_lines(stage: Stage) -> None:
    run = fail_for_good(stage, run_seconds=1)
    line = unique("malformed")
    _write_log(stage, run, line)
    assert line in stage.mail("job", "row 7", address="team@example.com").body


def a_failed_execution_is_redriven(stage: Stage) -> None:
    states = stage.client("stepfunctions")
    machine = stage.world.names.arn("states", "stateMachine:machine-rights")
    stage.say_state("HTTP 503 Service Unavailable")
    execution = states.start_execution(stateMachineArn=machine, name=unique("day"))["executionArn"]
    stage.until("the execution fails", lambda: _status(states, execution) == "FAILED")
    stage.say_state("well")
    stage.ends("machine", "recovered")
    assert any("503" in moment.text for moment in stage.timeline("machine")), "nobody knows why it failed"
    assert states.describe_execution(executionArn=execution)["redriveCount"] == 1


def a_job_that_an_execution_started_is_left_to_it(stage: Stage) -> None:
    """Nobody declared who starts it: the execution's history tells, and only the execution is redriven."""
    new_job(stage, "step-rights")
    machine = stage.world.names.arn("states", "stateMachine:flow-rights")
    stage.client("stepfunctions").start_execution(stateMachineArn=machine, name=unique("flow"))
    stage.ends("owned", "recovered")
    assert len(stage.client("glue").get_job_runs(JobName="step-rights")["JobRuns"]) == 2


def a_failed_invocation_is_repeated(stage: Stage) -> None:
    stage.say_state("HTTP 503 Service Unavailable")
    stage.client("lambda").invoke(FunctionName="function-rights", InvocationType="Event", Payload=b'{"order": 1}')
    stage.until("the failure is known", lambda: stage.incident("function"))
    stage.say_state("well")
    stage.ends("function", "recovered")


def the_page_of_a_failed_invocation_has_its_log_lines(stage: Stage) -> None:
    """The group is searched by the request's id: in which stream it is, nobody knows."""
    line = unique("malformed")
    stage.say_state("ValueError: row 7")
    slowly = {"FunctionName": "function-rights", "InvocationType": "Event", "Payload": b'{"seconds": 1}'}
    request = stage.client("lambda").invoke(**slowly)["ResponseMetadata"]["RequestId"]
    _write_log(stage, "another", f"{request} {line}", group=FUNCTION_LOGS)
    assert line in stage.mail("function", "row 7", address="team@example.com").body


def a_success_that_is_overdue_is_missed(stage: Stage) -> None:
    """The reconciler lists the runs since it began to look, and tells what it does not find."""
    resources = {"run": {"M": {key: {"S": _ago(hours=3)} for key in ("first", "until")}}}
    key = {"pk": {"S": "PIPELINE#job"}, "sk": {"S": "RECONCILED"}}
    item = {**key, "resources": {"M": resources}}
    stage.client("dynamodb").put_item(TableName=stage.world.names.table(), Item=item)
    told = stage.invoke("reconciler", {})
    assert (told["missed"], told["failed"]) == (1, 0), told
    stage.mail("job", address="team@example.com")


def _ago(**length: float) -> str:
    return (datetime.now(UTC) - timedelta(**length)).isoformat()


def new_job(stage: Stage, name: str = JOB) -> None:
    """A job without its runs: each is to fail the first time."""
    glue = stage.client("glue")
    job = glue.get_job(JobName=name)["Job"]
    glue.delete_job(JobName=name)
    glue.create_job(**{key: job[key] for key in ("Name", "Role", "Command")})


def _write_log(stage: Stage, stream: str, line: str, group: str = JOB_LOGS) -> None:
    logs = stage.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        logs.create_log_group(logGroupName=group)
    with suppress(logs.exceptions.ResourceAlreadyExistsException):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    event = {"timestamp": int(datetime.now(UTC).timestamp() * 1000), "message": line}
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[event])


def _status(states: Any, execution: str) -> str:
    return str(states.describe_execution(executionArn=execution)["status"])


EXERCISES = (
    a_failed_job_is_started_again_and_recovers,
    the_page_of_a_failed_job_has_its_log_lines,
    a_failed_execution_is_redriven,
    a_job_that_an_execution_started_is_left_to_it,
    a_failed_invocation_is_repeated,
    the_page_of_a_failed_invocation_has_its_log_lines,
    a_success_that_is_overdue_is_missed,
)
