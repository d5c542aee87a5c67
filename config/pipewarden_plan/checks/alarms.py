"""Keys under `alarms:` name alarms that exist, and what they say can be done."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipewarden.grading import grades, key_at
from pipewarden.template import look_up
from pipewarden_plan.finding import Finding
from pipewarden_plan.nearest import cure_for
from pipewarden_plan.reading import PipelineReading, ResourceReading
from pipewarden_plan.vocabulary import show_duration

SHORT_PERIODS = (10, 20, 30)


def check_alarms(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    for pipeline in pipelines:
        yield from _check_watched(pipeline)
        for key, override in (pipeline.read or {}).get("alarms", {}).items():
            yield from _check_key(pipeline, key)
            yield from _check_override(pipeline, key, override)


def _check_watched(pipeline: PipelineReading) -> Iterator[Finding]:
    """A resource of which no alarm would exist is watched by nothing: whoever declared it believes otherwise."""
    for resource in pipeline.resources.values():
        if resource.read and all(needed for _, needed in _needs(pipeline, resource)):
            needed = sorted({needed for _, needed in _needs(pipeline, resource)})
            if not needed:
                continue  # its technology has no alarms at all
            message = "is watched by nothing: it has no alarm"
            cure = f"declare {' or '.join(needed)}"
            yield pipeline.finding("PW218", ("resources", resource.name), message, cure)


def _check_key(pipeline: PipelineReading, key: str) -> Iterator[Finding]:
    name = key.partition(".")[0]
    resource = pipeline.resources.get(name)
    if resource and resource.technology is None:
        return
    known = keys_of(pipeline, resource) if resource else {}
    if key not in known:
        choices = known or [word for other in pipeline.resources.values() for word in keys_of(pipeline, other)]
        message = "names no alarm: keys are <resource>.<alarm>"
        yield pipeline.finding("PW214", ("alarms", key), message, cure_for(key, choices))
    elif needed := known[key]:
        message = f"changes nothing: that alarm exists only where {needed} is declared"
        yield pipeline.finding("PW215", ("alarms", key), message)


def keys_of(pipeline: PipelineReading, resource: ResourceReading) -> dict[str, str]:
    """The resource's alarm keys, each with what it still needs in order to exist ("" when it does)."""
    found: dict[str, str] = {}
    for key, needed in _needs(pipeline, resource):
        found[key] = needed if found.get(key, needed) else ""
    return found


def _needs(pipeline: PipelineReading, resource: ResourceReading) -> Iterator[tuple[str, str]]:
    """The keys of the technology's alarms, one after the other; two may have the same."""
    if resource.technology is None:
        return
    read = resource.read or {}
    own = read.get("expect", {})
    inherited = (pipeline.read or {}).get("expect", {}) if resource.technology.runs and not read.get("within") else {}
    for rule in resource.technology.alarms:
        needed = "" if _declared(read, rule.needs) else rule.needs
        threshold, severities = rule.threshold, [""]
        if not (_declared(own, rule.given) or _declared(inherited, rule.given)):
            needed = needed or f"expect.{rule.given}"
        if isinstance(threshold, str):
            if not (_declared(own, threshold) or _declared(inherited, threshold)):
                needed = needed or f"expect.{threshold}"
            severities = [severity for severity, _ in grades(look_up(own, threshold))] or severities
        for severity in severities:
            yield key_at(f"{resource.name}.{rule.key}", severity), needed


def _declared(values: Mapping[str, Any], path: str) -> bool:
    """Whether something that is not false stands at a dotted path; an empty path asks for nothing."""
    found: Any = values
    for part in path.split(".") if path else ():
        found = found.get(part) if isinstance(found, (dict, Mapping)) else None
    return not path or not (found is None or found is False)  # 0 is a limit like any other


def _check_override(pipeline: PipelineReading, key: str, override: Mapping[str, Any]) -> Iterator[Finding]:
    path = ("alarms", key)
    period, periods, datapoints = override.get("period"), override.get("periods"), override.get("datapoints")
    if period is not None and period not in SHORT_PERIODS and (period % 60 or not 60 <= period <= 604_800):
        message = f"must be 10s, 20s, 30s or whole minutes up to 7d, got {show_duration(period)}"
        yield pipeline.finding("PW216", (*path, "period"), message)
    if periods and datapoints and datapoints > periods:
        message = f"must be at most periods ({periods}), got {datapoints}: it could never fire"
        yield pipeline.finding("PW216", (*path, "datapoints"), message)
    if period and periods and period * periods > (86_400 if period < 3_600 else 604_800):
        limit = "1d" if period < 3_600 else "7d"
        message = (
            f"look back {show_duration(period * periods)}, and CloudWatch looks back {limit} at most with such a period"
        )
        yield pipeline.finding("PW216", (*path, "periods"), message, "use fewer periods, or periods of 1h and more")
