"""`after` names resources of the same pipeline and leads nowhere back."""

from collections.abc import Iterator, Sequence

from pipewarden_plan.cycle import find_cycles
from pipewarden_plan.finding import Finding
from pipewarden_plan.nearest import cure_for
from pipewarden_plan.reading import PipelineReading


def check_order(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    for pipeline in pipelines:
        graph: dict[str, list[str]] = {}
        for name, resource in pipeline.resources.items():
            if after := (resource.read or {}).get("after"):
                graph[name] = after
        if graph:
            yield from _check(pipeline, graph)


def _check(pipeline: PipelineReading, graph: dict[str, list[str]]) -> Iterator[Finding]:
    for name, after in graph.items():
        for place, other in enumerate(after):
            if other not in pipeline.resources:
                message = f"names {other}, which is no resource of {pipeline.name}"
                cure = cure_for(other, pipeline.resources.keys() - {name})
                yield pipeline.finding("PW204", ("resources", name, "after", place), message, cure)
    for cycle in find_cycles(graph):
        path = ("resources", cycle[0], "after", graph[cycle[0]].index(cycle[1]))
        yield pipeline.finding("PW205", path, f"goes round in a circle: {' → '.join(cycle)}", "take one of them out")
