"""Incidents that are over, as JSON in the archive: the table forgets them after a while, the archive does not."""

import json
import re
from datetime import UTC
from typing import Any

from pipewarden.incident import Entry, Incident
from pipewarden.incident_record import incident_item, read_entry, read_incident
from pipewarden.item import from_item, to_item, to_text
from pipewarden.page import Page, read_page
from pipewarden.workplace import Workplace

VERSION = 1
PREFIX = "incidents/"
DAY = re.compile(r"-(\d{4})(\d{2})(\d{2})-\d{4}-[0-9a-f]{4}$")


def export_key(incident: str) -> str:
    """Where an incident is kept, by its id alone: `incidents/date=2026-03-01/<id>.json`, by the day it began."""
    found = DAY.search(incident)
    return f"{PREFIX}date={'-'.join(found.groups()) if found else 'unknown'}/{incident}.json"


def export_incident(workplace: Workplace, incident_id: str) -> str:
    """Write the incident with its timeline and pages; its key. Writing it again gives the same object."""
    store, names = workplace.store, workplace.settings.names
    incident = store.load(incident_id)
    if incident is None:
        return ""
    pages = [page for number in range(1, incident.pages + 1) if (page := store.load_page(incident_id, number))]
    body = export_text(incident, store.timeline(incident_id), [from_item(page) for page in pages])
    workplace.clients("s3").put_object(
        Bucket=names.archive_bucket(),
        Key=export_key(incident_id),
        Body=body.encode(),
        ContentType="application/json",
    )
    return export_key(incident_id)


def export_text(incident: Incident, timeline: list[Entry], pages: list[dict[str, Any]]) -> str:
    """One line of JSON, as Athena reads it: the incident's fields, `timeline` and `pages`. Times are UTC."""
    fields = from_item(incident_item(incident))
    fields.pop("pending", None)
    fields.pop("leased_until", None)
    rows = [{"time": to_text(entry.time.astimezone(UTC)), "kind": entry.kind, "text": entry.text} for entry in timeline]
    values = {"format": VERSION, **fields, "timeline": rows, "page_facts": pages}
    return json.dumps(values, ensure_ascii=False, sort_keys=True) + "\n"


def read_export(text: str) -> tuple[Incident, list[Entry]]:
    """An exported incident and its timeline. Raises ValueError, KeyError or TypeError for anything else."""
    values = json.loads(text)
    return read_incident(to_item(values)), [read_entry(to_item(row)) for row in values.get("timeline", ())]


def read_exported_pages(text: str) -> tuple[Page, ...]:
    """The pages of an exported incident, as they were sent."""
    return tuple(read_page(to_item(facts)) for facts in json.loads(text).get("page_facts", ()))
