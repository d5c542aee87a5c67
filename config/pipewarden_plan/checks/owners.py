"""`within` names the resource that starts this one; who may be retried, and by whom."""

from collections.abc import Iterator, Sequence

from pipewarden_plan.cycle import find_cycles
from pipewarden_plan.finding import Finding
from pipewarden_plan.nearest import cure_for
from pipewarden_plan.reading import PipelineReading, ResourceReading


def check_owners(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    for pipeline in pipelines:
        owners: dict[str, list[str]] = {}
        for resource in pipeline.resources.values():
            read = resource.read or {}
            if within := read.get("within"):
                owners[resource.name] = [within]
                yield from _check_owner(pipeline, resource, within)
            if "retry" in read:
                yield from _check_retry(pipeline, resource, read.get("within"))
        for cycle in find_cycles(owners):
            if len(cycle) > 2:
                path = ("resources", cycle[0], "within")
                yield pipeline.finding(
                    "PW206", path, f"goes round in a circle: {' → '.join(cycle)}", "take one of them out"
                )


def _check_owner(pipeline: PipelineReading, resource: ResourceReading, within: str) -> Iterator[Finding]:
    path = ("resources", resource.name, "within")
    owner = pipeline.resources.get(within)
    if within == resource.name:
        yield pipeline.finding(
            "PW206", path, "names the resource itself", "name the resource that starts it, or delete it"
        )
    elif owner is None:
        others = (other for other in pipeline.resources.values() if other.technology and other.technology.runs)
        cure = cure_for(within, [other.name for other in others if other is not resource])
        yield pipeline.finding("PW206", path, f"names {within}, which is no resource of {pipeline.name}", cure)
    elif owner.technology and not owner.technology.runs:
        message = f"names {within}, but the runs of a resource of type {owner.technology.type} cannot be listed"
        yield pipeline.finding("PW206", path, message, "name the job or state machine that starts it, or delete it")


def _check_retry(pipeline: PipelineReading, resource: ResourceReading, within: str | None) -> Iterator[Finding]:
    path = ("resources", resource.name, "retry")
    if resource.technology and resource.technology.retry is None:
        message = f"has no effect: a resource of type {resource.technology.type} cannot be started again"
        yield pipeline.finding("PW211", path, message, "delete it")
    elif within:
        message = f"has no effect: {within} starts this resource, and it is retried only through {within}"
        yield pipeline.finding("PW212", path, message, f"move it to {within}")
