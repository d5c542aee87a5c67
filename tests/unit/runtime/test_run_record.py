"""What one run that has ended writes as metrics."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipewarden.pipeline_settings import PipelineSettings, ResourceSettings
from pipewarden.policy import make_policy
from pipewarden.registry import technologies
from pipewarden.run import Run
from pipewarden.run_history import RunHistory
from pipewarden.situation import Policy, Slo
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


@pytest.mark.parametrize(("score", "written"), [(97.5, [97.5]), (0.0, [0.0]), (None, [])])
def test_the_score_of_an_evaluation_is_written_where_there_is_one(score: float | None, written: list[float]) -> None:
    scene = Scene()
    signal = scene.ended("extract", "r1", "succeeded")
    scene.jobs.runs["r1"] = Run(**{**scene.jobs.runs["r1"].__dict__, "score": score})
    scene.handle(signal)
    assert scene.metric("QualityScore") == written


NIGHTS = Slo(target=90.0, days=30, runs=30.0)


@pytest.mark.parametrize(
    ("good", "bad", "slo", "left"),
    [
        (0, 0, NIGHTS, None),
        (30, 0, NIGHTS, 100.0),
        (27, 3, NIGHTS, 0.0),
        (26, 4, NIGHTS, -33.3),
        (0, 1, NIGHTS, 66.7),  # the first night of thirty: a third of the budget, not all of it
        (54, 6, NIGHTS, 0.0),  # twice as many runs as promised allow twice as many misses
        (9, 1, Slo(target=90.0, days=30, runs=0.0), 0.0),  # without a schedule only what has run counts
        (5, 0, Slo(target=100.0, days=30, runs=30.0), None),
    ],
)
def test_what_is_left_of_a_budget_of_misses(good: int, bad: int, slo: Slo, left: float | None) -> None:
    now = datetime(2026, 3, 2, 6, tzinfo=UTC)
    history = RunHistory(days={"2026-03-01": (good, bad), "2025-11-01": (0, 50)})
    found = history.budget_left(now, slo.days, slo.target, slo.runs)
    assert found == (pytest.approx(left, abs=0.05) if left is not None else None)


def test_a_resources_own_target_goes_first_and_none_is_none() -> None:
    def policy(**expect: Mapping[str, Any]) -> Policy:
        rows = {name: ResourceSettings(type="glue-job", fields={}, expect=row) for name, row in expect.items()}
        pipeline = PipelineSettings(
            team="crm", owner="crm", severity="P2", schedule={"cron": "0 2 * * *"}, expect=expect["all"], resources=rows
        )
        settings = replace(Scene().workplace.settings, pipelines={"import": pipeline})
        return make_policy(settings, technologies(), "import", "own")

    wide, narrow = {"slo": {"target": 99, "over": 90 * 86_400}}, {"slo": {"target": 90, "over": 10 * 86_400}}
    assert policy(all=wide, own=narrow).slo == Slo(target=90, days=10, runs=10)
    assert policy(all=wide, own={}).slo == Slo(target=99, days=90, runs=90)
    assert policy(all={}, own={}).slo is None
