"""What is expected of a pipeline as a whole is judged by runs: something in it must have them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pipewarden.run_rate import longest_gap_seconds
from pipewarden_plan.finding import Finding
from pipewarden_plan.reading import PipelineReading, ResourceReading
from pipewarden_plan.vocabulary import show_duration

HOUR_SECONDS = 3_600
SHORTEST_WINDOW_SECONDS, LONGEST_WINDOW_SECONDS = 300, 86_400


def check_expectations(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    for pipeline in pipelines:
        expected = (pipeline.read or {}).get("expect", {})
        if expected and not any(_may_run(resource) for resource in pipeline.resources.values()):
            types = sorted(
                {resource.technology.type for resource in pipeline.resources.values() if resource.technology}
            )
            for key in expected:
                message = f"could never be judged: nothing here has runs that can be listed ({', '.join(types)})"
                cure = "declare the job or state machine that runs, or expect it of a resource"
                yield pipeline.finding("PW217", ("expect", key), message, cure)


def check_completion(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    """A message about runs that succeeded needs runs."""
    for pipeline in pipelines:
        found = [resource.technology for resource in pipeline.resources.values() if resource.technology]
        if "completion" in (pipeline.read or {}) and not any(kind.runs or kind.retry for kind in found):
            types = ", ".join(sorted({kind.type for kind in found}))
            message = f"would tell of nothing: nothing here has runs that succeed ({types})"
            yield pipeline.finding("PW271", ("completion",), message, "declare the job or state machine that runs")


def check_windows(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    """The window over which runs are counted: a list holds two days of runs for certain."""
    for pipeline in pipelines:
        parts: dict[tuple[str, ...], Any] = {(): pipeline.read}
        parts |= {("resources", name): found.read for name, found in pipeline.resources.items()}
        for path, read in parts.items():
            per = (read or {}).get("expect", {}).get("runs", {}).get("per", SHORTEST_WINDOW_SECONDS)
            if not SHORTEST_WINDOW_SECONDS <= per <= LONGEST_WINDOW_SECONDS:
                message = f"must be 5m to 1d, got {show_duration(per)}"
                yield pipeline.finding("PW312", (*path, "expect", "runs", "per"), message)


def check_gaps(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    """`success_within` is longer than the schedule ever pauses: over a weekend, or in the night of 25 hours."""
    for pipeline in pipelines:
        read = pipeline.read or {}
        schedule = read.get("schedule") or {}
        gap = _longest_gap(schedule)
        parts: dict[tuple[str, ...], Any] = {(): read}
        parts |= {("resources", name): found.read for name, found in pipeline.resources.items()}
        for path, part in parts.items():
            within = (part or {}).get("expect", {}).get("success_within")
            if gap and within is not None and within <= gap and not (part or {}).get("within"):
                message = (
                    f"is {show_duration(within)}, and the schedule pauses for {show_duration(round(gap))}: it would be "
                    "missed although every run succeeds"
                )
                cure = f"expect more than {show_duration(round(gap))}, by what a run takes, or started_within"
                yield pipeline.finding("PW250", (*path, "expect", "success_within"), message, cure)


def _longest_gap(schedule: Mapping[str, Any]) -> float:
    """Seconds; with the hour that a night has more where the clock is set back."""
    as_settings = {"cron": schedule.get("cron", ""), "rate": f"{schedule.get('rate', 0)}s"}
    try:
        gap = longest_gap_seconds(as_settings)
    except (ValueError, KeyError):
        return 0.0  # the cron is wrong, which another rule says
    return gap + HOUR_SECONDS if gap > HOUR_SECONDS and schedule.get("cron") and _saves_daylight(schedule) else gap


def _saves_daylight(schedule: Mapping[str, Any]) -> bool:
    try:
        zone = ZoneInfo(str(schedule.get("timezone") or "UTC"))
    except (ValueError, OSError, KeyError):
        return False  # unknown, or no database: other rules say so
    return len({datetime(2025, month, 1, tzinfo=zone).utcoffset() for month in (1, 7)}) > 1


def _may_run(resource: ResourceReading) -> bool:
    """Whether the resource runs by itself, as far as can be told."""
    if resource.technology is None:
        return True
    return resource.technology.runs and not (resource.read or {}).get("within")
