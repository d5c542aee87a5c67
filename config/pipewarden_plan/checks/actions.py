"""Actions that are not declared whole, that would never be done, or whose end could not follow."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipewarden.registry import actions
from pipewarden_plan.action_plan import alarm_key
from pipewarden_plan.checks.alarms import keys_of
from pipewarden_plan.finding import Finding
from pipewarden_plan.nearest import cure_for
from pipewarden_plan.reading import PipelineReading, ResourceReading
from pipewarden_plan.vocabulary import show_duration

LIMITS: Mapping[str, tuple[int, int]] = {"cooldown": (0, 604_800), "clears_within": (60, 86_400)}
"""The least and the most seconds of each length of time."""


class Declared(NamedTuple):
    """One action as it was read, and as it was written."""

    pipeline: PipelineReading
    resource: ResourceReading
    name: str
    read: Mapping[str, Any]
    raw: Mapping[str, Any]

    def finding(self, rule: str, message: str, *path: str | int, cure: str = "") -> Finding:
        whole = ("resources", self.resource.name, "actions", self.name, *path)
        return self.pipeline.finding(rule, whole, message, cure)


def check_actions(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    data = [found for pipeline in pipelines for found in _data(pipeline)]
    for declared in (found for pipeline in pipelines for found in _declared(pipeline)):
        yield from _check_way(declared)
        yield from _check_trigger(declared)
        yield from _check_alarms(declared)
        yield from _check_then(declared)
        yield from _check_lengths(declared)
        yield from _check_data(declared, data)


def _declared(pipeline: PipelineReading) -> Iterator[Declared]:
    for resource in pipeline.resources.values():
        raw = resource.raw.get("actions", {}) if isinstance(resource.raw, Mapping) else {}
        for name, read in (resource.read or {}).get("actions", {}).items():
            yield Declared(pipeline, resource, name, read, raw[name])


def _check_way(declared: Declared) -> Iterator[Finding]:
    """Exactly one way, with all that it needs and nothing of another one."""
    action = actions()[declared.read["type"]]
    way = action.way(declared.raw)
    if way is None:
        choices = " and ".join(way.field for way in action.ways)
        yield declared.finding("PW280", f"must have exactly one of {choices}")
        return
    for name in way.required:
        if name not in declared.raw:
            yield declared.finding("PW280", f"must have {name} beside {way.field}")
    for other in action.ways:
        for name in other.fields:
            if other is not way and name in declared.raw and name not in way.fields:
                message = f"has no effect: it belongs to {other.field}, not to {way.field}"
                yield declared.finding("PW280", message, name, cure="delete it")


def _check_trigger(declared: Declared) -> Iterator[Finding]:
    read, resource = declared.read, declared.resource
    if "classes" not in read and "alarms" not in read:
        yield declared.finding("PW281", "would never be done", cure="say classes of failures, or alarms")
    if "classes" not in read or resource.technology is None:
        return
    if resource.technology.describe_run is None:
        message = f"could never be met: a resource of type {resource.technology.type} has no runs that fail"
        yield declared.finding("PW281", message, "classes", cure="say alarms")
    elif within := (resource.read or {}).get("within"):
        message = f"could never be met: what fails within {within} is a failure of that"
        yield declared.finding("PW281", message, "classes", cure=f"declare the action of {within}")


def _check_alarms(declared: Declared) -> Iterator[Finding]:
    """Each key is that of an alarm that exists, is enabled, and would page by itself."""
    pipeline, overrides = declared.pipeline, (declared.pipeline.read or {}).get("alarms", {})
    for place, written in enumerate(declared.read.get("alarms", ())):
        key = alarm_key(declared.resource.name, str(written))
        owner = pipeline.resources.get(key.partition(".")[0])
        known = keys_of(pipeline, owner) if owner else {}
        if owner and owner.technology is None:
            continue
        if key not in known:
            choices = known or [word for other in pipeline.resources.values() for word in keys_of(pipeline, other)]
            message = "names no alarm: keys are <resource>.<alarm>"
            yield declared.finding("PW282", message, "alarms", place, cure=cure_for(key, choices))
        elif needed := known[key]:
            yield declared.finding("PW282", f"{key} exists only where {needed} is declared", "alarms", place)
        elif not overrides.get(key, {}).get("enabled", True):
            yield declared.finding("PW282", f"{key} is switched off", "alarms", place, cure="switch it on")
        elif owner and (instead := _told_otherwise(owner, key)):
            yield declared.finding("PW282", f"{key} {instead}", "alarms", place, cure="say classes, or another alarm")


def _told_otherwise(resource: ResourceReading, key: str) -> str:
    """Why an alarm pages nobody by itself; "" for one that does."""
    if resource.technology is None:
        return ""
    roles = {rule.role for rule in resource.technology.alarms if f"{resource.name}.{rule.key}" == key}
    if "run" in roles and resource.technology.events:
        return "repeats what a failed run has told already"
    drained = (resource.read or {}).get("dead_letter", {}).get("drain")
    return "starts the drain of the dead letters" if "drain" in roles and drained else ""


def _check_then(declared: Declared) -> Iterator[Finding]:
    read, resource = declared.read, declared.resource
    if read["then"] == "retry":
        retry = resource.technology.retry if resource.technology else None
        if "classes" not in read:
            message = "has no effect: for an alarm nothing has failed that could be started again"
            yield declared.finding("PW283", message, "then", cure="delete it")
        elif retry is None and resource.technology:
            message = f"cannot be: nothing can start runs of type {resource.technology.type} again"
            yield declared.finding("PW283", message, "then", cure="delete it")
        elif (resource.read or {}).get("retry", {}).get("attempts") == 0:
            yield declared.finding("PW283", "cannot be: retry.attempts is 0", "then", cure="allow an attempt")
        if read.get("dry_run"):
            message = "has no effect: a dry run cures nothing, so people are paged"
            yield declared.finding("PW283", message, "then", cure="write dry_run: false, or delete it")
    if "clears_within" in declared.raw and "alarms" not in read:
        yield declared.finding("PW283", "has no effect: it is not done for alarms", "clears_within", cure="delete it")


def _check_lengths(declared: Declared) -> Iterator[Finding]:
    for name, (least, most) in LIMITS.items():
        if not least <= declared.read[name] <= most:
            message = (
                f"must be {show_duration(least)} to {show_duration(most)}, got {show_duration(declared.read[name])}"
            )
            yield declared.finding("PW221", message, name)


def _data(pipeline: PipelineReading) -> Iterator[tuple[str, str]]:
    """Where declared datasets are, each with the path of its declaration."""
    for resource in pipeline.resources.values():
        if location := (resource.read or {}).get("location"):
            yield str(location), f"pipelines.{pipeline.name}.resources.{resource.name}"


def _check_data(declared: Declared, data: Sequence[tuple[str, str]]) -> Iterator[Finding]:
    """Nothing is cleaned up that is somebody's data, or holds it."""
    location = str(declared.read.get("location", ""))
    for other, owner in data if location else ():
        if location.startswith(other) or other.startswith(location):
            message = f"{location} holds data that {owner} watches, or lies in it: {other}"
            yield declared.finding("PW284", message, "location", cure="name a prefix that holds nothing else")
