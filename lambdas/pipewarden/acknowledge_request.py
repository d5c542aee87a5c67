"""An HTTP request to the acknowledge link, answered."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from pipewarden.acknowledge_page import HEADERS, confirm_page, told_page
from pipewarden.acknowledgement import Result, acknowledge
from pipewarden.duration import say_moment
from pipewarden.incident import Incident
from pipewarden.link import LinkError, read_link
from pipewarden.secret import signing_key
from pipewarden.workplace import Workplace

STATUS: Mapping[Result, int] = {"acknowledged": 200, "already": 200, "over": 200, "superseded": 409, "unknown": 404}
MOST_BODY_CHARACTERS = 4_096


def answer_request(workplace: Workplace, event: Mapping[str, Any]) -> dict[str, Any]:
    """Answer a function URL event: GET asks for confirmation, POST acknowledges; other methods are refused.

    A damaged or foreign link gives 403, an expired one 410, an incident that is gone 404, a page that a newer one has
    replaced 409.
    """
    method = str(event["requestContext"]["http"]["method"]).upper()
    if method not in ("GET", "HEAD", "POST"):
        return _answer(405, told_page("Not allowed", "Open the link from the page."))
    token = str((event.get("queryStringParameters") or {}).get("t", ""))
    try:
        incident_id, page = read_link(token, workplace.now(), signing_key(workplace))
    except LinkError as error:
        return _answer(error.status, told_page("This link cannot be used", str(error)))
    if method == "POST":
        result, incident = acknowledge(workplace, incident_id, _name(event), page)
        return _answer(STATUS[result], told_page(*_say(result, incident)))
    return _ask(workplace, incident_id, page)


def _ask(workplace: Workplace, incident_id: str, page: int) -> dict[str, Any]:
    incident = workplace.store.load(incident_id)
    if incident is None:
        return _answer(404, told_page(*_say("unknown", None)))
    if incident.acknowledged:
        return _answer(200, told_page(*_say("already", incident)))
    if incident.over:
        return _answer(200, told_page(*_say("over", incident)))
    if page < incident.pages:
        return _answer(409, told_page(*_say("superseded", incident)))
    return _answer(200, confirm_page(incident, workplace.settings.environment))


def _say(result: Result, incident: Incident | None) -> tuple[str, str]:
    """Title and sentence."""
    if incident is None or result == "unknown":
        return "No such incident", "It was removed, or the link belongs to another environment."
    by, at = incident.acknowledged_by, incident.acknowledged
    if result == "acknowledged":
        return "Acknowledged", f"{incident.pipeline} is yours now. Nobody else will be called for this page."
    if result == "already" and at:
        return "Acknowledged already", f"{incident.pipeline} was acknowledged by {by} at {say_moment(at)}."
    if result == "over":
        return "It is over", f"{incident.pipeline} is {incident.state.value}; nobody needs to act."
    return "There is a newer page", f"More has happened to {incident.pipeline} since. Open the link of the latest page."


def _name(event: Mapping[str, Any]) -> str:
    """Who acknowledges, from the form; "" when not given."""
    body = str(event.get("body") or "")[: 2 * MOST_BODY_CHARACTERS]
    if event.get("isBase64Encoded"):
        try:
            body = base64.b64decode(body).decode(errors="replace")
        except binascii.Error:
            return ""
    found = parse_qs(body[:MOST_BODY_CHARACTERS]).get("by", [""])[0]
    return " ".join("".join(character for character in found if character.isprintable()).split())


def _answer(status: int, html: str) -> dict[str, Any]:
    return {"statusCode": status, "headers": dict(HEADERS), "body": html}
