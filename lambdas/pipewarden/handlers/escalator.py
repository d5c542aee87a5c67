"""The escalator: called by one-shot schedules, once for each rung of a page."""

from collections.abc import Mapping
from typing import Any

from pipewarden.escalator import call_rung
from pipewarden.handlers.outset import logger, workplace


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, str]:
    """Lambda entry point for `{"incident", "page", "rung", "repeat"}`."""
    done = call_rung(workplace(), event)
    logger().info(done, extra={"incident": event["incident"], "page": event["page"], "rung": event["rung"]})
    return {"done": done}
