"""What a job writes: names, dimensions and values; and that measuring never breaks the job."""

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

import pytest

from pipewarden_job.embedded import EmbeddedMetrics
from pipewarden_job.job_metrics import MOST_KEPT, RATES, SCORES, JobMetrics
from pipewarden_job.put_metric_data import PutMetricData
from pipewarden_job.series import Value


class Kept(list[Value]):
    """Takes what is written."""

    def __call__(self, values: Iterable[Value]) -> None:
        self.extend(values)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def metrics(kept: Kept) -> Iterator[JobMetrics]:
    seconds = count()
    with JobMetrics(
        "customer-import", write=kept, strict=True, clock=lambda: 60.0, timer=lambda: float(next(seconds))
    ) as made:
        yield made


def written(metrics: JobMetrics, kept: Kept) -> dict[tuple[str, ...], tuple[float, str]]:
    """(value, unit) by namespace, name and dimensions without the pipeline's."""
    metrics.flush()
    found = {}
    for row in kept:
        pipeline, *others = row.metric.dimensions
        assert pipeline == ("PipelineName", "customer-import")
        named = [f"{name}={value}" for name, value in others]
        found[(row.metric.namespace, row.metric.name, *named)] = (row.value, row.metric.unit)
    return found


Act = Callable[[JobMetrics], None]
QUALITY = "DataPipeline/Quality"


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        pytest.param(
            lambda job: job.records(12, "crm"),
            {("DataPipeline", "RecordsProcessed", "DataSource=crm"): (12, "Count")},
            id="records of a source",
        ),
        pytest.param(
            lambda job: job.cost(2.0, 1000),
            {("DataPipeline", "ProcessingCostPerRecord"): (0.002, "None")},
            id="cost of a record",
        ),
        pytest.param(
            lambda job: job.delivered(90), {("DataPipeline", "EndToEndLatency"): (90, "Seconds")}, id="end to end"
        ),
        pytest.param(
            lambda job: job.validated(9, 10), {(QUALITY, "ValidationPassRate"): (90, "Percent")}, id="validation"
        ),
        pytest.param(
            lambda job: job.rule("age", 3, 4),
            {(QUALITY, "AccuracyScore", "ValidationRule=age"): (75, "Percent")},
            id="accuracy by rule",
        ),
        pytest.param(
            lambda job: job.coverage("orders", "regions", 4, 5),
            {(QUALITY, "CoverageRatio", "Table=orders", "Kind=regions"): (80, "Percent")},
            id="coverage",
        ),
        pytest.param(
            lambda job: job.freshness("orders", 61),
            {(QUALITY, "FreshnessMinutes", "Table=orders"): (61, "None")},
            id="freshness",
        ),
        pytest.param(
            lambda job: job.business("Revenue", 120, expected=100),
            {
                ("DataPipeline/Business", "Revenue"): (120, "None"),
                ("DataPipeline/Business", "RevenueExpected"): (100, "None"),
            },
            id="a figure of the business and what was expected",
        ),
        pytest.param(
            lambda job: job.quality("orders", {"completeness": 3}, completeness=100, duplicates=20),
            {
                (QUALITY, "CompletenessScore", "Table=orders"): (100, "Percent"),
                (QUALITY, "DuplicateRate", "Table=orders"): (20, "Percent"),
                (QUALITY, "QualityScore", "Table=orders"): (95, "Percent"),
            },
            id="scores of a table make its quality score",
        ),
        pytest.param(
            lambda job: job.quality("orders", source_target_delta=0.1),
            {(QUALITY, "SourceTargetDelta", "Table=orders"): (0.1, "Percent")},
            id="what is no score makes none",
        ),
    ],
)
def test_what_is_written(metrics: JobMetrics, kept: Kept, act: Act, expected: dict[Any, Any]) -> None:
    act(metrics)
    assert written(metrics, kept) == expected


def test_every_score_and_rate_has_a_metric(metrics: JobMetrics, kept: Kept) -> None:
    metrics.quality("t", **dict.fromkeys((*SCORES, *RATES), 1.0))
    assert {name for _, name, _ in written(metrics, kept)} == {*SCORES.values(), *RATES.values(), "QualityScore"}


def test_a_stage_is_measured_as_a_block(metrics: JobMetrics, kept: Kept) -> None:
    with metrics.stage("transform"):
        pass
    assert written(metrics, kept) == {
        ("DataPipeline", "StageDuration", "Stage=transform"): (1, "Seconds"),
        ("DataPipeline", "StageFailures", "Stage=transform"): (0, "Count"),
    }


