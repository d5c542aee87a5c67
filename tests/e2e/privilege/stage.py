"""What an exercise touches and sees: the deployed environment with the team's own jobs, queues and functions in it."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from pipewarden_cli.aws import Place
from pipewarden_cli.incident_table import IncidentTable
from pipewarden_cli.local.inbox import Delivery
from pipewarden_cli.report.contents import IncidentReport, Moment
from tests.e2e.deployed import WAIT, Deployed

T = TypeVar("T")

BUCKET = "rights-data"
WORKLOAD = Path(__file__).with_name("workload.yaml")
POLL_SECONDS = 0.1


@dataclass
class Stage:
    """`patience_seconds` bounds each exercise as a whole."""

    world: Deployed
    patience_seconds: float = 60.0
    until_moment: float = 0.0

    def begin(self) -> None:
        """Forget everything that happened so far: incidents, messages, one-shot schedules, mails."""
        self.world.local.inbox().clear()
        for queue in self.client("sqs").list_queues().get("QueueUrls", ()):
            self.client("sqs").purge_queue(QueueUrl=queue)
        table, dynamodb = self.world.names.table(), self.client("dynamodb")
        for item in dynamodb.scan(TableName=table)["Items"]:
            dynamodb.delete_item(TableName=table, Key={key: item[key] for key in ("pk", "sk")})
        self._forget_one_shots()
        self.say_state("well")
        self.until_moment = time.monotonic() + self.patience_seconds

    def client(self, service: str) -> Any:
        return self.world.client(service)

    def until(self, what: str, look: Callable[[], T | None]) -> T:
        """Wait until `look` gives something true. Raises AssertionError when the exercise's time is up."""
        while not (found := look()):
            if time.monotonic() > self.until_moment:
                raise AssertionError(f"it does not happen: {what}")
            time.sleep(POLL_SECONDS)
        return found

    def say_state(self, text: str) -> None:
        """What the team's function meets: it fails with this text, unless it is `well`."""
        self.client("s3").put_object(Bucket=BUCKET, Key="state", Body=text.encode())

    def invoke(self, role: str, event: Any, *, wait: bool = True) -> Any:
        """Call one of our functions; what it answers, None where nobody waits."""
        kind = "RequestResponse" if wait else "Event"
        name, payload = self.world.names.function(role), json.dumps(event).encode()
        answer = self.client("lambda").invoke(FunctionName=name, InvocationType=kind, Payload=payload)
        if not wait:
            return None
        text = answer["Payload"].read()
        assert "FunctionError" not in answer, f"{role} failed: {text.decode()}"
        return json.loads(text)

    def schedule_signal(self, signal: Any) -> None:
        """A one-shot schedule of our group, as functions make them, that is due at once."""
        names = self.world.names
        self.client("scheduler").create_schedule(
            Name=unique("signal"),
            GroupName=names.schedule_group(),
            ScheduleExpression=f"at({datetime.now(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S})",
            FlexibleTimeWindow={"Mode": "OFF"},
            ActionAfterCompletion="DELETE",
            Target={
                "Arn": names.queue_arn(names.signals_queue()),
                "RoleArn": names.scheduler_role_arn(),
                "Input": json.dumps(signal),
                "DeadLetterConfig": {"Arn": names.queue_arn(names.signals_dead_letters())},
                "RetryPolicy": {"MaximumRetryAttempts": 0},
            },
        )

    def incident(self, pipeline: str, state: str = "") -> IncidentReport | None:
        """The newest incident of a pipeline, if it is in that state."""
        place = Place(self.world.names, self.client, local=True, severities=self.world.plan.environment.severities)
        found = IncidentTable(place).list(ended=True, timelines=True)
        newest = next((each for each in found if each.pipeline == pipeline), None)
        return newest if newest and state in ("", newest.state) else None

    def timeline(self, pipeline: str) -> tuple[Moment, ...]:
        """What is written down about the pipeline's newest incident."""
        found = self.incident(pipeline)
        return found.timeline if found else ()

    def ends(self, pipeline: str, state: str) -> IncidentReport:
        """Wait until the pipeline's incident is in that state."""
        return self.until(f"the incident of {pipeline} is {state}", lambda: self.incident(pipeline, state))

    def mail(self, *words: str, address: str | None = None) -> Delivery:
        """Wait for a mail whose subject or body holds every word."""

        def look() -> Delivery | None:
            mails = self.world.local.inbox().deliveries(address)
            return next((mail for mail in mails if all(word in mail.subject + mail.body for word in words)), None)

        return self.until(f"a mail to {address or 'anybody'} with {words}", look)

    def url(self, queue: str) -> str:
        return str(self.client("sqs").get_queue_url(QueueName=queue)["QueueUrl"])

    def send(self, queue: str, *bodies: str) -> None:
        for body in bodies:
            self.client("sqs").send_message(QueueUrl=self.url(queue), MessageBody=body)

    def depth(self, queue: str) -> int:
        """Messages of a queue: visible, in flight and delayed."""
        wanted = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
        found = self.client("sqs").get_queue_attributes(QueueUrl=self.url(queue), AttributeNames=wanted)
        return sum(int(value) for value in found["Attributes"].values())

    def raise_alarm(self, name: str) -> None:
        """Let an alarm go into ALARM, whatever state it is in: CloudWatch acts on the change."""
        for state in ("OK", "ALARM"):
            self.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue=state, StateReason="an exercise")

    def clear_alarm(self, name: str) -> None:
        """Let an alarm go back to OK, and wait until what it says is handled."""
        self.client("cloudwatch").set_alarm_state(AlarmName=name, StateValue="OK", StateReason="an exercise")
        signals = self.world.names.signals_queue()
        self.until("the signals are handled", lambda: self.depth(signals) == 0)

    def visible(self, queue: str) -> int:
        """Messages that can be received now."""
        wanted = ["ApproximateNumberOfMessages"]
        found = self.client("sqs").get_queue_attributes(QueueUrl=self.url(queue), AttributeNames=wanted)
        return int(found["Attributes"]["ApproximateNumberOfMessages"])

    def archived(self, prefix: str) -> list[str]:
        """Keys in the archive below a prefix."""
        found = self.client("s3").list_objects_v2(Bucket=self.world.names.archive_bucket(), Prefix=prefix)
        return [row["Key"] for row in found.get("Contents", ())]

    def is_kept(self, over: IncidentReport) -> None:
        """Wait until an incident that is over is in the archive."""
        self.until("it is in the archive", lambda: any(over.incident in key for key in self.archived("incidents/")))

    def _forget_one_shots(self) -> None:
        client, group, plan = self.client("scheduler"), self.world.names.schedule_group(), self.world.plan
        kept = {each.name for part in (plan.core, *plan.teams) for each in part.schedules}
        for row in client.list_schedules(GroupName=group)["Schedules"]:
            if row["Name"] not in kept:
                with suppress(client.exceptions.ResourceNotFoundException):  # it has just been done
                    client.delete_schedule(GroupName=group, Name=row["Name"])


@contextmanager
def broken(stage: Stage, role: str) -> Iterator[None]:
    """With a function whose code cannot be imported."""
    functions, name = stage.client("lambda"), stage.world.names.function(role)
    was = functions.get_function_configuration(FunctionName=name)["Handler"]
    functions.update_function_configuration(FunctionName=name, Handler="pipewarden.handlers.nothing.handler")
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Handler=was)


def deploy_workload(world: Deployed) -> None:
    """Make what the declarations name."""
    world.client("s3").create_bucket(Bucket=BUCKET)
    stacks = world.client("cloudformation")
    stacks.create_stack(
        StackName="workload", TemplateBody=WORKLOAD.read_text("utf-8"), Capabilities=["CAPABILITY_NAMED_IAM"]
    )
    stacks.get_waiter("stack_create_complete").wait(StackName="workload", WaiterConfig=WAIT)


def unique(word: str) -> str:
    """A name that no earlier exercise has used."""
    return f"{word}-{uuid.uuid4().hex[:8]}"
