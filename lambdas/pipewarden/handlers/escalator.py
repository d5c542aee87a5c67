"""The escalator: called by one-shot schedules for each rung of a page and each reminder, and when somebody has taken
an incident."""

from collections.abc import Mapping
from typing import Any

from pipewarden.effect import Effects
from pipewarden.escalator import call_rung
from pipewarden.handlers.outset import logger, workplace
from pipewarden.reminder import remind


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, str]:
    """Lambda entry point for `{"incident", "page", "rung", "repeat"}`, for `{"incident", "page", "reminder"}` and for
    `{"incident", "tell": "acknowledged"}`."""
    if "tell" in event:
        done = Effects(workplace()).finish_acknowledging(str(event["incident"]))
    else:
        done = (remind if "reminder" in event else call_rung)(workplace(), event)
    logger().info(done, extra=dict(event))
    return {"done": done}
