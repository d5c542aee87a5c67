"""Whole stories through the responder, on services in memory."""

from datetime import timedelta

import pytest

from pipewarden.signal import Signal, SignalKind
from tests.unit.runtime.scene import START, Scene


def story(scene: Scene) -> list[str]:
    return [entry.kind for entry in scene.store.timeline(scene.incident.id)]


def alarm(scene: Scene, name: str, kind: SignalKind = SignalKind.ALARM_RAISED) -> Signal:
    return Signal(kind=kind, time=scene.time, alarm=name, detail={"reason": "Threshold Crossed"})


def start_due(scene: Scene) -> None:
    signal = scene.due()[-1]
    scene.time = max(scene.time, signal.time)
    assert scene.handle(signal) == "start"


def test_a_transient_failure_recovers_without_a_page() -> None:
    scene = Scene()
    scene.handle(scene.ended("extract", "r1", "failed", "transient: 503"))
    start_due(scene)
    scene.time += timedelta(minutes=10)
    assert scene.handle(scene.ended("extract", "r2", "succeeded")) == "clear"
    assert scene.incident.state == "recovered"
    (subject,) = scene.subjects
    assert subject.startswith("pipewarden-test-page-P1: [recovered] test/import: failed 02:10, retried once, recovered")
    assert scene.metric("PagesSent") == []
    assert scene.metric("RunsRetried") == [1.0]
    # The failure that a retry cured is no miss.
    assert scene.metric("SuccessRate") == [100.0]
    assert story(scene) == ["failed", "retry-planned", "retry-started", "cleared", "recovered", "sent"]


def test_the_retried_run_may_end_before_its_start_was_recorded() -> None:
    scene = Scene()
    scene.handle(scene.ended("extract", "r1", "failed", "transient: 503"))
    early: list[str] = []

    def come_in(name: str) -> None:
        if name == "dynamodb.transact_write_items" and scene.jobs.started and not early:
            early.append("")
            early[0] = scene.handle(scene.ended("extract", "r2", "failed", "transient: 503"))

    scene.aws.before_call = come_in
    start_due(scene)
    assert early == ["retry"]
    assert [(a.number, a.state, a.run_id) for a in sorted(scene.incident.attempts, key=lambda a: a.number)] == [
        (1, "failed", "r2"),
        (2, "planned", ""),
    ]


def test_bad_data_is_paged_at_once_with_everything_on_the_page() -> None:
    scene = Scene()
    scene.handle(scene.ended("extract", "r0", "succeeded"))
    scene.handle(scene.ended("extract", "r1", "failed", "deterministic: row 17 has no id"))
    assert scene.jobs.started == []
    text = scene.aws.sns.published[0]["default"]
    first = text.splitlines()[0]
    assert first.startswith(
        "P1 import (test): extract failed: deterministic: row 17 has no id. Not retried: a determin"
    )
    for part in (
        "Acknowledge: https://ack.example.com/?t=",
        "Respond within 1h (by 03:10 UTC).",
        "| password=**** rejected",
        "run: https://console.example.com/extract/r1",
        "#logsV2:log-groups/log-group/$252Flogs$252Fjob/log-events/r1",
        "dashboard: https://",
        "runbook: https://wiki.example.com/import",
        "2026-03-01 02:10 UTC (r0)",
        "HANGS BELOW IT\n  report",
    ):
        assert part in text
    assert "hunter2" not in text


OWN = {"own_steps": True, "first_steps": ("Ask the partner.",), "runbook": "https://wiki.example.com/extract"}


@pytest.mark.parametrize("told_by", ["event", "alarm"])
def test_what_is_declared_about_a_failure_stands_in_its_page_whoever_tells_of_it(told_by: str) -> None:
    scene = Scene(failed={**OWN, "severity": "P0"})
    if told_by == "event":
        scene.handle(scene.ended("extract", "r1", "failed", "deterministic: row 17 has no id"))
    else:
        scene.handle(alarm(scene, "failed"))
        (check,) = scene.due(SignalKind.CHECK_DUE)
        scene.time = check.time
        scene.handle(check)
    text = scene.aws.sns.published[0]["default"]
    assert text.startswith("P0 import (test): extract failed")
    assert "FIRST STEPS\n  Ask the partner.\n" in text
    assert "runbook: https://wiki.example.com/extract\n" in text


