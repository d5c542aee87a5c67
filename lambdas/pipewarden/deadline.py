"""Which run resources of a pipeline have not succeeded by its deadline."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from pipewarden.duration import say_time
from pipewarden.run import Run
from pipewarden.settings import Settings
from pipewarden.situation import Lapse
from pipewarden.technology import Clients, Technology

DAY_SECONDS = 86_400


def find_lapses(
    settings: Settings,
    technologies: Mapping[str, Technology],
    clients: Clients,
    pipeline: str,
    deadline: datetime,
    window_seconds: float = DAY_SECONDS,
    *,
    started: bool = False,
) -> tuple[Lapse, ...]:
    """Ask each technology for the runs since the schedule's start, and keep what did not succeed in that time.

    Resources `within` another are left to their owner; those that do not run are not asked. `started`: it is enough
    that a run has started, and resources that come `after` another one need not have.
    """
    since = deadline - timedelta(seconds=window_seconds)
    found = []
    for name, resource in settings.pipelines[pipeline].resources.items():
        technology = technologies.get(resource.type)
        if resource.within or technology is None or not technology.runs or technology.recent_runs is None:
            continue
        if started and resource.after:
            continue
        runs = technology.recent_runs(clients, settings.target(pipeline, name), since)
        if started and any(run.started and run.started >= since for run in runs):
            continue
        if lapse := read_lapse(name, runs, since):
            found.append(lapse)
    return tuple(found)


def read_lapse(resource: str, runs: Sequence[Run], since: datetime) -> Lapse | None:
    """None when a run that started or ended in the window succeeded; else what the latest one shows."""
    relevant = [run for run in runs if run.touches(since)]
    if any(run.state == "succeeded" for run in relevant):
        return None
    if not relevant:
        return Lapse(resource=resource, text=f"{resource} never started since {say_time(since)}")
    latest = max(relevant, key=lambda run: (run.state == "running", run.started or run.ended or since))
    started = f" since {say_time(latest.started)}" if latest.started else ""
    ended = f" at {say_time(latest.ended)}" if latest.ended else ""
    if latest.state == "running":
        return Lapse(resource=resource, text=f"{resource} is still running{started}", run=latest)
    word = "was stopped" if latest.state == "stopped" else "failed"
    return Lapse(resource=resource, text=f"{resource} {word}{ended} and has not succeeded since", run=latest)
