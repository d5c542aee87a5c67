"""Channels that severities name exist, and those that exist are named."""

from collections.abc import Iterator, Sequence

from pipewarden_plan.environment import EnvironmentReading
from pipewarden_plan.finding import Finding, finding
from pipewarden_plan.marked import dotted
from pipewarden_plan.nearest import cure_for
from pipewarden_plan.reading import PipelineReading


def check_channels(environment: EnvironmentReading, _pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    used: set[str] = set()
    for path, channel in _named(environment):
        used.add(channel)
        if channel not in environment.channels:
            whole = dotted(path)
            message = f"{whole} names {channel}, which is no channel"
            cure = cure_for(channel, environment.channels)
            yield finding("PW301", environment.place(*path), message, path=whole, cure=cure)
    for name in environment.channels:
        if name not in used:
            whole = f"channels.{name}"
            message = f"{whole} is named by no severity and no stakeholders: it reaches nobody"
            yield finding("PW303", environment.place("channels", name), message, path=whole)


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
