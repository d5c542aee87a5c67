"""Minutes that pass faster: the alarms' clock moves on, and Scheduler's calls of each minute are made in each."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipewarden_cli.demo.world import World

MINUTE = 60
WAIT_SECONDS = 20.0
POLL_SECONDS = 0.05
RATE = re.compile(r"rate\((\d+) minutes?\)")
NOT_CALLED = ("ResourceNotFoundException", "TooManyRequestsException")


class Minutes:
    """The deployed environment with a clock that the test winds."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.passed = 0
        self._schedules = self._every_few_minutes()

    def go(self, minutes: int, *, answered: bool = True) -> None:
        """Let minutes pass. `answered`: wait in each until the responder has taken what stood in its queue."""
        for _ in range(minutes):
            self.passed += 1
            self.world.aws.request("POST", f"/_pipewarden/alarms/ahead?seconds={self.passed * MINUTE}")
            for every, target in self._schedules:
                if self.passed % every == 0:
                    self._call(target)
            if answered:
                self.until(lambda: self._waiting() == 0, "the responder takes what stands in its queue")

    def until(self, holds: Any, what: str) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not holds():
            if time.monotonic() > deadline:
                pytest.fail(f"not within {WAIT_SECONDS:.0f} s: {what}")
            time.sleep(POLL_SECONDS)

    def heard(self, alarm: str) -> list[str]:
        """Subjects of the mails in which CloudWatch itself tells of an alarm in ALARM, by the alarm's name."""
        return [mail.subject for mail in self.world.mails() if mail.subject.startswith(f'ALARM: "{alarm}"')]

    def own(self, key: str) -> str:
        return self.world.names.own_alarm(key)

    def raised(self) -> set[str]:
        """Alarms over ourselves that are in ALARM."""
        prefix = self.own("")
        answer = self.world.client("cloudwatch").describe_alarms(
            AlarmNamePrefix=prefix, StateValue="ALARM", AlarmTypes=["MetricAlarm", "CompositeAlarm"]
        )
        found = [*answer["MetricAlarms"], *answer["CompositeAlarms"]]
        return {alarm["AlarmName"].removeprefix(prefix) for alarm in found}

    def until_heard(self, key: str) -> None:
        name = self.own(key)
        self.until(lambda: key in self.raised() and self.heard(name), f"{name} in ALARM and told; {self.raised()}")

    def _waiting(self) -> int:
        """Signals that nobody has taken; one that failed comes back after minutes only."""
        url = self.world.queue_url(self.world.names.signals_queue())
        wanted = ["ApproximateNumberOfMessages"]
        answer = self.world.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=wanted)
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])

    def _every_few_minutes(self) -> list[tuple[int, Mapping[str, Any]]]:
        client, group = self.world.client("scheduler"), self.world.names.schedule_group()
        names = [row["Name"] for row in client.list_schedules(GroupName=group)["Schedules"]]
        schedules = [client.get_schedule(GroupName=group, Name=name) for name in names]
        rates = [(RATE.fullmatch(row["ScheduleExpression"]), row["Target"]) for row in schedules]
        return [(int(rate[1]), target) for rate, target in rates if rate]

    def _call(self, target: Mapping[str, Any]) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        text = target["Input"].replace("<aws.scheduler.scheduled-time>", now)
        name = target["Arn"].rpartition(":")[2]
        if ":sqs:" in target["Arn"]:
            self.world.client("sqs").send_message(QueueUrl=self.world.queue_url(name), MessageBody=text)
            return
        try:
            self.world.client("lambda").invoke(FunctionName=name, Payload=text.encode())
        except ClientError as error:
            if error.response["Error"]["Code"] not in NOT_CALLED:
                raise
