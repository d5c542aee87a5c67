"""One embedded AWS with what the core stack holds, made by API calls; the handlers run in this process against it."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from pipewarden.drain_policy import DrainPolicy
from pipewarden.handlers import clients as handler_clients
from pipewarden.handlers import outset
from pipewarden.pipeline_settings import PipelineSettings, ResourceSettings
from pipewarden.retry_policy import RetryPolicy
from pipewarden.route_settings import Channel, Rung, Severity
from pipewarden.settings import Settings
from pipewarden_cli.local import control

WAIT_SECONDS = 20.0
POLL_SECONDS = 0.05
SCRIPT = """
import sys, boto3
from awsglue.utils import getResolvedOptions
bucket = getResolvedOptions(sys.argv, ["bucket"])["bucket"]
text = boto3.client("s3").get_object(Bucket=bucket, Key="data")["Body"].read().decode()
print("read", text)
if text != "good":
    raise RuntimeError(text)
"""


@dataclass(frozen=True)
class Context:
    """What Lambda hands to a handler."""

    aws_request_id: str = "request-1"
    function_name: str = "function"
    seconds: float = 60.0

    def get_remaining_time_in_millis(self) -> int:
        return int(self.seconds * 1000)


@dataclass(frozen=True)
class World:
    """The embedded AWS with everything that one environment of Pipewarden has."""

    local: control.LocalAws
    settings: Settings
    signals: str

    def client(self, service: str) -> Any:
        return self.local.client(service)

    def url(self, queue: str) -> str:
        return str(self.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"])

    def receive(self, queue: str) -> list[dict[str, Any]]:
        """Messages of a queue, taken out."""
        sqs, url = self.client("sqs"), self.url(queue)
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["All"])
        for message in found.get("Messages", ()):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return list(found.get("Messages", ()))

    def until(self, call: Callable[[], Any]) -> Any:
        """Wait until the call gives something true."""
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            if value := call():
                return value
            time.sleep(POLL_SECONDS)
        pytest.fail(f"nothing within {WAIT_SECONDS:.0f} s")

    def run_job(self, text: str, **more: Any) -> dict[str, Any]:
        """Let the job run on this text; the event that tells of its end."""
        glue = self.client("glue")
        self.client("s3").put_object(Bucket="runtime-data", Key="data", Body=text.encode())
        run_id = glue.start_job_run(JobName="extract", Arguments={"--bucket": "runtime-data"}, **more)["JobRunId"]
        return self.ended(run_id)

    def ended(self, run_id: str) -> dict[str, Any]:
        """Wait for the end of a run; the event that tells of it."""

        def look() -> dict[str, Any] | None:
            run = self.client("glue").get_job_run(JobName="extract", RunId=run_id)["JobRun"]
            return run if run["JobRunState"] in ("SUCCEEDED", "FAILED") else None

        run = self.until(look)
        detail = {"jobName": "extract", "jobRunId": run_id, "state": run["JobRunState"]}
        return {
            "source": "aws.glue",
            "detail-type": "Glue Job State Change",
            "time": run["CompletedOn"].isoformat(),
            "detail": {**detail, "message": run.get("ErrorMessage", "")},
        }

    def guard(self, **retry: Any) -> None:
        """Declare the job's retries so from now on; what the process has kept is forgotten."""
        pipeline = self.settings.pipelines["import"]
        job = pipeline.resources["extract"]
        assert job.retry
        resources = {**pipeline.resources, "extract": replace(job, retry=replace(job.retry, **retry))}
        settings = replace(self.settings, pipelines={"import": replace(pipeline, resources=resources)})
        Path(os.environ["PIPEWARDEN_SETTINGS"]).write_text(settings.to_json())
        forget()

    def switch(self, mode: str) -> None:
        """Set the kill switch, and let the minute pass in which functions may not have seen it."""
        name = self.settings.names.remediation_parameter()
        self.client("ssm").put_parameter(Name=name, Value=mode, Type="String", Overwrite=True)
        forget()

    def record(self, body: Any, receives: int = 1) -> dict[str, Any]:
        """An SQS record as Lambda gets it."""
        return {
            "messageId": "m1",
            "receiptHandle": "h1",
            "body": body if isinstance(body, str) else json.dumps(body),
            "attributes": {
                "SentTimestamp": str(int(time.time() * 1000)),
                "ApproximateReceiveCount": str(receives),
            },
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": self.settings.names.queue_arn(self.settings.names.signals_queue()),
            "awsRegion": self.settings.region,
        }


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[control.LocalAws]:
    state_dir: Path = tmp_path_factory.mktemp("embedded-aws")
    running = control.start(state_dir, parent_pid=os.getpid())
    yield running
    control.stop(state_dir)


