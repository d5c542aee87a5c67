"""`depends_on` names pipelines that exist and leads nowhere back."""

from collections.abc import Iterator, Sequence

from pipewarden_plan.cycle import find_cycles
from pipewarden_plan.finding import Finding
from pipewarden_plan.nearest import cure_for
from pipewarden_plan.reading import PipelineReading


def check_upstream(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    known = {pipeline.name: pipeline for pipeline in pipelines}
    graph: dict[str, list[str]] = {}
    for pipeline in pipelines:
        graph[pipeline.name] = (pipeline.read or {}).get("depends_on", [])
        for place, name in enumerate(graph[pipeline.name]):
            if name not in known:
                message = f"names {name}, which is no pipeline of any file"
                yield pipeline.finding("PW202", ("depends_on", place), message, cure_for(name, known))
    for cycle in find_cycles(graph):
        pipeline, following = known[cycle[0]], cycle[1]
        path = ("depends_on", graph[cycle[0]].index(following))
        yield pipeline.finding("PW203", path, f"goes round in a circle: {' → '.join(cycle)}", "take one of them out")
