"""One AWS resource is declared once: two would be alarmed, retried and paged twice."""

from collections.abc import Iterator, Sequence

from pipewarden_plan.finding import Finding
from pipewarden_plan.reading import PipelineReading


def check_identities(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    first: dict[tuple[str, object], tuple[PipelineReading, str]] = {}
    for pipeline in pipelines:
        for name, resource in pipeline.resources.items():
            technology = resource.technology
            if technology is None or resource.read is None or not technology.identity:
                continue
            identity = resource.read.get(technology.identity)
            if not isinstance(identity, str):
                continue
            other, other_name = first.setdefault((technology.type, identity), (pipeline, name))
            if (other, other_name) != (pipeline, name):
                place = other.place("resources", other_name)
                written = resource.raw.get(technology.identity, identity)
                message = f"{written} is declared already, as pipelines.{other.name}.resources.{other_name} in {place}"
                cure = "declare it once, and let the other pipeline depend on it (depends_on)"
                yield pipeline.finding("PW213", ("resources", name, technology.identity), message, cure)
