"""A schedule says when in one way; expectations about the time of day need one."""

from collections.abc import Iterator, Sequence

from pipewarden_plan.finding import Finding
from pipewarden_plan.formats import has_timezones
from pipewarden_plan.reading import PipelineReading

DAY = 86_400
DAILY = ("finished_by", "started_by")


def check_schedules(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    yield from _unchecked_timezone(pipelines)
    for pipeline in pipelines:
        read = pipeline.read or {}
        schedule = read.get("schedule")
        if schedule is not None:
            if "cron" in schedule and "rate" in schedule:
                yield pipeline.finding("PW209", ("schedule", "rate"), "stands beside cron: a schedule has one of them")
            elif "cron" not in schedule and "rate" not in schedule:
                cure = 'e.g. cron: "0 2 * * *" or rate: 15m'
                yield pipeline.finding("PW209", ("schedule",), "has neither cron nor rate", cure)
            elif schedule.get("rate", 60) < 60:
                cure = "write 1m or more"
                yield pipeline.finding(
                    "PW209", ("schedule", "rate"), "is shorter than a minute, which no scheduler does", cure
                )
        for key in ("finished_by", "started_by", "started_within"):
            if key not in read.get("expect", {}):
                continue
            path = ("expect", key)
            if schedule is None:
                cure = 'e.g. schedule: {cron: "0 2 * * *", timezone: Europe/London}'
                yield pipeline.finding(
                    "PW210", path, "needs a schedule: it is judged in the schedule's time zone", cure
                )
            elif key in DAILY and "cron" not in schedule and schedule.get("rate", DAY) < DAY:
                cure = "write a cron schedule, or expect freshness of what it produces"
                yield pipeline.finding(
                    "PW210", path, "means one run a day, but the schedule is a rate of several", cure
                )


def _unchecked_timezone(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    """One warning where names of time zones could only be checked by their shape."""
    if has_timezones():
        return
    for pipeline in pipelines:
        timezone = (pipeline.read or {}).get("schedule", {}).get("timezone", "UTC")
        if timezone != "UTC":
            message = (
                f"was not checked: this machine has no time zone database, and so for every name but UTC ({timezone})"
            )
            yield pipeline.finding("PW314", ("schedule", "timezone"), message, "install tzdata (pip install tzdata)")
            return
