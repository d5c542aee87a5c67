"""What each type of channel says to its service, held against the services' own rules."""

import hashlib
import hmac
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from slack_sdk.models.attachments import BlockAttachment
from slack_sdk.models.blocks import Block

from pipewarden.channel import Answer, ChannelType, Request
from pipewarden.channel_message import Event, Notice
from pipewarden.channels.pagerduty import pagerduty_body
from pipewarden.channels.servicenow import RESOLVED, create_body, update_body
from pipewarden.channels.slack import slack_body
from pipewarden.channels.teams import CARD_BYTES, teams_body
from pipewarden.channels.webhook import SCHEMA, sign, webhook_body
from pipewarden.chat_notification import chat_notification
from pipewarden.conversation import Patience, tell
from pipewarden.delivery import Delivery
from pipewarden.registry import channel_types
from pipewarden.route_settings import Channel
from tests.unit.runtime.room import Act, Room
from tests.unit.runtime.sample import EVENTS, notice, page
from tests.unit.runtime.scene import Scene

ROOT = Path(__file__).parents[3]
WILD = "<!channel> & ``` *b* _i_ [click](https://evil.example.com) @everyone \u202e \x07 " + "x" * 3_000
LINKS = {name: f"https://c.example.com/{name}" for name in ("acknowledge", "console", "run", "log", "dashboard")}
LARGE = page(
    links={**LINKS, "alarm": "https://c.example.com/a", "runbook": "https://w.example.com/" + "r" * 2_000},
    log=("/logs " + "g" * 500, tuple(f"{n} {WILD}"[:500] for n in range(40))),
    why=WILD,
)
CAUSES = tuple(
    replace(LARGE.cause, text=f"{n} {WILD}"[:900], error=WILD[:1_000], advice=WILD, within=n > 0) for n in range(10)
)
WORST = replace(
    LARGE,
    causes=CAUSES,
    tried=("t" * 400,) * 40,
    first_steps=(WILD,) * 20,
    samples=(WILD[:1_000],) * 3,
    below=("pipeline-" + "p" * 50,) * 60,
)
NOTICES = [*(pytest.param(notice(event), id=event) for event in EVENTS)]
NOTICES += [pytest.param(notice("page", LARGE), id="large"), pytest.param(notice("again", WORST), id="worst")]


# --- every type ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", channel_types().values(), ids=lambda kind: kind.type)
def test_a_type_of_channel_is_whole(kind: ChannelType) -> None:
    assert set(kind.tells) == set(EVENTS)
    assert set(kind.required) <= set(kind.example) <= set(kind.fields)
    assert (kind.reach == "call") == (kind.talk is not None) == bool(kind.secret_forms)
    assert (kind.reach == "topic") == bool(kind.protocol) == bool(kind.address)
    assert (kind.reach == "chat") == (kind.chat is not None)
    assert not kind.secret or kind.secret in kind.required
    assert kind.chat is None or set(kind.chat.properties.values()) == set(kind.fields)


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("kind", [k for k in channel_types().values() if k.talk], ids=lambda kind: kind.type)
def test_every_event_is_told(kind: ChannelType, event: Event) -> None:
    """Against a service that takes everything and finds nothing that it knew before."""
    room = Room()
    room.acts = [Act(200, body=b'{"result": []}')]
    try:
        fields = {"instance": room.address, "region": room.address}
        scene = Scene()
        forms = {"url": room.url, "key": "k", "routing_key": "r", "username": "u", "password": "p"}
        scene.aws.secretsmanager.secrets["s"] = json.dumps(forms)
        tell(
            scene.workplace,
            Channel(type=kind.type, secret="s", fields=fields),
            notice(event),
            Patience.of(scene.workplace, 5),
        )
    finally:
        room.close()
    quiet = event == "notice" and kind.type in ("pagerduty", "servicenow")
    assert bool([taken for taken in room.taken if taken.method == "POST"]) == (
        not quiet and (kind.type != "servicenow" or event in ("page", "again"))
    )


# --- Slack -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", NOTICES)
def test_slack_takes_its_blocks(told: Notice) -> None:
    """Slack's own SDK reads every block, knows every key of it, and finds every text within its limits."""
    body = slack_body(told)
    (attachment,) = body["attachments"]
    blocks = [*body["blocks"], *attachment["blocks"]]
    for block in blocks:
        read = Block.parse(block)
        assert read is not None
        read.validate_json()
        assert read.to_dict() == block
    BlockAttachment(blocks=[Block.parse(b) for b in attachment["blocks"]], color=attachment["color"]).validate_json()  # type: ignore[misc]
    assert len(blocks) <= 50
    texts = [part["text"] for block in blocks for part in [block.get("text"), *block.get("fields", ())] if part]
    assert max(map(len, texts)) <= 3_000
    assert all(text.count("```") % 2 == 0 for text in texts)
    assert len(body["text"]) <= 3_000


