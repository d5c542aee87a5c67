"""The page docs/channels.md, written from the types of channels: `python -m pipewarden_cli.channel_page`.

The messages on it are what the renderers make of one example, so the page cannot say anything else than they do.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from pipewarden.channel import Answer, ChannelType, Request
from pipewarden.channel_message import Event
from pipewarden.channels.webhook import SCHEMA
from pipewarden.chat_notification import chat_notification
from pipewarden.conversation import CALL_SECONDS, TRIES
from pipewarden.delivery import ANNOUNCE_SECONDS, REST_SECONDS
from pipewarden.registry import channel_types
from pipewarden.route_settings import Channel
from pipewarden.secret import KEPT
from pipewarden_cli.example_incident import example_notice
from pipewarden_plan.show import flow

PAGE = Path("docs/channels.md")
EVENTS: tuple[Event, ...] = get_args(Event)
REACHES = {"topic": "SNS", "chat": "AWS's chat service, from SNS", "call": "our functions"}
EXAMPLE_SECRET = {
    "url": "https://hooks.example.com/...",
    "key": "<a long random text>",
    "routing_key": "<32 characters>",
    "username": "pipewarden",
    "password": "...",
    "client_id": "...",
    "client_secret": "...",
}
HEAD = f"""# Channels

<!-- Made by `python -m pipewarden_cli.channel_page` from lambdas/pipewarden/channels: change that, not this page. -->

