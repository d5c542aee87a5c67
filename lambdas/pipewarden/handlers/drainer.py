"""The drainer: started by a dead-letter alarm, a schedule or a person; drains one queue for as long as it has time."""

import time
from collections.abc import Mapping
from typing import Any

from pipewarden.drainer import Drainer, DrainEvent
from pipewarden.handlers.outset import deadline, logger, workplace


def handler(event: Mapping[str, Any], context: Any) -> dict[str, str]:
    """Lambda entry point for `{"pipeline", "resource"}`, with `incident`, `drain` and `pass` where a pass goes on."""
    place, asked = workplace(), DrainEvent.read(event)
    over = deadline(context, place.now)
    done = Drainer(place, asked, over, str(context.aws_request_id), time.sleep).run()
    logger().info(done, extra={"pipeline": asked.pipeline, "resource": asked.resource, "drain": asked.drain})
    return {"done": done}
