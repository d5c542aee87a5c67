"""What presets watch in namespaces of jobs is what the library writes, to the last dimension."""

from collections.abc import Iterable
from pathlib import Path

import pytest

from pipewarden_job.job_metrics import RATES, SCORES, JobMetrics
from pipewarden_job.series import Value
from pipewarden_plan.preset import shipped_presets
from tests.preset_plan import plan_of

Written = tuple[str, str, frozenset[str]]


def written() -> set[Written]:
    """Namespace, name and names of dimensions of whatever a job can write."""
    kept: list[Value] = []

    def keep(values: Iterable[Value]) -> None:
        kept.extend(values)

    with JobMetrics("p", write=keep, strict=True) as job:
        with job.stage("transform"), job.api("crm"):
            job.records(1, "crm")
        job.cost(1, 1)
        job.validated(1, 1)
        job.rule("age-range", 1, 1)
        job.coverage("customers", "regions", 1, 1)
        job.freshness("customers", 1)
        job.delivered(1)
        job.business("Revenue", 1, expected=1)
        job.quality("customers", **dict.fromkeys((*SCORES, *RATES), 1.0))
    return {
        (row.metric.namespace, row.metric.name, frozenset(name for name, _ in row.metric.dimensions)) for row in kept
    }


def watched(folder: Path) -> dict[str, set[Written]]:
    plan = plan_of(folder)
    found: dict[str, set[Written]] = {}
    for alarm in (alarm for team in plan.teams for alarm in team.alarms):
        for metric in alarm.metrics:
            if metric.namespace.startswith("DataPipeline"):
                place = (metric.namespace, metric.name, frozenset(metric.dimensions))
                found.setdefault(alarm.pipeline, set()).add(place)
    return found


def test_the_library_writes_whatever_a_preset_watches(tmp_path: Path) -> None:
    by_preset = watched(tmp_path)
    assert len(by_preset) > 10
    assert {name: places - written() for name, places in by_preset.items() if places - written()} == {}


def test_a_preset_watches_whatever_the_library_writes(tmp_path: Path) -> None:
    assert written() - set().union(*watched(tmp_path).values()) == set()


@pytest.mark.parametrize(
    "name", [name for name, preset in shipped_presets().items() if "job writes" in preset.description]
)
def test_a_preset_names_the_metrics_that_a_job_must_write(name: str, tmp_path: Path) -> None:
    names = {metric for _, metric, _ in watched(tmp_path)[name]}
    text = shipped_presets()[name].description
    assert [metric for metric in names if metric not in text] == []
