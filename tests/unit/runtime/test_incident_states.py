"""What becomes of an incident: each state, met by each thing that can happen, and what is measured of it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from pipewarden.acknowledgement import acknowledge
from pipewarden.signal import Signal, SignalKind
from tests.unit.runtime.scene import Scene
from tests.unit.runtime.test_calls import first, start

Step = Callable[[Scene], object]
BEFORE, AFTER = timedelta(minutes=7), timedelta(minutes=20)
MEASURED = ("IncidentsOpened", "IncidentsAutoRemediated", "SecondsToAcknowledge", "SecondsToRecover")


def fails(scene: Scene) -> None:
    """A new run fails for a reason that may pass."""
    begun(scene, "failed", "transient: 503")


def breaks(scene: Scene) -> None:
    """A new run fails for good."""
    begun(scene, "failed", "deterministic: no such column")


def succeeds(scene: Scene) -> None:
    """A new run succeeds."""
    begun(scene, "succeeded")


def is_stopped(scene: Scene) -> None:
    """A person stops a new run."""
    begun(scene, "stopped")


def begun(scene: Scene, state: str, error: str = "") -> None:
    run_id = f"{state}-{scene.time:%H%M}"
    scene.run(run_id, "running", started=scene.time)
    scene.handle(scene.ended("extract", run_id, state, error))


def is_taken(scene: Scene) -> None:
    """A person takes the latest incident."""
    for incident in scene.store.recent()[:1]:
        acknowledge(scene.workplace, incident.id, "Ada")


def alarms(scene: Scene) -> None:
    """An alarm of another kind is raised."""
    scene.handle(Signal(kind=SignalKind.ALARM_RAISED, time=scene.time, alarm="stale"))


def clears(scene: Scene) -> None:
    """That alarm is over, which nothing was open for."""
    scene.handle(Signal(kind=SignalKind.ALARM_CLEARED, time=scene.time, alarm="stale"))


def retries(scene: Scene) -> None:
    """The planned retry starts, if there is one, and succeeds."""
    if scene.due():
        start(scene)
        scene.handle(scene.ended("extract", scene.jobs.started[-1].run_id, "succeeded"))


def inner(scene: Scene) -> None:
    """Something within another resource fails: nothing is done yet, nobody is told."""
    scene.handle(scene.ended("merge", "m1", "failed", "transient: 503"))


def quarantines(scene: Scene) -> None:
    """Dead letters that nothing cures are put aside: only a person can end this."""
    found = {"quarantined": 1, "quarantine": "in-quarantine"}
    about = {"pipeline": "import", "resource": "ingest", "run_id": "drain-1"}
    scene.handle(Signal(kind=SignalKind.DRAIN_FINISHED, time=scene.time, detail=found, **about))


STATES: dict[str, tuple[Step, ...]] = {
    "none": (),
    "open": (inner,),
    "remediating": (first,),
    "paged": (breaks,),
    "acknowledged": (breaks, is_taken),
    "recovered": (breaks, succeeds),
    "closed": (quarantines, is_taken),
}
"""How an incident comes into each state; 7 minutes pass after each step."""

EVENTS: tuple[Callable[[Scene], None], ...] = (fails, breaks, succeeds, is_stopped, is_taken, alarms, clears, retries)
TABLE = """
state        fails        breaks       succeeds     is_stopped   is_taken     alarms       clears       retries
none         remediating  paged        none         none         none         paged        none         none
open         remediating  paged        open         open         acknowledged paged        open         open
remediating  remediating  paged        recovered    remediating  acknowledged paged        remediating  recovered
paged        paged        paged        recovered    paged        acknowledged paged        paged        paged
acknowledged acknowledged acknowledged recovered    acknowledged acknowledged paged        acknowledged acknowledged
recovered    remediating  paged        recovered    recovered    recovered    paged        recovered    recovered
closed       remediating  paged        closed       closed       closed       paged        closed       closed
"""
"""The state of the latest incident afterwards. What is over stays over: what happens then is another incident."""
HEAD, *ROWS = (line.split() for line in TABLE.strip().splitlines())


def test_the_table_is_whole() -> None:
    assert ["state", *(event.__name__ for event in EVENTS)] == HEAD
    assert [state for state, *_ in ROWS] == list(STATES)


def reach(state: str) -> Scene:
    scene = Scene()
    for step in STATES[state]:
        step(scene)
        scene.time += BEFORE
    assert state_of(scene) == state
    scene.measured.clear()
    return scene


def state_of(scene: Scene) -> str:
    found = scene.store.recent()
    return found[0].state.value if found else "none"


@pytest.mark.parametrize(
    ("state", "event", "expected"),
    [
        pytest.param(state, event, expected, id=f"{state}, {event.__name__}: {expected}")
        for state, *row in ROWS
        for event, expected in zip(EVENTS, row, strict=True)
    ],
)
def test_the_next_state(state: str, event: Step, expected: str) -> None:
    scene = reach(state)
    before = [incident.id for incident in scene.store.recent()]
    scene.time += AFTER - BEFORE
    event(scene)
    assert state_of(scene) == expected
    is_new = state in ("none", "recovered", "closed") and expected != state
    assert len(scene.store.recent()) - len(before) == is_new
    assert [incident.id for incident in scene.store.recent()][is_new:] == before
    assert scene.metric("IncidentsOpened") == [1.0] * is_new


@pytest.mark.parametrize(
    ("state", "event", "expected"),
    [
        pytest.param("none", breaks, {"IncidentsOpened": 1}, id="one is opened"),
        pytest.param("paged", is_taken, {"SecondsToAcknowledge": 1200}, id="from the page until somebody takes it"),
        pytest.param("remediating", is_taken, {}, id="nobody was paged, so nobody was slow"),
        pytest.param("acknowledged", is_taken, {}, id="whoever comes second is not measured"),
        pytest.param("paged", succeeds, {"SecondsToRecover": 1200}, id="from the failure until it is well"),
        pytest.param("acknowledged", succeeds, {"SecondsToRecover": 1620}, id="however long it took to take it"),
        pytest.param(
            "remediating",
            retries,
            {"SecondsToRecover": 1200, "IncidentsAutoRemediated": 1},
            id="a retry of ours cured it and nobody was told: auto-remediated",
        ),
        pytest.param("remediating", succeeds, {"SecondsToRecover": 1200}, id="another run cured it: not by us"),
        pytest.param("recovered", succeeds, {}, id="it recovers once"),
    ],
)
def test_what_is_measured(state: str, event: Step, expected: dict[str, float]) -> None:
    scene = reach(state)
    scene.time += AFTER - BEFORE
    event(scene)
    assert {name: sum(scene.metric(name)) for name in MEASURED if scene.metric(name)} == expected


def test_what_people_were_told_of_is_not_auto_remediated_although_a_retry_cured_it() -> None:
    scene = Scene(severity="P0")
    first(scene)
    assert state_of(scene) == "paged"
    retries(scene)
    assert (state_of(scene), scene.metric("IncidentsAutoRemediated")) == ("recovered", [])
