"""PagerDuty, by its Events API v2: one alert per incident."""

from collections.abc import Generator
from typing import Any

from pipewarden.channel import Answer, ChannelType, Request, Secret, post_json
from pipewarden.channel_message import Notice, cut, facts
from pipewarden.item import to_text
from pipewarden.route_settings import Channel

ADDRESSES = {"us": "https://events.pagerduty.com", "eu": "https://events.eu.pagerduty.com"}
SEVERITIES = {"P0": "critical", "P1": "error", "P2": "warning", "P3": "info"}
ACTIONS = {"page": "trigger", "again": "trigger", "acknowledged": "acknowledge", "recovered": "resolve"}
ACTIONS["closed"] = "resolve"
SUMMARY_CHARACTERS = 1_024
KEY_CHARACTERS = 255
TEXT_CHARACTERS = 60_000


def pagerduty_body(notice: Notice, routing_key: str) -> dict[str, Any]:
    """One event: pages trigger, whoever takes it acknowledges, its end resolves the alert of the incident's key."""
    body = {"routing_key": routing_key, "dedup_key": notice.key[:KEY_CHARACTERS], "event_action": ACTIONS[notice.event]}
    if body["event_action"] != "trigger":
        return body
    page = notice.page
    details = {**(facts(page) if page else {}), "Text": cut(notice.message.text, TEXT_CHARACTERS)}
    payload = {
        "summary": cut(notice.message.headline, SUMMARY_CHARACTERS),
        "source": f"{notice.environment}/{notice.pipeline}",
        "severity": SEVERITIES.get(notice.severity, "info"),
        "timestamp": to_text(page.since if page else notice.sent),
        "component": notice.pipeline,
        "group": page.owner if page else "",
        "class": page.cause.failure_class if page else "",
        "custom_details": details,
    }
    links = [{"href": url, "text": label} for label, url in notice.buttons(len(notice.links))]
    kept = {name: value for name, value in payload.items() if value}
    dashboard = {"client_url": notice.links["dashboard"]} if "dashboard" in notice.links else {}
    return {**body, "payload": kept, "links": links, "client": "Pipewarden", **dashboard}


def pagerduty_talk(notice: Notice, channel: Channel, secret: Secret) -> Generator[Request, Answer, None]:
    if notice.event not in ACTIONS:
        return
    place = str(channel.fields.get("region", "us"))
    yield post_json(f"{ADDRESSES.get(place, place)}/v2/enqueue", pagerduty_body(notice, secret["routing_key"]))


CHANNEL = ChannelType(
    type="pagerduty",
    title="PagerDuty",
    summary="A PagerDuty service (Events API v2).",
    reach="call",
    makes_cases=True,
    fields={
        "routing_key_secret": {"$ref": "#/$defs/secret_name", "examples": ["pipewarden/pagerduty"]},
        "region": {
            "enum": ["us", "eu"],
            "default": "us",
            "description": "Where the PagerDuty account is kept.",
            "examples": ["eu"],
        },
    },
    required=("routing_key_secret",),
    example={"routing_key_secret": "pipewarden/pagerduty"},
    secret="routing_key_secret",
    secret_forms=(("routing_key",),),
    limits={
        "characters of a summary": SUMMARY_CHARACTERS,
        "characters of a deduplication key": KEY_CHARACTERS,
        "bytes of an event": 512_000,
    },
    tells={
        "page": "Triggers the alert of the incident.",
        "again": "Triggers the same alert again: PagerDuty adds it to the one that is open.",
        "acknowledged": "Acknowledges it.",
        "recovered": "Resolves it.",
        "closed": "Resolves it.",
        "notice": "Nothing: it is no case for anybody.",
    },
    notes=(
        "The deduplication key is the incident's id, so a page that is delivered twice is one alert.",
        "Incidents that quiet hours held back are an alert each, though others read of them in one message: each is "
        "taken and resolved by itself.",
        "P0 is `critical`, P1 `error`, P2 `warning`, P3 `info`; the urgency follows from the service's own settings.",
        "An acknowledgement in PagerDuty does not come back: acknowledge by the link of the page, or both will call.",
    ),
    source="developer.pagerduty.com: Events API v2",
    talk=pagerduty_talk,
)
