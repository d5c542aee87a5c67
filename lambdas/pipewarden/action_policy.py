"""What was declared about one action: when it is done, what follows, and what guards it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pipewarden.retry_policy import RetryPolicy

COOLDOWN_SECONDS = 3_600.0
CLEARS_WITHIN_SECONDS = 900.0


@dataclass(frozen=True, kw_only=True)
class ActionPolicy:
    """One declared action of `type`. It is done for failures of its resource that are of one of the `classes`, and for
    the `alarms` of the pipeline, by their whole keys.

    `then` is what follows when it was done for a failure; one that was done for an alarm has helped when the alarm
    clears within `clears_within_seconds`. `intent` says what it does, in the infinitive. Of `guards` its attempts (in
    one incident), cooldown, window, breaker and turn are asked.
    """

    type: str
    fields: Mapping[str, Any]
    intent: str = ""
    classes: tuple[str, ...] = ()
    alarms: tuple[str, ...] = ()
    then: Literal["page", "retry"] = "page"
    clears_within_seconds: float = CLEARS_WITHIN_SECONDS
    guards: RetryPolicy = field(
        default_factory=lambda: RetryPolicy(
            attempts=1, backoff_seconds=(0.0, 0.0), cooldown_seconds=COOLDOWN_SECONDS, cost_per_day={}
        )
    )


def action_name(resource: str, name: str) -> str:
    """What an action is called within its pipeline: resources may have actions of the same name."""
    return f"{resource}.{name}"
