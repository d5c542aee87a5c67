"""The next bound of the estimated impact at which stakeholders are told, as an effect still to be done. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from pipewarden.impact import Impact, seconds_until
from pipewarden.incident import Effect, Incident
from pipewarden.route_settings import Stakeholders


def next_bound(
    impact: Impact | None, stakeholders: Sequence[Stakeholders], since: datetime, above_usd: float = 0.0
) -> tuple[Stakeholders, datetime] | None:
    """The lowest bound over `above_usd`, and when the estimate reaches it; None when it never reaches one."""
    for row in stakeholders:
        seconds = seconds_until(impact, row.above_usd) if impact and row.above_usd > above_usd else None
        if seconds is not None:
            return row, since + timedelta(seconds=seconds)
    return None


def with_bound(incident: Incident, stakeholders: Sequence[Stakeholders], since: datetime) -> Incident:
    """A new incident with its first bound to be watched. The others follow one after another, so that an incident which
    ends soon leaves one schedule behind."""
    if not (found := next_bound(incident.impact, stakeholders, since)):
        return incident
    row, moment = found
    return incident.with_effect(Effect(key="impact", kind="impact", at=moment, detail={"above": row.above_usd}))
