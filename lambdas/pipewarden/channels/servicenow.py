"""ServiceNow, by its Table API: one incident record per incident, found again by its correlation id."""

import base64
from collections.abc import Generator
from typing import Any
from urllib.parse import quote, urlencode

from pipewarden.channel import Answer, ChannelType, Request, Secret, post_json
from pipewarden.channel_message import Notice, cut
from pipewarden.route_settings import Channel

SHORT_DESCRIPTION_CHARACTERS = 160
DESCRIPTION_CHARACTERS = 4_000
CORRELATION_CHARACTERS = 100
PRIORITIES = {"P0": ("1", "1"), "P1": ("2", "1"), "P2": ("2", "2"), "P3": ("3", "3")}
"""Impact and urgency, of which ServiceNow makes the priority: critical, high, moderate, planning."""
IN_PROGRESS, RESOLVED = "2", "6"
CLOSE_CODE = "Solution provided"


def servicenow_talk(notice: Notice, channel: Channel, secret: Secret) -> Generator[Request, Answer, None]:
    """Look for the record first: begun anew after a call whose answer was lost, it does not open a second one."""
    if notice.event == "notice":
        return
    instance = str(channel.fields["instance"]).rstrip("/")
    headers = {"Accept": "application/json", "Authorization": (yield from _authorize(instance, secret))}
    table = f"{instance}/api/now/table/incident"
    key = notice.key[-CORRELATION_CHARACTERS:]
    query = urlencode({"sysparm_query": f"correlation_id={key}", "sysparm_fields": "sys_id", "sysparm_limit": "1"})
    found = (yield Request(url=f"{table}?{query}", method="GET", headers=headers)).json().get("result") or []
    if found:
        changes = update_body(notice, channel)
        request = post_json(f"{table}/{quote(str(found[0]['sys_id']), safe='')}", changes, headers)
        yield Request(url=request.url, method="PATCH", body=request.body, headers=request.headers)
    elif notice.event in ("page", "again"):
        yield post_json(table, create_body(notice, channel), headers)


def create_body(notice: Notice, channel: Channel) -> dict[str, Any]:
    """A new record."""
    impact, urgency = PRIORITIES.get(notice.severity, ("3", "3"))
    named = {name: str(channel.fields[name]) for name in ("assignment_group", "caller") if name in channel.fields}
    if "caller" in named:
        named["caller_id"] = named.pop("caller")
    return {
        "short_description": cut(notice.message.headline, SHORT_DESCRIPTION_CHARACTERS),
        "description": cut(notice.message.text, DESCRIPTION_CHARACTERS),
        "impact": impact,
        "urgency": urgency,
        "correlation_id": notice.key[-CORRELATION_CHARACTERS:],
        "correlation_display": "Pipewarden",
        **named,
    }


def update_body(notice: Notice, channel: Channel) -> dict[str, Any]:
    """What changes in the record: a note, and the state where somebody has it or it is over."""
    note = cut(notice.message.text, DESCRIPTION_CHARACTERS)
    if notice.over:
        code = str(channel.fields.get("close_code", CLOSE_CODE))
        return {"state": RESOLVED, "close_code": code, "close_notes": note}
    return {"work_notes": note, **({"state": IN_PROGRESS} if notice.event == "acknowledged" else {})}


def _authorize(instance: str, secret: Secret) -> Generator[Request, Answer, str]:
    if "client_id" not in secret:
        pair = f"{secret['username']}:{secret['password']}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"
    grant = "password" if "username" in secret else "client_credentials"
    names = ("client_id", "client_secret", "username", "password")
    form = {"grant_type": grant, **{name: secret[name] for name in names if name in secret}}
    answer = yield Request(
        url=f"{instance}/oauth_token.do",
        body=urlencode(form).encode(),
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    return f"Bearer {answer.json()['access_token']}"


TEXT = {"type": "string", "minLength": 1, "maxLength": 100}
CHANNEL = ChannelType(
    type="servicenow",
    title="ServiceNow",
    summary="Records of ServiceNow's incident table (Table API).",
    reach="call",
    makes_cases=True,
    fields={
        "instance": {
            "type": "string",
            "title": "the https address of an instance such as https://acme.service-now.com",
            "pattern": r"^https://[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+/?$",
            "description": "The address of the instance.",
            "examples": ["https://acme.service-now.com"],
        },
        "credentials_secret": {"$ref": "#/$defs/secret_name", "examples": ["pipewarden/servicenow"]},
        "assignment_group": {
            **TEXT,
            "title": "the name of a group",
            "description": "The group that gets the records.",
            "examples": ["Data platform"],
        },
        "caller": {
            **TEXT,
            "title": "the name of a user",
            "description": "Who is entered as the caller.",
            "examples": ["pipewarden"],
        },
        "close_code": {
            **TEXT,
            "title": "a resolution code",
            "description": "The resolution code of records that end; one that your instance has.",
            "default": CLOSE_CODE,
            "examples": [CLOSE_CODE],
        },
    },
    required=("instance", "credentials_secret"),
    example={"instance": "https://acme.service-now.com", "credentials_secret": "pipewarden/servicenow"},
    secret="credentials_secret",
    secret_forms=(("username", "password"), ("client_id", "client_secret")),
    limits={
        "characters of a short description": SHORT_DESCRIPTION_CHARACTERS,
        "characters of a description": DESCRIPTION_CHARACTERS,
        "characters of a correlation id": CORRELATION_CHARACTERS,
    },
    tells={
        "page": "Opens a record, or adds a work note to the one with this correlation id.",
        "again": "Adds a work note.",
        "acknowledged": "Sets it to In Progress, with a work note.",
        "recovered": "Resolves it, with the story as close notes.",
        "closed": "Resolves it.",
        "notice": "Nothing: it is no case for anybody.",
    },
    notes=(
        "With `client_id` and `client_secret` a token is asked for at `/oauth_token.do` (client credentials; with "
        "`username` and `password` beside them, the password grant). The user needs the role `itil`.",
        "Incidents that quiet hours held back are a record each, though others read of them in one message.",
        "P0 is impact 1 and urgency 1, P1 2 and 1, P2 2 and 2, P3 3 and 3.",
    ),
    source="ServiceNow REST API reference: Table API; OAuth token endpoint",
    talk=servicenow_talk,
)
