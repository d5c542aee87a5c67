"""How fast failing requests spend a budget, and what is left of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipewarden.burn_rate import LATE, Traffic, judge, measure_targets
from pipewarden.measurement import Measurement
from pipewarden.pipeline_settings import PipelineSettings, ResourceSettings
from pipewarden.registry import technologies
from pipewarden.request_alarms import WINDOWS
from pipewarden.settings import Settings
from pipewarden.workplace import Workplace
from tests.unit.runtime.scene import Scene

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SLO = {"target": 99.0, "over": 30 * 86_400.0, "warn_at": 25.0, "least": 100}
STEP = timedelta(minutes=5)


def traffic(
    bad_per_step: Mapping[int, float], total_per_step: float = 100.0, days: Mapping[int, float] | None = None
) -> Traffic:
    """`bad_per_step` by how many periods of five minutes ago; `days` the failures by how many days ago, of 10,000."""
    last = NOW - LATE
    steps = {last - STEP * (number + 1): number for number in range(288)}
    bad_by_day = {NOW - timedelta(days=number + 1): count for number, count in (days or {0: 0.0}).items()}
    return Traffic(
        total=dict.fromkeys(steps, total_per_step),
        bad={start: bad_per_step.get(number, 0.0) for start, number in steps.items()},
        total_by_day=dict.fromkeys(bad_by_day, 10_000.0),
        bad_by_day=bad_by_day,
    )


def rates(found: Traffic, **slo: Any) -> dict[str, float]:
    judged = {name: value for name, value, _ in judge(found, {**SLO, **slo}, NOW)}
    return {window.name: round(judged[window.metric], 1) for window in WINDOWS}


HOUR, SIX, DAY = range(12), range(72), range(288)


@pytest.mark.parametrize(
    ("why", "found", "expected"),
    [
        ("nothing fails", traffic({}), {"1h": 0.0, "6h": 0.0, "1d": 0.0}),
        ("one in a hundred fails: as fast as allowed", traffic(dict.fromkeys(DAY, 1.0)), {"1h": 1, "6h": 1, "1d": 1}),
        ("a fifth fails for an hour", traffic(dict.fromkeys(HOUR, 20.0)), {"1h": 20, "6h": 3.3, "1d": 0.8}),
        ("it was over five minutes ago", traffic({n: 20.0 for n in HOUR if n}), {"1h": 0.0, "6h": 3.1, "1d": 0.8}),
        ("six hours of seven in a hundred", traffic(dict.fromkeys(SIX, 7.0)), {"1h": 7, "6h": 7, "1d": 1.7}),
        ("five minutes of nothing but failures", traffic({0: 100.0}), {"1h": 8.3, "6h": 1.4, "1d": 0.3}),
        ("too few requests to say", traffic({0: 1.0}, total_per_step=1.0), {"1h": 0.0, "6h": 0.0, "1d": 0.3}),
        ("no requests", traffic({}, total_per_step=0.0), {"1h": 0.0, "6h": 0.0, "1d": 0.0}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_lower_rate_of_two_windows(why: str, found: Traffic, expected: dict[str, float]) -> None:
    assert rates(found) == expected


@pytest.mark.parametrize(
    ("days", "left"),
    [
        ({0: 0.0}, 100.0),
        ({0: 50.0}, 50.0),
        ({0: 100.0}, 0.0),
        ({0: 150.0, 1: 150.0}, -50.0),
        ({0: 0.0, 1: 100.0}, 50.0),
    ],
)
def test_what_is_left_of_the_budget(days: dict[int, float], left: float) -> None:
    judged = {name: value for name, value, _ in judge(traffic({}, days=days), SLO, NOW)}
    assert judged["ErrorBudgetLeft"] == pytest.approx(left)


def test_without_requests_nothing_is_said_about_the_budget() -> None:
    empty = Traffic(total={}, bad={}, total_by_day={}, bad_by_day={})
    assert "ErrorBudgetLeft" not in {name for name, _, _ in judge(empty, SLO, NOW)}


class CloudWatch:
    """Answers GetMetricData in two pages; refuses what is asked about `broken`."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def get_paginator(self, _name: str) -> "CloudWatch":
        return self

    def paginate(self, **request: Any) -> list[dict[str, Any]]:
        self.asked.append(request)
        dimensions = request["MetricDataQueries"][0]["MetricStat"]["Metric"]["Dimensions"]
        if dimensions[0]["Value"] == "broken":
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetMetricData")
        end = request["EndTime"]
        total, bad = (query["Id"] for query in request["MetricDataQueries"])
        return [
            {"MetricDataResults": [{"Id": total, "Timestamps": [end - STEP], "Values": [500.0]}]},
            {
                "MetricDataResults": [
                    {"Id": total, "Timestamps": [end - 2 * STEP], "Values": [500.0]},
                    {"Id": bad, "Timestamps": [end - STEP], "Values": [5.0]},
                ]
            },
        ]


def test_every_target_over_requests_is_asked_about_and_one_that_fails_stops_no_other() -> None:
    cloudwatch = CloudWatch()
    expect = {"slo": SLO}
    resources = {
        "broken": ResourceSettings(type="lambda", fields={"function": "broken"}, expect=expect),
        "orders": ResourceSettings(type="api", fields={"api": "orders"}, expect=expect),
        "plain": ResourceSettings(type="api", fields={"api": "plain"}),
    }
    measured: list[Measurement] = []
    counts = measure_targets(workplace(resources, cloudwatch, measured), NOW + timedelta(minutes=1))
    assert counts == {"judged": 1, "unjudged": 1}
    found = {row.name: row.value for row in measured if row.resource == "orders"}
    assert found["BurnRate1h"] == pytest.approx(0.5)
    assert found["ErrorBudgetLeft"] == pytest.approx(50.0)
    assert [row.name for row in measured if not row.resource] == ["ProbeErrors"]
    (short, _) = [request for request in cloudwatch.asked if "orders" in str(request)]
    stats = [
        (query["MetricStat"]["Metric"]["MetricName"], query["MetricStat"]["Stat"])
        for query in short["MetricDataQueries"]
    ]
    assert stats == [("Count", "SampleCount"), ("5XXError", "Sum")]


def test_at_the_end_of_its_time_it_says_what_was_not_judged() -> None:
    resources = {"orders": ResourceSettings(type="api", fields={"api": "orders"}, expect={"slo": SLO})}
    assert measure_targets(workplace(resources, CloudWatch(), []), NOW) == {"judged": 0, "unjudged": 1}


def workplace(resources: dict[str, ResourceSettings], cloudwatch: CloudWatch, measured: list[Measurement]) -> Workplace:
    place = Scene().workplace
    pipeline = PipelineSettings(team="crm", owner="crm", severity="P2", resources=resources)
    settings: Settings = replace(place.settings, pipelines={"shop": pipeline})
    return replace(
        place,
        settings=settings,
        technologies=technologies(),
        clients=lambda service: cloudwatch,
        now=lambda: NOW,
        measure=measured.append,
    )
