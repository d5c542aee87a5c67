"""Channels: called over HTTP on loopback, tried again where that helps, replaced by the page topic when they fail."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipewarden.channel import Request
from pipewarden.delivery import Delivery
from pipewarden.outgoing import DeliveryError, send
from pipewarden.route_settings import Channel
from tests.unit.runtime.room import Act, Room
from tests.unit.runtime.sample import notice
from tests.unit.runtime.scene import Scene

SLACK = Channel(type="slack", secret="pipewarden/chat")
HEADLINE = "P1 import (test): extract failed: Connect timeout. Retries exhausted: 2 of 2 failed."


@pytest.fixture
def room() -> Iterator[Room]:
    found = Room()
    yield found
    found.close()


def scene_with(channel: Channel, secret: str = "") -> Scene:
    scene = Scene()
    scene.workplace.settings.channels["chat"] = channel  # type: ignore[index]
    if secret:
        scene.aws.secretsmanager.secrets["pipewarden/chat"] = secret
    return scene


def announce(scene: Scene) -> list[str]:
    return Delivery(scene.workplace).announce(notice(), ("chat", "team"))


def test_a_channel_and_the_page_topic_are_told(room: Room) -> None:
    scene = scene_with(SLACK, room.url)
    assert announce(scene) == []
    assert room.taken[0].json["text"] == HEADLINE
    assert [row["topic"] for row in scene.aws.sns.published] == ["pipewarden-test-page-P1"]
    assert (scene.metric("ChannelMessages"), scene.metric("ChannelFailures")) == ([1.0], [])


@pytest.mark.parametrize(
    "secret",
    ["{url}", " {url}\n", '{{"url": "{url}"}}', '{{"webhook": "{url}"}}', '{{"url": "{url}", "owner": "Ann"}}'],
    ids=["plain text", "with blanks", "its key", "a single value of another name", "beside other keys"],
)
def test_forms_of_a_secret(room: Room, secret: str) -> None:
    assert announce(scene_with(SLACK, secret.format(url=room.url))) == []
    assert len(room.taken) == 1


PASSING = [
    pytest.param([Act(503)], [0.5], id="503"),
    pytest.param([Act(429, {"Retry-After": "3"})], [3.0], id="429 with the time to wait"),
    pytest.param([Act(429), Act(500)], [0.5, 1.0], id="twice, with growing waits"),
    pytest.param([Act(how="garbage")], [0.5], id="an answer that is no HTTP"),
]


@pytest.mark.parametrize(("acts", "waits"), PASSING)
def test_what_may_pass_is_tried_again(room: Room, acts: list[Act], waits: list[float]) -> None:
    scene = scene_with(SLACK, room.url)
    room.acts = acts
    assert announce(scene) == []
    assert scene.slept == waits
    assert len(room.taken) == 1


FAILING = [
    pytest.param([Act(500)] * 3, "answered 500", 3, id="three times 500"),
    pytest.param([Act(429, {"Retry-After": "60"})], "answered 429", 1, id="asked to wait longer than a page may"),
    pytest.param([Act(400)], "answered 400", 1, id="400 will not pass"),
    pytest.param([Act(403)], "answered 403", 1, id="403, and the secret is the same"),
    pytest.param(
        [Act(302, {"Location": "/elsewhere"})], "answered 302, a redirect, which is not followed", 1, id="a redirect"
    ),
]


@pytest.mark.parametrize(("acts", "why", "requests"), FAILING)
def test_what_fails_is_replaced_by_the_page_topic(room: Room, acts: list[Act], why: str, requests: int) -> None:
    scene = scene_with(SLACK, room.url)
    room.acts = list(acts)
    assert announce(scene) == [f"channel chat failed: {why}"]
    assert room.requests == requests
    (published,) = scene.aws.sns.published
    assert published["topic"] == "pipewarden-test-page-P1"
    first = f"Channel chat failed; this message stands in for it: chat ({why})."
    assert published["default"].startswith(f"{first}\n\n{HEADLINE}")
    assert published["sms"].endswith(" (Channel chat failed.)")
    assert scene.metric("ChannelFailures") == [1.0]


@pytest.mark.parametrize(
    ("channel", "secret", "why"),
    [
        (SLACK, "http://hooks.example.com/plain", "its address is no https address"),
        (SLACK, "file:///etc/passwd", "its address is no https address"),
        (SLACK, "nothing", "its address is no https address"),
        (SLACK, "https://[half", "its address, or a header, is not valid"),
        (SLACK, "http://127.0.0.1:1/a b", "answered no HTTP (InvalidURL)"),
        (SLACK, '{"url": "", "key": ""}', "the secret must be JSON with url"),
        (SLACK, "", "its secret could not be read (ResourceNotFoundException)"),
        (replace(SLACK, secret=""), "", "no secret is named for it"),
        (Channel(type="webhook", secret="pipewarden/chat"), "x", "the secret must be JSON with url and key"),
        (Channel(type="carrier-pigeon"), "", "nothing can call a channel of type carrier-pigeon"),
        (SLACK, "http://127.0.0.1:9/", "could not be reached (ConnectionRefusedError)"),
    ],
)
def test_a_channel_that_cannot_be_called(channel: Channel, secret: str, why: str) -> None:
    assert announce(scene_with(channel, secret)) == [f"channel chat failed: {why}"]


def test_a_rung_whose_channel_fails_reaches_the_page_topic(room: Room) -> None:
    scene = scene_with(SLACK, room.url)
    room.acts = [Act(400)]
    assert Delivery(scene.workplace).send_to("chat", notice()) == ["channel chat failed: answered 400"]
    assert [row["topic"] for row in scene.aws.sns.published] == ["pipewarden-test-page-P1"]


def test_a_channel_that_is_down_is_left_alone_for_a_minute(room: Room) -> None:
    scene = scene_with(SLACK, room.url)
    room.acts = [Act(500)] * 3
    announce(scene)
    assert announce(scene) == ["channel chat failed: was down less than a minute ago"]
    assert (room.requests, len(scene.aws.sns.published)) == (3, 2)
    scene.workplace.resting["chat"] -= 61
    assert announce(scene) == []


def test_a_channel_that_hangs_does_not_keep_the_page_from_the_others(room: Room) -> None:
    scene = scene_with(SLACK, room.url)
    seconds = iter([0.0, *[14.0] * 3, *[16.0] * 50])
    place = replace(scene.workplace, clock=lambda: next(seconds))
    room.acts = [Act(how="hang")]
    (line,) = Delivery(place).announce(notice(), ("chat",))
    assert line == "channel chat failed: did not answer within 1 s"
    assert len(scene.aws.sns.published) == 1


# --- secrets ---------------------------------------------------------------------------------------------------------


def reads(scene: Scene) -> int:
    return scene.aws.calls.count("secretsmanager.get_secret_value")


def test_a_secret_is_read_once_and_again_after_five_minutes(room: Room) -> None:
    scene = scene_with(SLACK, room.url)
    for _ in range(3):
        announce(scene)
    assert reads(scene) == 1
    scene.time += timedelta(minutes=5, seconds=1)
    announce(scene)
    assert reads(scene) == 2


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_refused_secret_is_read_again_at_once(room: Room, status: int) -> None:
    scene = scene_with(SLACK, f"{room.address}/old")
    announce(scene)
    scene.aws.secretsmanager.secrets["pipewarden/chat"] = f"{room.address}/new"
    room.acts = [Act(status)]
    assert announce(scene) == []
    assert [taken.path for taken in room.taken] == ["/old", "/new"]


SENTINEL = "s3ntinel-8f2c"
BEHAVIOURS = [
    Act(200), Act(400), Act(401), Act(404), Act(500), Act(302, {"Location": f"/{SENTINEL}"}), Act(how="garbage"),
    Act(200, body=SENTINEL.encode()), Act(400, body=SENTINEL.encode()),
]  # fmt: skip
SECRETS = {
    "slack": "{address}/T0/{sentinel}",
    "teams": '{{"url": "{address}/{sentinel}"}}',
    "pagerduty": "{sentinel}",
    "servicenow": '{{"username": "u", "password": "{sentinel}"}}',
    "webhook": '{{"url": "{address}/hook", "key": "{sentinel}"}}',
}


@pytest.mark.parametrize("act", BEHAVIOURS, ids=lambda act: f"{act.status}{act.how}{len(act.body)}")
@pytest.mark.parametrize("kind", SECRETS)
def test_no_secret_stands_in_logs_errors_or_metrics(
    room: Room, kind: str, act: Act, capfd: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []

    class Log:
        def info(self, msg: object, /, *, extra: Any) -> None:
            said.append(f"{msg} {extra}")

        warning = info

    fields = {"instance": room.address, "region": room.address}
    channel = Channel(type=kind, secret="pipewarden/chat", fields=fields)
    scene = scene_with(channel, SECRETS[kind].format(address=room.address, sentinel=SENTINEL))
    room.acts = [replace(act) for _ in range(3)]
    place = replace(scene.workplace, log=Log())
    said += Delivery(place).announce(notice(), ("chat",))
    said += [str(row) for row in scene.aws.sns.published] + [str(measured) for measured in scene.measured]
    said += [repr(place), repr(place.secrets), *capfd.readouterr()]
    assert SENTINEL not in "".join(said)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/SENTINEL a", "https://SENTINEL:x@[::1/", "https://exa mple/SENTINEL", "gopher://S"]
)
def test_an_error_never_shows_the_address(address: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        send(Request(url=address, headers={"X": "SENTINEL"}), 1.0, loopback=True)
    shown = f"{caught.value} {caught.value!r} {caught.value.args} {caught.value.__suppress_context__}"
    assert "SENTINEL" not in shown
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert "SENTINEL" not in repr(Request(url=address, headers={"X": "SENTINEL"}, body=b"SENTINEL"))


# --- one call --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["https://127.0.0.1/x", "https://[::1]/x", "https://169.254.169.254/latest", "https://0.0.0.0/"]
)
def test_this_machine_and_its_link_are_not_called(address: str) -> None:
    with pytest.raises(DeliveryError, match="this machine's own"):
        send(Request(url=address), 1.0)


def test_http_is_for_loopback_where_that_is_allowed(room: Room) -> None:
    with pytest.raises(DeliveryError, match="no https address"):
        send(Request(url=room.url), 1.0)
    assert send(Request(url=room.url), 1.0, loopback=True).status == 200


@pytest.mark.parametrize("how", ["hang", "drip"])
def test_a_call_ends_when_its_time_is_over(room: Room, how: str) -> None:
    room.acts = [Act(how=how)]
    with pytest.raises(DeliveryError, match="did not answer within") as caught:
        send(Request(url=room.url), 0.3, loopback=True)
    assert caught.value.passing


def test_a_large_answer_is_read_to_a_limit(room: Room) -> None:
    room.acts = [Act(body=b"x" * 300_000)]
    assert len(send(Request(url=room.url), 5.0, loopback=True).body) == 65_536


def test_sns_gets_one_message_in_three_forms() -> None:
    scene = Scene()
    Delivery(scene.workplace).send_to("primary", notice())
    (published,) = scene.aws.sns.published
    assert published["default"] == notice().message.text
    assert published["sms"] == notice().message.sms
    assert json.loads(published["https"])["source"] == "custom"
