"""What every handler begins with: settings, logger, metrics, the clock."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics

import pipewarden
from pipewarden.failure import classify
from pipewarden.handlers.clients import clients
from pipewarden.measurement import Measurement
from pipewarden.registry import technologies
from pipewarden.settings import Settings
from pipewarden.workplace import Workplace

NAMESPACE = "Pipewarden"
SAFETY = timedelta(seconds=1)


@cache
def settings() -> Settings:
    """The declared pipelines: `settings.json` beside the package, or the file that PIPEWARDEN_SETTINGS names."""
    named = os.environ.get("PIPEWARDEN_SETTINGS")
    path = Path(named) if named else Path(pipewarden.__file__).parent.parent / "settings.json"
    return Settings.from_json(path.read_text(encoding="utf-8"))


@cache
def logger() -> Logger:
    """Structured logs. Events are never logged as a whole: they may carry secrets."""
    return Logger(service=os.environ.get("POWERTOOLS_SERVICE_NAME", "pipewarden"), utc=True)


@cache
def workplace() -> Workplace:
    """Everything the code behind a handler works with, made once per process."""
    return Workplace(
        settings=settings(),
        technologies=technologies(),
        classify=classify,
        clients=clients,
        now=lambda: datetime.now(UTC),
        measure=write_metric,
        log=logger(),
        acknowledge_url=os.environ.get("PIPEWARDEN_ACKNOWLEDGE_URL", ""),
        loopback="://127.0.0.1" in os.environ.get("AWS_ENDPOINT_URL", ""),
    )


def write_metric(measurement: Measurement) -> None:
    """One line in the embedded metric format: CloudWatch makes the metric out of the log."""
    # An empty service: Powertools would add it as a dimension, and no alarm names a dimension of that kind.
    namespace = os.environ.get("POWERTOOLS_METRICS_NAMESPACE", NAMESPACE)
    metrics = EphemeralMetrics(namespace=namespace, service="")
    metrics.add_dimension("Environment", settings().environment)
    if measurement.pipeline:
        metrics.add_dimension("Pipeline", measurement.pipeline)
    if measurement.resource:
        metrics.add_dimension("Resource", measurement.resource)
    metrics.add_metric(measurement.name, unit=measurement.unit, value=measurement.value)
    metrics.flush_metrics()


def deadline(context: Any, now: Callable[[], datetime]) -> datetime:
    """When this invocation is over whatever happens: leases end there."""
    return now() + timedelta(milliseconds=context.get_remaining_time_in_millis()) + SAFETY
