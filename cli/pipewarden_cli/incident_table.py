"""Incidents as people read them, from the incident table of one environment."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from botocore.exceptions import ClientError

from pipewarden.escalation import called_rungs
from pipewarden.export import DAY, export_key, read_export, read_exported_pages
from pipewarden.incident import Entry, Incident, Reason
from pipewarden.incident_record import read_incident
from pipewarden.incident_store import IncidentStore
from pipewarden.page import read_page
from pipewarden.route_settings import Severity
from pipewarden_cli.aws import Place
from pipewarden_cli.aws_failures import error_code
from pipewarden_cli.errors import CheckFailedError
from pipewarden_cli.postmortem.contents import Record
from pipewarden_cli.report.contents import IncidentReport, Moment, Tone

ENDED_DAYS = 30
MOST_INCIDENTS = 10_000
"""What one listing reads at most: the newest."""
_NOT_OVER = {":recovered": {"S": "recovered"}, ":closed": {"S": "closed"}}

# The label stands on a story's line; what only explains has none and appears in the timeline alone. What the table
# says in few words reads as a sentence behind the third.
_MOMENTS: dict[str, tuple[str, Tone, str]] = {
    "failed": ("failed", "bad", ""),
    "alarm": ("alarm", "bad", ""),
    "held": ("held", "wait", "held back: "),
    "retry-planned": ("", "wait", ""),
    "retry-started": ("retried", "act", ""),
    "action-planned": ("", "wait", ""),
    "action-done": ("acted", "act", ""),
    "waiting": ("", "wait", ""),
    "note": ("", "plain", ""),
    "sent": ("", "plain", ""),
    "decided": ("", "plain", ""),
    "cleared": ("", "good", ""),
    "draining": ("draining", "act", ""),
    "paged": ("paged", "page", "paged "),
    "escalated": ("escalated", "page", "escalated: "),
    "acknowledged": ("acknowledged", "good", "acknowledged "),
    "reminded": ("reminded", "page", ""),
    "recovered": ("recovered", "good", "recovered: "),
    "closed": ("closed", "good", "closed: "),
}
_RETRY = re.compile(r"\bretry \d+")


class IncidentTable:
    """Reads one environment's incidents. Raises CommandError when the environment is not deployed."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._dynamodb = place.client("dynamodb")
        self._store = IncidentStore(self._dynamodb, place.names.table())

    def list(
        self, ended: bool = False, timelines: bool = False, *, within: timedelta | None = None
    ) -> list[IncidentReport]:
        """Open incidents, newest first; with `ended` also those opened in the last 30 days that are over; `within` a
        time all that were open in it."""
        found = self._incidents(ended) if within is None else self.opened_within(within)
        return [self._report(incident, self._timeline(incident) if timelines else ()) for incident in found]

    def read(self, incident_id: str) -> IncidentReport:
        """One incident with its timeline; from the archive when the table has forgotten it."""
        record = self.record(incident_id)
        return self._report(record.incident, record.timeline)

    def record(self, incident_id: str) -> Record:
        """Everything that is known of one incident; from the archive when the table has forgotten it."""
        found = self._store.load(incident_id)
        if found is None:
            return self._exported(incident_id)
        pages = (self._store.load_page(incident_id, number) for number in range(1, found.pages + 1))
        known = tuple(read_page(page) for page in pages if page)
        return Record(incident=found, timeline=self._timeline(found), pages=known)

    def load(self, incident_id: str) -> Incident:
        """One incident as it is in the table, read consistently."""
        found = self._store.load(incident_id)
        if found is None:
            raise self._unknown(incident_id)
        return found

    def opened_within(self, length: timedelta) -> Sequence[Incident]:
        """Every incident that was open at some time in the last so long, newest first; of those that were opened more
        than 30 days before it only the ones that are open still."""
        since = datetime.now(UTC) - length
        every = self._incidents(ended=True, opened_after=since - timedelta(days=ENDED_DAYS))
        return [incident for incident in every if not incident.over or (incident.ended or incident.opened) >= since]

    def full_id(self, start: str) -> str:
        """The id that begins so. An open incident goes before those that are over."""
        open_ids = [incident.id for incident in self._incidents(ended=False) if incident.id.startswith(start)]
        every = open_ids or [incident.id for incident in self._incidents(ended=True) if incident.id.startswith(start)]
        if start in every or len(every) == 1:
            return start if start in every else every[0]
        if not every and DAY.search(start):
            return start
        if not every:
            raise self._unknown(start)
        shown = ", ".join(every[:5]) + (" ..." if len(every) > 5 else "")
        raise CheckFailedError(f"{len(every)} incidents begin with {start!r}: {shown}; give more of the id.")

    def _unknown(self, incident_id: str) -> CheckFailedError:
        environment = self._place.names.environment
        return CheckFailedError(
            f"There is no incident {incident_id!r} in environment {environment} (ended ones are found for {ENDED_DAYS} "
            f"days); list them with: pipewarden incidents {environment} --all"
        )

    def _exported(self, incident_id: str) -> Record:
        try:
            answer = self._place.client("s3").get_object(
                Bucket=self._place.names.archive_bucket(), Key=export_key(incident_id)
            )
        except ClientError as error:
            if error_code(error) in ("NoSuchKey", "NoSuchBucket", "AccessDenied"):
                raise self._unknown(incident_id) from None
            raise
        text = answer["Body"].read().decode()
        incident, timeline = read_export(text)
        return Record(incident=incident, timeline=timeline, pages=read_exported_pages(text))

    def _incidents(self, ended: bool, opened_after: datetime | None = None) -> Sequence[Incident]:
        since = (opened_after or datetime.now(UTC) - timedelta(days=ENDED_DAYS)).isoformat(timespec="microseconds")
        still_open = self._query(
            KeyConditionExpression="gsi1pk = :all",
            FilterExpression="#state <> :recovered AND #state <> :closed",
            ExpressionAttributeNames={"#state": "state"},
            ExpressionAttributeValues={":all": {"S": "INCIDENT"}, **_NOT_OVER},
        )
        found = {incident.id: incident for incident in still_open}
        if ended:
            values = {":all": {"S": "INCIDENT"}, ":since": {"S": since}}
            recent = self._query(
                KeyConditionExpression="gsi1pk = :all AND gsi1sk >= :since", ExpressionAttributeValues=values
            )
            found.update((incident.id, incident) for incident in islice(recent, MOST_INCIDENTS))
        return sorted(found.values(), key=lambda incident: (incident.opened, incident.id), reverse=True)

    def _query(self, **conditions: Any) -> Iterator[Incident]:
        pages = self._dynamodb.get_paginator("query").paginate(
            TableName=self._place.names.table(), IndexName="by_time", ScanIndexForward=False, **conditions
        )
        try:
            for page in pages:
                yield from map(read_incident, page["Items"])
        except ClientError as error:
            if error_code(error) == "ResourceNotFoundException":
                raise self._place.not_deployed() from None
            raise

    def _report(self, incident: Incident, timeline: Sequence[Entry]) -> IncidentReport:
        return read_report(incident, timeline, called(incident, self._place.severities.get(incident.severity)))

    def _timeline(self, incident: Incident) -> Sequence[Entry]:
        return self._store.timeline(incident.id)


