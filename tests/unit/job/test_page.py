"""The example of docs/job-metrics.md runs as it stands, and what it writes is what its declaration watches."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipewarden_job import job_metrics
from pipewarden_job.job_metrics import JobMetrics
from pipewarden_job.series import Value
from tests.preset_plan import load_plan
from tests.unit.job.test_presets import Written, written

PAGE = (Path(__file__).parents[3] / "docs" / "job-metrics.md").read_text(encoding="utf-8")
CODE, DECLARED = (re.findall(rf"```{word}\n(.*?)```", PAGE, re.S)[0] for word in ("python", "yaml"))
ROWS = [
    {"id": 1, "email": "a@example.com", "phone": "1"},
    {"id": 1, "email": "a@example.com"},
    {"id": 2, "email": "b@example.com", "phone": "2"},
    {"id": 3},
]


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Value]:
    """What the example writes; every mistake in it is raised."""
    found: list[Value] = []
    monkeypatch.setattr(job_metrics, "_way_of_this_place", lambda: found.extend)
    monkeypatch.setattr(JobMetrics.__init__, "__kwdefaults__", {**JobMetrics.__init__.__kwdefaults__, "strict": True})
    return found


def run_example() -> Any:
    scope: dict[str, Any] = {}
    exec(compile(CODE, "docs/job-metrics.md", "exec"), scope)
    return scope["run"](ROWS, lambda: ROWS, lambda rows: None)


def test_the_example_measures_what_it_says(kept: list[Value]) -> None:
    assert len(run_example()) == 3
    found = {row.metric.name: row.value for row in kept}
    assert found["RecordsProcessed"] == 3
    assert found["ValidationPassRate"] == 75
    assert found["CompletenessScore"] == pytest.approx(200 / 3)
    assert found["DuplicateRate"] == pytest.approx(100 / 3)
    assert found["SourceTargetDelta"] == 25
    assert (found["StageFailures"], found["ApiErrors"]) == (0, 0)


def test_its_declaration_watches_what_the_example_writes(kept: list[Value], tmp_path: Path) -> None:
    run_example()
    made = {(row.metric.namespace, row.metric.name, row.metric.dimensions) for row in kept}
    plan = load_plan(tmp_path, {"customer-import": yaml.safe_load(DECLARED)["customer-import"]})
    watched = {
        (metric.namespace, metric.name, tuple(metric.dimensions.items()))
        for team in plan.teams
        for alarm in team.alarms
        for metric in alarm.metrics
        if metric.namespace.startswith("DataPipeline")
    }
    assert len(watched) == 9
    assert {name for _, name, _ in watched - made} == {"RecordCountVariance"}, "only what the example does not count"


def test_the_table_names_every_metric() -> None:
    def names(places: set[Written]) -> set[str]:
        return {name for _, name, _ in places}

    listed = set(re.findall(r"`([A-Z][A-Za-z]+)`", PAGE[: PAGE.index("## How it writes")]))
    of_the_business = {"Revenue", "RevenueExpected"}
    elided = {"AccuracyScore", "TimelinessScore", "ConsistencyScore", "ValidityScore"}
    assert names(written()) - listed <= of_the_business | elided
    assert listed - names(written()) == {"PipelineName", "Expected", "DataPipeline"}


@pytest.mark.parametrize("call", sorted(set(re.findall(r"^\| `(\w+)\(", PAGE, re.M))))
def test_every_call_of_the_table_is_there(call: str) -> None:
    assert callable(getattr(JobMetrics, call))
