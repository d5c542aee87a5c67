"""The look around before a retry starts: who else runs, and whether the failed run is as it was."""

from datetime import timedelta

import pytest

from pipewarden.company import Company, look_around
from pipewarden.place import find_place
from tests.unit.runtime.scene import START, Scene

LATER = START + timedelta(minutes=1)
EARLIER = START - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("idempotent", "others", "redrive", "running", "current"),
    [
        pytest.param(False, {}, 0, "", True, id="nothing else: it is as it was"),
        pytest.param(True, {}, 0, "", True, id="so it is where tokens are known"),
        pytest.param(False, {"x": ("running", EARLIER)}, 0, "x", True, id="another that goes on is told"),
        pytest.param(False, {"x": ("failed", LATER)}, 0, "", False, id="one that started since may be its retry"),
        pytest.param(True, {"x": ("failed", LATER)}, 0, "", True, id="which a token excludes"),
        pytest.param(True, {}, 1, "", False, id="a person has redriven it, and it failed again"),
        pytest.param(True, {"r1": ("running", START)}, 0, "", False, id="or it goes on"),
        pytest.param(True, {"r1": ("failed", None)}, 0, "", False, id="it is not in the list"),
    ],
)
def test_what_a_look_around_tells(
    idempotent: bool, others: dict[str, tuple[str, object]], redrive: int, running: str, current: bool
) -> None:
    scene = Scene(idempotent=idempotent)
    failure = scene.ended("extract", "r1", "failed", "transient: 503")
    scene.handle(failure)
    (attempt,) = scene.incident.attempts
    scene.run("r1", "failed", "transient: 503", redrive=redrive)
    for run_id, (state, started) in others.items():
        if started:
            scene.run(run_id, state, started=started)  # type: ignore[arg-type]
        else:
            del scene.jobs.runs[run_id]
    place = find_place(scene.workplace, failure)
    assert place
    company = look_around(scene.workplace, place, attempt)
    assert (company.running, bool(company.failed)) == (running, current)
    assert company.failed is None or company.failed.current


def test_nothing_is_looked_at_when_nothing_is_about_to_start() -> None:
    scene = Scene()
    failure = scene.ended("extract", "r1", "failed", "transient: 503")
    place = find_place(scene.workplace, failure)
    assert place
    assert look_around(scene.workplace, place, None) == Company()
    assert scene.aws.calls == []
