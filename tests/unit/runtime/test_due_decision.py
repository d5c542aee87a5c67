"""What is decided when a retry is due, and when a check is."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipewarden.backoff import backoff_seconds
from pipewarden.decision import decide
from pipewarden.signal import Signal, SignalKind
from tests.unit.runtime.cases import FAILED, POLICY, TRANSIENT, attempt, incident
from tests.unit.runtime.scene import START


def due(state: str, **more: Any) -> dict[str, Any]:
    return {"incident": incident(reasons=(FAILED,), attempts=(attempt(1, state, **more),))}


SOON, AGO = START + timedelta(minutes=1), START - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("history", "policy", "expected"),
    [
        (due("planned"), {}, ("start", False)),
        (due("starting", claimed_until=SOON), {}, ("busy", False)),
        (due("starting", claimed_until=AGO), {}, ("start", False)),
        (due("started"), {}, ("ignore", False)),
        (due("cancelled"), {}, ("ignore", False)),
        ({}, {}, ("ignore", False)),
        ({"incident": incident(id="another")}, {}, ("ignore", False)),
        (due("planned"), {"mode": "observe"}, ("page", True)),
        ({**due("planned"), "retries_this_hour": 100}, {}, ("page", True)),
        ({**due("starting", claimed_until=AGO), "retries_this_hour": 100}, {}, ("start", False)),
    ],
    ids=[
        "planned: start",
        "being started: busy",
        "start interrupted: again",
        "started already",
        "cancelled",
        "incident over",
        "another incident is open",
        "observe mode was switched on",
        "budget used meanwhile",
        "an interrupted start is in the budget already",
    ],
)
def test_a_retry_that_is_due(history: dict[str, Any], policy: dict[str, Any], expected: tuple[str, bool]) -> None:
    fact = Signal(
        kind=SignalKind.RETRY_DUE, time=START, pipeline="import", resource="extract", incident="import-1", attempt=1
    )
    found = decide(fact, replace(TRANSIENT, **history), replace(POLICY, **policy), START)
    assert (found.action, found.page) == expected


HELD = replace(FAILED, evidence=True)


@pytest.mark.parametrize(
    ("history", "attempt_number", "count", "expected"),
    [
        ({"incident": incident(reasons=(HELD,)), "pursuit": "gone"}, 0, 0, ("page", "no word from")),
        ({"incident": incident(reasons=(HELD,)), "pursuit": "running"}, 0, 0, ("wait", "still running")),
        ({"incident": incident(reasons=(HELD,)), "pursuit": "running"}, 0, 30, ("page", "no word from")),
        ({"incident": incident(reasons=(FAILED,))}, 0, 0, ("ignore", "has been told")),
        ({"incident": incident(reasons=(replace(HELD, open=False),))}, 0, 0, ("ignore", "ended")),
        ({}, 0, 0, ("ignore", "ended")),
        ({**due("started"), "pursuit": "running"}, 1, 0, ("wait", "still running")),
        ({**due("started"), "pursuit": "gone"}, 1, 0, ("page", "outcome of retry 1 is unknown")),
        ({**due("failed"), "pursuit": "ended"}, 1, 0, ("ignore", "has been told")),
    ],
    ids=[
        "no word from the owner",
        "the owner still runs",
        "the owner runs for ever",
        "it became a failure",
        "it was cured",
        "the incident is over",
        "our retry still runs",
        "our retry is gone",
        "our retry ended",
    ],
)
def test_a_check(history: dict[str, Any], attempt_number: int, count: int, expected: tuple[str, str]) -> None:
    fact = Signal(
        kind=SignalKind.CHECK_DUE,
        time=START,
        pipeline="import",
        resource="extract",
        incident="import-1",
        attempt=attempt_number,
        detail={"reason": "run:extract", "count": count},
    )
    found = decide(fact, replace(TRANSIENT, **history), POLICY, START)
    assert found.action == expected[0]
    assert expected[1] in found.why


@pytest.mark.parametrize("number", [1, 2, 3, 10])
def test_backoff_stays_in_its_range_grows_and_is_the_same_each_time(number: int) -> None:
    seeds = [f"incident-{n}" for n in range(200)]
    delays = [backoff_seconds(number, (60.0, 900.0), seed) for seed in seeds]
    assert delays == [backoff_seconds(number, (60.0, 900.0), seed) for seed in seeds]
    assert all(60 <= delay <= min(900, 60 * 2**number) for delay in delays)
    assert max(delays) - min(delays) > 0.8 * (min(900, 60 * 2**number) - 60)


def test_a_backoff_of_one_value_is_that_value() -> None:
    assert backoff_seconds(3, (30.0, 30.0), "x") == 30.0
