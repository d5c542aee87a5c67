"""The metrics of a job, with the names and dimensions that Pipewarden's presets watch (docs/job-metrics.md)."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType

from pipewarden_job.embedded import EmbeddedMetrics
from pipewarden_job.put_metric_data import PutMetricData
from pipewarden_job.quality import WHOLE, cost_per_record, part, quality_score
from pipewarden_job.series import Value, make_value

LOG = logging.getLogger("pipewarden_job")
Write = Callable[[Iterable[Value]], None]

SCORES: Mapping[str, str] = {
    "completeness": "CompletenessScore",
    "accuracy": "AccuracyScore",
    "timeliness": "TimelinessScore",
    "consistency": "ConsistencyScore",
    "validity": "ValidityScore",
}
"""Scores in percent of which 100 is best; together with `duplicates` they make the quality score."""
RATES: Mapping[str, str] = {
    "duplicates": "DuplicateRate",
    "required_fields": "RequiredFieldCompleteness",
    "business_keys": "BusinessKeyCompleteness",
    "primary_keys": "PrimaryKeyUniqueness",
    "record_count_variance": "RecordCountVariance",
    "source_target_delta": "SourceTargetDelta",
}
MOST_KEPT = 10_000


class JobMetrics:
    """Keeps what a job measures and writes it at `flush`, which the end of a `with` block is.

    Writes lines of the embedded metric format in Lambda, and calls PutMetricData elsewhere, unless told how by `write`.
    Nothing here breaks a job: what cannot be written is said in the log, once, unless `strict`. `dimensions` are added
    to every metric; presets watch metrics without any. Not for use by several threads at once.
    """

    def __init__(
        self,
        pipeline: str,
        namespace: str = "DataPipeline",
        *,
        dimensions: Mapping[str, str] | None = None,
        write: Write | None = None,
        strict: bool = False,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._namespace = namespace
        self._dimensions = {"PipelineName": pipeline, **(dimensions or {})}
        self._write: Write = _way_of_this_place() if write is None else write
        self._strict = strict
        self._clock, self._timer = clock, timer
        self._kept: list[Value] = []
        self._said = False

    def put(self, name: str, value: float, unit: str = "None", *, part_of: str = "", **dimensions: str) -> None:
        """A value of any metric: with the pipeline's dimension and these, in the namespace or `part_of` it."""
        namespace = f"{self._namespace}/{part_of}" if part_of else self._namespace
        everything = {**self._dimensions, **dimensions}
        with self._harmless():
            self._kept.append(make_value(namespace, name, value, unit, everything, self._clock()))
            if len(self._kept) >= MOST_KEPT:
                self.flush()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measures a part of the job, as a `with` block or a decorator: StageDuration, and StageFailures, which is 1
        when it ends with an exception and else 0."""
        with self._measured("StageDuration", "Seconds", 1.0, "StageFailures", Stage=name):
            yield

    @contextmanager
    def api(self, name: str) -> Iterator[None]:
        """Measures a call of an API outside, likewise: ApiLatency and ApiErrors."""
        with self._measured("ApiLatency", "Milliseconds", 1_000.0, "ApiErrors", Api=name):
            yield

    def records(self, count: float, source: str) -> None:
        """RecordsProcessed of one source."""
        self.put("RecordsProcessed", count, "Count", DataSource=source)

    def cost(self, dollars: float, records: float) -> None:
        """ProcessingCostPerRecord in US dollars."""
        with self._harmless():
            self.put("ProcessingCostPerRecord", cost_per_record(dollars, records))

    def validated(self, passed: float, checked: float) -> None:
        """ValidationPassRate: of what was checked, how much passed."""
        with self._harmless():
            self.put("ValidationPassRate", part(passed, checked), "Percent", part_of="Quality")

    def rule(self, name: str, passed: float, checked: float) -> None:
        """AccuracyScore of one rule: a range, a reference, a rule of the business."""
        with self._harmless():
            self.put("AccuracyScore", part(passed, checked), "Percent", part_of="Quality", ValidationRule=name)

    def quality(self, table: str, weights: Mapping[str, float] | None = None, **percent: float) -> None:
        """Scores of one table in percent, by the names in `SCORES` and `RATES`; QualityScore out of the scores among
        them, to which duplicates add what is not one."""
        with self._harmless():
            if unknown := sorted(percent.keys() - SCORES.keys() - RATES.keys()):
                raise ValueError(f"no scores: {', '.join(unknown)}; there are {', '.join((*SCORES, *RATES))}")
            for key, value in percent.items():
                self.put(SCORES.get(key) or RATES[key], value, "Percent", part_of="Quality", Table=table)
            judged = {key: value for key, value in percent.items() if key in SCORES}
            if "duplicates" in percent:
                judged["duplicates"] = WHOLE - percent["duplicates"]
            if judged:
                score = quality_score(judged, weights)
                self.put("QualityScore", score, "Percent", part_of="Quality", Table=table)

    def coverage(self, table: str, kind: str, covered: float, expected: float) -> None:
        """CoverageRatio of one kind (attributes, regions, days ...): of what was expected, how much is there."""
        with self._harmless():
            ratio = part(covered, expected)
            self.put("CoverageRatio", ratio, "Percent", part_of="Quality", Table=table, Kind=kind)

    def freshness(self, table: str, minutes: float) -> None:
        """FreshnessMinutes: how old the newest row is."""
        self.put("FreshnessMinutes", minutes, part_of="Quality", Table=table)

    def delivered(self, seconds: float) -> None:
        """EndToEndLatency: from when it happened until it can be read at the end of the pipeline."""
        self.put("EndToEndLatency", seconds, "Seconds")

    def business(self, name: str, value: float, expected: float | None = None) -> None:
        """A figure of the business, and beside it what was expected, such as last week's: `<name>Expected`."""
        self.put(name, value, part_of="Business")
        if expected is not None:
            self.put(f"{name}Expected", expected, part_of="Business")

    def flush(self) -> None:
        """Write what is kept. What cannot be written is lost, so that a job does not grow with it."""
        kept, self._kept = self._kept, []
        with self._harmless():
            if kept:
                self._write(kept)

    def __enter__(self) -> JobMetrics:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.flush()

    @contextmanager
    def _measured(
        self, duration: str, unit: str, per_second: float, failures: str, **dimensions: str
    ) -> Iterator[None]:
        started, failed = self._timer(), 1.0
        try:
            yield
            failed = 0.0
        finally:
            self.put(duration, per_second * (self._timer() - started), unit, **dimensions)
            self.put(failures, failed, "Count", **dimensions)

    @contextmanager
    def _harmless(self) -> Iterator[None]:
        try:
            yield
        except Exception:
            if self._strict:
                raise
            if not self._said:
                self._said = True
                LOG.warning("Metrics are not written; this is said once.", exc_info=True)


def _way_of_this_place() -> Write:
    return EmbeddedMetrics() if "AWS_LAMBDA_FUNCTION_NAME" in os.environ else PutMetricData()
