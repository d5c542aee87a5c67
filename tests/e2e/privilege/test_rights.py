"""Every right of our functions is used by an exercise in a deployed environment, or has a reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from pipewarden_cli.local.privilege import give_back, granted, take_away
from tests.e2e.privilege.exercise import EXERCISES, Told, recorded, staged, tell, unexplained
from tests.e2e.privilege.stage import Stage, broken

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with staged(tmp_path_factory.mktemp("rights")) as ready:
        yield ready


@pytest.fixture(scope="module")
def told(stage: Stage) -> Mapping[str, Told]:
    return {exercise.__name__: tell(stage, exercise) for exercise in EXERCISES}


@pytest.mark.parametrize("name", [exercise.__name__ for exercise in EXERCISES])
def test_exercise(name: str, told: Mapping[str, Told]) -> None:
    assert told[name].failure == ""


def test_every_right_is_used_or_has_a_reason(stage: Stage, told: Mapping[str, Told]) -> None:
    used = {right for each in told.values() for right in each.rights}
    grants = granted(stage.world.local, stage.world.plan.core.stack)
    new, stale = unexplained(grants, used)
    assert new == [], "used by no exercise: write one, or a row with the reason into never_used.yaml"
    assert stale == [], "not granted, or used after all: take the row out of never_used.yaml"


def test_nothing_of_ours_is_refused(stage: Stage, told: Mapping[str, Told]) -> None:
    assert [call for call in recorded(stage) if not call.sid] == []


def test_what_cannot_even_be_kept_is_told(stage: Stage, told: Mapping[str, Told]) -> None:
    """The last stop of calls and of schedules is a queue; who cannot write there is told of by an alarm alone."""
    stage.begin()
    with without(stage, "drainer", "FailedInvocations"), broken(stage, "drainer"):
        stage.invoke("drainer", {}, wait=False)
        stage.mail("ALARM", stage.world.names.own_alarm("drainer.lost"))
    with without(stage, "scheduler", "Signals"):
        stage.schedule_signal({"kind": "heartbeat"})
        stage.mail("ALARM", stage.world.names.own_alarm("schedules.lost"))


def test_a_function_that_stays_throttled_is_told(stage: Stage, told: Mapping[str, Told]) -> None:
    """The last of these tests: the alarms' clock goes on by ten minutes."""
    stage.begin()
    functions, name = stage.client("lambda"), stage.world.names.function("probe")
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=0)
    for minutes in (0, 5, 10):
        stage.world.local.request("POST", f"/_pipewarden/alarms/ahead?seconds={minutes * 60}")
        with pytest.raises(functions.exceptions.TooManyRequestsException):
            stage.invoke("probe", {})
    stage.mail("ALARM", stage.world.names.own_alarm("probe.throttles"))


@contextmanager
def without(stage: Stage, role: str, sid: str) -> Iterator[None]:
    """While a role has not got one of its statements."""
    grants = granted(stage.world.local, stage.world.plan.core.stack)
    (grant,) = (each for each in grants if (each.role, each.sid) == (role, sid))
    text = take_away(stage.world.local, grant)
    try:
        yield
    finally:
        give_back(stage.world.local, grant, text)
