"""Later looks at an incident, as effects still to be done. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from pipewarden.attempt import Attempt
from pipewarden.due_decision import SILENCE_SECONDS, check_delay_seconds
from pipewarden.incident import Effect, Incident


def with_check(
    incident: Incident, key: str, resource: str, now: datetime, seconds: float, count: int = 0, attempt: int = 0
) -> Incident:
    """The incident looked at again in so many seconds, because of the reason `key`; `count` looks came before."""
    name = f"check-{key}-{attempt}-{count}-{now:%d%H%M%S}"
    detail = {"reason": key, "count": count}
    at = now + timedelta(seconds=seconds)
    effect = Effect(key=name, kind="schedule-check", resource=resource, attempt=attempt, at=at, detail=detail)
    return incident.with_effect(effect)


def first_check(incident: Incident, key: str, attempt: Attempt, now: datetime, *, independent: bool) -> Effect:
    """The first look after a retry that is about to be started; the only one where it cannot be asked about."""
    delay = SILENCE_SECONDS if independent else check_delay_seconds(0)
    changed = with_check(replace(incident, pending=()), key, attempt.resource, now, delay, 0, attempt.number)
    return replace(changed.pending[0], key=f"check-{key}-{attempt.number}-0")
