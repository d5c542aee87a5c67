"""Pages that are sent again: what was kept of them, and the incident written whatever else happens to it."""

from collections.abc import Callable
from datetime import datetime

from pipewarden.incident import Incident
from pipewarden.incident_store import ConflictError
from pipewarden.incident_write import Write
from pipewarden.page import Page, compose_page, read_page
from pipewarden.workplace import BusyError, Workplace

MOST_CONFLICTS = 12


def kept_page(workplace: Workplace, incident: Incident, number: int, now: datetime) -> Page:
    """The page as it was sent; what the incident itself tells when that is gone."""
    item = workplace.store.load_page(incident.id, number)
    if item:
        return read_page(item)
    sent = incident.last_paged or now
    return compose_page(incident, workplace.settings, number=number, why="paged", sent=sent, links={})


def keep_writing(
    workplace: Workplace, incident: Incident, change: Callable[[Incident], Incident], now: datetime
) -> None:
    """Write the change onto whatever the incident is by then. Raises BusyError when others never stop writing it."""
    for _ in range(MOST_CONFLICTS):
        try:
            workplace.store.write(Write(incident=change(incident)), now)
        except ConflictError:
            incident = workplace.store.load(incident.id) or incident
            continue
        return
    raise BusyError("others keep writing this incident")
