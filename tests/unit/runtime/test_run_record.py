"""What one run that has ended writes as metrics."""

from pipewarden.technology import Run
from pipewarden.usage import METRICS
from tests.unit.runtime.scene import Scene


def test_what_a_run_is_billed_for_is_counted_by_unit() -> None:
    scene = Scene()
    signal = scene.ended("extract", "r1", "succeeded")
    billed = {unit: 1.5 + number for number, unit in enumerate(METRICS)}
    scene.jobs.runs["r1"] = Run(**{**scene.jobs.runs["r1"].__dict__, "usage": billed})
    scene.handle(signal)
    assert {name: scene.metric(name) for name in METRICS.values()} == {
        METRICS[unit]: [amount] for unit, amount in billed.items()
    }


def test_a_run_that_reports_no_usage_costs_no_metric() -> None:
    scene = Scene()
    scene.handle(scene.ended("extract", "r1", "failed", "deterministic"))
    assert scene.metric("RunsFailed") == [1.0]
    assert not {measured.name for measured in scene.measured} & set(METRICS.values())
