"""Scores of data quality, out of counts."""

from collections.abc import Callable
from typing import Any

import pytest

from pipewarden_job.quality import (
    cost_per_record,
    duplicates,
    part,
    quality_score,
    record_count_variance,
    source_target_delta,
)


@pytest.mark.parametrize(
    ("score", "told", "expected"),
    [
        pytest.param(part, (98, 100), 98.0, id="a part in percent"),
        pytest.param(part, (0, 0), 100.0, id="of nothing, everything is good"),
        pytest.param(part, (0, 5), 0.0, id="nothing is good"),
        pytest.param(duplicates, (1000, 999), pytest.approx(0.1), id="one row in a thousand repeats another"),
        pytest.param(duplicates, (0, 0), 0.0, id="no rows, no duplicates"),
        pytest.param(record_count_variance, (95, 100), 5.0, id="fewer than expected"),
        pytest.param(record_count_variance, (105, 100), 5.0, id="more than expected"),
        pytest.param(record_count_variance, (0, 0), 0.0, id="nothing was expected and nothing came"),
        pytest.param(record_count_variance, (3, 0), 100.0, id="nothing was expected and something came"),
        pytest.param(source_target_delta, (200, 199), 0.5, id="by the source, not the target"),
        pytest.param(source_target_delta, (-200, -199), 0.5, id="sums may be negative"),
        pytest.param(cost_per_record, (5.0, 1000), 0.005, id="dollars of one record"),
        pytest.param(cost_per_record, (5.0, 0), 5.0, id="all of them where there was none"),
    ],
)
def test_score(score: Callable[..., float], told: tuple[float, ...], expected: Any) -> None:
    assert score(*told) == expected


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        pytest.param(None, 90.0, id="the mean where nothing weighs more"),
        pytest.param({"validity": 3}, 85.0, id="a score that weighs three times"),
        pytest.param({"validity": 0}, 100.0, id="a score that does not count"),
    ],
)
def test_quality_score(weights: dict[str, float] | None, expected: float) -> None:
    assert quality_score({"completeness": 100.0, "validity": 80.0}, weights) == expected


@pytest.mark.parametrize(
    ("call", "words"),
    [
        pytest.param(lambda: part(6, 5), "6 of 5 is no part", id="more good ones than there are"),
        pytest.param(lambda: part(-1, 5), "-1 of 5 is no part", id="fewer than none"),
        pytest.param(lambda: quality_score({}), "takes scores", id="no scores"),
        pytest.param(lambda: quality_score({"a": 1.0}, {"a": 0}), "not all 0", id="nothing weighs anything"),
        pytest.param(lambda: quality_score({"a": 1.0, "b": 1.0}, {"a": -1}), "not negative", id="a negative weight"),
        pytest.param(lambda: quality_score({"a": 1.0}, {"b": 1}), "no score: b", id="a weight of what is not there"),
    ],
)
def test_what_cannot_be_judged_is_an_error(call: Callable[[], float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
