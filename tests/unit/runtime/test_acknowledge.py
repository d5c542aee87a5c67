"""Taking an incident over, by link and by command."""

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipewarden.acknowledge_request import answer_request
from pipewarden.acknowledgement import acknowledge
from pipewarden.link import LinkError, read_link, sign_link
from pipewarden.signal import Signal, SignalKind
from tests.unit.runtime.memory_aws import Crash
from tests.unit.runtime.scene import START, Scene


def paged_scene() -> Scene:
    scene = Scene()
    scene.handle(scene.ended("extract", "r1", "failed", "deterministic <b>"))
    return scene


def token(scene: Scene) -> str:
    text = scene.aws.sns.published[0]["default"]
    link = next(line for line in text.splitlines() if line.startswith("Acknowledge: ")).split()[1]
    return parse_qs(urlsplit(link).query)["t"][0]


def request(method: str, found: str, body: str = "", *, encoded: bool = False) -> dict[str, Any]:
    return {
        "requestContext": {"http": {"method": method}},
        "queryStringParameters": {"t": found} if found else None,
        "body": base64.b64encode(body.encode()).decode() if encoded else body,
        "isBase64Encoded": encoded,
    }


def test_opening_the_link_acknowledges_nothing() -> None:
    scene = paged_scene()
    answer = answer_request(scene.workplace, request("GET", token(scene)))
    assert answer["statusCode"] == 200
    assert '<form method="post">' in answer["body"]
    assert "extract failed" in answer["body"]
    assert "<script" not in answer["body"]
    assert scene.incident.state == "paged"
    assert "default-src 'none'" in answer["headers"]["Content-Security-Policy"]


@pytest.mark.parametrize("encoded", [False, True], ids=["plain body", "base64 body"])
def test_pressing_the_button_acknowledges_once(encoded: bool) -> None:
    scene = paged_scene()
    scene.time += timedelta(minutes=7)
    link = token(scene)
    answer = answer_request(scene.workplace, request("POST", link, "by=Ada+%3Cb%3E", encoded=encoded))
    assert answer["statusCode"] == 200
    assert (scene.incident.state, scene.incident.acknowledged_by) == ("acknowledged", "Ada <b>")
    assert scene.metric("SecondsToAcknowledge") == [420.0]
    second = answer_request(scene.workplace, request("POST", link, "by=Bob"))
    assert second["statusCode"] == 200
    assert "acknowledged by Ada &lt;b&gt; at 2026-03-01 02:17 UTC" in second["body"]
    assert scene.incident.acknowledged_by == "Ada <b>"
    assert scene.metric("SecondsToAcknowledge") == [420.0]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda found: "", 403),
        (lambda found: "nonsense", 403),
        (lambda found: "a.b.c", 403),
        (lambda found: "!!.!!", 403),
        (lambda found: found[:-3] + "AAA", 403),
        (lambda found: "A" + found[1:], 403),
    ],
    ids=["none", "no token", "three parts", "no base64", "another signature", "another incident"],
)
def test_a_damaged_link_does_nothing(method: str, change: Any, status: int) -> None:
    scene = paged_scene()
    answer = answer_request(scene.workplace, request(method, change(token(scene))))
    assert answer["statusCode"] == status
    assert scene.incident.state == "paged"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_expires_after_a_day(method: str) -> None:
    scene = paged_scene()
    link = token(scene)
    scene.time += timedelta(hours=24, minutes=1)
    assert answer_request(scene.workplace, request(method, link))["statusCode"] == 410
    assert scene.incident.state == "paged"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_link_of_an_older_page_does_not_acknowledge_a_newer_one(method: str) -> None:
    scene = paged_scene()
    link = token(scene)
    scene.time += timedelta(hours=5)
    scene.handle(Signal(kind=SignalKind.ALARM_RAISED, time=scene.time, alarm="stale"))
    assert scene.incident.pages == 2
    assert answer_request(scene.workplace, request(method, link))["statusCode"] == 409
    assert scene.incident.state == "paged"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_link_to_an_incident_that_is_gone(method: str) -> None:
    scene = paged_scene()
    link = sign_link("https://x", "gone", 1, scene.time, b"the-key").split("t=")[1]
    assert answer_request(scene.workplace, request(method, link))["statusCode"] == 404


def test_an_incident_that_is_over_needs_nobody() -> None:
    scene = paged_scene()
    link = token(scene)
    scene.time += timedelta(minutes=5)
    scene.run("r2", "running", started=scene.time)
    scene.handle(scene.ended("extract", "r2", "succeeded"))
    for method in ("GET", "POST"):
        answer = answer_request(scene.workplace, request(method, link))
        assert answer["statusCode"] == 200
        assert "nobody needs to act" in answer["body"]
    assert scene.incident.state == "recovered"


def test_other_methods_are_refused() -> None:
    assert answer_request(paged_scene().workplace, request("DELETE", ""))["statusCode"] == 405


def test_a_signature_of_another_key_is_refused() -> None:
    link = sign_link("https://x/", "i", 1, START, b"one").split("t=")[1]
    assert read_link(link, START, b"one") == ("i", 1)
    with pytest.raises(LinkError, match="not made by Pipewarden"):
        read_link(link, START, b"two")


def test_taking_messages_in_quarantine_ends_the_incident() -> None:
    scene = Scene()
    scene.handle(
        Signal(
            kind=SignalKind.DRAIN_FINISHED,
            time=scene.time,
            run_id="d",
            pipeline="import",
            resource="ingest",
            detail={"quarantined": 2},
        )
    )
    result, incident = acknowledge(scene.workplace, scene.incident.id, "Ada")
    assert result == "acknowledged"
    assert incident
    assert incident.state == "closed"
    assert scene.store.read(scene.time, signal_key="-", pipeline="import").open_incident == ""
    assert acknowledge(scene.workplace, incident.id, "Bob")[0] == "already"


@pytest.mark.parametrize(("incident", "result"), [("gone", "unknown")])
def test_an_unknown_incident_is_said_to_be_unknown(incident: str, result: str) -> None:
    assert acknowledge(Scene().workplace, incident, "Ada") == (result, None)


def test_two_people_at_once_are_one() -> None:
    scene = paged_scene()
    inner: list[str] = []

    def come_in(name: str) -> None:
        if name == "dynamodb.transact_write_items" and not inner:
            inner.append("")
            inner[0] = acknowledge(scene.workplace, scene.incident.id, "Bob")[0]

    scene.aws.before_call = come_in
    assert acknowledge(scene.workplace, scene.incident.id, "Ada")[0] == "already"
    assert inner == ["acknowledged"]
    assert scene.incident.acknowledged_by == "Bob"


def test_a_crash_while_acknowledging_leaves_it_done_or_not_done() -> None:
    for number, after, state in ((1, True, "paged"), (2, False, "paged"), (2, True, "acknowledged")):
        scene = paged_scene()
        identity = scene.incident.id
        scene.aws.crash_at(number, after=after)
        with pytest.raises(Crash):
            acknowledge(scene.workplace, identity, "Ada")
        scene.aws.revive()
        assert scene.incident.state == state