def test_a_failed_run_tells_more_than_the_first_steps_of_its_technology() -> None:
    scene = Scene(failed={"first_steps": ("Read the log.",)})
    scene.handle(scene.ended("extract", "r1", "failed", "deterministic: row 17 has no id"))
    text = scene.aws.sns.published[0]["default"]
    assert "FIRST STEPS" not in text
    assert "runbook: https://wiki.example.com/import\n" in text


def test_an_inner_failure_is_the_reason_of_its_owners_page() -> None:
    scene = Scene()
    scene.handle(scene.ended("merge", "m1", "failed", "deterministic: column missing"))
    assert scene.subjects == []
    assert scene.incident.state == "open"
    scene.time += timedelta(seconds=20)
    scene.handle(scene.ended("load", "l1", "failed", "States.TaskFailed"))
    # What the owner says tells nothing; what ran within it failed for a reason that no retry cures.
    assert len([subject for subject in scene.subjects if "page-P1" in subject]) == 1
    text = scene.aws.sns.published[0]["default"]
    assert "BEHIND IT  merge failed\n  since 2026-03-01 02:10 UTC\n  error: deterministic: column missing" in text
    (check,) = scene.due(SignalKind.CHECK_DUE)
    scene.time = check.time
    assert scene.handle(check) == "ignore"
    assert len(scene.subjects) == 2


@pytest.mark.parametrize(
    ("owner", "expected", "pages"),
    [
        (None, "page", 1),
        ("running", "wait", 0),
        ("succeeded", "ignore", 0),
        ("failed", "ignore", 1),
    ],
    ids=["the owner never ran", "the owner goes on", "the owner succeeded unseen", "the owner failed unseen"],
)
def test_an_inner_failure_that_nobody_explains_is_looked_after(owner: str | None, expected: str, pages: int) -> None:
    scene = Scene()
    scene.handle(scene.ended("merge", "m1", "failed", "transient: 503"))
    scene.jobs.runs.clear()
    (check,) = scene.due(SignalKind.CHECK_DUE)
    assert check.time == scene.time + timedelta(minutes=5)
    scene.time = check.time
    if owner:
        scene.run("l1", owner, "deterministic", started=scene.time - timedelta(minutes=4))
    assert scene.handle(check) == expected
    assert len([subject for subject in scene.subjects if "page-P1: [P1]" in subject]) == pages
    assert scene.incident.over == (owner == "succeeded")


def test_a_retry_whose_outcome_no_event_tells_is_looked_up() -> None:
    scene = Scene()
    scene.handle(scene.ended("extract", "r1", "failed", "transient: 503"))
    start_due(scene)
    (check,) = scene.due(SignalKind.CHECK_DUE)
    scene.time = check.time
    assert scene.handle(check) == "wait"
    scene.run("r2", "succeeded", started=START + timedelta(minutes=3), retry_of="r1")
    second = scene.due(SignalKind.CHECK_DUE)[-1]
    assert second.time > check.time + timedelta(minutes=25)
    scene.time = second.time
    scene.handle(second)
    assert scene.incident.state == "recovered"


def test_a_failed_run_that_only_its_alarm_tells_is_found_and_retried() -> None:
    scene = Scene()
    scene.run("r1", "failed", "transient: 503")
    assert scene.handle(alarm(scene, "failed")) == "hold"
    (check,) = scene.due(SignalKind.CHECK_DUE)
    scene.time = check.time
    scene.handle(check)
    assert [attempt.failed_run_id for attempt in scene.incident.attempts] == ["r1"]
    assert scene.subjects == []


def test_an_alarm_that_repeats_a_handled_failure_changes_nothing() -> None:
    scene = Scene()
    scene.handle(scene.ended("extract", "r1", "failed", "transient: 503"))
    start_due(scene)
    scene.handle(scene.ended("extract", "r2", "succeeded"))
    assert scene.handle(alarm(scene, "failed")) == "ignore"
    assert len(scene.store.recent()) == 1


