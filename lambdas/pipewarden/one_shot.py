"""One-shot schedules: a signal to ourselves, or a call of one of our functions, at a time."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pipewarden.names import Names, shorten
from pipewarden.signal import Signal

NAME_CHARACTERS = 64
SOONEST = timedelta(seconds=2)
MAX_AGE_SECONDS = 86_400
MAX_TRIES = 185


class OneShots:
    """Creates EventBridge Scheduler schedules that fire once and delete themselves.

    The name is made of what it is for, so creating it twice is the same as once: the second is refused and that is
    fine. What cannot be delivered within a day goes to the dead-letter queue of the signals.
    """

    def __init__(self, scheduler: Any, names: Names) -> None:
        self._scheduler = scheduler
        self._names = names

    def signal_at(self, moment: datetime, now: datetime, name: str, signal: Signal) -> None:
        """Send the signal to the signals queue at that time."""
        self._create(moment, now, name, self._names.queue_arn(self._names.signals_queue()), signal.to_json())

    def call_at(self, moment: datetime, now: datetime, name: str, role: str, event: Mapping[str, Any]) -> None:
        """Call one of our functions (by its role) with the event at that time."""
        self._create(moment, now, name, self._names.function_arn(role), json.dumps(event, separators=(",", ":")))

    def _create(self, moment: datetime, now: datetime, name: str, target: str, text: str) -> None:
        at = max(moment, now + SOONEST).astimezone(UTC) + timedelta(microseconds=999_999)
        try:
            self._scheduler.create_schedule(
                Name=shorten(re.sub(r"[^0-9A-Za-z._-]", "-", name), NAME_CHARACTERS),
                GroupName=self._names.schedule_group(),
                ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
                ScheduleExpressionTimezone="UTC",
                FlexibleTimeWindow={"Mode": "OFF"},
                ActionAfterCompletion="DELETE",
                Target={
                    "Arn": target,
                    "RoleArn": self._names.scheduler_role_arn(),
                    "Input": text,
                    "DeadLetterConfig": {"Arn": self._names.queue_arn(self._names.signals_dead_letters())},
                    "RetryPolicy": {"MaximumEventAgeInSeconds": MAX_AGE_SECONDS, "MaximumRetryAttempts": MAX_TRIES},
                },
            )
        except self._scheduler.exceptions.ConflictException:
            return
