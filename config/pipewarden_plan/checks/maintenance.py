"""Maintenance windows name pipelines that exist and last as long as a mute rule may; the intervals of what is
called by the clock."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipewarden.cron import parse_cron
from pipewarden_plan.environment import EnvironmentReading
from pipewarden_plan.finding import Finding, finding
from pipewarden_plan.local_time import is_skipped, seconds_between, shortest_gap_seconds
from pipewarden_plan.nearest import cure_for
from pipewarden_plan.reading import PipelineReading
from pipewarden_plan.vocabulary import show_duration

LONGEST_SECONDS = 15 * 86_400
"""Source: AWS::CloudWatch::AlarmMuteRule, Duration PT1M to P15D."""
LONGEST_INTERVAL_HOURS = {"probe_every": 24, "reconcile_every": 6}


def check_maintenance(environment: EnvironmentReading, pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    read = environment.read or {}
    known = {pipeline.name for pipeline in pipelines}
    names: set[str] = set()
    for place, window in enumerate(read.get("maintenance", ())):
        path = f"maintenance[{place}]"
        for number, name in enumerate(window["pipelines"]):
            if name != "*" and name not in known:
                mark = environment.place("maintenance", place, "pipelines", number)
                message = f"{path}.pipelines[{number}] names {name}, which is no pipeline of any file"
                yield finding("PW310", mark, message, path=path, cure=cure_for(name, known))
        yield from _when(environment, place, window)
        if window["name"] in names:
            mark = environment.place("maintenance", place, "name")
            message = f"{path}.name is taken by a window above: {window['name']}"
            yield finding("PW313", mark, message, path=path, cure="rename one of them")
        names.add(window["name"])
    yield from _intervals(environment, read)
    for key in ("within", "calm"):
        seconds = read.get("flapping", {}).get(key, 60)
        if not 60 <= seconds <= 86_400:
            message = f"flapping.{key} must be 1m to 24h, got {show_duration(seconds)}"
            yield finding("PW312", environment.place("flapping", key), message, path="flapping")


def _when(environment: EnvironmentReading, place: int, window: Mapping[str, Any]) -> Iterator[Finding]:
    """A window comes again and again or once, for a minute to 15 days, and is over before it comes again."""
    path = f"maintenance[{place}]"
    given = tuple(key for key in ("cron", "duration", "start", "end") if key in window)
    if given not in (("cron", "duration"), ("start", "end")):
        message = f"{path} must have cron and duration, or start and end, has {' and '.join(given) or 'none of them'}"
        yield finding("PW316", environment.place("maintenance", place), message, path=path)
        return
    key = "duration" if "cron" in window else "end"
    mark = environment.place("maintenance", place, key)
    if key == "end":
        seconds = seconds_between(window["start"], window["end"], window["timezone"])
        if seconds <= 0:
            message = f"{path}.end must be after start ({window['start']}), got {window['end']}"
            yield finding("PW317", mark, message, path=path, cure="swap them")
            return
        if is_skipped(window["start"], window["timezone"]):
            message = f"{path}.start never comes: in {window['timezone']} the clock skips {window['start']}"
            mark = environment.place("maintenance", place, "start")
            yield finding("PW317", mark, message, path=path, cure="write the time after the clock goes forward")
    else:
        seconds = window["duration"]
        gap = shortest_gap_seconds(parse_cron(window["cron"]))
        if 60 <= seconds <= LONGEST_SECONDS and gap <= seconds:
            message = f"{path}.duration must be shorter than until its next start, got {show_duration(seconds)}"
            cure = f'"{window["cron"]}" comes again after {show_duration(gap)}'
            yield finding("PW318", mark, message, path=path, cure=cure)
    if not 60 <= seconds <= LONGEST_SECONDS:
        got = show_duration(seconds)
        message = f"{path}.{key} must be 1m to 15d" + (f" after start, got {got}" if key == "end" else f", got {got}")
        yield finding("PW312", mark, message, path=path)


def _intervals(environment: EnvironmentReading, read: Mapping[str, Any]) -> Iterator[Finding]:
    for key, hours in LONGEST_INTERVAL_HOURS.items():
        every = read.get(key, 60)
        if every % 60 or not 60 <= every <= hours * 3_600:
            message = f"{key} must be whole minutes from 1m to {hours}h, got {show_duration(every)}"
            yield finding("PW312", environment.place(key), message, path=key)
