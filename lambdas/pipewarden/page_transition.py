"""One page more about an incident. Pure."""

from dataclasses import replace
from datetime import datetime

from pipewarden.incident import Effect, Incident, IncidentState


def page_again(incident: Incident, why: str, severity: str, now: datetime, *, in_digest: bool = False) -> Incident:
    """The incident with one page more to be sent: a new chain of rungs, not acknowledged. What was held back goes out
    with it. `in_digest`: people were told already, among other incidents."""
    number = incident.pages + 1
    incident = replace(
        incident.with_held_told(),
        state=incident.state if incident.over else IncidentState.PAGED,
        severity=min(severity, incident.severity),
        pages=number,
        paged=incident.paged or now,
        last_paged=now,
        acknowledged=None,
        acknowledged_by="",
        rungs=(),
        reminders=0,
    )
    detail = {"why": why, "number": number, **({"in_digest": True} if in_digest else {})}
    incident = incident.with_effect(Effect(key=f"page-{number}", kind="page", at=now, detail=detail))
    return incident.noting(now, "paged", f"{incident.severity}: {why}")
