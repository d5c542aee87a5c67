"""Guards of remediation that could never, or would always, object."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pipewarden_plan.environment import EnvironmentReading
from pipewarden_plan.finding import Finding, finding
from pipewarden_plan.reading import PipelineReading, ResourceReading
from pipewarden_plan.vocabulary import show_duration

WEEK_SECONDS = 7 * 86_400
LIMITS: Mapping[tuple[str, ...], int] = {("cooldown",): 0, ("breaker", "within"): 60, ("breaker", "open"): 60}
"""The least seconds of each length of time; a week is the most of all of them."""


class Wrong(NamedTuple):
    """What is wrong with a `retry:`; `below` is the path from there."""

    rule: str
    below: tuple[str, ...]
    message: str
    cure: str = ""


def check_guards(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    for pipeline in pipelines:
        for resource in pipeline.resources.values():
            own = resource.raw.get("retry") if isinstance(resource.raw, Mapping) else None
            if resource.read is None or not isinstance(own, Mapping):
                continue
            for rule, below, message, cure in [*wrong_guards(resource.read["retry"]), *_wrong_scale(resource, own)]:
                if below[0] in own:
                    yield pipeline.finding(rule, ("resources", resource.name, "retry", *below), message, cure)


def check_environment_guards(environment: EnvironmentReading, _: Sequence[PipelineReading]) -> Iterator[Finding]:
    remediation = (environment.read or {}).get("remediation", {})
    for _rule, below, message, cure in wrong_guards(remediation):
        path = ".".join(("remediation", *below))
        mark = environment.place("remediation", *below)
        yield finding("PW312", mark, f"{path} {message}", path=path, cure=cure)


def wrong_guards(read: Mapping[str, Any]) -> Iterator[Wrong]:
    """What is wrong with a `retry:` by itself."""
    for path, least in LIMITS.items():
        found: Any = read
        for key in path:
            found = found.get(key) if isinstance(found, Mapping) else None
        if found is not None and not least <= found <= WEEK_SECONDS:
            message = f"must be {show_duration(least)} to {show_duration(WEEK_SECONDS)}, got {show_duration(found)}"
            yield Wrong("PW221", path, message)
    window = read.get("window")
    if window and window["from"] == window["to"]:
        message = f"is empty: it opens and closes at {window['from']}"
        yield Wrong("PW220", ("window",), message, "delete it to retry at any time")


def _wrong_scale(resource: ResourceReading, own: Mapping[str, Any]) -> Iterator[Wrong]:
    known = resource.technology.retry.scalable if resource.technology and resource.technology.retry else ()
    for of in own.get("scale") or {}:
        if of != "max" and of not in known:
            kind = resource.technology.type if resource.technology else "this"
            yield Wrong("PW219", ("scale", of), f"has no effect: a retry of type {kind} cannot have more", "delete it")
