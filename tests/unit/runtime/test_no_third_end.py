"""Whatever happens, in whatever order, and wherever the process dies: every failure ends as recovered or paged, no
attempt is started twice, and nobody is paged twice for one reason."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipewarden.acknowledgement import acknowledge
from pipewarden.incident import Incident
from pipewarden.retry_policy import BreakerPolicy, RetryPolicy, TimeWindow
from pipewarden.window import Maintenance, QuietHours
from tests.unit.runtime.world import RESOURCES, World

ATTEMPTS = 2
Step = tuple[Any, ...]
Declared = dict[str, Any]


def patch(**more: Any) -> tuple[Maintenance, ...]:
    return (Maintenance(name="patch", cron="0 4 * * *", duration_seconds=5_400, **more),)


DECLARED = st.fixed_dictionaries(
    {
        "idempotent": st.booleans(),
        "failures": st.sampled_from([99, 2]),
        "maintenance": st.sampled_from([(), patch(), patch(retries=True), patch(hold_p0=True, pipelines=("urgent",))]),
        "quiet": st.sampled_from([None, QuietHours(start="05:00", end="09:00")]),
        "cooldown": st.sampled_from([0.0, 900.0]),
        "window": st.sampled_from([None, TimeWindow(begin="01:00", end="05:00")]),
        "budget": st.sampled_from([100, 2]),
        "acts": st.booleans(),
    }
)
NAMES = st.sampled_from(list(RESOURCES))
FAILURES = st.sampled_from(["transient: 503", "deterministic: bad row", "resource: too small", "never seen"])
ENDS = st.sampled_from(["failed: transient", "failed: deterministic", "succeeded", "stopped"])
COPIES = st.sampled_from([1, 1, 0, 2])
DELAYS = st.sampled_from([0, 0, 1, 45])
MINUTES = st.sampled_from([2, 7, 20, 65, 200])
STEPS = st.one_of(
    st.tuples(st.just("fail"), NAMES, FAILURES, COPIES, DELAYS),
    st.tuples(st.just("begin"), NAMES),
    st.tuples(st.just("end"), st.integers(0, 5), ENDS, COPIES, DELAYS),
    st.tuples(st.just("pass"), MINUTES),
    st.tuples(st.just("pass"), MINUTES),
    st.tuples(st.just("alarm"), st.sampled_from(["stale", "failed"]), st.booleans()),
    st.tuples(st.just("die"), st.integers(1, 9), st.booleans()),
    st.tuples(st.just("switch"), st.sampled_from(["act", "act", "observe", "off"])),
    st.tuples(st.just("acknowledge"), st.integers(0, 3)),
)


PLAIN: Declared = {
    "idempotent": True,
    "failures": 99,
    "maintenance": (),
    "quiet": None,
    "cooldown": 0.0,
    "window": None,
    "budget": 100,
    "acts": False,
}
FOUND: dict[str, tuple[Declared, list[Step]]] = {
    "what runs within another fails again after it was paged": (
        {},
        [("fail", "merge", "transient: 503", 1, 45), ("fail", "merge", "never seen", 2, 0), ("pass", 200)],
    ),
    "a run that was going on when another failed succeeds": (
        {},
        [
            ("fail", "extract", "resource: too small", 1, 45),
            ("pass", 65),
            ("begin", "extract"),
            ("fail", "extract", "deterministic: bad row", 1, 0),
            ("end", 0, "succeeded", 1, 0),
        ],
    ),
    "somebody takes an incident of which one page is held back": (
        {},
        [
            ("fail", "extract", "resource: too small", 0, 0),
            ("fail", "load", "never seen", 1, 0),
            ("pass", 7),
            ("fail", "load", "transient: 503", 1, 45),
            ("pass", 200),
            ("acknowledge", 0),
        ],
    ),
    "a retry fails while an action for the same failure is going on": (
        {"idempotent": False, "acts": True},
        [
            ("fail", "extract", "transient: 503", 1, 0),
            ("pass", 2),
            ("fail", "extract", "transient: 503", 1, 0),
            ("fail", "extract", "transient: 503", 1, 0),
            ("fail", "extract", "transient: 503", 1, 0),
            ("fail", "extract", "deterministic: bad row", 1, 0),
            ("end", 0, "failed: deterministic", 1, 0),
        ],
    ),
}
"""What the random days found once."""


def make_world(declared: Declared) -> World:
    retry = RetryPolicy(
        attempts=ATTEMPTS,
        backoff_seconds=(60.0, 900.0),
        breaker=BreakerPolicy(failures=declared["failures"], within_seconds=21_600.0, open_seconds=1_800.0),
        cooldown_seconds=declared["cooldown"],
        window=declared["window"],
    )
    return World(
        retry=retry,
        quiet=declared["quiet"],
        idempotent=declared["idempotent"],
        maintenance=declared["maintenance"],
        retries_per_hour=declared["budget"],
        acts=declared["acts"],
    )


def fail(world: World, name: str, error: str, copies: int, delay: int) -> None:
    run = world.begin(name)
    world.time += timedelta(minutes=2)
    world.end(name, run, "failed", error, copies, timedelta(minutes=delay))


def end(world: World, which: int, outcome: str, copies: int, delay: int) -> None:
    if going_on := world.going_on:
        name, run = going_on[which % len(going_on)]
        world.end(name, run, outcome.partition(":")[0], outcome, copies, timedelta(minutes=delay))


def take(world: World, which: int) -> None:
    """Somebody takes an incident of which they were told."""
    paged = [incident for incident in world.incidents if incident.pages and not incident.over]
    if paged:
        acknowledge(world.workplace, paged[which % len(paged)].id, "Ada")
        world.collect()


DEEDS: dict[str, Callable[..., Any]] = {
    "fail": fail,
    "begin": World.begin,
    "end": end,
    "pass": lambda world, minutes: world.go_on(world.time + timedelta(minutes=minutes)),
    "die": lambda world, number, after: setattr(world, "crash", (number, after)),
    "switch": World.switch,
    "alarm": lambda world, name, raised: world.alarm(name, raised=raised),
    "acknowledge": take,
}


def check_always(world: World) -> None:
    assert not [start for start in world.starts if start.forbidden], "started while the kill switch says otherwise"
    starts = Counter(start.token for start in world.starts)
    assert not [token for token, count in starts.items() if count > 1], "an attempt was started twice"
    check_actions(world)
    for incident in world.incidents:
        counts = Counter(attempt.lane for attempt in incident.attempts)
        assert all(count <= ATTEMPTS for count in counts.values()), incident
        told = Counter(entry.kind for entry in world.store.timeline(incident.id))["paged"]
        assert told == incident.pages, incident
        assert world.said(incident.id) <= incident.pages + world.crashes, incident


def check_actions(world: World) -> None:
    """None while the kill switch says otherwise, none twice, none that is not written down."""
    assert not world.cures.forbidden
    attempts = [attempt for incident in world.incidents for attempt in incident.attempts]
    assert len(world.cures.executions) <= sum(attempt.action == "extract.mend" for attempt in attempts)
    settled = [attempt.plan["to"] for attempt in attempts if attempt.action == "extract.turn" and attempt.plan]
    assert [goal for _, goal in world.cures.steps] == sorted({goal for _, goal in world.cures.steps})
    assert {goal for _, goal in world.cures.steps} <= set(settled)


def check_at_rest(world: World) -> None:
    for incident in world.incidents:
        assert incident.pending == (), incident
        if not incident.over:
            check_told(incident)
    for name in RESOURCES:
        check_last_failure(world, name)


def check_told(incident: Incident) -> None:
    assert not incident.held_reasons, incident
    assert not [attempt for attempt in incident.attempts if attempt.in_flight], incident
    told = [reason for reason in incident.open_reasons if reason.told]
    assert told, incident
    assert all(reason.told or reason.evidence for reason in incident.open_reasons), incident


def check_last_failure(world: World, name: str) -> None:
    """What failed, and did not succeed after that, stands in an open incident, and people were told."""
    failed = [run for at, run in world.failures if at == name]
    if not failed or name == "merge":
        return
    last = max(failed, key=lambda run: run.ended or world.time)
    runs = world.runs_of[name].values()
    assert last.ended
    if any(run.state == "succeeded" and run.started and run.started >= last.ended for run in runs):
        return
    pipeline, _ = RESOURCES[name]
    standing = [incident for incident in world.incidents if incident.pipeline == pipeline and not incident.over]
    reasons = [reason for incident in standing for reason in incident.open_reasons]
    assert [reason for reason in reasons if reason.resource == name and reason.told], f"nobody knows of {last}"


def live(declared: Declared, steps: list[Step]) -> World:
    world = make_world(declared)
    for deed, *arguments in steps:
        DEEDS[deed](world, *arguments)
        check_always(world)
    world.crash = None
    world.settle(["failed: transient", "succeeded", "failed: deterministic", "stopped", "failed: transient"])
    check_always(world)
    check_at_rest(world)
    return world


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(declared=DECLARED, steps=st.lists(STEPS, min_size=4, max_size=25))
def test_every_failure_ends_as_recovered_or_paged_and_nothing_is_done_twice(
    declared: Declared, steps: list[Step]
) -> None:
    live(declared, steps)


@pytest.mark.parametrize("found", FOUND)
def test_what_such_a_day_has_shown_once_stays_mended(found: str) -> None:
    declared, steps = FOUND[found]
    live({**PLAIN, **declared}, steps)


def test_what_runs_within_another_is_not_explained_by_something_else_that_fails() -> None:
    world = make_world(PLAIN)
    fail(world, "extract", "transient: 503", 1, 0)
    fail(world, "merge", "deterministic: bad row", 1, 0)
    world.go_on(world.time + timedelta(minutes=6))
    (incident,) = world.incidents
    merge = incident.reason("run:merge")
    assert merge
    assert merge.told