def test_a_health_alarm_pages_by_its_own_severity_and_ends_with_the_alarm() -> None:
    scene = Scene()
    scene.handle(alarm(scene, "stale"))
    assert scene.subjects == ["pipewarden-test-page-P2: [P2] test/import: extract: Stale: Threshold Crossed"]
    scene.time += timedelta(minutes=30)
    scene.handle(alarm(scene, "stale", SignalKind.ALARM_CLEARED))
    assert (
        scene.subjects[1] == "pipewarden-test-page-P2: [recovered] test/import: alarm 02:10, recovered 02:40 UTC (30m)"
    )


def test_an_incident_ends_when_its_last_reason_is_gone() -> None:
    scene = Scene()
    scene.handle(scene.ended("extract", "r1", "failed", "deterministic"))
    scene.handle(alarm(scene, "stale"))
    scene.time += timedelta(minutes=30)
    scene.run("r2", "running", started=scene.time)
    scene.handle(scene.ended("extract", "r2", "succeeded"))
    assert scene.incident.state == "paged"
    scene.handle(alarm(scene, "stale", SignalKind.ALARM_CLEARED))
    assert scene.incident.state == "recovered"
    assert sum("[recovered]" in subject for subject in scene.subjects) == 2  # the page topic, and the rung called


def test_observe_mode_starts_nothing_and_says_what_it_would_have_done() -> None:
    scene = Scene(mode="observe")
    scene.handle(scene.ended("extract", "r1", "failed", "transient: 503"))
    scene.handle(alarm(scene, "dead"))
    assert scene.due() == []
    assert scene.aws.functions.invoked == []
    first = scene.aws.sns.published[0]["default"].splitlines()[0]
    assert "Observe mode: would have been retried in" in first


def test_the_budget_of_an_hour_is_shared_by_all_pipelines() -> None:
    scene = Scene(retries_per_hour=1)
    scene.handle(scene.ended("extract", "r1", "failed", "transient: 503"))
    start_due(scene)
    assert scene.handle(scene.ended("other", "o1", "failed", "transient: 503")) == "page"
    assert "budget used" in scene.aws.sns.published[0]["default"]


def test_a_missed_deadline_names_what_has_not_succeeded() -> None:
    scene = Scene()
    scene.jobs.runs.clear()
    deadline = Signal(
        kind=SignalKind.DEADLINE_REACHED, time=scene.time, pipeline="import", detail={"window_seconds": 14_400}
    )
    assert scene.handle(deadline) == "page"
    assert {reason.key for reason in scene.incident.reasons} == {"deadline:extract", "deadline:load"}
    assert "extract never started since 22:10 UTC" in scene.aws.sns.published[0]["default"]
    scene.time += timedelta(hours=1)
    for number, name in enumerate(("extract", "load")):
        scene.run(f"late-{number}", "running", started=scene.time)
        scene.handle(scene.ended(name, f"late-{number}", "succeeded"))
    assert scene.incident.state == "recovered"


def test_a_dead_letter_alarm_drains_and_tells_how_it_went() -> None:
    scene = Scene()
    assert scene.handle(alarm(scene, "dead")) == "drain"
    ((function, event),) = scene.aws.functions.invoked
    assert (function, event["resource"]) == ("pipewarden-test-drainer", "ingest")
    scene.time += timedelta(minutes=5)
    report = Signal(
        kind=SignalKind.DRAIN_FINISHED,
        time=scene.time,
        run_id="drain-1",
        pipeline="import",
        resource="ingest",
        incident=event["incident"],
        detail={"received": 3, "replayed": 3, "quarantined": 0, "left": 0},
    )
    assert scene.handle(report) == "clear"
    assert scene.subjects == [
        "pipewarden-test-page-P1: [recovered] test/import: dead letters 02:10, 3 replayed, recovered 02:15 UTC (5m)"
    ]


