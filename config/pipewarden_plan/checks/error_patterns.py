"""`error_patterns` stand where there are runs whose errors can be read."""

from collections.abc import Iterator, Sequence

from pipewarden_plan.finding import Finding
from pipewarden_plan.reading import PipelineReading


def check_error_patterns(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    for pipeline in pipelines:
        for resource in pipeline.resources.values():
            technology = resource.technology
            if technology and technology.describe_run is None and "error_patterns" in (resource.read or {}):
                path = ("resources", resource.name, "error_patterns")
                message = f"has no effect: a resource of type {technology.type} has no runs whose errors could be read"
                yield pipeline.finding("PW240", path, message, "delete it, or move it to the pipeline")
