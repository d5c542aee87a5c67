"""The runs that the samples tell of: as scheduled, with one night that goes wrong."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipewarden.pipeline_settings import PipelineSettings
from pipewarden_cli.preview.samples.chance import generator, share
from pipewarden_cli.preview.samples.schedule import starts
from pipewarden_cli.preview.timeframe import DAY

Trouble = Literal["", "recovered", "failing"]
LOOKBACK = 35 * DAY


@dataclass(frozen=True)
class Run:
    """One run of one resource. `attempt` counts from 1; `expected` is what such a run usually takes, in seconds."""

    start: int
    end: int
    succeeded: bool
    attempt: int = 1
    expected: float = 0.0


def usual_seconds(pipeline: str, resource: str, kind: str, most: float | None) -> float:
    """What a run of this resource usually takes: well below the declared maximum, where there is one."""
    if most:
        return most * (0.45 + 0.2 * share("usual", pipeline, resource))
    if kind == "lambda":
        return 2 + 6 * share("usual", pipeline, resource)
    return 240 + 420 * share("usual", pipeline, resource)


def runs_of(
    name: str, pipeline: PipelineSettings, usual: dict[str, float], troubled: str, trouble: Trouble, now: int
) -> dict[str, list[Run]]:
    """The runs of a pipeline's resources, oldest first; `usual` names those that run, in their order."""
    found: dict[str, list[Run]] = {resource: [] for resource in usual}
    if not usual:
        return found
    minute = int(share("minute", name) * 40) + 5
    begins = starts(pipeline.schedule, now - LOOKBACK, now, minute)
    chance = generator("runs", name)
    # A night of its own stands out; among hourly runs, one that is over by now does.
    told = len(begins) - 1 if pipeline.schedule else max(0, len(begins) - 4)
    for number, begin in enumerate(begins):
        newest = number == len(begins) - 1
        if newest and trouble == "failing":
            _failing_runs(found, troubled, usual, now)
            break
        at = begin
        for resource, seconds in usual.items():
            within = pipeline.resources[resource].within
            start = found[within][-1].start + 30 if found.get(within) else at
            goes_wrong = number == told and trouble == "recovered" and resource == troubled
            runs = (
                _rescued(start, seconds) if goes_wrong else [_good(start, _taken(seconds, chance.gauss(0, 1)), seconds)]
            )
            found[resource] += [run for run in runs if run.end <= now]
            if within not in found:
                at = runs[-1].end + 20
    return found


def _taken(usual: float, deviation: float) -> float:
    return usual * max(0.7, min(1.35, 1 + 0.09 * deviation))


def _good(start: int, seconds: float, usual: float) -> Run:
    return Run(start, start + max(1, round(seconds)), True, 1, usual)


def _rescued(start: int, usual: float) -> list[Run]:
    """Two attempts fail, the third works but takes far longer."""
    first = Run(start, start + round(usual * 0.7), False, 1, usual)
    second = Run(first.end + 300, first.end + 300 + round(usual * 0.5), False, 2, usual)
    third = second.end + 900
    return [first, second, Run(third, third + round(usual * 2.1), True, 3, usual)]


def _failing_runs(found: dict[str, list[Run]], troubled: str, usual: dict[str, float], now: int) -> None:
    """Every attempt fails, the last one a moment ago; what comes after the resource did not run."""
    seconds = round(usual[troubled] * 0.6)
    gap, ends = 300, now - 90
    attempts = [
        Run(ends - left * (seconds + gap) - seconds, ends - left * (seconds + gap), False, 3 - left, usual[troubled])
        for left in (2, 1, 0)
    ]
    for resource, runs in found.items():
        # Nothing else ran in that time: the retries hold the pipeline back.
        runs[:] = [run for run in runs if run.end < attempts[0].start]
        if resource == troubled:
            runs += attempts


def downtimes(runs: Sequence[Run]) -> list[tuple[int, int]]:
    """From the first failed attempt to the end of the good one, or to the last failed one."""
    spans: list[tuple[int, int]] = []
    since = None
    for run in runs:
        if not run.succeeded:
            since = run.end if since is None else since
        elif since is not None:
            spans.append((since, run.end))
            since = None
    return [*spans, *([(since, runs[-1].end)] if since is not None else [])]
