"""What is expected of a pipeline as a whole is judged by runs: something in it must have them."""

from collections.abc import Iterator, Sequence

from pipewarden_plan.finding import Finding
from pipewarden_plan.reading import PipelineReading, ResourceReading


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


def _may_run(resource: ResourceReading) -> bool:
    """Whether the resource runs by itself, as far as can be told."""
    if resource.technology is None:
        return True
    return resource.technology.runs and not (resource.read or {}).get("within")