def test_quarantined_messages_page_with_samples_and_end_when_somebody_takes_them() -> None:
    scene = Scene()
    scene.handle(alarm(scene, "dead"))
    report = Signal(
        kind=SignalKind.DRAIN_FINISHED,
        time=scene.time,
        run_id="drain-1",
        pipeline="import",
        resource="ingest",
        detail={"quarantined": 1, "quarantine": "in-quarantine", "samples": ["token=abc"], "archive": "s3://a/b/"},
    )
    assert scene.handle(report) == "page"
    text = scene.aws.sns.published[0]["default"]
    assert "1 put in quarantine" in text
    assert "Read the messages in the queue in-quarantine" in text
    assert "SAMPLES\n  token=****" in text


def test_a_drainer_that_does_not_report_is_paged() -> None:
    scene = Scene()
    scene.handle(alarm(scene, "dead"))
    (check,) = scene.due(SignalKind.CHECK_DUE)
    scene.time = check.time
    assert scene.handle(check) == "page"
    assert "drainer did not report" in scene.aws.sns.published[0]["default"]


def test_a_failure_after_a_redrive_of_the_same_run_is_not_taken_for_the_first_one() -> None:
    scene = Scene()
    first = scene.ended("extract", "r1", "failed", "transient: 503")
    scene.handle(first)
    start_due(scene)
    scene.time += timedelta(minutes=1)
    # The event of the second failure carries no redrive count; the service does.
    second = scene.ended("extract", "r1", "failed", "transient: 503")
    scene.run("r1", "failed", "transient: 503", redrive=1)
    assert second.key == first.key
    assert scene.handle(second) == "retry"
    assert scene.handle(second) == "duplicate"


def test_a_run_that_a_person_stopped_is_neither_retried_nor_paged() -> None:
    scene = Scene()
    assert scene.handle(scene.ended("extract", "r1", "stopped")) == "ignore"
    assert scene.store.recent() == []


@pytest.mark.parametrize(
    "signal",
    [
        Signal(kind=SignalKind.RUN_FAILED, time=START, technology="job", identity="nobody", run_id="x"),
        Signal(kind=SignalKind.ALARM_RAISED, time=START, alarm="nobody"),
        Signal(kind=SignalKind.RETRY_DUE, time=START, pipeline="gone", resource="x", incident="i", attempt=1),
        Signal(kind=SignalKind.RETRY_DUE, time=START, pipeline="import", resource="gone", incident="i", attempt=1),
    ],
    ids=["a run", "an alarm", "a pipeline that was removed", "a resource that was removed"],
)
def test_what_nobody_declares_is_counted_and_dropped(signal: Signal) -> None:
    scene = Scene()
    assert scene.handle(signal) == "undeclared"
    assert scene.metric("SignalsIgnored") == [1.0]
    assert scene.aws.calls == []


def test_a_heartbeat_is_a_metric_and_a_look_at_the_kill_switch() -> None:
    scene = Scene()
    assert scene.handle(Signal(kind=SignalKind.HEARTBEAT, time=START)) == "heartbeat"
    assert scene.metric("Heartbeat") == [1.0]
    assert scene.aws.calls == ["ssm.get_parameter", "dynamodb.put_item"]


def test_a_retry_that_was_going_on_when_another_run_failed_does_not_cure_that() -> None:
    scene = Scene()
    scene.handle(scene.ended("extract", "r1", "failed", "transient: 503"))
    (due,) = scene.due()
    scene.time = due.time
    scene.handle(due)
    scene.time += timedelta(minutes=1)
    scene.run("s1", "running", started=START)
    assert scene.handle(scene.ended("extract", "s1", "failed", "transient: 503")) == "retry"
    scene.time += timedelta(minutes=1)
    assert scene.handle(scene.ended("extract", "r2", "succeeded")) == "note"
    assert [reason.open for reason in scene.incident.reasons] == [True]
    again = scene.due()[1]
    scene.time = max(scene.time, again.time)
    assert scene.handle(again) == "start", "and the retry that waits does not cool down for it"
    scene.time += timedelta(minutes=1)
    assert scene.handle(scene.ended("extract", scene.jobs.started[1].run_id, "succeeded")) == "clear"
