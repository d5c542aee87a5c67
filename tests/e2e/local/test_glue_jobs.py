"""Glue jobs really run, fail, stop, time out and retry, and say so in an event."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipewarden_cli.local import children
from pipewarden_cli.local.control import LocalAws

pytestmark = pytest.mark.e2e

READS_BUCKET = """
import os, sys, boto3
from awsglue.utils import getResolvedOptions
options = getResolvedOptions(sys.argv, ["bucket"])
print("reading", options["bucket"])
boto3.client("s3").get_object(Bucket=options["bucket"], Key="data.csv")
print("local" if any(a.startswith("--pipewarden-local") for a in sys.argv) else "clean")
print(sorted(k for k in os.environ if k.startswith(("GATEWAY", "MINISTACK", "AUTH"))))
"""
FAILS = """
import sys
print("about to fail")
try:
    int("x")
except ValueError as problem:
    raise RuntimeError("row 7: bad amount") from problem
"""
SLEEPS = "import time, subprocess\nprint(subprocess.Popen(['sleep', '30']).pid)\ntime.sleep(30)\n"


@pytest.fixture
def job(local: LocalAws, name: str, role: Callable[..., str]) -> Callable[..., str]:
    """Create a job with a script of its own; its name."""

    def create(script: str, *, kind: str = "pythonshell", **settings: Any) -> str:
        bucket, s3 = f"{name}-bucket", local.client("s3")
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="scripts/job.py", Body=script.encode())
        s3.put_object(Bucket=bucket, Key="data.csv", Body=b"a,b\n")
        allowed = {"Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{bucket}/*"}
        arn = role(f"{name}-role", "glue.amazonaws.com", allowed)
        command = {"Name": kind, "ScriptLocation": f"s3://{bucket}/scripts/job.py", "PythonVersion": "3.9"}
        local.client("glue").create_job(Name=name, Role=arn, Command=command, **settings)
        return name

    return create


def ended(local: LocalAws, job: str, run_id: str) -> dict[str, Any] | None:
    run: dict[str, Any] = local.client("glue").get_job_run(JobName=job, RunId=run_id)["JobRun"]
    return run if run["JobRunState"] in ("SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED") else None


def log(local: LocalAws, group: str, run_id: str) -> list[str]:
    found = local.client("logs").get_log_events(logGroupName=group, logStreamName=run_id)["events"]
    return [event["message"] for event in found]


def test_a_good_run_has_its_role_arguments_and_logs_and_raises_an_event(
    local: LocalAws, job: Callable[..., str], events: Callable[..., Any], until: Callable[..., Any]
) -> None:
    name = job(READS_BUCKET, DefaultArguments={"--pipewarden-local-fail": "0"})
    received = events({"source": ["aws.glue"], "detail": {"jobName": [name]}})
    run_id = local.client("glue").start_job_run(JobName=name, Arguments={"--bucket": f"{name}-bucket"})["JobRunId"]
    run = until(lambda: ended(local, name, run_id))
    assert (run["JobRunState"], run["Arguments"]) == ("SUCCEEDED", {"--bucket": f"{name}-bucket"})
    assert "ErrorMessage" not in run
    assert re.fullmatch(r"jr_[0-9a-f]{64}", run_id)
    assert log(local, "/aws-glue/python-jobs/output", run_id) == [f"reading {name}-bucket", "clean", "[]"]
    (event,) = until(received)
    assert (event["source"], event["detail-type"], event["resources"]) == ("aws.glue", "Glue Job State Change", [])
    assert event["detail"] == {
        "jobName": name,
        "severity": "INFO",
        "state": "SUCCEEDED",
        "jobRunId": run_id,
        "message": "Job run succeeded",
    }


def test_a_failed_run_carries_the_exception_and_its_log(
    local: LocalAws, job: Callable[..., str], events: Callable[..., Any], until: Callable[..., Any]
) -> None:
    name = job(FAILS)
    received = events({"source": ["aws.glue"], "detail": {"jobName": [name], "state": ["FAILED"]}})
    run_id = local.client("glue").start_job_run(JobName=name)["JobRunId"]
    run = until(lambda: ended(local, name, run_id))
    assert run["ErrorMessage"] == "RuntimeError: row 7: bad amount"
    assert log(local, "/aws-glue/python-jobs/error", run_id)[-1] == "RuntimeError: row 7: bad amount"
    (event,) = until(received)
    assert event["detail"]["severity"] == "ERROR"
    assert event["detail"]["message"] == (
        f"JobName:{name} and JobRunId:{run_id} failed to execute with exception RuntimeError: row 7: bad amount"
    )


def test_a_run_may_do_only_what_its_role_allows(
    local: LocalAws, job: Callable[..., str], until: Callable[..., Any]
) -> None:
    name = job("import boto3\nboto3.client('sqs').list_queues()\n")
    run_id = local.client("glue").start_job_run(JobName=name)["JobRunId"]
    error = until(lambda: ended(local, name, run_id))["ErrorMessage"]
    assert "AccessDenied" in error
    assert "sqs:listqueues" in error.lower()


def test_a_role_that_does_not_trust_glue_fails_the_run(
    local: LocalAws, name: str, role: Callable[..., str], until: Callable[..., Any]
) -> None:
    arn = role(f"{name}-role", "lambda.amazonaws.com")
    command = {"Name": "pythonshell", "ScriptLocation": "s3://none/none.py"}
    glue = local.client("glue")
    glue.create_job(Name=name, Role=arn, Command=command)
    run_id = glue.start_job_run(JobName=name)["JobRunId"]
    run = until(lambda: ended(local, name, run_id))
    assert run["ErrorMessage"] == f"Role {arn} should be given assume role permissions for Glue Service."


def test_stopping_ends_the_process_and_what_it_started(
    local: LocalAws, job: Callable[..., str], events: Callable[..., Any], until: Callable[..., Any]
) -> None:
    name, glue = job(SLEEPS), local.client("glue")
    received = events({"source": ["aws.glue"], "detail": {"jobName": [name]}})
    run_id = glue.start_job_run(JobName=name)["JobRunId"]
    (child_pid,) = until(lambda: run_id in streams(local) and log(local, "/aws-glue/python-jobs/output", run_id))
    answer = glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id, "jr_none"])
    assert [done["JobRunId"] for done in answer["SuccessfulSubmissions"]] == [run_id]
    assert answer["Errors"][0]["ErrorDetail"]["ErrorCode"] == "EntityNotFoundException"
    assert until(lambda: ended(local, name, run_id))["JobRunState"] == "STOPPED"
    (event,) = until(received)
    assert (event["detail"]["state"], event["detail"]["severity"]) == ("STOPPED", "INFO")
    assert until(lambda: not children.is_alive(int(child_pid)))


def streams(local: LocalAws) -> list[str]:
    logs = local.client("logs")
    if not logs.describe_log_groups(logGroupNamePrefix="/aws-glue/python-jobs/output")["logGroups"]:
        return []
    found = logs.describe_log_streams(logGroupName="/aws-glue/python-jobs/output")["logStreams"]
    return [stream["logStreamName"] for stream in found]


def test_a_run_beyond_its_timeout_is_ended(
    local: LocalAws, job: Callable[..., str], events: Callable[..., Any], until: Callable[..., Any]
) -> None:
    name = job(SLEEPS, DefaultArguments={"--pipewarden-local-timeout-seconds": "0.3"})
    received = events({"source": ["aws.glue"], "detail": {"jobName": [name]}})
    run_id = local.client("glue").start_job_run(JobName=name)["JobRunId"]
    assert until(lambda: ended(local, name, run_id))["JobRunState"] == "TIMEOUT"
    (event,) = until(received)
    assert (event["detail"]["state"], event["detail"]["severity"]) == ("TIMEOUT", "WARN")


def test_a_retried_run_names_the_run_before_it_and_an_unknown_one_is_refused(
    local: LocalAws, job: Callable[..., str], until: Callable[..., Any]
) -> None:
    name, glue = job(FAILS), local.client("glue")
    first = glue.start_job_run(JobName=name)["JobRunId"]
    until(lambda: ended(local, name, first))
    second = glue.start_job_run(JobName=name, JobRunId=first)["JobRunId"]
    assert until(lambda: ended(local, name, second))["PreviousRunId"] == first
    assert [run["Id"] for run in glue.get_job_runs(JobName=name)["JobRuns"]] == [second, first]
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        glue.start_job_run(JobName=name, JobRunId="jr_unknown")


def test_the_service_retries_as_often_as_the_job_says(
    local: LocalAws, job: Callable[..., str], until: Callable[..., Any]
) -> None:
    name, glue = job(FAILS, MaxRetries=1), local.client("glue")
    first = glue.start_job_run(JobName=name)["JobRunId"]
    runs = until(lambda: [r for r in glue.get_job_runs(JobName=name)["JobRuns"] if r["Attempt"] == 1])
    assert (runs[0]["Id"], runs[0]["PreviousRunId"]) == (f"{first}_attempt_1", first)
    until(lambda: ended(local, name, runs[0]["Id"]))
    assert len(glue.get_job_runs(JobName=name)["JobRuns"]) == 2


def test_more_runs_than_allowed_at_once_are_refused(
    local: LocalAws, job: Callable[..., str], until: Callable[..., Any]
) -> None:
    name = job("", kind="glueetl", GlueVersion="4.0", DefaultArguments={"--pipewarden-local-run-seconds": "30"})
    glue = local.client("glue")
    run_id = glue.start_job_run(JobName=name)["JobRunId"]
    with pytest.raises(ClientError, match="ConcurrentRunsExceededException"):
        glue.start_job_run(JobName=name)
    glue.batch_stop_job_run(JobName=name, JobRunIds=[run_id])
    assert until(lambda: ended(local, name, run_id))["JobRunState"] == "STOPPED"
    assert glue.start_job_run(JobName=name)["JobRunId"]


def test_a_spark_job_fails_as_often_as_it_is_told(
    local: LocalAws, job: Callable[..., str], until: Callable[..., Any]
) -> None:
    arguments = {"--pipewarden-local-fail": "1", "--pipewarden-local-fail-message": "Rate exceeded"}
    name, glue = job("", kind="glueetl", GlueVersion="4.0", DefaultArguments=arguments), local.client("glue")
    ends = []
    for _ in range(2):
        run_id = glue.start_job_run(JobName=name)["JobRunId"]
        run = until(lambda run_id=run_id: ended(local, name, run_id))
        ends.append((run["JobRunState"], run.get("ErrorMessage")))
    assert ends == [("FAILED", "Rate exceeded"), ("SUCCEEDED", None)]