def called(incident: Incident, route: Severity | None) -> tuple[str, ...]:
    """The channels that the latest page's chain has called, in order, each once."""
    rungs = route.escalate if route else ()
    at_once = {number for number, rung in enumerate(rungs) if rung.after_seconds <= 0 and incident.pages}
    numbers = sorted(number for number in at_once | called_rungs(incident) if number < len(rungs))
    return tuple(dict.fromkeys(rungs[number].to for number in numbers))


def read_report(
    incident: Incident, timeline: Sequence[Entry] = (), called_channels: tuple[str, ...] = ()
) -> IncidentReport:
    """An incident of the table as reports show it."""
    reason = _main_reason(incident)
    return IncidentReport(
        incident=incident.id,
        pipeline=incident.pipeline,
        resource=reason.resource if reason else "",
        severity=incident.severity,
        state=incident.state.value,
        opened=incident.since,
        headline=_headline(incident, reason) if reason else "",
        error=_told_error(reason) if reason else "",
        failure_class=reason.failure_class if reason else "",
        closed=incident.ended,
        attempts=sum(a.state not in ("planned", "cancelled") and not a.action for a in incident.attempts),
        pages=incident.pages,
        paged=called_channels,
        acknowledged_by=incident.acknowledged_by,
        acknowledged_at=incident.acknowledged,
        timeline=tuple(_moment(entry) for entry in timeline),
    )


def _headline(incident: Incident, reason: Reason) -> str:
    """What failed; and that nobody was told yet, or that it comes and goes."""
    held = f" (held back: {incident.hold.text})" if incident.hold and incident.held_reasons else ""
    return f"{reason.text}{held}" + (f" (flapping, {incident.flaps} times)" if incident.flaps else "")


def _told_error(reason: Reason) -> str:
    """Of an alarm what it saw, without CloudWatch's own words below it."""
    return reason.error.splitlines()[0] if reason.error and reason.kind != "run" else reason.error


def _main_reason(incident: Incident) -> Reason | None:
    """What the page speaks of: the newest that is not only evidence, one that is still open before one that is not."""
    ranked = sorted(incident.reasons, key=lambda reason: (reason.open, not reason.evidence, reason.since))
    return ranked[-1] if ranked else None


def _moment(entry: Entry) -> Moment:
    label, tone, lead = _MOMENTS.get(entry.kind, (entry.kind.replace("-", " "), "plain", ""))
    if entry.kind == "retry-started" and (numbered := _RETRY.search(entry.text)):
        label = numbered[0]
    return Moment(at=entry.time, label=label, tone=tone, text=f"{lead}{entry.text}" if entry.text else label)
