"""Statistics of one period."""

from __future__ import annotations

import pytest

from pipewarden_cli.evaluator.samples import Grid, Samples
from pipewarden_cli.evaluator.statistic import StatisticError, aggregate, read_statistic

GRID = Grid.regular(0, 60, 1)


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("SampleCount", 10),
        ("Sum", 55),
        ("Average", 5.5),
        ("Minimum", 1),
        ("Maximum", 10),
        ("p50", 5.5),
        ("p90", 9.1),
        ("p99.9", 9.991),
        ("p0", 1),
        ("p100", 10),
        ("tm90", 5),
        ("TM(20%:80%)", 5.5),
        ("IQM", 5.5),
        ("TC(2:8)", 6),
        ("TS(2:8)", 33),
        ("TM(2:8)", 5.5),
        ("TM(:5)", 3),
        ("tc90", 9),
        ("ts90", 45),
        ("PR(:3)", 30),
        ("PR(3:7)", 40),
        ("PR(8:)", 20),
        ("WM(2:9)", 5.5),
    ],
)
def test_statistics_of_the_numbers_from_one_to_ten(statistic: str, expected: float) -> None:
    samples = Samples.of((i, float(i)) for i in range(1, 11))
    assert aggregate(samples, statistic, GRID) == [pytest.approx(expected)]


def test_values_with_counts_weigh_as_often_as_they_were_seen() -> None:
    samples = Samples()
    samples.add(1, 10.0, count=9)
    samples.add(2, 100.0)
    assert aggregate(samples, "Average", GRID) == [19.0]
    assert aggregate(samples, "p50", GRID) == [10.0]
    assert aggregate(samples, "SampleCount", GRID) == [10.0]


def test_statistic_sets_have_no_percentiles_unless_they_are_one_value() -> None:
    samples = Samples()
    samples.add_set(1, 3, 6, 1, 3)
    assert aggregate(samples, "Average", GRID) == [2.0]
    assert aggregate(samples, "Minimum", GRID) == [1]
    assert aggregate(samples, "Maximum", GRID) == [3]
    assert aggregate(samples, "Sum", GRID) == [6]
    assert aggregate(samples, "p99", GRID) == [None]
    same = Samples()
    same.add_set(1, 3, 6, 2, 2)
    assert aggregate(same, "p99", GRID) == [2]


def test_metrics_with_negative_values_have_no_percentiles() -> None:
    assert aggregate(Samples.of([(1, -1.0), (2, 5.0)]), "p50", GRID) == [None]


def test_sets_without_samples_are_dropped() -> None:
    samples = Samples()
    samples.add_set(1, 0, 0, 0, 0)
    assert aggregate(samples, "Sum", GRID) == [None]


def test_points_arrive_in_any_order() -> None:
    samples = Samples()
    for timestamp in (130, 10, 70, 20):
        samples.add(timestamp, float(timestamp))
    assert aggregate(samples, "Sum", Grid.regular(0, 60, 3)) == [30.0, 70.0, 130.0]


def test_periods_include_their_start_and_exclude_their_end() -> None:
    assert aggregate(Samples.of([(60, 1.0), (120, 2.0)]), "Sum", Grid.regular(60, 60, 1)) == [1.0]


@pytest.mark.parametrize("name", ["Median", "p101", "p", "TM(:)", "TM(10%:5)", "PR(1%:2%)", "TM(.:5)", "average", ""])
def test_unknown_statistics_are_refused(name: str) -> None:
    with pytest.raises(StatisticError):
        read_statistic(name)