def test_a_stage_that_fails_is_measured_and_fails(metrics: JobMetrics, kept: Kept) -> None:
    with pytest.raises(RuntimeError, match="no rows"), metrics.stage("load"):
        raise RuntimeError("no rows")
    assert written(metrics, kept)[("DataPipeline", "StageFailures", "Stage=load")] == (1, "Count")


def test_a_stage_is_measured_as_a_decorator_at_every_call(metrics: JobMetrics, kept: Kept) -> None:
    @metrics.stage("transform")
    def transform(rows: int) -> int:
        return rows + 1

    assert [transform(1), transform(2)] == [2, 3]
    metrics.flush()
    assert [row.value for row in kept if row.metric.name == "StageDuration"] == [1, 1]


def test_a_call_outside_is_measured_in_milliseconds(metrics: JobMetrics, kept: Kept) -> None:
    with metrics.api("crm"):
        pass
    assert written(metrics, kept)[("DataPipeline", "ApiLatency", "Api=crm")] == (1000, "Milliseconds")
    assert written(metrics, kept)[("DataPipeline", "ApiErrors", "Api=crm")] == (0, "Count")


def test_the_end_of_the_block_writes_also_when_the_job_fails(kept: Kept) -> None:
    def fail() -> None:
        with JobMetrics("p", write=kept) as job:
            job.records(1, "crm")
            raise RuntimeError("gone")

    with pytest.raises(RuntimeError, match="gone"):
        fail()
    assert [row.metric.name for row in kept] == ["RecordsProcessed"]


def test_further_dimensions_and_another_namespace(kept: Kept) -> None:
    with JobMetrics("p", "DataPipeline/prod", dimensions={"Environment": "prod", "JobName": "j"}, write=kept) as job:
        job.validated(1, 1)
    assert kept[0].metric.namespace == "DataPipeline/prod/Quality"
    assert kept[0].metric.dimensions == (("PipelineName", "p"), ("Environment", "prod"), ("JobName", "j"))


def broken(_: Iterable[Value]) -> None:
    raise ConnectionError("no way to CloudWatch")


@pytest.mark.parametrize(
    "act",
    [
        pytest.param(lambda job: job.put("Rows", float("nan")), id="a value that is no number"),
        pytest.param(lambda job: job.put("Rows", None), id="no value"),
        pytest.param(lambda job: job.validated(5, 4), id="more that passed than was checked"),
        pytest.param(lambda job: job.quality("t", completness=1), id="a misspelt score"),
        pytest.param(lambda job: job.quality("t", {"x": 1}, validity=1), id="a weight of nothing"),
        pytest.param(lambda job: job.put("Rows", 1), id="CloudWatch that cannot be reached"),
    ],
)
def test_measuring_never_breaks_the_job_and_says_so_once(act: Act, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING), JobMetrics("p", write=broken) as job:
        act(job)
        act(job)
        job.flush()
    assert [record.getMessage() for record in caplog.records] == ["Metrics are not written; this is said once."]
    assert caplog.records[0].exc_info


def test_strict_metrics_say_what_is_wrong() -> None:
    job = JobMetrics("p", write=broken, strict=True)
    with pytest.raises(ValueError, match="completness; there are completeness"):
        job.quality("t", completness=1)
    job.put("Rows", 1)
    with pytest.raises(ConnectionError):
        job.flush()


def test_what_cannot_be_written_does_not_pile_up(kept: Kept) -> None:
    job = JobMetrics("p", write=broken)
    for _ in range(MOST_KEPT + 1):
        job.put("Rows", 1)
    job._write = kept
    job.flush()
    assert len(kept) == 1


@pytest.mark.parametrize(("name", "way"), [("f", EmbeddedMetrics), ("", PutMetricData)], ids=["in Lambda", "elsewhere"])
def test_the_way_of_writing_is_that_of_the_place(name: str, way: type, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME", raising=False)
    if name:
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", name)
    assert isinstance(JobMetrics("p")._write, way)


def test_the_clock_is_that_of_the_machine(kept: Kept) -> None:
    with JobMetrics("p", write=kept) as job, job.stage("s"):
        pass
    assert abs(kept[0].at - time.time()) < 60
    assert 0 <= kept[0].value < 60
