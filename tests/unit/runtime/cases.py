"""A policy, a failure and an incident for tables of decisions."""

from typing import Any

from pipewarden.attempt import Attempt
from pipewarden.incident import Incident, Reason
from pipewarden.situation import History, Policy
from tests.unit.runtime.scene import RETRY, START

POLICY = Policy(
    pipeline="import",
    resource="extract",
    severity="P1",
    respond_within_seconds=3600,
    retry=RETRY,
    retryable=True,
    runs=True,
)
TRANSIENT = History(incident_id="import-1", failure_class="transient")
FAILED = Reason(key="run:extract", kind="run", resource="extract", since=START, text="extract failed", run_id="r1")


def incident(**more: Any) -> Incident:
    return Incident(**{"id": "import-1", "pipeline": "import", "severity": "P1", "opened": START, **more})


def attempt(number: int, state: str = "failed", **more: Any) -> Attempt:
    return Attempt(resource="extract", number=number, state=state, due=START, failed_run_id="r1", **more)  # type: ignore[arg-type]
