"""A budget of misses holds at least one: a smaller one is spent by the first miss, and warns of nothing before."""

from collections.abc import Iterator, Mapping, Sequence
from math import ceil, floor
from typing import Any

from pipewarden.run_rate import DAY_SECONDS, runs_in_days
from pipewarden_plan.finding import Finding
from pipewarden_plan.reading import PipelineReading
from pipewarden_plan.vocabulary import show_duration

MOST_DAYS = 90
"""The history of runs reaches a little further back than that."""
MOST_DAYS_OF_REQUESTS = 60
"""CloudWatch keeps counts of five minutes for 63 days."""


def check_targets(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    """Each `slo:` of a pipeline or a resource."""
    for pipeline in pipelines:
        yield from _check(pipeline)


def _check(pipeline: PipelineReading) -> Iterator[Finding]:
    read = pipeline.read or {}
    schedule = read.get("schedule")
    yield from _judge(pipeline, (), read.get("expect", {}), schedule, MOST_DAYS)
    for name, row in pipeline.resources.items():
        serves = row.technology is not None and row.technology.requests is not None
        expect = (row.read or {}).get("expect", {})
        most = MOST_DAYS_OF_REQUESTS if serves else MOST_DAYS
        yield from _judge(pipeline, ("resources", name), expect, None if serves else schedule, most)


def _judge(
    pipeline: PipelineReading,
    path: tuple[str, ...],
    expect: Mapping[str, Any],
    schedule: Mapping[str, Any] | None,
    most: int,
) -> Iterator[Finding]:
    """`schedule` is None where runs are not what is counted."""
    slo = expect.get("slo")
    if not slo:
        return
    here = (*path, "expect", "slo")
    days, target = slo["over"] / DAY_SECONDS, slo["target"]
    if not 1 <= days <= most or days % 1:
        message = f"must be whole days from 1d to {most}d, got {show_duration(slo['over'])}"
        yield pipeline.finding("PW245", (*here, "over"), message)
    elif target >= 100:
        yield pipeline.finding("PW245", (*here, "target"), "allows no miss at all", "expect a success_rate instead")
    elif (runs := _runs(schedule, days)) and runs * (1 - target / 100) < 1:
        allowed = f"allows {runs * (1 - target / 100):.1f} misses"
        message = f"{allowed}: {runs:.0f} runs in {days:.0f} days, and the first miss spends it all"
        yield pipeline.finding("PW245", here, message, _longer(target, runs, days))


def _runs(schedule: Mapping[str, Any] | None, days: float) -> float:
    if not schedule:
        return 0.0
    return runs_in_days({"cron": schedule.get("cron", ""), "rate": f"{schedule.get('rate', 0)}s"}, days)


def _longer(target: float, runs: float, days: float) -> str:
    """The nearest window and the nearest target that allow one miss."""
    needed = ceil(days / (runs * (1 - target / 100)))
    lower = floor(1000 * (1 - 1 / runs)) / 10 if runs > 1 else 0.0
    window = f"`over: {needed}d`" if needed <= MOST_DAYS else ""
    return " or ".join(filter(None, [window, f"`target: {lower:g}%`" if lower > 0 else "", "a `success_rate`"]))
