"""Quiet hours: what is held back in them, and the one message at their end."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from pipewarden.acknowledgement import acknowledge
from pipewarden.route_settings import Channel
from pipewarden.signal import SignalKind
from pipewarden.window import Maintenance, QuietHours
from tests.unit.runtime.memory_aws import Crash
from tests.unit.runtime.room import Room
from tests.unit.runtime.scene import START, Scene
from tests.unit.runtime.test_hold import chain, fail, of, pages, succeed

NIGHT = QuietHours(start="22:00", end="07:00")
MORNING = START.replace(hour=7, minute=0)


@pytest.fixture
def room() -> Iterator[Room]:
    found = Room()
    yield found
    found.close()


def night(*names: str) -> Scene:
    """Pipelines of severity P2 that do not hang together, all of which have failed in the night."""
    scene = chain(dict.fromkeys(names, "P2"))
    settings = scene.workplace.settings
    settings.severities["P2"] = replace(settings.severities["P2"], quiet_hours=NIGHT)  # type: ignore[index]
    for name in names:
        alone = replace(settings.pipelines[name], upstream=(), downstream=())
        settings.pipelines[name] = alone  # type: ignore[index]
        fail(scene, name)
        scene.time += timedelta(minutes=10)
    return scene


def test_nobody_is_told_in_quiet_hours() -> None:
    scene = night("one")
    assert scene.subjects == []
    held = of(scene, "one").hold
    assert held
    assert (held.text, held.until) == ("quiet hours of P2 until 07:00 UTC", MORNING)


def test_what_still_fails_in_the_morning_is_told_in_one_message() -> None:
    scene = night("one", "two", "three")
    succeed(scene, "two")
    (digest,) = scene.due(SignalKind.DIGEST_DUE)
    scene.time = digest.time
    assert digest.time == MORNING
    assert scene.handle(digest) == "told"
    assert scene.handle(digest) == "duplicate"
    (sent,) = scene.aws.sns.published
    assert sent["subject"] == "[P2] test: 2 incidents after quiet hours: one, three"
    assert sent["sms"] == "P2 (test): 2 incidents held back in quiet hours still fail. one, three"
    lines = [line for line in sent["default"].splitlines() if not line.startswith("  Acknowledge: https://ack.example")]
    why = "deterministic: bad row. Not retried: a deterministic failure, and only transient and unknown ones are."
    assert lines == [
        "P2 (test): 2 incidents held back in quiet hours still fail.",
        "",
        f"P2 one (test): one failed: {why}",
        f"  Incident: {of(scene, 'one').id}   Owner: crm-data   Since: 2026-03-01 02:10 UTC",
        "",
        f"P2 three (test): three failed: {why}",
        f"  Incident: {of(scene, 'three').id}   Owner: crm-data   Since: 2026-03-01 02:30 UTC",
    ]
    assert [of(scene, name).state for name in ("one", "two", "three")] == ["paged", "recovered", "paged"]
    for signal in scene.due(SignalKind.HOLD_DUE):
        scene.time = signal.time
        assert scene.handle(signal) == "ignore"
    assert len(scene.aws.sns.published) == 1


def test_the_links_of_the_digest_acknowledge_each_incident() -> None:
    scene = night("one", "two")
    scene.time = MORNING
    scene.handle(scene.due(SignalKind.DIGEST_DUE)[0])
    assert acknowledge(scene.workplace, of(scene, "one").id, "Ada", page=1)[0] == "acknowledged"


def test_a_single_incident_is_paged_by_itself_two_minutes_later() -> None:
    scene = night("one")
    scene.time = MORNING
    assert scene.handle(scene.due(SignalKind.DIGEST_DUE)[0]) == "left to its own page"
    (signal,) = scene.due(SignalKind.HOLD_DUE)
    scene.time = signal.time
    assert signal.time == MORNING + timedelta(minutes=2)
    scene.handle(signal)
    (page,) = pages(scene, "one")
    assert "Held back for 4h 51m: quiet hours of P2 until 07:00 UTC." in page["default"].splitlines()[0]


def test_a_digest_that_is_lost_is_made_good_by_the_pages_themselves() -> None:
    scene = night("one", "two")
    for signal in scene.due(SignalKind.HOLD_DUE):
        scene.time = signal.time
        scene.handle(signal)
    assert [len(pages(scene, name)) for name in ("one", "two")] == [1, 1]


def test_what_maintenance_holds_on_is_not_in_the_digest() -> None:
    scene = night("one", "two", "three")
    window = Maintenance(name="patch", cron="30 6 * * *", duration_seconds=3600, pipelines=("two",))
    object.__setattr__(scene.workplace.settings, "maintenance", (window,))
    scene.time = MORNING
    scene.handle(scene.due(SignalKind.DIGEST_DUE)[0])
    assert "one, three" in scene.aws.sns.published[0]["subject"]
    assert of(scene, "two").hold


def test_a_crash_anywhere_in_the_digest_leaves_nobody_untold() -> None:
    plain = night("one", "two")
    plain.time = MORNING
    plain.aws.calls.clear()
    plain.handle(plain.due(SignalKind.DIGEST_DUE)[0])
    for number in range(1, len(plain.aws.calls) + 1):
        for after in (False, True):
            scene = night("one", "two")
            scene.time = MORNING
            digest = scene.due(SignalKind.DIGEST_DUE)[0]
            scene.aws.crash_at(number, after=after)
            try:
                scene.handle(digest)
            except Crash:
                scene.aws.revive()
            else:
                raise AssertionError("it did not crash")
            scene.time += timedelta(minutes=1)
            scene.handle(digest)
            for signal in scene.due(SignalKind.HOLD_DUE):
                scene.time = max(scene.time, signal.time)
                scene.handle(signal)
            told = " ".join(row["subject"] for row in scene.aws.sns.published)
            assert all(name in told for name in ("one", "two"))
            assert all(of(scene, name).pending == () for name in ("one", "two"))
            assert {of(scene, name).state for name in ("one", "two")} == {"paged"}


def test_each_incident_of_the_digest_is_a_case_of_its_own(room: Room) -> None:
    """PagerDuty adds what it is told to the alert of its key: two incidents under one key could not be taken, and would
    not end, one by one."""
    scene = night("one", "two")
    settings = scene.workplace.settings
    scene.aws.secretsmanager.secrets["pipewarden/pager"] = "r" * 32
    pager = Channel(type="pagerduty", secret="pipewarden/pager", fields={"region": room.url})
    settings.channels["pager"] = pager  # type: ignore[index]
    settings.severities["P2"] = replace(settings.severities["P2"], notify=("team", "pager"))  # type: ignore[index]
    scene.time = MORNING
    scene.handle(scene.due(SignalKind.DIGEST_DUE)[0])
    keys = [of(scene, name).id for name in ("one", "two")]
    assert [taken.json["dedup_key"] for taken in room.taken] == keys
    assert [taken.json["payload"]["summary"][:6] for taken in room.taken] == ["P2 one", "P2 two"]
    assert len(scene.aws.sns.published) == 1
    succeed(scene, "two")
    assert [(taken.json["event_action"], taken.json["dedup_key"]) for taken in room.taken[2:]] == [("resolve", keys[1])]


def test_a_service_that_makes_cases_and_is_down_is_replaced_by_the_page_topic(room: Room) -> None:
    scene = night("one", "two")
    settings = scene.workplace.settings
    pager = Channel(type="pagerduty", secret="pipewarden/none", fields={"region": room.url})
    settings.channels["pager"] = pager  # type: ignore[index]
    settings.severities["P2"] = replace(settings.severities["P2"], notify=("pager",))  # type: ignore[index]
    scene.time = MORNING
    scene.handle(scene.due(SignalKind.DIGEST_DUE)[0])
    assert [len(pages(scene, name)) for name in ("one", "two")] == [1, 1]
