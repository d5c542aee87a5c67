"""Taking an incident over: by a signed link, or by the command line."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError

from pipewarden.incident import Effect, Incident, IncidentState
from pipewarden.incident_store import ConflictError
from pipewarden.incident_write import Write
from pipewarden.measurement import Measurement
from pipewarden.workplace import BusyError, Workplace

MOST_CONFLICTS = 12
MOST_NAME_CHARACTERS = 80
AFTER_ACKNOWLEDGING = frozenset({"acknowledged", "impact-over", "export"})
"""What is to be done once somebody has taken an incident: the acknowledge function leaves it to the escalator."""
LEASE = timedelta(seconds=90)
"""How long others leave the telling to the escalator, which is called at once."""

Result = Literal["acknowledged", "already", "over", "unknown", "superseded"]


def acknowledge(workplace: Workplace, incident_id: str, by: str, page: int = 0) -> tuple[Result, Incident | None]:
    """Stop the chain of rungs: somebody has it now. Twice is the same as once; the first one's name stays.

    `page` (from a link) must be the latest page, so that an old link says nothing about what came after it; 0 means
    whatever is open. Lasting reasons (messages in quarantine, invocations that nothing repeats) end here, and the
    incident with them when they are all there is.
    """
    for _ in range(MOST_CONFLICTS):
        incident, now = workplace.store.load(incident_id), workplace.now()
        result = _judge(incident, page)
        if incident is None or result != "acknowledged":
            if incident and any(effect.kind in AFTER_ACKNOWLEDGING for effect in incident.pending):
                _have_told(workplace, incident.id)
            return result, incident
        after = acknowledged(incident, by[:MOST_NAME_CHARACTERS], now)
        try:
            written = workplace.store.write(Write(incident=after), now)
        except ConflictError:
            continue
        if incident.last_paged:
            seconds = (now - incident.last_paged).total_seconds()
            workplace.measure(Measurement(name="SecondsToAcknowledge", value=max(0.0, seconds), unit="Seconds"))
        facts = {"incident": incident.id, "pipeline": incident.pipeline, "since": f"{incident.since:%Y-%m-%d %H:%M:%S}"}
        workplace.log.info(f"acknowledge: taken by {after.acknowledged_by}", extra=facts)
        if written and written.pending:
            _have_told(workplace, written.id)
        return "acknowledged", written
    raise BusyError("others keep writing this incident")


def acknowledged(incident: Incident, by: str, now: datetime) -> Incident:
    """The incident as it is once somebody has taken it, with what was held back in it: the acknowledge page shows every
    open reason. Pure."""
    incident = replace(
        incident.with_held_told(), state=IncidentState.ACKNOWLEDGED, acknowledged=now, acknowledged_by=by or "somebody"
    ).noting(now, "acknowledged", f"by {by or 'somebody'}")
    if incident.pages:
        leased = max(incident.leased_until or now, now + LEASE)
        incident = replace(incident.with_effect(Effect(key="acknowledged", kind="acknowledged")), leased_until=leased)
    settled = tuple(reason.key for reason in incident.open_reasons if reason.lasting and reason.told)
    incident = incident.without_reasons(settled)
    if incident.open_reasons or incident.flaps:
        return incident
    closed = incident.ended_as(IncidentState.CLOSED, now)
    return closed.noting(now, "closed", "nothing is left that a signal could end")


def _have_told(workplace: Workplace, incident: str) -> None:
    """Have the escalator tell who was told before. This function's address is open to the internet, so it may neither
    publish nor read the channels' secrets. Where the call fails, the incident's next signal does it."""
    try:
        workplace.clients("lambda").invoke(
            FunctionName=workplace.settings.names.function("escalator"),
            InvocationType="Event",
            Payload=json.dumps({"incident": incident, "tell": "acknowledged"}).encode(),
        )
    except (ClientError, BotoCoreError) as error:
        workplace.log.warning("not told yet", extra={"incident": incident, "error": str(error)})


def _judge(incident: Incident | None, page: int) -> Result:
    if incident is None:
        return "unknown"
    if incident.acknowledged:
        return "already"
    if incident.over:
        return "over"
    return "superseded" if page and page < incident.pages else "acknowledged"
