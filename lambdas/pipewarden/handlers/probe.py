"""The probe: scheduled, measures what no service publishes as a metric."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pipewarden.burn_rate import measure_targets
from pipewarden.handlers.outset import deadline, logger, workplace
from pipewarden.probe import measure_datasets

MARGIN = timedelta(seconds=5)


def handler(_event: Mapping[str, Any], context: Any) -> dict[str, int]:
    """Lambda entry point; the event says nothing that matters: every declared dataset and target is
    looked at."""
    place = workplace()
    end = deadline(context, place.now) - MARGIN
    counts = {**measure_targets(place, end), **measure_datasets(place, end)}
    logger().info("measured", extra=counts)
    return counts
