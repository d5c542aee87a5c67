"""What holding back changes in an incident: its page waits, or its end. Pure."""

from dataclasses import replace
from datetime import datetime, timedelta

from pipewarden.duration import say_time
from pipewarden.hold import Hold
from pipewarden.incident import Effect, Incident
from pipewarden.signal import Signal
from pipewarden.situation import Policy, severity_of


def hold_back(incident: Incident, signal: Signal, hold: Hold, policy: Policy, now: datetime) -> Incident:
    """The incident with its page held back. It is noted once for a cause, and looked at again at its time."""
    severity = severity_of(signal, incident, policy)
    if not (incident.hold and hold.goes_on_from(incident.hold)):
        incident = incident.noting(now, "held", hold.text)
    detail = {"by": hold.by, "name": hold.name}
    effect = Effect(key=f"hold-{hold.until:%d%H%M%S}", kind="hold", at=hold.until, detail=detail)
    return replace(incident, hold=hold, severity=min(severity, incident.severity)).with_effect(effect)


def wait_for_window(incident: Incident, waits: Hold | None) -> Incident:
    """The incident with its retry remembered among what a maintenance window holds back."""
    if waits is None:
        return incident
    detail = {"by": waits.by, "name": waits.name}
    return incident.with_effect(Effect(key=f"hold-{waits.until:%d%H%M%S}", kind="hold", at=waits.until, detail=detail))


def calm_down(incident: Incident, signal: Signal, policy: Policy, now: datetime) -> Incident:
    """An incident that flaps stays open until nothing was wrong for a while: nobody hears of each end."""
    at = now + timedelta(seconds=policy.flapping.calm_seconds)
    effect = Effect(key=f"calm-{at:%d%H%M%S}", kind="hold", at=at, detail={"by": "flapping", "name": ""})
    incident = replace(incident, calm_since=max(signal.time, incident.opened), flaps=incident.flaps + 1)
    return incident.with_effect(effect).noting(now, "note", f"it flaps, and ends if it stays well until {say_time(at)}")
