"""Runs that do work of their own each and cannot be asked about later: invocations of a function."""

from datetime import timedelta
from typing import Any

import pytest

from pipewarden.acknowledgement import acknowledge
from pipewarden.pipeline_settings import AlarmSettings, ResourceSettings
from pipewarden.registry import technologies
from pipewarden.signal import Signal, SignalKind
from pipewarden.transport import read_event
from pipewarden.workplace import BusyError
from tests.unit.runtime.scene import RETRY, Scene

ARN = "arn:aws:lambda:eu-west-1:123456789012:function:export"


class Functions:
    """Lambda, as the retry of an invocation and the start of the drainer use it."""

    def __init__(self) -> None:
        self.invoked: list[tuple[str, bytes]] = []

    def invoke(self, **request: Any) -> dict[str, Any]:
        self.invoked.append((request["FunctionName"], request["Payload"]))
        return {"ResponseMetadata": {"RequestId": f"retry-{len(self.invoked)}"}}


def function_scene() -> tuple[Scene, Functions]:
    scene, functions = Scene(), Functions()
    scene.aws.services["lambda"] = functions
    found = scene.workplace.technologies
    found["lambda"] = technologies()["lambda"]  # type: ignore[index]
    settings = scene.workplace.settings
    settings.pipelines["import"].resources["export"] = ResourceSettings(  # type: ignore[index]
        type="lambda", fields={"function": "export"}, identities=(ARN,), retry=RETRY
    )
    settings.alarms["errors"] = AlarmSettings(  # type: ignore[index]
        pipeline="import", resource="export", key="export.errors", severity="P1", role="run", meaning="It failed."
    )
    return scene, functions


def record(scene: Scene, run: str, outcome: str, payload: Any = None, error: str = "timed out after 3 s") -> Signal:
    event = {
        "source": "lambda",
        "detail-type": f"Lambda Function Invocation Result - {outcome}",
        "time": scene.time.isoformat(),
        "detail": {
            "timestamp": scene.time.isoformat(),
            "requestContext": {"requestId": run, "functionArn": f"{ARN}:$LATEST", "condition": "RetriesExhausted"},
            "requestPayload": payload,
            "responsePayload": {"errorMessage": f"transient: {error}", "errorType": "Sandbox.Timedout"},
        },
    }
    signal = read_event(event, [technologies()["lambda"]]).signal
    assert signal
    return Signal(**{**signal.__dict__, "identity": ARN})


def start_due(scene: Scene) -> None:
    for signal in scene.due():
        scene.time = max(scene.time, signal.time)
        scene.handle(signal)


def test_each_failed_invocation_is_repeated_with_its_own_payload() -> None:
    scene, functions = function_scene()
    scene.handle(record(scene, "a", "Failure", {"order": 1}))
    scene.handle(record(scene, "b", "Failure", {"order": 2}))
    scene.handle(record(scene, "c", "Failure", {"order": 3}))
    start_due(scene)
    assert [payload for _, payload in functions.invoked] == [b'{"order": 1}', b'{"order": 2}', b'{"order": 3}']
    assert scene.aws.sns.published == []


def test_the_success_of_another_invocation_cures_nothing() -> None:
    scene, functions = function_scene()
    scene.handle(record(scene, "a", "Failure", {"order": 1}))
    scene.time += timedelta(seconds=1)
    assert scene.handle(record(scene, "z", "Success")) == "ignore"
    start_due(scene)
    assert len(functions.invoked) == 1
    scene.time += timedelta(minutes=1)
    assert scene.handle(record(scene, "retry-1", "Success")) == "clear"
    assert scene.incident.state == "recovered"


def test_attempts_are_counted_for_each_failed_invocation() -> None:
    scene, functions = function_scene()
    for run in ("a", "b", "c"):
        scene.handle(record(scene, run, "Failure", run))
    start_due(scene)
    scene.handle(record(scene, "retry-1", "Failure", "a"))
    start_due(scene)
    assert functions.invoked[3] == ("export", b'"a"')
    assert scene.aws.sns.published == []
    assert scene.handle(record(scene, "retry-4", "Failure", "a")) == "page"
    assert "retries exhausted: 2 of 2" in scene.aws.sns.published[0]["default"].lower()
    # Others succeed; what was given up stays open until somebody takes it.
    assert scene.handle(record(scene, "retry-2", "Success")) == "note"
    assert scene.handle(record(scene, "retry-3", "Success")) == "note"
    assert acknowledge(scene.workplace, scene.incident.id, "Ada")[0] == "acknowledged"
    assert scene.incident.state == "closed"


def test_a_retry_of_which_no_failure_is_heard_counts_as_cured() -> None:
    scene, _ = function_scene()
    scene.handle(record(scene, "a", "Failure", {"order": 1}))
    start_due(scene)
    (check,) = scene.due(SignalKind.CHECK_DUE)
    assert check.time == scene.time + timedelta(hours=1)
    scene.time = check.time
    assert scene.handle(check) == "clear"
    assert scene.incident.state == "recovered"


def test_a_failure_while_a_retry_is_being_started_is_taken_up_when_its_id_is_known() -> None:
    scene, functions = function_scene()
    scene.handle(record(scene, "a", "Failure", {"order": 1}))
    failure = record(scene, "retry-1", "Failure", {"order": 1})
    early: list[str] = []

    def come_in(name: str) -> None:
        if name == "dynamodb.transact_write_items" and functions.invoked and not early:
            early.append("busy")
            with pytest.raises(BusyError):
                scene.handle(failure)

    scene.aws.before_call = come_in
    start_due(scene)
    assert early == ["busy"]
    assert scene.handle(failure) == "retry"
    assert [(a.number, a.depth, a.state) for a in scene.incident.attempts] == [(1, 1, "failed"), (2, 2, "planned")]


def test_a_payload_that_no_item_holds_is_paged_instead_of_repeated() -> None:
    scene, functions = function_scene()
    scene.handle(record(scene, "a", "Failure", "x" * 400_000))
    start_due(scene)
    assert functions.invoked == []
    assert "could not be started: the payload" in scene.aws.sns.published[0]["default"]


def test_an_alarm_about_invocations_that_no_event_tells_is_paged_after_a_while() -> None:
    scene, _ = function_scene()
    scene.handle(Signal(kind=SignalKind.ALARM_RAISED, time=scene.time, alarm="errors"))
    assert scene.aws.sns.published == []
    (check,) = scene.due(SignalKind.CHECK_DUE)
    scene.time = check.time
    assert scene.handle(check) == "page"
    assert "export failed, says its alarm" in scene.aws.sns.published[0]["default"]
