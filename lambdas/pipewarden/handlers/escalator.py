"""The escalator: called by one-shot schedules for each rung of a page, each reminder and each bound of stakeholders;
and when somebody has taken an incident."""

from collections.abc import Mapping
from typing import Any

from pipewarden.effect import Effects
from pipewarden.escalator import call_rung
from pipewarden.handlers.outset import logger, workplace
from pipewarden.reminder import remind
from pipewarden.stakeholder import inform


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, str]:
    """Lambda entry point for `{"incident", "page", "rung", "repeat"}`, for `{"incident", "page", "reminder"}`, for
    `{"incident", "above"}` and for `{"incident", "tell": "acknowledged"}`."""
    if "tell" in event:
        done = Effects(workplace()).finish_acknowledging(str(event["incident"]))
    else:
        doers = {"reminder": remind, "above": inform}
        done = next((do for key, do in doers.items() if key in event), call_rung)(workplace(), event)
    logger().info(done, extra=dict(event))
    return {"done": done}
