"""EventBridge Scheduler: punctual, in the schedule's time zone, as the schedule's role."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.concurrency import spawn_background
from ministack.services import scheduler

from pipewarden_cli.local import emulator, hooks, schedule_target, schedule_time

NAME = "EventBridge Scheduler"
IMITATED = (
    "Schedules fire within a second of their time, in their time zone, and once; AWS is accurate to 60 seconds and "
    "delivers at least once. Flexible time windows are not used.",
    "The target is called with the credentials of the schedule's role: SQS, Lambda, SNS, Step Functions, EventBridge "
    "buses and universal targets (aws-sdk). Throttling and server errors are retried after 1, 2, 4 ... 30 seconds as "
    "the retry policy says; other errors go to the dead-letter queue at once.",
    "The customer's key of a schedule is kept and not used.",
    "AWS/Scheduler by ScheduleGroup: InvocationAttemptCount, TargetErrorCount, InvocationsSentToDeadLetterCount and "
    "InvocationsFailedToBeSentToDeadLetterCount, at once; no other metric.",
)

TICK_SECONDS = 0.25

_after: dict[tuple[str, str, str], float] = {}


def fill() -> None:
    """Replace the loop that looks for due schedules."""
    scheduler._SCHEDULE_TICK_INTERVAL = TICK_SECONDS
    scheduler._tick_schedules = fire_due
    scheduler._create_schedule = _with_assumable_role(scheduler._create_schedule)
    scheduler._update_schedule = _with_assumable_role(scheduler._update_schedule)
    hooks.on_reset(_after.clear)


def _with_assumable_role(inner: Callable[..., Any]) -> Callable[..., Any]:
    def call(name: str, body: Mapping[str, Any]) -> Any:
        role = (body.get("Target") or {}).get("RoleArn")
        if role and not emulator.trusts_service(role, schedule_target.SERVICE):
            message = "The execution role you provide must allow AWS EventBridge Scheduler to assume the role."
            return scheduler._error(400, "ValidationException", message)
        return inner(name, body)

    return call


def fire_due() -> None:
    """Fire every schedule whose time has come, each on a thread of its own."""
    now = time.time()
    for place, schedule in list(scheduler._schedules._data.items()):
        if schedule.get("State") != "ENABLED":
            _after.pop(place, None)
            continue
        if schedule_time.is_over(schedule, now):
            _complete(place, schedule)
            continue
        last = _after.setdefault(place, schedule.get("CreationDate") or now)
        if schedule_time.is_one_time(schedule) and last == float("inf"):
            continue
        due = schedule_time.next_time(schedule, last)
        if due is None or due > now or not schedule_time.is_within(schedule, now):
            continue
        is_once = schedule_time.is_one_time(schedule)
        # Missed times (the machine slept) are not made up for.
        _after[place] = float("inf") if is_once else max(due, now - 1)
        account, region, _ = place
        with hooks.account_scope(account, region):
            spawn_background(schedule_target.fire, dict(schedule), due, thread_name="scheduler-fire")
        if is_once:
            _complete(place, schedule)


def _complete(place: tuple[str, str, str], schedule: dict[str, Any]) -> None:
    if schedule.get("ActionAfterCompletion") == "DELETE":
        scheduler._schedules._data.pop(place, None)
        _after.pop(place, None)
