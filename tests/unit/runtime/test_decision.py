"""What is decided about each signal, as a table."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipewarden.decision import decide
from pipewarden.incident import Incident, IncidentState
from pipewarden.pipeline_settings import AlarmSettings
from pipewarden.run import Run
from pipewarden.run_history import RunHistory
from pipewarden.signal import Signal, SignalKind
from pipewarden.situation import Lapse
from tests.unit.runtime.cases import FAILED, POLICY, TRANSIENT, attempt, incident
from tests.unit.runtime.scene import DRAIN, RETRY, START


def paged(minutes_ago: float = 5, **more: Any) -> Incident:
    moment = START - timedelta(minutes=minutes_ago)
    told = replace(FAILED, told=True)
    return incident(**{"state": "paged", "pages": 1, "paged": moment, "last_paged": moment, "reasons": (told,), **more})


def signal(kind: SignalKind, **more: Any) -> Signal:
    return Signal(**{"kind": kind, "time": START, "technology": "job", "identity": "extract", "run_id": "r1", **more})


def alarm(role: str, severity: str = "P1") -> AlarmSettings:
    return AlarmSettings(pipeline="import", resource="extract", key="k", severity=severity, role=role, meaning="m")


FAILURES: list[tuple[str, dict[str, Any], dict[str, Any], tuple[str, bool, str]]] = [
    ("a transient failure is retried quietly", {}, {}, ("retry", False, "attempt 1 of 2")),
    ("P0 is paged at once and retried all the same", {}, {"severity": "P0"}, ("retry", True, "attempt 1 of 2")),
    (
        "a deterministic failure is paged at once",
        {"failure_class": "deterministic"},
        {},
        ("page", True, "deterministic"),
    ),
    ("a resource failure is not retried as it is", {"failure_class": "resource"}, {}, ("page", True, "resource")),
    ("an unknown failure is retried", {"failure_class": "unknown"}, {}, ("retry", False, "attempt 1 of 2")),
    (
        "an unknown failure is retried once only",
        {"failure_class": "unknown", "incident": incident(attempts=(attempt(1),))},
        {},
        ("page", True, "retried once"),
    ),
    ("the second attempt", {"incident": incident(attempts=(attempt(1),))}, {}, ("retry", False, "attempt 2 of 2")),
    (
        "attempts exhausted",
        {"incident": incident(attempts=(attempt(1), attempt(2)))},
        {},
        ("page", True, "exhausted: 2 of 2"),
    ),
    ("attempts of an incident that is over count", {"earlier_attempts": 2}, {}, ("page", True, "exhausted")),
    ("no retry declared", {}, {"retry": None}, ("page", True, "no retry is declared")),
    ("zero attempts declared", {}, {"retry": replace(RETRY, attempts=0)}, ("page", True, "no retry is declared")),
    ("nothing can start it again", {}, {"retryable": False}, ("page", True, "nothing can start")),
    (
        "observe mode says what it would have done",
        {},
        {"mode": "observe"},
        ("page", True, "would have been retried in"),
    ),
    ("the budget of the hour is used", {"retries_this_hour": 100}, {}, ("page", True, "budget used")),
    ("what runs within another waits for that", {}, {"within": "load"}, ("hold", False, "waiting for what")),
    (
        "what runs within another explains a failure that is known",
        {"incident": incident(reasons=(replace(FAILED, key="run:load", resource="load"),))},
        {"within": "load"},
        ("hold", False, "explains the failure of load"),
    ),
    (
        "a repeated failure of a paged incident pages nobody again",
        {"incident": paged(attempts=(attempt(1), attempt(2)))},
        {},
        ("page", False, "exhausted"),
    ),
    (
        "nor when it was acknowledged",
        {"incident": paged(state=IncidentState.ACKNOWLEDGED), "failure_class": "deterministic"},
        {},
        ("page", False, "deterministic"),
    ),
    (
        "another failure folds into a fresh page",
        {"incident": paged(), "failure_class": "deterministic"},
        {"resource": "load"},
        ("page", False, "deterministic"),
    ),
    (
        "another failure after the acknowledgement pages again",
        {"incident": paged(state=IncidentState.ACKNOWLEDGED), "failure_class": "deterministic"},
        {"resource": "load"},
        ("page", True, "deterministic"),
    ),
    (
        "another failure long after the page pages again",
        {"incident": paged(minutes_ago=90), "failure_class": "deterministic"},
        {"resource": "load"},
        ("page", True, "deterministic"),
    ),
    (
        "a graver failure pages again",
        {"incident": paged(), "failure_class": "deterministic"},
        {"resource": "load", "severity": "P0"},
        ("page", True, "deterministic"),
    ),
    (
        "retries that end in an incident which was paged for something else page",
        {"incident": paged(minutes_ago=90, reasons=(FAILED,), attempts=(attempt(1), attempt(2)))},
        {},
        ("page", True, "exhausted"),
    ),
]


@pytest.mark.parametrize(
    ("history", "policy", "expected"), [row[1:] for row in FAILURES], ids=[row[0] for row in FAILURES]
)
def test_a_failed_run(history: dict[str, Any], policy: dict[str, Any], expected: tuple[str, bool, str]) -> None:
    found = decide(signal(SignalKind.RUN_FAILED), replace(TRANSIENT, **history), replace(POLICY, **policy), START)
    assert (found.action, found.page) == expected[:2]
    assert expected[2] in found.why


OPEN = incident(reasons=(FAILED,))
LATER = Run(run_id="r2", state="succeeded", started=START + timedelta(minutes=5))
SIBLING = Run(run_id="r2", state="succeeded", started=START - timedelta(minutes=5))
OTHERS: list[tuple[str, Signal, dict[str, Any], dict[str, Any], tuple[str, bool, str]]] = [
    ("success with nothing open", signal(SignalKind.RUN_SUCCEEDED), {}, {}, ("ignore", False, "nothing is open")),
    (
        "success of a later run",
        signal(SignalKind.RUN_SUCCEEDED, run_id="r2"),
        {"incident": OPEN, "run": LATER},
        {},
        ("clear", False, "a later run"),
    ),
    (
        "success of a run that was going on before the failure",
        signal(SignalKind.RUN_SUCCEEDED, run_id="r2"),
        {"incident": OPEN, "run": SIBLING},
        {},
        ("note", False, "does not cure"),
    ),
    (
        "success of our retry",
        signal(SignalKind.RUN_SUCCEEDED, run_id="r2"),
        {"incident": OPEN, "run": LATER, "attempt": attempt(1, "started", run_id="r2")},
        {},
        ("clear", False, "retry 1 succeeded"),
    ),
    (
        "success of another run while our retry runs",
        signal(SignalKind.RUN_SUCCEEDED, run_id="r9"),
        {"incident": incident(reasons=(FAILED,), attempts=(attempt(1, "started", run_id="r2"),)), "run": LATER},
        {},
        ("note", False, "retry 1 is still going on"),
    ),
    (
        "success of the failed run itself, redriven",
        signal(SignalKind.RUN_SUCCEEDED, run_id="r1", redrive=1),
        {"incident": OPEN, "run": Run(run_id="r1", state="succeeded", started=START - timedelta(minutes=5))},
        {},
        ("clear", False, "a later run"),
    ),
    ("a run stopped by a person", signal(SignalKind.RUN_STOPPED), {}, {}, ("ignore", False, "stopped by a person")),
    (
        "a run stopped by a person in an open incident",
        signal(SignalKind.RUN_STOPPED),
        {"incident": OPEN},
        {},
        ("note", False, "stopped by a person"),
    ),
    (
        "our retry stopped by a person",
        signal(SignalKind.RUN_STOPPED),
        {"incident": OPEN, "attempt": attempt(1, "started")},
        {},
        ("page", True, "the failure before it stands"),
    ),
    (
        "a health alarm",
        signal(SignalKind.ALARM_RAISED, alarm="a"),
        {},
        {"alarm": alarm("health")},
        ("page", True, "can be retried"),
    ),
    (
        "a run alarm that repeats what is open",
        signal(SignalKind.ALARM_RAISED, alarm="a"),
        {"incident": OPEN},
        {"alarm": alarm("run")},
        ("note", False, "repeats"),
    ),
    (
        "a run alarm after a failure that was handled",
        signal(SignalKind.ALARM_RAISED, alarm="a"),
        {"runs": RunHistory(last_failed=START - timedelta(minutes=20))},
        {"alarm": alarm("run")},
        ("ignore", False, "repeats"),
    ),
    (
        "a run alarm that no event told",
        signal(SignalKind.ALARM_RAISED, alarm="a"),
        {},
        {"alarm": alarm("run")},
        ("hold", False, "no event"),
    ),
    (
        "a run alarm of something without run events",
        signal(SignalKind.ALARM_RAISED, alarm="a"),
        {},
        {"alarm": alarm("run"), "runs": False},
        ("page", True, "nothing here can be retried"),
    ),
    (
        "a dead-letter alarm",
        signal(SignalKind.ALARM_RAISED, alarm="a"),
        {},
        {"alarm": alarm("drain"), "drain": DRAIN},
        ("drain", False, "drainer"),
    ),
    (
        "a dead-letter alarm in observe mode",
        signal(SignalKind.ALARM_RAISED, alarm="a"),
        {},
        {"alarm": alarm("drain"), "drain": DRAIN, "mode": "observe"},
        ("page", True, "would have drained"),
    ),
    (
        "a dead-letter alarm without a declared drain",
        signal(SignalKind.ALARM_RAISED, alarm="a"),
        {},
        {"alarm": alarm("drain")},
        ("page", True, "nothing here can be retried"),
    ),
    (
        "an alarm clears what it opened",
        signal(SignalKind.ALARM_CLEARED, alarm="a"),
        {"incident": incident(reasons=(replace(FAILED, key="alarm:a", kind="alarm"),))},
        {"alarm": alarm("health")},
        ("clear", False, "cleared"),
    ),
    (
        "a cleared run alarm cures no run",
        signal(SignalKind.ALARM_CLEARED, alarm="a"),
        {"incident": OPEN},
        {"alarm": alarm("run")},
        ("note", False, "cleared"),
    ),
    (
        "a cleared alarm of nothing",
        signal(SignalKind.ALARM_CLEARED, alarm="a"),
        {},
        {},
        ("ignore", False, "nothing is open"),
    ),
    (
        "a deadline that was met",
        signal(SignalKind.DEADLINE_REACHED),
        {},
        {},
        ("ignore", False, "everything has succeeded"),
    ),
    (
        "a deadline that was missed",
        signal(SignalKind.DEADLINE_REACHED),
        {"lapses": (Lapse(resource="extract", text="extract never started"),)},
        {},
        ("page", True, "deadline has passed"),
    ),
    (
        "drained to the last message",
        signal(SignalKind.DRAIN_FINISHED, detail={"replayed": 3}),
        {"incident": incident(reasons=(replace(FAILED, key="dead-letters:extract", kind="dead-letters"),))},
        {},
        ("clear", False, "3 dead letters were replayed"),
    ),
    (
        "drained, but some were put aside",
        signal(SignalKind.DRAIN_FINISHED, detail={"replayed": 3, "quarantined": 1}),
        {"incident": incident(reasons=(replace(FAILED, key="dead-letters:extract", kind="dead-letters"),))},
        {},
        ("page", True, "1 dead letters need a person"),
    ),
    ("drained by a person, all well", signal(SignalKind.DRAIN_FINISHED), {}, {}, ("ignore", False, "nothing is open")),
    ("a heartbeat", signal(SignalKind.HEARTBEAT), {}, {}, ("ignore", False, "asks for nothing")),
]


@pytest.mark.parametrize(
    ("fact", "history", "policy", "expected"), [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS]
)
def test_any_other_signal(
    fact: Signal, history: dict[str, Any], policy: dict[str, Any], expected: tuple[str, bool, str]
) -> None:
    found = decide(fact, replace(TRANSIENT, **history), replace(POLICY, **policy), START)
    assert (found.action, found.page) == expected[:2]
    assert expected[2] in found.why
