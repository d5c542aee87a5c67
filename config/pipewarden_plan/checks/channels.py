"""Channels that severities name exist, and those that exist are named."""

from collections.abc import Iterator, Sequence

from pipewarden.registry import channel_types
from pipewarden_plan.environment import EnvironmentReading
from pipewarden_plan.finding import Finding, finding
from pipewarden_plan.marked import dotted
from pipewarden_plan.nearest import cure_for
from pipewarden_plan.reading import PipelineReading


def check_channels(environment: EnvironmentReading, pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    used: set[str] = set()
    for path, channel in _named(environment):
        used.add(channel)
        if channel not in environment.channels:
            whole = dotted(path)
            message = f"{whole} names {channel}, which is no channel"
            cure = cure_for(channel, environment.channels)
            yield finding("PW301", environment.place(*path), message, path=whole, cure=cure)
    used |= {channel for pipeline in pipelines for channel in _told(pipeline)}
    for name in environment.channels:
        if name not in used:
            whole = f"channels.{name}"
            message = f"{whole} is named by no severity, stakeholders or completion: it reaches nobody"
            yield finding("PW303", environment.place("channels", name), message, path=whole)


def check_completions(environment: EnvironmentReading, pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    """Whoever is told of successes is there, and makes no case of them."""
    routes = (environment.read or {}).get("severities", {})
    for pipeline in pipelines:
        for place, channel in enumerate(_told(pipeline)):
            path = ("completion", "notify", place)
            if channel not in environment.channels:
                message = f"names {channel}, which is no channel of environment {environment.name}"
                yield pipeline.finding("PW301", path, message, cure_for(channel, environment.channels))
            elif makes_cases(environment, channel):
                message = f"names {channel}, which makes a case of what it is told; here nobody has to act"
                yield pipeline.finding("PW324", path, message, "name a mail address, a chat or a webhook")
        told = routes.get(pipeline.severity, {}).get("notify", ())
        if _asks(pipeline) and not _told(pipeline) and all(makes_cases(environment, channel) for channel in told):
            message = (
                f"reaches nobody: all that {pipeline.severity} notifies in environment {environment.name} make cases"
            )
            yield pipeline.finding("PW324", ("completion",), message, "add notify: [...]")


def makes_cases(environment: EnvironmentReading, channel: str) -> bool:
    """Whether the channel's service makes a case of whatever it is told; False for one that is not declared."""
    declared = environment.channels.get(channel)
    return bool(declared and channel_types()[declared["type"]].makes_cases)


def _asks(pipeline: PipelineReading) -> bool:
    return "completion" in (pipeline.read or {})


def _told(pipeline: PipelineReading) -> list[str]:
    """The channels that a pipeline names for its successes."""
    return list((pipeline.read or {}).get("completion", {}).get("notify", ()))


def _named(environment: EnvironmentReading) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Each place that names a channel, with the name."""
    for severity, route in (environment.read or {}).get("severities", {}).items():
        for place, channel in enumerate(route["notify"]):
            yield ("severities", severity, "notify", place), channel
        for place, rung in enumerate(route.get("escalate", ())):
            yield ("severities", severity, "escalate", place, "to"), rung["to"]
    for row, stakeholders in enumerate((environment.read or {}).get("stakeholders", ())):
        for place, channel in enumerate(stakeholders["notify"]):
            yield ("stakeholders", row, "notify", place), channel
