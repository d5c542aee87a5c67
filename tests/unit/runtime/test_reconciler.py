"""Runs that no event told of: found by the reconciler, handled once, whatever else arrives or breaks."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from pipewarden.reconciler import OVERLAP, SETTLE
from pipewarden.run import MOST_RUNS
from pipewarden.run_signal import tell_of
from pipewarden.signal import Signal
from tests.unit.runtime.memory_aws import Crash, refusal
from tests.unit.runtime.night import EVERY, Night, settled
from tests.unit.runtime.scene import START

DENIED = refusal("ListRuns", "AccessDeniedException", 403)


def event_of(night: Night, run_id: str, resource: str = "extract") -> Signal:
    """What the event of a run would say."""
    told = tell_of(night.jobs.runs[run_id], night.workplace.settings, "import", resource, night.time)
    assert told
    return told


@pytest.mark.parametrize(
    ("state", "error", "done", "metric"),
    [
        ("failed", "transient: 503", "retry", "RunsFailed"),
        ("failed", "deterministic", "page", "RunsFailed"),
        ("succeeded", "", "ignore", "RunsSucceeded"),
        ("stopped", "", "ignore", ""),
    ],
    ids=["a failure is retried", "a bad one is paged", "a success is counted", "a stop is left alone"],
)
def test_a_run_whose_event_was_lost_is_handled_as_if_it_had_come(
    state: str, error: str, done: str, metric: str
) -> None:
    night = settled()
    night.time += timedelta(seconds=30)
    night.ran("extract", "r1", state, error)
    assert night.pass_by() == [done]
    assert night.metric("SignalsRecovered") == [0.0, 1.0]
    assert not metric or night.metric(metric) == [1.0]
    assert night.handle(event_of(night, "r1")) == "duplicate"
    assert night.pass_by(3) == []


def test_a_run_that_an_event_told_of_is_not_fed_in() -> None:
    night = settled()
    night.time += timedelta(seconds=30)
    night.ran("extract", "r1", "failed", "transient: 503")
    night.handle(event_of(night, "r1"))
    assert night.pass_by(4) == []
    assert night.metric("SignalsRecovered") == [0.0] * 5


def test_an_event_that_comes_while_the_signal_waits_in_the_queue_makes_it_a_duplicate() -> None:
    night = settled()
    night.time += timedelta(seconds=30)
    night.ran("extract", "r1", "failed", "transient: 503")
    night.time += EVERY
    night.a_pass()
    assert night.handle(event_of(night, "r1")) == "retry"
    assert night.deliver() == ["duplicate"]
    assert len(night.incident.attempts) == 1


def test_a_run_that_ended_just_now_is_left_to_its_event() -> None:
    night = settled()
    night.time += EVERY
    night.ran("extract", "r1", "failed", "transient: 503")
    night.time += SETTLE - timedelta(seconds=1)
    night.a_pass()
    assert night.queued == []
    night.time += timedelta(seconds=1)
    night.a_pass()
    assert [signal.run_id for signal in night.queued] == ["r1"]


def test_what_ended_before_the_first_pass_pages_nobody() -> None:
    night = Night()
    for number in range(5):
        night.ran("extract", f"old-{number}", "failed", "deterministic")
    night.time += timedelta(seconds=1)
    night.a_pass()
    assert night.pass_by(5) == []
    assert night.subjects == []


def test_a_resource_that_is_declared_later_has_a_first_pass_of_its_own() -> None:
    night = settled()
    night.pass_by(3)
    key = ("PIPELINE#import", "RECONCILED")
    del night.aws.dynamodb.items[key]["resources"]["M"]["extract"]
    night.ran("extract", "old", "failed", "deterministic")
    assert night.pass_by(4) == []


@pytest.mark.parametrize("gone_for", [timedelta(minutes=1), timedelta(hours=7), timedelta(days=3)])
def test_nothing_falls_between_two_passes_however_far_apart(gone_for: timedelta) -> None:
    night = settled()
    for minute in range(12):
        night.time = START + timedelta(seconds=5) + gone_for * minute / 12 + timedelta(seconds=1)
        night.ran("extract", f"r{minute}", "succeeded", started=night.time - timedelta(seconds=30))
    night.time = START + gone_for + SETTLE + timedelta(seconds=10)
    night.a_pass()
    night.deliver()
    night.pass_by(2)
    assert sum(night.metric("SignalsRecovered")) == 12.0
    assert night.metric("RunsSucceeded") == [1.0] * 12


@pytest.mark.parametrize(
    "error",
    [DENIED, refusal("ListRuns", "ThrottlingException"), KeyError("Runs"), ValueError("no answer")],
    ids=["forbidden", "throttled", "an answer without its list", "unreadable"],
)
def test_what_cannot_be_listed_stops_nothing_else_and_is_caught_up_with(error: Exception) -> None:
    night = settled()
    night.time += timedelta(seconds=30)
    night.forbidden["extract"] = error
    night.ran("extract", "r1", "failed", "transient: 503")
    night.ran("load", "l1", "failed", "transient: 503")
    assert night.pass_by(3) == ["retry"]
    assert night.metric("ReconcileErrors") == [0.0, 1.0, 1.0, 1.0]
    assert night.metric("Reconciled") == [1.0] * 4
    night.time += timedelta(hours=3)
    night.forbidden.clear()
    assert night.pass_by() == ["retry"]
    assert {attempt.failed_run_id for attempt in night.incident.attempts} == {"r1", "l1"}


def test_what_cannot_be_listed_at_the_first_pass_counts_from_then_on() -> None:
    night = Night()
    night.forbidden["extract"] = DENIED
    night.a_pass()
    night.time += timedelta(seconds=30)
    night.ran("extract", "r1", "failed", "transient: 503")
    night.pass_by(2)
    night.forbidden.clear()
    assert night.pass_by() == ["retry"]


def test_more_runs_than_a_list_holds_are_told_of() -> None:
    night = settled()
    night.time += timedelta(seconds=30)
    for number in range(MOST_RUNS):
        night.ran("extract", f"r{number}", "running")
    night.pass_by()
    assert night.metric("ReconcileErrors") == [0.0, 1.0]


def test_a_pass_whose_time_runs_out_leaves_the_rest_to_the_next_one() -> None:
    night = settled()
    night.time += timedelta(seconds=30)
    night.ran("extract", "r1", "failed", "transient: 503")
    night.time += EVERY
    assert night.a_pass(minutes=0).failed == 4
    assert night.queued == []
    assert night.pass_by() == ["retry"]


def test_parts_share_the_pipelines_out() -> None:
    night = Night()
    seen = []
    for part in range(7):
        night.asked_since.clear()
        night.a_pass(part, 7)
        seen += sorted(night.asked_since)
    assert sorted(seen) == ["extract", "job", "load", "merge"]


def test_each_pass_looks_back_a_little_behind_the_one_before_it() -> None:
    night = settled()
    night.pass_by(6)
    before = night.time
    night.pass_by()
    assert night.asked_since["extract"] == before - SETTLE - OVERLAP


def test_a_queue_that_takes_nothing_leaves_everything_for_the_next_pass() -> None:
    night = settled()
    night.time += timedelta(seconds=30)
    night.ran("extract", "r1", "failed", "transient: 503")
    night.aws.sqs.refused = {event_of(night, "r1").to_json()}
    assert night.pass_by() == []
    assert night.metric("ReconcileErrors") == [0.0, 3.0]
    night.aws.sqs.refused = set()
    assert night.pass_by() == ["retry"]


def test_a_crash_between_any_two_calls_of_a_pass_loses_nothing_and_doubles_nothing() -> None:
    """Before and after each call: lists, look-ups, the queue, the record of how far it came."""
    plain = _before_a_pass()
    plain.aws.calls.clear()
    plain.a_pass()
    calls = len(plain.aws.calls)
    assert calls >= 9
    for number in range(1, calls + 1):
        for after in (False, True):
            night = _before_a_pass()
            night.aws.crash_at(number, after=after)
            with pytest.raises(Crash):
                night.a_pass()
            night.aws.revive()
            night.deliver()
            night.pass_by(2)
            assert [attempt.failed_run_id for attempt in night.incident.attempts] == ["r1", "l1"], (number, after)
            assert night.metric("RunsSucceeded") == [1.0], (number, after)


def _before_a_pass() -> Night:
    night = settled()
    night.time += timedelta(seconds=30)
    night.ran("load", "l0", "succeeded")
    night.time += timedelta(seconds=1)
    night.ran("extract", "r1", "failed", "transient: 503")
    night.time += timedelta(seconds=1)
    night.ran("load", "l1", "failed", "transient: 503")
    night.time += 3 * OVERLAP  # or the overlap of the next pass would make good what this one forgets
    return night


def lost(_night: Night, _event: Signal) -> None: ...


def twice(night: Night, event: Signal) -> None:
    night.handle(event)
    assert night.handle(event) == "duplicate"


def early(night: Night, event: Signal) -> None:
    night.handle(event)


@pytest.mark.parametrize("first", [lost, early, twice], ids=["lost", "early", "twice"])
@pytest.mark.parametrize("second", [lost, early, twice], ids=["lost", "early", "twice"])
@pytest.mark.parametrize("late", [False, True], ids=["", "and again after the reconciler"])
@pytest.mark.parametrize("swapped", [False, True], ids=["in order", "out of order"])
def test_a_failure_and_the_success_after_it_end_recovered_whatever_becomes_of_their_events(
    first: Callable[[Night, Signal], None], second: Callable[[Night, Signal], None], late: bool, swapped: bool
) -> None:
    night = settled()
    night.time += timedelta(seconds=30)
    night.ran("extract", "r1", "failed", "transient: 503")
    failure = event_of(night, "r1")
    night.time += timedelta(seconds=20)
    night.ran("extract", "r2", "succeeded", started=night.time - timedelta(seconds=10))
    success = event_of(night, "r2")
    events = [(first, failure), (second, success)]
    for deliver, event in reversed(events) if swapped else events:
        deliver(night, event)
    night.pass_by(3)
    if late:
        assert [night.handle(event) for event in (success, failure)] == ["duplicate", "duplicate"]
    # However it went: nothing is wrong any more, and nothing is started for it.
    assert not any(incident.open_reasons for incident in night.store.recent())
    assert not [attempt for incident in night.store.recent() for attempt in incident.attempts if attempt.in_flight]
    assert night.metric("RunsFailed") == [1.0]
    assert night.metric("RunsSucceeded") == [1.0]