def test_slack_shows_what_a_log_says_and_does_what_it_says_not() -> None:
    text = json.dumps(slack_body(notice("page", LARGE)))
    assert "<!channel>" not in text
    assert "&lt;!channel&gt;" in text


def test_slack_gets_the_headline_the_facts_and_the_buttons() -> None:
    body = slack_body(notice())
    attachment = body["attachments"][0]
    assert body["text"] == notice().message.headline
    assert attachment["color"] == "#D9480F"
    assert attachment["blocks"][0]["fields"][0]["text"] == "*Since*\n2026-03-01 02:10 UTC"
    buttons = attachment["blocks"][-1]["elements"]
    assert [(b["text"]["text"], b.get("style")) for b in buttons] == [("Acknowledge", "primary"), ("Run", None)]
    assert slack_body(notice("recovered"))["attachments"][0]["color"] == "#2E7D32"


def test_slack_gets_no_button_that_it_would_refuse() -> None:
    long = page(links={"acknowledge": "https://a.example.com", "runbook": "https://b.example.com/" + "x" * 3_000})
    buttons = slack_body(notice("page", long))["attachments"][0]["blocks"][-1]["elements"]
    assert [button["action_id"] for button in buttons] == ["acknowledge"]


# --- Teams -----------------------------------------------------------------------------------------------------------

CHECK = """
const cards = require("adaptivecards/dist/adaptivecards.js");
const found = JSON.parse(require("fs").readFileSync(0, "utf8")).map((json) => {
  const context = new cards.SerializationContext(cards.Versions.v1_4);
  const card = new cards.AdaptiveCard();
  card.hostConfig = new cards.HostConfig({ actions: { maxActions: 6 } }); // Teams shows six
  card.parse(json, context);
  const events = [...Array(context.eventCount).keys()].map((n) => context.getEventAt(n).message);
  const invalid = card.validateProperties().validationEvents.map((event) => event.message);
  return { problems: [...events, ...invalid], items: card.getItemCount(), actions: card.getActionCount() };
});
console.log(JSON.stringify(found));
"""


def test_teams_takes_its_cards() -> None:
    """Microsoft's own library reads each card as version 1.4 and finds nothing that it would drop."""
    node = shutil.which("node") or str(Path(sys.executable).parent / "node")
    told = [notice(event) for event in EVENTS] + [notice("page", LARGE), notice("again", WORST)]
    cards = [teams_body(each)["attachments"][0]["content"] for each in told]
    made = subprocess.run([node, "-e", CHECK], input=json.dumps(cards), capture_output=True, text=True, cwd=ROOT)
    assert made.returncode == 0, made.stderr
    for card, found in zip(cards, json.loads(made.stdout), strict=True):
        assert found["problems"] == []
        assert (found["items"], found["actions"]) == (len(card["body"]), len(card["actions"]))


@pytest.mark.parametrize("told", NOTICES)
def test_teams_takes_the_size(told: Notice) -> None:
    body = teams_body(told)
    assert len(json.dumps(body, ensure_ascii=False).encode()) <= CARD_BYTES
    (attachment,) = body["attachments"]
    assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
    assert attachment["content"]["body"][0]["inlines"][0]["text"].startswith(told.message.headline[:100])
    assert len(attachment["content"]["actions"]) <= 6


def test_teams_loses_the_oldest_log_lines_first() -> None:
    text = json.dumps(teams_body(notice("page", LARGE)))
    assert '"39 <!channel>' in text
    assert '"0 <!channel>' not in text


# --- PagerDuty -------------------------------------------------------------------------------------------------------

