"""`pipewarden notify`: what is sent through a channel, and what is said of it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pipewarden.route_settings import Channel, Rung, Severity
from pipewarden_cli.channel_test import send_test
from pipewarden_plan.model import Environment, Mark
from tests.unit.runtime.memory_aws import MemoryAws
from tests.unit.runtime.room import Act, Room

MAIL = Channel(type="email", address="data@example.com")


@pytest.fixture
def room() -> Iterator[Room]:
    found = Room()
    yield found
    found.close()


def environment(channel: Channel, notify: tuple[str, ...] = ("chat",), rung: str = "") -> Environment:
    rungs = (Rung(after_seconds=60, to=rung),) if rung else ()
    return Environment(
        name="test",
        account="123456789012",
        region="eu-west-1",
        severities={"P1": Severity(respond_within_seconds=60, notify=notify, escalate=rungs)},
        channels={"chat": channel, "mail": MAIL},
        mark=Mark("x.yaml", 1),
    )


def send(declared: Environment, secret: Any = None, name: str = "chat") -> tuple[str, MemoryAws]:
    aws = MemoryAws()
    aws.secretsmanager.secrets["s"] = json.dumps(secret)
    return send_test(declared, name, aws.clients, local=True), aws


def test_a_chat_gets_one_message_that_says_what_it_is(room: Room) -> None:
    why, aws = send(environment(Channel(type="slack", secret="s")), {"url": room.url})
    (taken,) = room.taken
    assert why == ""
    assert taken.json["text"].startswith("TEST of Pipewarden (test)")
    assert aws.sns.published == []


def test_a_case_is_opened_and_resolved(room: Room) -> None:
    pager = Channel(type="pagerduty", secret="s", fields={"region": room.address})
    assert send(environment(pager), {"routing_key": "r"})[0] == ""
    assert [taken.json["event_action"] for taken in room.taken] == ["trigger", "resolve"]
    assert len({taken.json["dedup_key"] for taken in room.taken}) == 1


def test_what_the_service_answers_is_said(room: Room) -> None:
    room.acts = [Act(404)]
    assert send(environment(Channel(type="slack", secret="s")), {"url": room.url})[0] == "answered 404"


@pytest.mark.parametrize(
    ("declared", "topic"),
    [
        (environment(MAIL), "pipewarden-test-page-P1"),
        (environment(MAIL, ("mail",), "chat"), "pipewarden-test-to-chat"),
        (environment(MAIL, ("mail",)), ""),
    ],
    ids=["it hears a page topic", "a rung calls it", "nobody names it"],
)
def test_what_sns_reaches_gets_it_by_a_topic(declared: Environment, topic: str) -> None:
    why, aws = send(declared)
    assert [row["topic"] for row in aws.sns.published] == ([topic] if topic else [])
    assert why == ("" if topic else "no severity names it")


def test_a_type_that_nothing_calls_is_no_crash() -> None:
    chat = Channel(type="chatbot-slack", fields={"workspace": "T1", "channel": "C1"})
    why, aws = send(replace(environment(chat)))
    assert (why, len(aws.sns.published)) == ("", 1)
