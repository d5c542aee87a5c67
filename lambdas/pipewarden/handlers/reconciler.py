"""The reconciler: scheduled, feeds in the runs that no event told of."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pipewarden.handlers.outset import deadline, logger, workplace
from pipewarden.reconciler import reconcile


def handler(event: Mapping[str, Any], context: Any) -> dict[str, int]:
    """Lambda entry point for `{"part", "parts"}`: which part of the pipelines this call is for."""
    place = workplace()
    over = deadline(context, place.now)
    counts = asdict(reconcile(place, over, int(event.get("part", 0)), int(event.get("parts", 1))))
    logger().info("reconciled", extra=counts)
    return counts
