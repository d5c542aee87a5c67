"""CloudWatch takes the periods, and what happens can fill them."""

from collections.abc import Iterator

from pipewarden_plan.can_fire.catalogue import catalogue
from pipewarden_plan.can_fire.occurrence import most_periods_with_a_run
from pipewarden_plan.can_fire.subject import Objection, Subject
from pipewarden_plan.limits import (
    INSIGHTS_RANGE_SECONDS,
    LOG_ANSWERS,
    LOG_OFFSET_SECONDS,
    LONG_PERIOD_RANGE_SECONDS,
    SHORT_PERIOD_RANGE_SECONDS,
)
from pipewarden_plan.planned_alarm import AlarmPlan
from pipewarden_plan.vocabulary import show_duration

SUB_MINUTE_PERIODS = (10, 20, 30)
HOUR_SECONDS = 3_600
WIDER_PERIODS = 2
"""CloudWatch looks back further than it evaluates, for late data (user guide, "Configuring how CloudWatch alarms treat
missing data"); by two periods in its only example."""


def range_is_taken(subject: Subject) -> Iterator[Objection]:
    """PW504."""
    alarm = subject.alarm
    if alarm.asks:
        yield from _answers_are_taken(alarm)
        return
    seconds = alarm.period_seconds * alarm.periods
    is_short = alarm.period_seconds < HOUR_SECONDS
    limit = SHORT_PERIOD_RANGE_SECONDS if is_short else LONG_PERIOD_RANGE_SECONDS
    limit = INSIGHTS_RANGE_SECONDS if alarm.query else limit
    if seconds > limit:
        looked_at = f"looks at {alarm.periods} periods of {alarm.period_seconds} s, {seconds} s in all"
        cure = "use fewer periods, or periods of 1h or more" if is_short else "use fewer periods"
        yield Objection("PW504", f"{looked_at}; CloudWatch takes at most {limit} s", cure)


def _answers_are_taken(alarm: AlarmPlan) -> Iterator[Objection]:
    """Of an alarm on a log query: how many answers it judges, and how far back one asks."""
    if alarm.periods > LOG_ANSWERS:
        message = f"looks at {alarm.periods} answers of its query; CloudWatch takes at most {LOG_ANSWERS}"
        yield Objection("PW504", message, "use fewer periods")
    if alarm.asks and alarm.asks.start_offset_seconds > LOG_OFFSET_SECONDS:
        message = f"asks for {show_duration(alarm.period_seconds)} of the log at once; CloudWatch takes less than 30d"
        yield Objection("PW504", message, "ask more often")


def period_is_taken(subject: Subject) -> Iterator[Objection]:
    """PW505."""
    period, asks = subject.alarm.period_seconds, subject.alarm.asks
    if asks and (period % 60 or period <= 0):
        yield Objection("PW505", f"asks every {period} s, and CloudWatch asks in whole minutes", "use whole minutes")
    elif not asks and period not in SUB_MINUTE_PERIODS and (period % 60 or period <= 0):
        message = f"has a period of {period} s, which CloudWatch does not take"
        yield Objection("PW505", message, "use 10s, 20s, 30s or whole minutes")


def datapoints_fit_into_the_periods(subject: Subject) -> Iterator[Objection]:
    """PW506."""
    alarm = subject.alarm
    if alarm.datapoints > alarm.periods:
        message = f"wants {alarm.datapoints} datapoints out of {alarm.periods} periods, so it could never fire"
        yield Objection("PW506", message, "use as many datapoints as periods, or fewer")


def runs_fill_the_datapoints(subject: Subject) -> Iterator[Objection]:
    """PW507. A run that fails and is retried writes more points, but a failure that is not retried must be seen too."""
    alarm, schedule = subject.alarm, subject.schedule
    row = catalogue().get((alarm.metric.namespace, alarm.metric.name), {})
    if (
        not 1 < alarm.datapoints <= alarm.periods
        or schedule is None
        or row.get("written") != "run"
        or alarm.missing == "breaching"
    ):
        return
    period, periods = alarm.period_seconds, alarm.periods + WIDER_PERIODS
    runs = most_periods_with_a_run(schedule, period, periods, alarm.datapoints)
    if runs < alarm.datapoints:
        message = (
            f"could never fire: it wants {alarm.datapoints} bad points in {alarm.periods} periods of "
            f"{show_duration(period)}, and the schedule has {runs} run{'' if runs == 1 else 's'} in the time looked at"
        )
        yield Objection("PW507", message, "use `datapoints: 1`, or periods as long as the schedule's interval")