TEXT = {"type": "string"}
EVENTS_V2 = {
    "type": "object",
    "additionalProperties": False,
    "required": ["routing_key", "event_action"],
    "properties": {
        "routing_key": {"type": "string", "minLength": 32, "maxLength": 32},
        "event_action": {"enum": ["trigger", "acknowledge", "resolve"]},
        "dedup_key": {"type": "string", "maxLength": 255},
        "client": TEXT,
        "client_url": TEXT,
        "payload": {
            "type": "object",
            "additionalProperties": False,
            "required": ["summary", "source", "severity"],
            "properties": {
                "summary": {"type": "string", "maxLength": 1024, "minLength": 1},
                "source": {"type": "string", "minLength": 1},
                "severity": {"enum": ["critical", "warning", "error", "info"]},
                "timestamp": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00$"},
                "component": TEXT,
                "group": TEXT,
                "class": TEXT,
                "custom_details": {"type": "object"},
            },
        },
        "links": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["href"],
                "properties": {"href": {"type": "string", "pattern": "^https://"}, "text": TEXT},
            },
        },
    },
    "if": {"properties": {"event_action": {"const": "trigger"}}},
    "then": {"required": ["payload"]},
    "else": {"required": ["dedup_key"]},
}
"""The documentation of PagerDuty's Events API v2, "Send an alert event", as a schema."""


@pytest.mark.parametrize("told", [told for told in NOTICES if told.id != "notice"])
def test_pagerduty_takes_its_events(told: Notice) -> None:
    body = pagerduty_body(told, "r" * 32)
    Draft202012Validator(EVENTS_V2).validate(body)
    assert len(json.dumps(body).encode()) < 512_000


def test_pagerduty_keeps_one_alert_per_incident() -> None:
    bodies = {event: pagerduty_body(notice(event), "key") for event in EVENTS if event != "notice"}
    assert {event: body["event_action"] for event, body in bodies.items()} == {
        "page": "trigger",
        "again": "trigger",
        "acknowledged": "acknowledge",
        "recovered": "resolve",
        "closed": "resolve",
    }
    assert {body["dedup_key"] for body in bodies.values()} == {"import-1"}
    assert bodies["page"]["payload"]["severity"] == "error"
    assert bodies["page"]["payload"]["custom_details"]["Last good run"] == "yesterday"
    assert bodies["page"]["links"][0] == {"href": "https://ack.example.com/?t=x", "text": "Acknowledge"}


@pytest.mark.parametrize(
    ("severity", "theirs"), [("P0", "critical"), ("P1", "error"), ("P2", "warning"), ("P3", "info")]
)
def test_severities_of_pagerduty(severity: str, theirs: str) -> None:
    assert pagerduty_body(replace(notice(), severity=severity), "k")["payload"]["severity"] == theirs


def test_pagerduty_of_europe() -> None:
    (request,) = requests(channel_types()["pagerduty"], Channel(type="pagerduty", fields={"region": "eu"}))
    assert request.url == "https://events.eu.pagerduty.com/v2/enqueue"


# --- ServiceNow ------------------------------------------------------------------------------------------------------

DESK = Channel(type="servicenow", fields={"instance": "https://acme.service-now.com", "assignment_group": "Data"})
FOUND, NONE = Answer(status=200, body=b'{"result": [{"sys_id": "abc"}]}'), Answer(status=200, body=b'{"result": []}')
BASIC = {"username": "u", "password": "p"}


def requests(
    kind: ChannelType,
    channel: Channel,
    event: Event = "page",
    answers: tuple[Answer, ...] = (),
    secret: dict[str, str] | None = None,
) -> list[Request]:
    """What a channel asks for when its service answers so."""
    assert kind.talk is not None
    secret = secret or {"url": "https://h.example.com/x", "key": "k", "routing_key": "r", **BASIC}
    talk, made, left = kind.talk(notice(event), channel, secret), [], iter(answers)
    try:
        made.append(next(talk))
        while True:
            made.append(talk.send(next(left, Answer(status=200, body=b"{}"))))
    except StopIteration:
        return made


@pytest.mark.parametrize(
    ("event", "answer", "calls"),
    [
        ("page", NONE, ["GET incident", "POST incident"]),
        ("page", FOUND, ["GET incident", "PATCH incident/abc"]),
        ("again", NONE, ["GET incident", "POST incident"]),
        ("acknowledged", FOUND, ["GET incident", "PATCH incident/abc"]),
        ("acknowledged", NONE, ["GET incident"]),
        ("recovered", FOUND, ["GET incident", "PATCH incident/abc"]),
        ("recovered", NONE, ["GET incident"]),
    ],
)
def test_servicenow_keeps_one_record_per_incident(event: Event, answer: Answer, calls: list[str]) -> None:
    made = requests(channel_types()["servicenow"], DESK, event, (answer,), BASIC)
    table = "https://acme.service-now.com/api/now/table/"
    assert [f"{r.method} {r.url.removeprefix(table).split('?')[0]}" for r in made] == calls
    assert "sysparm_query=correlation_id%3Dimport-1&" in made[0].url
    assert {r.headers["Authorization"] for r in made} == {"Basic dTpw"}