@pytest.fixture
def world(local: control.LocalAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    control.reset(local.state_dir)
    settings = make_settings(local)
    path = tmp_path / "settings.json"
    path.write_text(settings.to_json())
    for name, value in {
        **local.environ(),
        "PIPEWARDEN_SETTINGS": str(path),
        "PIPEWARDEN_ACKNOWLEDGE_URL": "https://ack.example.com/",
        "POWERTOOLS_SERVICE_NAME": "responder",
        "POWERTOOLS_METRICS_NAMESPACE": "Pipewarden",
        "POWERTOOLS_TRACE_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    forget()
    found = World(local=local, settings=settings, signals=settings.names.signals_queue())
    build(found)
    yield found
    forget()


def forget() -> None:
    """What a process keeps between invocations belongs to one test only."""
    for kept in (handler_clients.clients, outset.settings, outset.workplace):
        kept.cache_clear()


def make_settings(local: control.LocalAws) -> Settings:
    retry = RetryPolicy(attempts=1, backoff_seconds=(1.0, 1.0))
    drain = DrainPolicy(
        dead_letter_queue="runtime-dlq",
        source_queue="runtime-source",
        source="runtime-source",
        quarantine_queue="runtime-quarantine",
        to="source",
        rate_per_second=500.0,
        attempts=1,
        then="quarantine",
        archive=True,
    )
    dataset = {"location": "s3://runtime-data/"}
    resources = {
        "extract": ResourceSettings(
            type="glue-job", fields={"job_name": "extract"}, identities=("extract",), retry=retry
        ),
        "ingest": ResourceSettings(type="sqs", fields={"queue": "runtime-source"}, drain=drain),
        "data": ResourceSettings(type="s3-dataset", fields=dataset, expect={"freshness": 3600}),
    }
    rungs = (Rung(after_seconds=0, to="first"), Rung(after_seconds=2, to="second"))
    return Settings(
        environment="test",
        account=local.account,
        region=local.region,
        partition="aws",
        mode="act",
        retries_per_hour=100,
        pipelines={"import": PipelineSettings(team="crm", owner="crm", severity="P1", resources=resources)},
        alarms={},
        severities={"P1": Severity(respond_within_seconds=3600, notify=("team",), escalate=rungs)},
        channels={name: Channel(type="email", address=f"{name}@example.com") for name in ("team", "first", "second")},
    )


def build(world: World) -> None:
    """What the core stack would hold, and a job."""
    names, sqs, sns = world.settings.names, world.client("sqs"), world.client("sns")
    world.client("dynamodb").create_table(
        TableName=names.table(),
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": n, "AttributeType": "S"} for n in ("pk", "sk", "gsi1pk", "gsi1sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by_time",
                "KeySchema": [
                    {"AttributeName": "gsi1pk", "KeyType": "HASH"},
                    {"AttributeName": "gsi1sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
    )
    for queue in (names.signals_queue(), names.signals_dead_letters(), "runtime-dlq", "runtime-quarantine", "pages"):
        sqs.create_queue(QueueName=queue)
    redrive = json.dumps({"deadLetterTargetArn": names.queue_arn("runtime-dlq"), "maxReceiveCount": 1})
    source = {"VisibilityTimeout": "1", "RedrivePolicy": redrive}
    sqs.create_queue(QueueName="runtime-source", Attributes=source)
    for topic in (names.page_topic("P1"), names.channel_topic("first"), names.channel_topic("second")):
        arn = sns.create_topic(Name=topic)["TopicArn"]
        sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=names.queue_arn("pages"))
    everyone = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**everyone, "Resource": names.queue_arn("pages")}]}
    sqs.set_queue_attributes(QueueUrl=world.url("pages"), Attributes={"Policy": json.dumps(policy)})
    world.client("secretsmanager").create_secret(Name=names.link_secret(), SecretString="the-key")
    world.client("ssm").put_parameter(Name=names.remediation_parameter(), Value="act", Type="String")
    world.client("scheduler").create_schedule_group(Name=names.schedule_group())
    for bucket in ("runtime-data", names.archive_bucket()):
        world.client("s3").create_bucket(Bucket=bucket)
    make_role(world, names.scheduler_role(), "scheduler.amazonaws.com", "sqs:SendMessage")
    arn = make_role(world, "job-role", "glue.amazonaws.com", "s3:GetObject")
    world.client("s3").put_object(Bucket="runtime-data", Key="scripts/job.py", Body=SCRIPT.encode())
    command = {"Name": "pythonshell", "ScriptLocation": "s3://runtime-data/scripts/job.py", "PythonVersion": "3.9"}
    world.client("glue").create_job(Name="extract", Role=arn, Command=command)


def make_role(world: World, name: str, service: str, action: str) -> str:
    iam = world.client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    document = {"Version": "2012-10-17", "Statement": [trust]}
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}
    iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=json.dumps(allowed))
    return arn


@pytest.fixture
def context() -> Context:
    return Context()
