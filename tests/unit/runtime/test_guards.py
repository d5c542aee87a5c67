"""Every guard: what it objects to, in its own words, and what is decided; the order and the defaults of the table."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pipewarden.attempt import Attempt
from pipewarden.breaker import Breaker, Breakers
from pipewarden.decision import decide
from pipewarden.guard_table import GUARDS
from pipewarden.kill_switch import Switch
from pipewarden.retry_policy import TimeWindow
from pipewarden.run import Run, Scale
from pipewarden.run_history import RunHistory
from pipewarden.signal import Signal, SignalKind
from tests.unit.runtime.cases import FAILED, POLICY, TRANSIENT, attempt, incident
from tests.unit.runtime.scene import RETRY, START

PARAMETER = "the parameter /pipewarden/test/remediation"
LARGER = replace(RETRY, scale=Scale(of="workers", factor=2, most=20))
OPEN = Breaker(state="open", since=START - timedelta(minutes=20))
HALF_OPEN = Breaker(state="half-open", since=START - timedelta(minutes=2), probe="import-0/load/1")
NIGHT = TimeWindow(begin="22:00", end="06:00", timezone="Europe/London")


def ran(**more: Any) -> Run:
    return Run(**{"run_id": "r1", "state": "failed", **more})


def runs(**more: Any) -> RunHistory:
    return RunHistory(**more)


ROW = tuple[str, dict[str, Any], dict[str, Any], str, str]
AFTER_A_FAILURE: list[ROW] = [
    ("declared", {}, {"retry": None}, "page", "not retried: no retry is declared"),
    ("startable", {}, {"retryable": False}, "page", "not retried: nothing can start this kind of run again"),
    (
        "classes",
        {"failure_class": "deterministic"},
        {},
        "page",
        "not retried: a deterministic failure, and only transient and unknown ones are",
    ),
    (
        "classes",
        {"failure_class": "resource", "run": ran(size={"workers": 4.0})},
        {"retry": LARGER},
        "retry",
        "attempt 1 of 2 in",
    ),
    (
        "attempts",
        {"incident": incident(attempts=(attempt(1), attempt(2)))},
        {},
        "page",
        "retries exhausted: 2 of 2 failed",
    ),
    (
        "unknown",
        {"failure_class": "unknown", "incident": incident(attempts=(attempt(1),))},
        {},
        "page",
        "not retried again: an unknown failure is retried once",
    ),
    (
        "incident",
        {"incident": incident(attempts=tuple(replace(attempt(n), resource=f"other-{n}") for n in range(50)))},
        {},
        "page",
        "not retried: 50 retries in this incident already",
    ),
    (
        "kill-switch",
        {"switch": Switch(mode="off", why=f"{PARAMETER} says so")},
        {},
        "page",
        f"not retried: remediation is off, {PARAMETER} says so",
    ),
    (
        "kill-switch",
        {"switch": Switch(mode="off", why=f"{PARAMETER} says so")},
        {"mode": "observe"},
        "page",
        f"not retried: remediation is off, {PARAMETER} says so",
    ),
    (
        "kill-switch",
        {"switch": Switch(mode="observe", why=f"{PARAMETER} is missing")},
        {},
        "page",
        f"observe mode ({PARAMETER} is missing): would have been retried in",
    ),
    ("kill-switch", {}, {"mode": "observe"}, "page", "observe mode: would have been retried in"),
    (
        "owner",
        {"run": ran(owner="the Glue workflow nightly, run wr_1")},
        {},
        "page",
        "not retried: the Glue workflow nightly, run wr_1 started it, and is to be resumed instead",
    ),
    (
        "owner",
        {"run": ran(owner="the Glue workflow nightly, run wr_1")},
        {"retry": replace(RETRY, owned=True)},
        "retry",
        "attempt 1 of 2 in",
    ),
    (
        "scale",
        {"failure_class": "resource", "run": ran(size={"workers": 20.0})},
        {"retry": LARGER},
        "page",
        "not retried: it ran out of resources with 20 workers, and retries get 20 at most",
    ),
    (
        "scale",
        {"failure_class": "resource", "run": ran()},
        {"retry": LARGER},
        "page",
        "not retried: it ran out of resources, and its size is not counted in workers",
    ),
    ("scale", {"run": ran(size={"workers": 20.0})}, {"retry": LARGER}, "retry", "attempt 1 of 2 in"),
    (
        "cooldown",
        {"runs": runs(remediated=START - timedelta(minutes=14))},
        {},
        "page",
        "not retried: its last retries ended at 01:56 UTC, and it cools down for 15m",
    ),
    ("cooldown", {"runs": runs(remediated=START - timedelta(minutes=15))}, {}, "retry", "attempt 1 of 2 in"),
    (
        "cooldown",
        {"runs": runs(remediated=START - timedelta(minutes=1))},
        {"independent": True},
        "retry",
        "attempt 1 of 2 in",
    ),
    (
        "pipeline-breaker",
        {"breakers": Breakers(pipeline=OPEN)},
        {},
        "page",
        "not retried: the circuit breaker of import is open since 01:50 UTC (6 retries failed within 6h); "
        "from 02:50 UTC on one retry",
    ),
    (
        "pipeline-breaker",
        {"breakers": Breakers(pipeline=replace(OPEN, since=START - timedelta(hours=1)))},
        {},
        "retry",
        "attempt 1 of 2 in",
    ),
    (
        "pipeline-breaker",
        {"breakers": Breakers(pipeline=HALF_OPEN)},
        {},
        "retry",
        ": the circuit breaker of import is half-open and lets one retry through, which is going on",
    ),
    (
        "environment-breaker",
        {"breakers": Breakers(environment=OPEN)},
        {},
        "page",
        "not retried: the circuit breaker of this environment is open since 01:50 UTC (30 retries failed within 1h); "
        "from 02:20 UTC on one retry",
    ),
    (
        "retries-per-hour",
        {"retries_this_hour": 100},
        {},
        "page",
        "not retried: budget used, 100 retries this hour in this environment",
    ),
    (
        "cost",
        {"spent_today": {"dpu_hours": 97.5}, "runs": runs(dpu_hours=(2.0, 4.0))},
        {},
        "page",
        "not retried: retries of import took 97.5 DPU-hours today, another takes about 3 DPU-hours, "
        "and 100 DPU-hours is the most",
    ),
    ("cost", {"spent_today": {"dpu_hours": 97.0}, "runs": runs(dpu_hours=(2.0, 4.0))}, {}, "retry", "attempt 1 of 2"),
    (
        "cost",
        {
            "spent_today": {"dpu_hours": 95.0},
            "runs": runs(dpu_hours=(3.0,)),
            "failure_class": "resource",
            "run": ran(size={"workers": 4.0}),
        },
        {"retry": LARGER},
        "page",
        "another takes about 6 DPU-hours",
    ),
    (
        "cost",
        {"spent_today": {"seconds": 86_400.0}},
        {},
        "page",
        "not retried: retries of import took 1d today, and 1d is the most",
    ),
    (
        "cost",
        {"spent_today": {"dpu_hours": 100.0}, "runs": runs(durations=(60.0,))},
        {},
        "retry",
        "attempt 1 of 2 in",
    ),
    (
        "window",
        {},
        {"retry": replace(RETRY, window=replace(NIGHT, begin="02:30"))},
        "retry",
        "attempt 1 of 2 in 20m: outside its window, 02:30-06:00 Europe/London, which opens at 02:30 UTC",
    ),
    (
        "window",
        {},
        {"retry": replace(RETRY, window=TimeWindow(begin="09:00", end="17:00"))},
        "page",
        "not retried: outside its window, 09:00-17:00 UTC, which opens at 09:00 UTC, and P1 waits 1h at most",
    ),
    ("window", {}, {"retry": replace(RETRY, window=NIGHT)}, "retry", "attempt 1 of 2 in"),
]
"""guard, what is known, what is declared, decision, words."""


@pytest.mark.parametrize(
    ("_guard", "history", "policy", "action", "words"),
    AFTER_A_FAILURE,
    ids=[f"{r[0]}: {r[4][:40]}" for r in AFTER_A_FAILURE],
)
def test_when_a_run_has_failed(
    _guard: str, history: Mapping[str, Any], policy: Mapping[str, Any], action: str, words: str
) -> None:
    failed = Signal(kind=SignalKind.RUN_FAILED, time=START, technology="job", identity="extract", run_id="r1")
    found = decide(failed, replace(TRANSIENT, **history), replace(POLICY, **policy), START)
    assert (found.action, found.page) == (action, action == "page")
    assert words in found.why
    if action == "page" and not found.would and words.startswith(("not", "retries")):
        assert found.why == words


def due(*others: Attempt, **more: Any) -> dict[str, Any]:
    planned = attempt(1, "planned", **{"planned": START, **more})
    return {"incident": incident(reasons=(FAILED,), attempts=(planned, *others))}


OTHER = replace(attempt(1, "started", run_id="l2"), resource="load")
BEFORE_A_START: list[ROW] = [
    ("all content", due(), {}, "start", "it is due"),
    (
        "kill-switch",
        {**due(), "switch": Switch(mode="off", why=f"{PARAMETER} says so")},
        {},
        "page",
        f"not retried: remediation is off, {PARAMETER} says so",
    ),
    (
        "observe",
        {**due(), "switch": Switch(mode="observe", why=f"{PARAMETER} cannot be read: AccessDenied")},
        {},
        "page",
        f"not retried: observe mode was switched on ({PARAMETER} cannot be read: AccessDenied)",
    ),
    ("observe", due(), {"mode": "observe"}, "page", "not retried: observe mode was switched on"),
    (
        "environment-breaker",
        {**due(), "breakers": Breakers(environment=HALF_OPEN)},
        {},
        "postpone",
        "the circuit breaker of this environment is half-open and lets one retry through, which is going on",
    ),
    (
        "retries-per-hour",
        {**due(), "retries_this_hour": 100},
        {},
        "page",
        "not retried: budget used, 100 retries this hour in this environment",
    ),
    (
        "cost",
        {**due(larger=True), "spent_today": {"dpu_hours": 95.0}, "runs": runs(dpu_hours=(3.0,))},
        {"retry": LARGER},
        "page",
        "not retried: retries of import took 95 DPU-hours today, another takes about 6 DPU-hours, "
        "and 100 DPU-hours is the most",
    ),
    (
        "turn",
        due(OTHER),
        {},
        "postpone",
        "a retry of load is going on, and a pipeline has one at a time",
    ),
    ("turn", due(OTHER), {"retry": replace(RETRY, one_at_a_time=False)}, "start", "it is due"),
    ("turn", due(replace(OTHER, state="planned")), {}, "start", "it is due"),
    (
        "turn",
        due(OTHER, planned=START - timedelta(hours=1)),
        {},
        "page",
        "not retried: a retry of load is going on, and a pipeline has one at a time, and P1 waits 1h at most",
    ),
    ("alone", {**due(), "going_on": "r9"}, {}, "postpone", "another run of extract is going on (r9)"),
    ("alone", {**due(), "going_on": "r9"}, {"retry": replace(RETRY, alone=False)}, "start", "it is due"),
    (
        "alone",
        {**due(planned=START - timedelta(minutes=59), waits=5), "going_on": "r9"},
        {},
        "page",
        "not retried: another run of extract is going on (r9), and P1 waits 1h at most",
    ),
]


@pytest.mark.parametrize(
    ("_guard", "history", "policy", "action", "words"),
    BEFORE_A_START,
    ids=[f"{r[0]}: {r[4][:40]}" for r in BEFORE_A_START],
)
def test_when_a_retry_is_due(
    _guard: str, history: Mapping[str, Any], policy: Mapping[str, Any], action: str, words: str
) -> None:
    fact = Signal(
        kind=SignalKind.RETRY_DUE, time=START, pipeline="import", resource="extract", incident="import-1", attempt=1
    )
    found = decide(fact, replace(TRANSIENT, **history), replace(POLICY, **policy), START)
    assert (found.action, found.why.removeprefix("waits until 02:12 UTC: ")) == (action, words)


def test_every_guard_has_a_row_above() -> None:
    assert {guard.id for guard in GUARDS} == {row[0] for row in [*AFTER_A_FAILURE, *BEFORE_A_START]} - {"all content"}


@pytest.mark.parametrize(("waits", "seconds"), [(0, 120), (1, 240), (2, 480), (3, 900), (9, 900)])
def test_waits_double_up_to_a_quarter_of_an_hour(waits: int, seconds: float) -> None:
    fact = Signal(
        kind=SignalKind.RETRY_DUE, time=START, pipeline="import", resource="extract", incident="import-1", attempt=1
    )
    history = replace(TRANSIENT, going_on="r9", **due(waits=waits))
    assert decide(fact, history, POLICY, START).delay_seconds == seconds


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2026-03-01T23:30", "2026-03-01T23:30"),
        ("2026-03-01T05:59", "2026-03-01T05:59"),
        ("2026-03-01T06:00", "2026-03-01T22:00"),
        ("2026-07-01T04:59", "2026-07-01T04:59"),
        ("2026-07-01T05:00", "2026-07-01T21:00"),
    ],
    ids=["at night", "just before it closes", "when it closes", "in summer", "closed in summer"],
)
def test_a_window_is_by_the_clock_on_the_wall(now: str, opens: str) -> None:
    from pipewarden.time_window import next_opening

    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert next_opening(NIGHT, moment) == datetime.fromisoformat(opens).replace(tzinfo=UTC)
