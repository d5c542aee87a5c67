"""Who hears a topic without any function of ours."""

from collections.abc import Mapping

from pipewarden.registry import channel_types
from pipewarden.route_settings import Channel, Severity


def heard_by_sns(type_: str) -> bool:
    """True when SNS brings messages to channels of this type, or AWS's chat service, which listens to topics."""
    found = channel_types().get(type_)
    return found is not None and found.by_sns


def page_listeners(route: Severity, channels: Mapping[str, Channel]) -> tuple[str, ...]:
    """Channels that hear the severity's page topic: those of `notify` that SNS reaches by itself.

    Where there is none, the first rung that SNS reaches: somebody must hear when our functions are dead or a chat is
    down. Empty when the severity reaches people through our functions only.
    """
    reached = tuple(name for name in route.notify if heard_by_sns(channels[name].type))
    rungs = (rung.to for rung in route.escalate if heard_by_sns(channels[rung.to].type))
    return reached or tuple(rungs)[:1]