A channel is one way to reach people. `severities:` says which ones a failure reaches and when; [the
declaration](declaration.md#channel) lists every key. `pipewarden notify ENV --channel NAME` sends a test message
and says what the service answered.

## How a message gets there

- The severity's SNS page topic is always told: it is what e-mail, SMS and AWS's chat service hear. The other channels
  are called by the responder (pages, ends) and the escalator (rungs, acknowledgements).
- Whoever was told of a page is told when somebody has taken it, and when it is over.
- A call that times out after {CALL_SECONDS:.0f} s, or is answered with 408, 425, 429 or 5xx, is tried {TRIES} times,
  with waits that grow or that `Retry-After` asks for. Any other refusal is final. All channels of one page share
  {ANNOUNCE_SECONDS:.0f} s, and one that is down is left alone for {REST_SECONDS:.0f} s.
- A channel that fails is replaced by the page topic: its message begins with which channel did not take it, and why.
  The metric `ChannelFailures` counts it, and the alarm `channels.failed` acts on the page topic directly.
- Delivery is at least once. What is still to be told is written with the incident and taken out when it is done, so a
  crash repeats a message and never loses one. PagerDuty and ServiceNow fold a repetition into the same alert or record,
  webhooks carry an id that is the same for every try.
- Addresses and keys live in Secrets Manager; the declaration has their names only. A secret is kept for
  {KEPT.seconds // 60:.0f} minutes and read again at once when a service answers 401, 403, 404 or 410. It stands in no
  log, no error and no metric.
- Calls go to https addresses only, never to the machine itself, and follow no redirect.
- What is quoted (errors, log lines, samples) is masked first: keys, tokens, passwords, credentials in addresses. A log
  excerpt has at most 4 KB.
"""
VERIFY = '''### How a receiver checks it

`Pipewarden-Signature` is `v1=` and the hexadecimal HMAC-SHA256, with the `key` of the secret, of the header
`Pipewarden-Timestamp`, a dot, and the body as it came.

```python
import hashlib
import hmac
import time


def is_genuine(headers, body: bytes, key: str, seen: set) -> bool:
    """True for a message of Pipewarden that is not older than a quarter of an hour and did not come before."""
    stamp = headers["Pipewarden-Timestamp"]
    mac = hmac.new(key.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(f"v1={mac}", headers["Pipewarden-Signature"]):
        return False
    if abs(time.time() - int(stamp)) > 900 or headers["Pipewarden-Id"] in seen:
        return False
    seen.add(headers["Pipewarden-Id"])
    return True
```

A message that came before is answered with 200 all the same, or it comes again.
'''


def render_page() -> str:
    """The whole page as Markdown."""
    return "\n".join([HEAD, *_overview(), *(line for kind in channel_types().values() for line in _section(kind))])


def _overview() -> Iterator[str]:
    yield "## Types\n"
    yield "| Type | | Brought by | Secret |"
    yield "|---|---|---|---|"
    for kind in channel_types().values():
        secret = " or ".join(" and ".join(f"`{key}`" for key in form) for form in kind.secret_forms)
        yield f"| [`{kind.type}`](#{kind.type}) | {kind.title} | {REACHES[kind.reach]} | {secret} |"
    yield ""


def _section(kind: ChannelType) -> Iterator[str]:
    yield f"## {kind.type}\n"
    yield f"{kind.summary}\n"
    yield f"```yaml\nchannels:\n  my-{kind.type}: {flow({'type': kind.type, **kind.example})}\n```\n"
    for form in kind.secret_forms:
        shape = json.dumps({key: EXAMPLE_SECRET[key] for key in form})
        plain = " (or that value as plain text)" if len(form) == 1 else ""
        yield f"The secret holds `{shape}`{plain}.\n"
    yield "| Message | What it does |\n|---|---|"
    yield from (f"| {event} | {kind.tells[event]} |" for event in EVENTS)
    limits = ", ".join(f"{value:,} {name}" for name, value in kind.limits.items())
    yield f"\nLimits that are kept: {limits}.\n"
    yield from (f"- {note}" for note in kind.notes)
    yield f"\nSource: {kind.source}.\n" if kind.source else ""
    yield from _messages(kind)


def _messages(kind: ChannelType) -> Iterator[str]:
    yield "### As it looks\n" if kind.type != "webhook" else f"{VERIFY}\n### As it looks\n"
    if kind.type == "email":
        for event in EVENTS:
            message = example_notice(event).message
            yield f"{event}, subject `{message.subject}`:\n\n```text\n{message.text.rstrip()}\n```\n"
    elif kind.type == "sms":
        yield from (f"{event}:\n\n```text\n{example_notice(event).message.sms}\n```\n" for event in EVENTS)
    elif kind.reach == "chat":
        yield _json("page", chat_notification(example_notice("page")))
    else:
        for event in EVENTS if kind.type in ("pagerduty", "servicenow") else ("page", "recovered"):
            yield from (_request(event, request) for request in _requests(kind, event))
    if kind.type == "webhook":
        yield _json("The schema of a body", SCHEMA)


def _requests(kind: ChannelType, event: Event) -> Iterator[Request]:
    """What is asked of a service; ServiceNow knows the record from the second message on."""
    assert kind.talk is not None
    fields = {name: row["default"] for name, row in kind.fields.items() if "default" in row}
    channel = Channel(type=kind.type, fields={**fields, **kind.example})
    found = '{"result": []}' if event == "page" else '{"result": [{"sys_id": "9d38..."}]}'
    talk = kind.talk(example_notice(event), channel, {key: EXAMPLE_SECRET[key] for key in kind.secret_forms[0]})
    try:
        request = next(talk)
        while True:
            yield request
            request = talk.send(Answer(status=200, body=found.encode()))
    except StopIteration:
        return


def _request(event: Event, request: Request) -> str:
    if not request.body:
        return f"{event}: `{request.method} {request.url}`\n"
    return _json(f"{event}: {request.method}", json.loads(request.body))


def _json(title: str, values: object) -> str:
    text = json.dumps(values, indent=1, ensure_ascii=False)
    return f"<details><summary>{title}</summary>\n\n```json\n{text}\n```\n\n</details>\n"


def main() -> int:
    """Write the page below the current folder."""
    PAGE.write_text(render_page(), encoding="utf-8")
    print(f"wrote {PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
