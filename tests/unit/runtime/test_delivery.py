"""Channels: called over HTTP on loopback, retried, replaced by the page topic when they fail."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from pipewarden.delivery import Delivery
from pipewarden.settings import Channel
from tests.unit.runtime.scene import Scene
from tests.unit.runtime.test_messages import notice


class Room:
    """A chat service: takes bodies, or answers with the statuses that it was told."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.statuses: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = outer.statuses.pop(0) if outer.statuses else 200
                if status == 200:
                    outer.bodies.append(body)
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: Any) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self._thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join(5)


@pytest.fixture
def room() -> Iterator[Room]:
    found = Room()
    yield found
    found.close()


def scene_with(channel: Channel, secret: str = "") -> Scene:
    scene = Scene()
    scene.workplace.settings.channels["chat"] = channel  # type: ignore[index]
    scene.aws.secretsmanager.secrets["pipewarden/chat"] = secret
    return scene


def test_a_webhook_address_comes_from_its_secret(room: Room) -> None:
    scene = scene_with(Channel(type="slack", secret="pipewarden/chat"), room.url)
    assert Delivery(scene.workplace).announce(notice(), ("chat", "team")) == []
    assert room.bodies[0]["text"].startswith("P1 import (test)")
    assert [row["topic"] for row in scene.aws.sns.published] == ["pipewarden-test-page-P1"]


def test_a_json_secret_with_one_value_is_that_value(room: Room) -> None:
    scene = scene_with(Channel(type="teams", secret="pipewarden/chat"), json.dumps({"url": room.url}))
    assert Delivery(scene.workplace).send_to("chat", notice()) == []
    assert room.bodies[0]["type"] == "message"


def test_pagerduty_is_called_at_its_url_with_the_routing_key(room: Room) -> None:
    scene = scene_with(Channel(type="pagerduty", secret="pipewarden/chat", url=room.url), "routing-key")
    Delivery(scene.workplace).send_to("chat", notice())
    assert room.bodies[0]["routing_key"] == "routing-key"


def test_a_channel_that_fails_once_is_called_again(room: Room) -> None:
    scene = scene_with(Channel(type="webhook", url=room.url))
    room.statuses = [503]
    assert Delivery(scene.workplace).announce(notice(), ("chat",)) == []
    assert len(room.bodies) == 1
    assert scene.metric("ChannelFailures") == []


@pytest.mark.parametrize(
    ("channel", "secret"),
    [
        (Channel(type="webhook"), ""),
        (Channel(type="webhook", url="http://hooks.example.com/plain"), ""),
        (Channel(type="webhook", url="file:///etc/passwd"), ""),
        (Channel(type="slack", secret="pipewarden/none"), ""),
        (Channel(type="carrier-pigeon"), ""),
        (Channel(type="webhook", url="http://127.0.0.1:9/"), ""),
    ],
    ids=["no address", "not https", "no web address", "no secret", "unknown type", "nobody listens"],
)
def test_a_channel_that_cannot_be_called_is_replaced_by_the_page_topic(channel: Channel, secret: str) -> None:
    scene = scene_with(channel, secret)
    assert Delivery(scene.workplace).announce(notice(), ("chat",)) == ["channel chat failed"]
    (published,) = scene.aws.sns.published
    assert published["topic"] == "pipewarden-test-page-P1"
    assert published["default"].startswith("Channel chat failed; this message stands in for it.\n\nP1 import")
    assert scene.metric("ChannelFailures") == [1.0]


def test_a_rung_whose_channel_fails_reaches_the_page_topic(room: Room) -> None:
    scene = scene_with(Channel(type="webhook", url=room.url))
    room.statuses = [500, 500]
    assert Delivery(scene.workplace).send_to("chat", notice()) == ["channel chat failed"]
    assert [row["topic"] for row in scene.aws.sns.published] == ["pipewarden-test-page-P1"]


def test_no_address_and_no_secret_stands_in_the_logs(room: Room) -> None:
    said: list[str] = []

    class Log:
        def info(self, msg: object, /, *, extra: Any) -> None: ...

        def warning(self, msg: object, /, *, extra: Any) -> None:
            said.append(f"{msg} {extra}")

    scene = scene_with(Channel(type="slack", secret="pipewarden/chat"), f"{room.url}/T000/secret")
    room.statuses = [404, 404]
    Delivery(replace(scene.workplace, log=Log())).announce(notice(), ("chat",))
    assert len(said) == 2
    assert "answered 404" in said[0]
    assert "secret" not in "".join(said)
