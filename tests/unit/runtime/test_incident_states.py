"""What becomes of an incident: each state, met by each thing that can happen, and what is measured of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from pipewarden.acknowledgement import acknowledge
from pipewarden.incident import Reason
from pipewarden.signal import Signal, SignalKind
from tests.unit.runtime.scene import Scene
from tests.unit.runtime.test_calls import first, start

Step = Callable[[Scene], object]
BEFORE, AFTER = timedelta(minutes=7), timedelta(minutes=20)
RATE = "transient: 503"


def fails(scene: Scene) -> None:
    """It fails for a reason that may pass."""
    scene.run("later", "running", started=scene.time)
    scene.handle(scene.ended("extract", "later", "failed", RATE))


def breaks(scene: Scene) -> None:
    """It fails for good."""
    scene.run("broken", "running", started=scene.time)
    scene.handle(scene.ended("extract", "broken", "failed", "deterministic: no such column"))


def succeeds(scene: Scene) -> None:
    """A run that began after everything else succeeds."""
    scene.run("good", "running", started=scene.time)
    scene.handle(scene.ended("extract", "good", "succeeded"))


def is_stopped(scene: Scene) -> None:
    """A person stops a run."""
    scene.run("stopped", "running", started=scene.time)
    scene.handle(scene.ended("extract", "stopped", "stopped"))


def is_taken(scene: Scene) -> None:
    """A person takes the latest incident."""
    if found := scene.store.recent():
        acknowledge(scene.workplace, found[0].id, "Ada")


def alarms(scene: Scene) -> None:
    """An alarm of another kind is raised."""
    scene.handle(Signal(kind=SignalKind.ALARM_RAISED, time=scene.time, alarm="stale"))


def clears(scene: Scene) -> None:
    """That alarm is over."""
    scene.handle(Signal(kind=SignalKind.ALARM_CLEARED, time=scene.time, alarm="stale"))


def retries(scene: Scene) -> None:
    """The planned retry starts, and succeeds."""
    if not scene.due():
        return
    start(scene)
    for run in scene.jobs.started[-1:]:
        scene.handle(scene.ended("extract", run.run_id, "succeeded"))


def inner(scene: Scene) -> None:
    """Something within another resource fails: nobody is told yet."""
    scene.handle(scene.ended("merge", "m1", "failed", RATE))


def leaves_rest(scene: Scene) -> None:
    """Only what no signal could end is open, and people know of it."""
    breaks(scene)
    (found,) = scene.store.recent()
    lasting = tuple(replace(reason, lasting=True) for reason in found.reasons)
    assert all(isinstance(reason, Reason) for reason in lasting)
    scene.aws.dynamodb.items[f"INCIDENT#{found.id}", "META"]["reasons"] = changed(scene, found.id)


def changed(scene: Scene, incident: str) -> object:
    item = scene.aws.dynamodb.items[f"INCIDENT#{incident}", "META"]["reasons"]
    for row in item["L"]:
        row["M"]["lasting"] = {"BOOL": True}
    return item


STATES: dict[str, tuple[Step, ...]] = {
    "none": (),
    "open": (inner,),
    "remediating": (first,),
    "paged": (breaks,),
    "acknowledged": (breaks, is_taken),
    "recovered": (breaks, succeeds),
    "closed": (leaves_rest, is_taken),
}
EVENTS = (fails, breaks, succeeds, is_stopped, is_taken, alarms, clears, retries)