@pytest.mark.parametrize(
    ("secret", "form"),
    [
        ({"client_id": "i", "client_secret": "s"}, b"grant_type=client_credentials&client_id=i&client_secret=s"),
        (
            {"client_id": "i", "client_secret": "s", **BASIC},
            b"grant_type=password&client_id=i&client_secret=s&username=u&password=p",
        ),
    ],
    ids=["client credentials", "password grant"],
)
def test_servicenow_by_oauth(secret: dict[str, str], form: bytes) -> None:
    token = Answer(status=200, body=b'{"access_token": "t0"}')
    made = requests(channel_types()["servicenow"], DESK, "page", (token, NONE), secret)
    assert (made[0].url, made[0].body) == ("https://acme.service-now.com/oauth_token.do", form)
    assert [request.headers["Authorization"] for request in made[1:]] == ["Bearer t0", "Bearer t0"]


def test_records_of_servicenow() -> None:
    created = create_body(notice("again", WORST), DESK)
    assert len(created["short_description"]) <= 160
    assert len(created["description"]) <= 4_000
    assert (created["impact"], created["urgency"], created["assignment_group"]) == ("2", "1", "Data")
    assert update_body(notice("acknowledged"), DESK)["state"] == "2"
    ended = update_body(notice("recovered"), DESK)
    assert (ended["state"], ended["close_code"]) == (RESOLVED, "Solution provided")
    assert ended["close_notes"].startswith("Recovered: import (test): failed 02:10")


def test_a_lost_answer_opens_no_second_record() -> None:
    """The record was made, the answer was not heard: the next try finds it."""
    room = Room()
    room.acts = [Act(200, body=b'{"result": []}'), Act(500), Act(200, body=FOUND.body), Act(200, body=b"{}")]
    try:
        scene = Scene()
        scene.workplace.settings.channels["desk"] = replace(DESK, secret="s", fields={"instance": room.address})  # type: ignore[index]
        scene.aws.secretsmanager.secrets["s"] = json.dumps(BASIC)
        assert Delivery(scene.workplace).announce(notice(), ("desk",)) == []
    finally:
        room.close()
    assert [taken.method for taken in room.taken] == ["GET", "GET", "PATCH"]


# --- webhook ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", NOTICES)
def test_a_webhook_gets_what_the_schema_says(told: Notice) -> None:
    body = webhook_body(told)
    Draft202012Validator(SCHEMA).validate(body)
    assert len(json.dumps(body).encode()) < 400_000


def test_a_webhook_is_signed_over_time_and_body() -> None:
    (request,) = requests(channel_types()["webhook"], Channel(type="webhook"))
    stamp, signature = request.headers["Pipewarden-Timestamp"], request.headers["Pipewarden-Signature"]
    expected = hmac.new(b"k", f"{stamp}.".encode() + request.body, hashlib.sha256).hexdigest()
    assert signature == f"v1={expected}" == sign(stamp, request.body, "k")
    assert sign(str(int(stamp) + 1), request.body, "k") != signature
    assert request.headers["Pipewarden-Id"] == json.loads(request.body)["id"] == "import-1.page.1"


def test_each_message_of_an_incident_has_an_id_of_its_own() -> None:
    told = [*(notice(event) for event in EVENTS), replace(notice("again"), call="1.1.2")]
    assert len({each.id for each in told}) == len(told)


# --- AWS's own chat service ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", NOTICES)
def test_a_custom_notification(told: Notice) -> None:
    """Administrator Guide, "Custom notifications": version and source are fixed, the rest is text and lists of text."""
    body = chat_notification(told)
    assert (body["version"], body["source"], body["content"]["textType"]) == ("1.0", "custom", "client-markdown")
    assert set(body) == {"version", "source", "id", "content", "metadata"}
    assert len(body["content"]["title"]) <= 250
    assert body["content"]["description"].count("```") == 2
    assert body["metadata"]["threadId"] == told.key
    assert all(isinstance(step, str) for step in body["content"]["nextSteps"])
    assert len(json.dumps(body)) < 60_000


def test_nothing_that_is_told_carries_a_secret_but_pagerdutys_key() -> None:
    """Bodies are logged by the services that take them."""
    for name in ("slack", "teams", "webhook", "pagerduty"):
        secret = {"url": "https://h.example.com/the-secret", "key": "the-secret", "routing_key": "the-secret"}
        made = requests(channel_types()[name], Channel(type=name), secret=secret)
        assert any(b"the-secret" in request.body for request in made) == (name == "pagerduty")
