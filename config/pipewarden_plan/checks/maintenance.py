"""Maintenance windows name pipelines that exist and last as long as a mute rule may; the probe's interval."""

from collections.abc import Iterator, Sequence

from pipewarden_plan.environment import EnvironmentReading
from pipewarden_plan.finding import Finding, finding
from pipewarden_plan.nearest import cure_for
from pipewarden_plan.reading import PipelineReading
from pipewarden_plan.vocabulary import show_duration

LONGEST_SECONDS = 15 * 86_400
"""Source: AWS::CloudWatch::AlarmMuteRule, Duration PT1M to P15D."""


def check_maintenance(environment: EnvironmentReading, pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    read = environment.read or {"probe_every": 60}
    known = {pipeline.name for pipeline in pipelines}
    names: set[str] = set()
    for place, window in enumerate(read.get("maintenance", ())):
        path = f"maintenance[{place}]"
        for number, name in enumerate(window["pipelines"]):
            if name != "*" and name not in known:
                mark = environment.place("maintenance", place, "pipelines", number)
                message = f"{path}.pipelines[{number}] names {name}, which is no pipeline of any file"
                yield finding("PW310", mark, message, path=path, cure=cure_for(name, known))
        if not 60 <= window["duration"] <= LONGEST_SECONDS:
            mark = environment.place("maintenance", place, "duration")
            message = f"{path}.duration must be 1m to 15d, got {show_duration(window['duration'])}"
            yield finding("PW312", mark, message, path=path)
        if window["name"] in names:
            mark = environment.place("maintenance", place, "name")
            message = f"{path}.name is taken by a window above: {window['name']}"
            yield finding("PW313", mark, message, path=path, cure="rename one of them")
        names.add(window["name"])
    every = read["probe_every"]
    if every % 60 or not 60 <= every <= 86_400:
        message = f"probe_every must be whole minutes from 1m to 24h, got {show_duration(every)}"
        yield finding("PW312", environment.place("probe_every"), message, path="probe_every")
