"""The incidents of the page: one card each, with the timeline as a table."""

from pipewarden_cli.report.contents import IncidentReport, Moment, Tone
from pipewarden_cli.report.icons import dot
from pipewarden_cli.report.markup import Markup, element, join, link
from pipewarden_cli.report.times import clock, offset

_TONES: dict[str, Tone] = {
    "open": "bad",
    "remediating": "act",
    "paged": "page",
    "acknowledged": "act",
    "recovered": "good",
    "closed": "good",
}


def incident_cards(incidents: tuple[IncidentReport, ...]) -> Markup:
    """All incidents in the order given."""
    cards = join(*map(_card, incidents)) if incidents else element("p", "No incident was opened.", class_="empty")
    return element("section", element("h2", "Incidents"), cards, id="incidents")


def state_tone(state: str) -> Tone:
    """The colour of an incident's state; states of later versions are plain."""
    return _TONES.get(state, "plain")


def _card(incident: IncidentReport) -> Markup:
    head = element(
        "header",
        element("span", incident.severity, class_="severity"),
        element("h3", incident.where),
        element("code", incident.incident),
        element("span", incident.state, class_=f"pill {state_tone(incident.state)}"),
    )
    headline = element("p", incident.headline, class_="summary") if incident.headline else Markup()
    links = (link(address, name) for name, address in (incident.links or {}).items())
    facts = element("p", *(element("span", fact) for fact in (*incident.facts(), *links)), class_="facts")
    return element("article", head, headline, _error(incident), facts, _timeline(incident), class_="card incident")


def _error(incident: IncidentReport) -> Markup:
    if not incident.error:
        return Markup()
    kind = element("span", incident.failure_class, class_="tag") if incident.failure_class else Markup()
    return element("pre", kind, incident.error, class_="error")


def _timeline(incident: IncidentReport) -> Markup:
    if not incident.timeline:
        return Markup()
    rows = (_row(incident, moment) for moment in incident.timeline)
    return element("table", element("tbody", *rows))


def _row(incident: IncidentReport, moment: Moment) -> Markup:
    return element(
        "tr",
        element("td", element("time", clock(moment.at), datetime=moment.at.isoformat())),
        element("td", offset(incident.opened, moment.at)),
        element("td", dot(moment.tone)),
        element("td", moment.text or moment.label),
        class_=moment.tone,
    )
