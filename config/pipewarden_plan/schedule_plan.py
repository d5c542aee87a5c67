"""EventBridge Scheduler schedules: the heartbeat, the probe, the reconciler, and the time by which each pipeline must
have finished."""

from collections.abc import Iterable
from math import ceil

from pipewarden.cron import EVERY_MONTH, Cron, parse_cron
from pipewarden.names import shorten
from pipewarden.signal import SignalKind
from pipewarden.window import Maintenance
from pipewarden_plan.limits import SCHEDULE_NAME_CHARACTERS
from pipewarden_plan.model import Environment, Pipeline
from pipewarden_plan.planned_delivery import SchedulePlan
from pipewarden_plan.remarks import Remarks
from pipewarden_plan.scheduler_cron import next_day, scheduler_crons, scheduler_days

SCHEDULED_TIME = "<aws.scheduler.scheduled-time>"
"""Scheduler puts the planned time here (guide, "Adding context attributes"): a late delivery still names its moment."""
DAY_MINUTES = 24 * 60
DEADLINES = {"finished_by": ("deadline", ""), "started_by": ("start", "started")}
"""By expectation: how its schedule is called, and the state that its signal asks for."""
RECONCILED_AT_ONCE = 500
"""Resources whose runs one call of the reconciler lists; more of them are shared out among several calls. At 8 lists at
a time and a tenth of a second each that is about seven seconds of its five minutes."""


def plan_core_schedules(environment: Environment, run_resources: int) -> tuple[SchedulePlan, ...]:
    """`run_resources`: how many declared resources have runs that can be listed.

    The heartbeat goes the whole way through the signals queue, so that it stops when any part of it does.
    """
    return (
        SchedulePlan(
            name="heartbeat",
            expression="rate(1 minute)",
            timezone="UTC",
            target="signals",
            input={"kind": SignalKind.HEARTBEAT.value, "time": SCHEDULED_TIME},
            description="Shows that signals reach the responder; the alarms over Pipewarden itself live on it.",
            retry_seconds=60,
        ),
        SchedulePlan(
            name="probe",
            expression=rate_expression(environment.probe_every_seconds),
            timezone="UTC",
            target="probe",
            input={"time": SCHEDULED_TIME},
            description="Measures freshness and other expectations that no service publishes as a metric.",
        ),
        *_reconcilers(environment, ceil(run_resources / RECONCILED_AT_ONCE) or 1),
    )


def plan_maintenance(environment: Environment) -> tuple[SchedulePlan, ...]:
    """A signal at the start of each maintenance window, for the notice; the responder knows the windows without it."""
    return tuple(
        SchedulePlan(
            name=shorten(f"maintenance-{window.name}{f'-{number}' if number else ''}", SCHEDULE_NAME_CHARACTERS),
            expression=expression,
            timezone=window.timezone,
            target="signals",
            input={"kind": SignalKind.MAINTENANCE_STARTED.value, "state": window.name, "time": SCHEDULED_TIME},
            description=f"Maintenance {window.name} starts.",
        )
        for window in environment.maintenance
        for number, expression in enumerate(_starts(window))
    )


def _starts(window: Maintenance) -> tuple[str, ...]:
    return scheduler_crons(parse_cron(window.cron)) if window.cron else (f"at({window.at}:00)",)


def _reconcilers(environment: Environment, parts: int) -> list[SchedulePlan]:
    return [
        SchedulePlan(
            name=f"reconciler-{part + 1}" if parts > 1 else "reconciler",
            expression=rate_expression(environment.reconcile_every_seconds),
            timezone="UTC",
            target="reconciler",
            input={"part": part, "parts": parts},
            description="Feeds in the runs that no event told of.",
        )
        for part in range(parts)
    ]


def plan_deadlines(pipelines: Iterable[Pipeline], remarks: Remarks) -> tuple[SchedulePlan, ...]:
    """A signal at each pipeline's `started_by` and `finished_by`, on the days on which it runs."""
    return tuple(
        schedule
        for pipeline in pipelines
        for key in DEADLINES
        if pipeline.expect.get(key) is not None
        for schedule in _deadlines(pipeline, key, remarks)
    )


def rate_expression(seconds: int) -> str:
    """Scheduler's rate; it counts in whole minutes, of which one is the least."""
    minutes = max(1, round(seconds / 60))
    return "rate(1 minute)" if minutes == 1 else f"rate({minutes} minutes)"


def _deadlines(pipeline: Pipeline, key: str, remarks: Remarks) -> list[SchedulePlan]:
    deadline = minute_of_day(str(pipeline.expect[key]))
    cron = (
        parse_cron(pipeline.schedule.cron) if pipeline.schedule and pipeline.schedule.cron else parse_cron("0 0 * * *")
    )
    window = deadline - cron.first_minute_of_day
    days: Cron | None = cron
    if window <= 0:
        window += DAY_MINUTES
        days = next_day(cron)
    path = f"pipelines.{pipeline.name}.expect.{key}"
    if days is None:
        message = "is on the day after a run on one of the last days of a month, which no schedule can say"
        remarks.refuse(pipeline.mark, path, message, "let the run start after midnight, or expect a duration")
        return []
    if days is not cron and len(cron.months) < len(EVERY_MONTH):
        which = "the deadline that falls on the first of a month outside the schedule's months"
        remarks.notice(f"{pipeline.mark}: {path}: {which} is not watched.")
    name, state = DEADLINES[key]
    return [
        SchedulePlan(
            name=shorten(f"{name}-{pipeline.name}{f'-{number}' if number else ''}", SCHEDULE_NAME_CHARACTERS),
            expression=f"cron({deadline % 60} {deadline // 60} {days_of} *)",
            timezone=pipeline.schedule.timezone if pipeline.schedule else "UTC",
            target="signals",
            input={
                "kind": SignalKind.DEADLINE_REACHED.value,
                "pipeline": pipeline.name,
                **({"state": state} if state else {}),
                "time": SCHEDULED_TIME,
                "detail": {"window_seconds": window * 60},
            },
            description=f"{pipeline.name} must have {key.replace('_', ' ')} {pipeline.expect[key]}.",
        )
        for number, days_of in enumerate(scheduler_days(days))
    ]


def minute_of_day(text: str) -> int:
    """`06:00` as minutes since midnight; plain seconds since midnight are understood too."""
    hours, colon, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes) if colon else round(float(text) / 60)
