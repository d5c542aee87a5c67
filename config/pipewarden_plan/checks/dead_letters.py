"""Where dead letters go: never in a circle, never where SQS would refuse them, and no key that does nothing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipewarden.dead_letter_watch import UNLIMITED
from pipewarden.drain_policy import NO_QUEUES
from pipewarden_plan.finding import Finding
from pipewarden_plan.reading import PipelineReading, ResourceReading

REPLAY_KEYS = ("attempts", "then", "most_returned")


def check_dead_letters(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    drained: dict[str, tuple[PipelineReading, ResourceReading]] = {}
    found = [(pipeline, resource) for pipeline in pipelines for resource in pipeline.resources.values()]
    for pipeline, resource in found:
        if _letters(resource).get("drain"):
            other, twin = drained.setdefault(str(_letters(resource)["queue"]), (pipeline, resource))
            if twin is not resource:
                message = f"is drained already, by pipelines.{other.name}.resources.{twin.name} in {twin.mark}"
                yield _finding("PW264", pipeline, resource, ("queue",), message, "drain it in one place")
    for pipeline, resource in found:
        if letters := _letters(resource):
            yield from _check_kinds(pipeline, resource, letters)
            yield from _check_ways(pipeline, resource, letters, drained.keys())
            yield from _check_keys(pipeline, resource, letters)


def _letters(resource: ResourceReading) -> Mapping[str, Any]:
    found = (resource.read or {}).get("dead_letter")
    return found if isinstance(found, Mapping) and "queue" in found else {}


def _finding(
    rule: str, pipeline: PipelineReading, resource: ResourceReading, path: tuple[str, ...], message: str, cure: str
) -> Finding:
    return pipeline.finding(rule, ("resources", resource.name, "dead_letter", *path), message, cure)


def _check_kinds(pipeline: PipelineReading, resource: ResourceReading, letters: Mapping[str, Any]) -> Iterator[Finding]:
    queue = str(letters["queue"])
    if resource.technology and resource.technology.redelivery:
        if _is_fifo(queue):
            message = (
                f"is a FIFO queue; what a resource of type {resource.technology.type} fails on goes to standard ones"
            )
            yield _finding("PW262", pipeline, resource, ("queue",), message, "name the standard queue")
    else:
        source = str((resource.read or {}).get("queue", queue))
        if _is_fifo(source) != _is_fifo(queue):
            message = f"is {_kind(queue)}, but {source} is {_kind(source)}: SQS refuses this"
            yield _finding("PW262", pipeline, resource, ("queue",), message, "give both the same kind")
    to = str(letters.get("drain", {}).get("to", "source"))
    if to not in NO_QUEUES and _is_fifo(to) != _is_fifo(queue):
        message = f"is {_kind(to)}, but {queue} is {_kind(queue)}"
        yield _finding("PW262", pipeline, resource, ("drain", "to"), message, "name a queue of the same kind")


def _is_fifo(queue: str) -> bool:
    return queue.endswith(".fifo")


def _kind(queue: str) -> str:
    return "a FIFO queue" if _is_fifo(queue) else "a standard queue"


def _check_ways(
    pipeline: PipelineReading, resource: ResourceReading, letters: Mapping[str, Any], drained: Any
) -> Iterator[Finding]:
    queue, source = letters["queue"], (resource.read or {}).get("queue")
    to = letters.get("drain", {}).get("to", "source")
    if queue == source:
        cure = "name the queue of its redrive policy"
        yield _finding("PW261", pipeline, resource, ("queue",), "is the queue itself", cure)
    elif to == queue:
        yield _finding("PW261", pipeline, resource, ("drain", "to"), "is the dead-letter queue itself", "write source")
    elif to in drained:
        message = f"is {to}, which is a dead-letter queue that is drained too: messages could go round in circles"
        yield _finding("PW261", pipeline, resource, ("drain", "to"), message, "write quarantine, or name another queue")
    elif to == source and to is not None:
        message = "names the source queue, whose messages come back: they are counted and waited for with source only"
        yield _finding("PW263", pipeline, resource, ("drain", "to"), message, "write source")


def _check_keys(pipeline: PipelineReading, resource: ResourceReading, letters: Mapping[str, Any]) -> Iterator[Finding]:
    """Only keys that somebody wrote: defaults are nobody's mistake."""
    written = resource.raw["dead_letter"].get("drain", {}) if isinstance(resource.raw, Mapping) else {}
    drain = letters.get("drain", {})
    to = drain.get("to", "source")
    if to in ("archive", "quarantine"):
        for key in REPLAY_KEYS:
            if key in written:
                message = f"has no effect: with to: {to} nothing is replayed"
                yield _finding("PW263", pipeline, resource, ("drain", key), message, "delete it")
    elif to != "source" and "most_returned" in written:
        message = f"has no effect: what is sent to {to} does not come back here"
        yield _finding("PW263", pipeline, resource, ("drain", "most_returned"), message, "delete it")
    if to == "archive" and drain.get("archive") is False:
        message = "contradicts to: archive: messages would be deleted without a copy"
        yield _finding("PW263", pipeline, resource, ("drain", "archive"), message, "delete it")
    if drain.get("attempts") == UNLIMITED and "then" in written:
        message = "has no effect: attempts are unlimited"
        yield _finding("PW263", pipeline, resource, ("drain", "then"), message, "delete it, or limit the attempts")
