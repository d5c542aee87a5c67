"""The escalator: called by one-shot schedules, once for each rung of a page and each reminder."""

from collections.abc import Mapping
from typing import Any

from pipewarden.escalator import call_rung
from pipewarden.handlers.outset import logger, workplace
from pipewarden.reminder import remind


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, str]:
    """Lambda entry point for `{"incident", "page", "rung", "repeat"}` and for `{"incident", "page", "reminder"}`."""
    done = (remind if "reminder" in event else call_rung)(workplace(), event)
    logger().info(done, extra=dict(event))
    return {"done": done}
