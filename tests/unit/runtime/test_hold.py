"""Pages that are held back: by a failure above, by maintenance; and how each of them ends."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipewarden.acknowledgement import acknowledge
from pipewarden.incident import Incident
from pipewarden.pipeline_settings import PipelineSettings
from pipewarden.signal import Signal, SignalKind
from pipewarden.window import Maintenance
from tests.unit.runtime.scene import RETRY, START, Scene, resource

PATCH = Maintenance(name="patch", cron="0 2 * * *", duration_seconds=3600)


def chain(severities: dict[str, str], **settings: Any) -> Scene:
    """Pipelines that hang below each other in this order, each with one job of its name."""
    scene, names = Scene(**settings), list(severities)
    pipelines: dict[str, PipelineSettings] = scene.workplace.settings.pipelines  # type: ignore[assignment]
    for place, (name, severity) in enumerate(severities.items()):
        above, below = tuple(names[:place]), tuple(names[place + 1 :])
        pipelines[name] = PipelineSettings(
            team="crm",
            owner="crm-data",
            severity=severity,
            upstream=above,
            downstream=below,
            resources={name: resource(name, retry=RETRY)},
        )
    scene.workplace.settings.__dict__.pop("_by_identity", None)
    return scene


def fail(scene: Scene, name: str, run: str = "", error: str = "deterministic: bad row") -> str:
    return scene.handle(scene.ended(name, run or f"{name}-1", "failed", error))


def succeed(scene: Scene, name: str) -> None:
    scene.time += timedelta(minutes=1)
    scene.run(f"{name}-9", "running", started=scene.time)
    scene.time += timedelta(minutes=1)
    scene.handle(scene.ended(name, f"{name}-9", "succeeded"))


def of(scene: Scene, pipeline: str) -> Incident:
    return next(one for one in scene.store.recent() if one.pipeline == pipeline)  # type: ignore[no-any-return]


def pages(scene: Scene, pipeline: str) -> list[dict[str, Any]]:
    return [
        row
        for row in scene.aws.sns.published
        if "page-" in row["topic"]
        and f"/{pipeline}:" in row["subject"]
        and not row["subject"].startswith(("[recovered]", "[acknowledged]"))
    ]


def look(scene: Scene) -> str:
    """Let the time come at which a held page is looked at next."""
    signal = scene.due(SignalKind.HOLD_DUE)[-1]
    scene.time = signal.time
    return scene.handle(signal)


def test_a_failure_above_holds_back_the_page_below_and_is_said_in_both() -> None:
    scene = chain({"up": "P1", "down": "P1"})
    fail(scene, "up")
    scene.time += timedelta(minutes=4)
    fail(scene, "down")
    assert pages(scene, "down") == []
    entries = [entry.text for entry in scene.store.timeline(of(scene, "down").id) if entry.kind == "held"]
    assert entries == ["up above it has failed since 02:10 UTC"]
    scene.time += timedelta(minutes=1)
    fail(scene, "up", "up-2")
    succeed(scene, "up")
    text = scene.aws.sns.published[-1]["default"]
    assert "HELD BACK BELOW IT, paged in 15m if it still fails\n  down: fails since 02:14 UTC" in text


def test_a_page_that_comes_after_names_what_fails_below_already() -> None:
    scene = chain({"up": "P1", "down": "P1"})
    fail(scene, "up", error="transient: 503")
    fail(scene, "down")
    assert scene.subjects == []
    fail(scene, "up", "up-2")
    (page,) = pages(scene, "up")
    assert "HANGS BELOW IT\n  down: fails since 02:10 UTC, its page is held back" in page["default"]


@pytest.mark.parametrize(
    ("up", "down", "taken", "minutes", "expected"),
    [
        ("P1", "P1", False, 0, 0),
        ("P2", "P1", False, 0, 0),
        ("P1", "P2", True, 0, 0),
        ("P2", "P1", True, 0, 1),
        ("P1", "P0", False, 0, 1),
    ],
    ids=[
        "as severe: held",
        "more severe: held for a while",
        "less severe, and somebody has the one above: held",
        "more severe than what somebody took: paged",
        "P0 is never held",
    ],
)
def test_who_is_held_back_by_a_failure_above(up: str, down: str, taken: bool, minutes: int, expected: int) -> None:
    scene = chain({"up": up, "down": down})
    fail(scene, "up")
    if taken:
        acknowledge(scene.workplace, of(scene, "up").id, "Ada")
    scene.time += timedelta(minutes=minutes)
    fail(scene, "down")
    assert len(pages(scene, "down")) == expected


def test_what_still_fails_fifteen_minutes_after_the_one_above_recovered_is_paged() -> None:
    scene = chain({"up": "P1", "down": "P1"})
    fail(scene, "up")
    fail(scene, "down")
    scene.time += timedelta(minutes=10)
    succeed(scene, "up")
    recovered = scene.time
    assert look(scene) == "page"
    assert pages(scene, "down") == []
    look(scene)
    assert scene.time - recovered == timedelta(minutes=15)
    (page,) = pages(scene, "down")
    first = page["default"].splitlines()[0]
    assert first == (
        "P1 down (test): down failed: deterministic: bad row. Not retried: a deterministic failure, and only "
        "transient and unknown ones are. Held back for 27m: up above it recovered at 02:22 UTC, "
        "and it has 15m to follow."
    )


def test_what_recovers_while_it_is_held_tells_nobody() -> None:
    scene = chain({"up": "P1", "down": "P1"})
    fail(scene, "up")
    fail(scene, "down")
    succeed(scene, "down")
    assert of(scene, "down").state == "recovered"
    assert [row for row in scene.subjects if "/down" in row] == []
    assert look(scene) == "ignore"


@pytest.mark.parametrize(
    ("up", "expected"),
    [("P1", timedelta(hours=24)), ("P2", timedelta(minutes=15))],
    ids=["as severe: a day", "more severe: a quarter of its time to respond"],
)
def test_patience_with_a_failure_above_ends(up: str, expected: timedelta) -> None:
    scene = chain({"up": up, "down": "P1"})
    fail(scene, "up")
    fail(scene, "down")
    begin = scene.time
    for _ in range(200):
        look(scene)
        if pages(scene, "down"):
            break
    assert len(pages(scene, "down")) == 1
    assert expected <= scene.time - begin <= expected + timedelta(seconds=2)


def test_a_failure_far_above_is_enough() -> None:
    scene = chain({"top": "P1", "middle": "P1", "down": "P1"})
    fail(scene, "top")
    fail(scene, "down")
    assert pages(scene, "down") == []


def test_an_alarm_about_health_above_explains_nothing() -> None:
    scene = Scene()
    settings = scene.workplace.settings
    settings.pipelines["other"] = replace(settings.pipelines["other"], upstream=("import",))  # type: ignore[index]
    scene.handle(Signal(kind=SignalKind.ALARM_RAISED, time=scene.time, alarm="stale"))
    fail(scene, "other")
    assert len(pages(scene, "other")) == 1


def test_what_runs_after_something_that_fails_is_held_back_too() -> None:
    scene = Scene()
    fail(scene, "extract")
    acknowledge(scene.workplace, scene.incident.id, "Ada")
    scene.time += timedelta(minutes=5)
    fail(scene, "load")
    assert len(pages(scene, "import")) == 1
    assert scene.incident.hold
    assert scene.incident.hold.text == "extract before it has failed since 02:10 UTC"
    succeed(scene, "extract")
    look(scene)
    assert "Held back for 15m: extract before it" in pages(scene, "import")[1]["default"].splitlines()[0]


def test_maintenance_holds_back_pages_and_what_still_fails_at_its_end_is_paged() -> None:
    scene = chain({"one": "P1"}, maintenance=(PATCH,))
    fail(scene, "one")
    assert scene.subjects == []
    assert of(scene, "one").hold
    look(scene)
    assert scene.time == START.replace(hour=3, minute=0)
    (page,) = pages(scene, "one")
    assert "Held back for 49m 55s: maintenance patch until 03:00 UTC." in page["default"].splitlines()[0]
    assert of(scene, "one").hold is None


@pytest.mark.parametrize(
    ("severity", "changes", "expected"),
    [
        ("P0", {}, 1),
        ("P0", {"hold_p0": True}, 0),
        ("P1", {"pipelines": ("other",)}, 1),
        ("P1", {"cron": "0 5 * * *"}, 1),
    ],
    ids=["P0 is paged", "P0 is held where the window says so", "another pipeline's window", "another time"],
)
def test_whom_a_window_holds_back(severity: str, changes: dict[str, Any], expected: int) -> None:
    scene = chain({"one": severity}, maintenance=(replace(PATCH, **changes),))
    fail(scene, "one")
    assert len(pages(scene, "one")) == expected


def test_a_page_says_how_often_it_happened_while_it_was_held() -> None:
    scene = chain({"one": "P1"}, maintenance=(PATCH,))
    for number in range(3):
        fail(scene, "one", f"one-{number}")
    look(scene)
    assert "WHAT  one failed\n  since 2026-03-01 02:10 UTC, 3 times\n" in pages(scene, "one")[0]["default"]


def test_a_look_before_its_time_changes_nothing() -> None:
    scene = chain({"one": "P1"}, maintenance=(PATCH,))
    fail(scene, "one")
    (signal,) = scene.due(SignalKind.HOLD_DUE)
    object.__setattr__(scene.workplace.settings, "maintenance", ())
    assert scene.handle(signal) == "ignore"
    assert of(scene, "one").hold


def test_retries_wait_until_the_window_ends() -> None:
    scene = Scene(maintenance=(PATCH,))
    fail(scene, "extract", error="transient: 503")
    (signal,) = scene.due()
    assert signal.time >= START.replace(hour=3, minute=0)
    scene.time = signal.time
    assert scene.handle(signal) == "start"


def test_a_retry_that_is_due_in_a_window_waits_until_it_ends() -> None:
    scene = Scene(maintenance=(replace(PATCH, cron="11 2 * * *", duration_seconds=600),))
    fail(scene, "extract", error="transient: 503")
    (signal,) = scene.due()
    scene.time = START + timedelta(minutes=2)
    assert scene.handle(signal) == "postpone"
    later = scene.due()[-1]
    assert later.time == START + timedelta(minutes=11)
    scene.time = later.time
    assert scene.handle(later) == "start"
    assert len(scene.jobs.started) == 1


def test_what_a_window_kept_from_being_retried_stands_in_its_notice() -> None:
    scene = Scene(maintenance=(PATCH,))
    fail(scene, "extract", error="transient: 503")
    scene.time = START.replace(hour=3, minute=0)
    scene.handle(Signal(kind=SignalKind.MAINTENANCE_ENDED, time=START.replace(minute=0), state="patch"))
    text = scene.aws.sns.published[-1]["default"]
    assert "STILL FAILING, paged or retried now\n  import: extract failed since 02:10 UTC" in text


def test_a_window_may_let_retries_pass() -> None:
    scene = Scene(maintenance=(replace(PATCH, retries=True),))
    fail(scene, "extract", error="transient: 503")
    (signal,) = scene.due()
    assert signal.time < START + timedelta(minutes=15)


def test_a_window_says_that_it_starts_and_what_it_held_back() -> None:
    scene = chain({"one": "P1", "two": "P1"}, maintenance=(PATCH,))
    started = Signal(kind=SignalKind.MAINTENANCE_STARTED, time=START.replace(minute=0), state="patch")
    assert scene.handle(started) == "told"
    assert scene.handle(started) == "duplicate"
    fail(scene, "one")
    fail(scene, "two")
    succeed(scene, "one")
    (ended,) = scene.due(SignalKind.MAINTENANCE_ENDED)
    scene.time = START.replace(hour=3, minute=0)
    assert scene.handle(ended) == "told"
    begin, end = scene.aws.sns.published
    assert (begin["topic"], begin["subject"]) == (
        "pipewarden-test-page-P2",
        "[maintenance] test: patch until 03:00 UTC (1h)",
    )
    assert begin["default"] == (
        "Maintenance patch (test) has started: until 03:00 UTC (1h).\n\n"
        "Pages of all pipelines are held back (P0 is paged as ever). Retries wait until it ends.\n\n"
        "What still fails at 2026-03-01 03:00 UTC is paged then. Nobody needs to act now.\n"
    )
    assert end["subject"] == "[maintenance] test: patch is over, 1 still failing, 1 recovered"
    ids = {name: of(scene, name).id for name in ("one", "two")}
    assert end["default"] == (
        "Maintenance patch (test) is over after 1h: 1 still failing, 1 recovered.\n\n"
        "STILL FAILING, paged or retried now\n"
        f"  two: two failed since 02:10 UTC ({ids['two']})\n\n"
        "HELD BACK, and recovered meanwhile\n"
        f"  one: one failed since 02:10 UTC ({ids['one']})\n"
    )


def test_a_notice_that_comes_after_the_window_is_not_sent() -> None:
    scene = chain({"one": "P1"}, maintenance=(PATCH,))
    scene.time = START.replace(hour=4)
    started = Signal(kind=SignalKind.MAINTENANCE_STARTED, time=START.replace(minute=0), state="patch")
    assert scene.handle(started) == "over"
    assert scene.subjects == []


def test_a_window_in_which_nothing_failed_says_so() -> None:
    scene = chain({"one": "P1"}, maintenance=(PATCH,))
    scene.time = START.replace(hour=3, minute=0)
    scene.handle(Signal(kind=SignalKind.MAINTENANCE_ENDED, time=START.replace(minute=0), state="patch"))
    assert scene.subjects == [
        "pipewarden-test-page-P2: [maintenance] test: patch is over, nothing was held back",
    ]


def test_a_held_page_survives_a_crash_anywhere() -> None:
    plain = chain({"one": "P1"}, maintenance=(PATCH,))
    signal = plain.ended("one", "one-1", "failed", "deterministic")
    plain.aws.calls.clear()
    plain.handle(signal)
    for number in range(1, len(plain.aws.calls) + 1):
        for after in (False, True):
            scene = chain({"one": "P1"}, maintenance=(PATCH,))
            signal = scene.ended("one", "one-1", "failed", "deterministic")
            scene.aws.crash_at(number, after=after)
            scene.deliver_until_done(signal)
            look(scene)
            assert len(pages(scene, "one")) == 1
