"""The acknowledge function: a function URL for the links in pages, and a direct call for the command line."""

from collections.abc import Mapping
from typing import Any

from pipewarden.acknowledge_request import answer_request
from pipewarden.acknowledgement import acknowledge
from pipewarden.handlers.outset import logger, workplace


def handler(event: Mapping[str, Any], _context: Any) -> dict[str, Any]:
    """Lambda entry point for HTTP events, and for `{"incident": id, "by": name}`.

    The latter is answered with `result` (acknowledged, already, over, unknown), `incident`, `state` and `by`.
    """
    place = workplace()
    if "requestContext" in event:
        answer = answer_request(place, event)
        logger().info("answered", extra={"status": answer["statusCode"]})
        return answer
    result, incident = acknowledge(place, str(event["incident"]), str(event.get("by", "")))
    logger().info(result, extra={"incident": str(event["incident"])})
    return {
        "result": result,
        "incident": str(event["incident"]),
        "state": incident.state.value if incident else "",
        "by": incident.acknowledged_by if incident else "",
    }
