"""What our responder logged about the samples' failed runs and dead letters: what it decided, and why."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pipewarden_cli.preview.samples.runs import Run
from pipewarden_cli.preview.samples.world import World

ACTIONS = ("retry", "clear", "hold", "drain", "page", "exhausted")
"""What a message of the responder begins with."""


class Decided(NamedTuple):
    """When what was decided, and since when its incident was open."""

    at: int
    pipeline: str
    resource: str
    signal: str
    message: str
    since: int


def decisions_of(world: World) -> Iterator[Decided]:
    """In no particular order."""
    for pipeline, (_, resource) in world.troubles.items():
        runs = world.runs(pipeline, resource)
        since = world.now
        for number, run in enumerate(runs):
            later = runs[number + 1] if number + 1 < len(runs) else None
            since = run.end if run.attempt == 1 else since
            for at, signal, text in _about(run, later):
                yield Decided(at, pipeline, resource, signal, text, since)
    for pipeline, settings in world.pipelines.items():
        for resource, found in settings.resources.items():
            if found.drain:
                at = world.burst[0] + 60
                text = "drain: the drainer is taking the messages out"
                yield Decided(at, pipeline, resource, "alarm-raised", text, world.burst[0])


def _about(run: Run, later: Run | None) -> Iterator[tuple[int, str, str]]:
    if not run.succeeded and later and later.attempt > run.attempt:
        minutes = (later.start - run.end) // 60
        yield run.end + 2, "run-failed", f"retry: attempt {run.attempt} of 3 in {minutes} min"
    elif not run.succeeded:
        yield run.end + 2, "run-failed", f"page: retries exhausted: {run.attempt} of {run.attempt} failed"
    elif run.attempt > 1:
        yield run.end + 2, "run-succeeded", f"clear: retry {run.attempt - 1} succeeded"


def is_ours(groups: Sequence[str]) -> bool:
    """Whether a query looks into the logs of our own functions."""
    return any(group.startswith("/aws/lambda/pipewarden-") for group in groups)
