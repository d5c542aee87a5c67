"""What a signal changes in an incident's reasons and attempts. Pure."""

from dataclasses import replace
from datetime import datetime

from pipewarden.incident import Incident, Reason
from pipewarden.reason import read_reasons
from pipewarden.signal import Signal, SignalKind
from pipewarden.situation import Decision, History, Policy


def with_success(incident: Incident, signal: Signal, history: History, resource: str) -> Incident:
    """The retry whose run succeeded, or of which no failure was heard, marked so."""
    attempt = history.attempt if signal.kind == SignalKind.RUN_SUCCEEDED else None
    if signal.kind == SignalKind.CHECK_DUE:
        attempt = incident.attempt(resource, signal.attempt)
    return incident.with_attempt(replace(attempt, state="succeeded")) if attempt else incident


def with_failed_retry(incident: Incident, signal: Signal, history: History) -> Incident:
    """The retry whose run failed, or was stopped, marked so."""
    if history.attempt is None or signal.kind not in (SignalKind.RUN_FAILED, SignalKind.RUN_STOPPED):
        return incident
    return incident.with_attempt(replace(history.attempt, state="failed"))


def with_failure(
    incident: Incident, signal: Signal, decision: Decision, history: History, policy: Policy, told: bool
) -> Incident:
    """The reasons folded in, and the retry whose run this was marked as failed."""
    incident = with_failed_retry(incident, signal, history)
    for reason in read_reasons(signal, decision, history, policy):
        old = incident.reason(reason.key)
        known = told or bool(old and old.open and old.told)
        held = decision.hold is not None or bool(old and old.open and old.held)
        moment = after_start(reason.since, incident, reason.resource)
        times = (old.times if old else 0) + (signal.kind != SignalKind.DRAIN_FINISHED or old is None)
        changed = replace(reason, told=known, held=held and not known, times=times)
        incident = incident.with_reason(changed).noting(moment, "failed", say_reason(changed))
    return incident


def after_start(moment: datetime, incident: Incident, resource: str) -> datetime:
    """When something is told of a run: not before we started it. Event times are whole seconds."""
    return max([moment, *(attempt.started for attempt in incident.attempts_of(resource) if attempt.started)])


def cancel_planned(incident: Incident, resource: str) -> Incident:
    """The incident without the retries that are still to come."""
    for attempt in incident.attempts_of(resource):
        if attempt.state == "planned":
            incident = incident.with_attempt(replace(attempt, state="cancelled"))
    return incident


def tell_all(incident: Incident, resource: str, *, held: bool) -> Incident:
    """The reasons of the resource told, or held back."""

    def tell(reason: Reason) -> Reason:
        if reason.resource != resource:
            return reason
        return replace(reason, held=held and not reason.told) if held else replace(reason, told=True)

    return replace(incident, reasons=tuple(map(tell, incident.reasons)))


def say_reason(reason: Reason) -> str:
    """What went wrong, in one line of the timeline."""
    parts = [reason.text, f": {reason.error.splitlines()[0]}" if reason.error else ""]
    return "".join(parts) + (f" ({reason.failure_class})" if reason.failure_class else "")
