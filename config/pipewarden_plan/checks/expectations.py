"""What is expected of a pipeline as a whole is judged by runs: something in it must have them."""

from collections.abc import Iterator, Sequence
from typing import Any

from pipewarden_plan.finding import Finding
from pipewarden_plan.reading import PipelineReading, ResourceReading
from pipewarden_plan.vocabulary import show_duration

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


def _may_run(resource: ResourceReading) -> bool:
    """Whether the resource runs by itself, as far as can be told."""
    if resource.technology is None:
        return True
    return resource.technology.runs and not (resource.read or {}).get("within")
