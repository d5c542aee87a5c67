"""How fast failing requests spend the budget of a target, and what is left of it: asked of CloudWatch by the probe."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pipewarden.alarm_rule import Requests
from pipewarden.measurement import Measurement
from pipewarden.pipeline_settings import ResourceSettings
from pipewarden.request_alarms import WINDOWS, Window
from pipewarden.target import Target
from pipewarden.template import fill
from pipewarden.workplace import Workplace

STEP_MINUTES, DAY_MINUTES = 5, 1_440
LATE = timedelta(minutes=2)
"""What services count reaches CloudWatch a minute or two later; younger periods look emptier than they are."""

Counts = Mapping[datetime, float]


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Requests and failures by the start of their period: of five minutes for a day, of a day for the time of the
    target."""

    total: Counts
    bad: Counts
    total_by_day: Counts
    bad_by_day: Counts


def measure_targets(workplace: Workplace, deadline: datetime) -> dict[str, int]:
    """Write the rates and the budget of every resource that serves requests and has a target. One that cannot be asked
    about does not stop the others. Returns how many did what."""
    counts = {"judged": 0, "unjudged": 0}
    for pipeline, name, declared, requests in _aimed(workplace):
        if workplace.now() >= deadline:
            counts["unjudged"] += 1
            continue
        try:
            traffic = _ask(workplace, pipeline, name, requests, declared.expect["slo"])
        except (ClientError, BotoCoreError) as error:
            workplace.log.warning("target not judged", extra={"resource": name, "error": str(error)})
            workplace.measure(Measurement(name="ProbeErrors"))
            counts["unjudged"] += 1
            continue
        for metric, value, unit in judge(traffic, declared.expect["slo"], workplace.now()):
            workplace.measure(Measurement(name=metric, value=value, unit=unit, pipeline=pipeline, resource=name))
        counts["judged"] += 1
    return counts


def judge(traffic: Traffic, slo: Mapping[str, Any], now: datetime) -> Iterator[tuple[str, float, str]]:
    """(metric, value, unit) of each burn rate, and of the budget where anything was asked at all. Pure.

    A rate is 0 while its long window holds fewer requests than `least`.
    """
    allowed = 1 - float(slo["target"]) / 100
    for window in WINDOWS:
        yield window.metric, _rate(traffic, window, allowed, float(slo["least"]), now), "None"
    total, bad = sum(traffic.total_by_day.values()), sum(traffic.bad_by_day.values())
    if total:
        yield "ErrorBudgetLeft", 100 * (1 - bad / total / allowed), "Percent"


def _rate(traffic: Traffic, window: Window, allowed: float, least: float, now: datetime) -> float:
    """The lower of the two rates: what lasts, and still goes on."""
    rates = []
    for minutes in (window.long_minutes, window.short_minutes):
        since = now - LATE - timedelta(minutes=minutes)
        total = sum(count for start, count in traffic.total.items() if start >= since)
        bad = sum(count for start, count in traffic.bad.items() if start >= since)
        if minutes == window.long_minutes and total < least:
            return 0.0
        rates.append(bad / total / allowed if total else 0.0)
    return min(rates)


def _aimed(workplace: Workplace) -> Iterator[tuple[str, str, ResourceSettings, Requests]]:
    for pipeline, declared in workplace.settings.pipelines.items():
        for name, resource in declared.resources.items():
            technology = workplace.technologies.get(resource.type)
            if technology and technology.requests and resource.expect.get("slo"):
                yield pipeline, name, resource, technology.requests


def _ask(workplace: Workplace, pipeline: str, name: str, requests: Requests, slo: Mapping[str, Any]) -> Traffic:
    """Four series: short periods for the rates, days for the budget."""
    target = workplace.settings.target(pipeline, name)
    now, days = workplace.now(), round(float(slo["over"]) / 86_400)
    cloudwatch = workplace.clients("cloudwatch")
    found: dict[str, Counts] = {}
    for step, back, ids in (
        (STEP_MINUTES, timedelta(minutes=DAY_MINUTES) + LATE, ("total", "bad")),
        (DAY_MINUTES, timedelta(days=days), ("total_by_day", "bad_by_day")),
    ):
        asked = [_query(id_, requests, metric, target, step) for id_, metric in zip(ids, requests.counts, strict=True)]
        pages = cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=asked, StartTime=now - back, EndTime=now, ScanBy="TimestampDescending"
        )
        for page in pages:
            for series in page["MetricDataResults"]:
                points = dict(zip(series["Timestamps"], series["Values"], strict=True))
                found[series["Id"]] = {**found.get(series["Id"], {}), **points}
    return Traffic(**{id_: found.get(id_, {}) for id_ in ("total", "bad", "total_by_day", "bad_by_day")})


def _query(id_: str, requests: Requests, metric: Sequence[str], target: Target, step_minutes: int) -> dict[str, Any]:
    name, statistic = metric
    dimensions = [{"Name": key, "Value": fill(value, target.values)} for key, value in requests.dimensions.items()]
    measured = {"Namespace": requests.namespace, "MetricName": name, "Dimensions": dimensions}
    return {"Id": id_, "MetricStat": {"Metric": measured, "Period": step_minutes * 60, "Stat": statistic}}
