"""Which alarm repeats what a run's event tells: what is declared about it holds for that failure."""

from dataclasses import replace

import pytest

from pipewarden.pipeline_settings import AlarmSettings
from pipewarden.run_signal import alarm_of_failure
from pipewarden.signal import Signal, SignalKind
from tests.unit.runtime.scene import START, make_settings


def alarm(resource: str, key: str, role: str = "run") -> AlarmSettings:
    about = {"pipeline": "import", "resource": resource, "severity": "P1", "meaning": ""}
    return AlarmSettings(key=f"{resource}.{key}", role=role, **about)


ALARMS = (
    alarm("job", "failed"),
    alarm("machine", "failed"),
    alarm("machine", "timed-out"),
    alarm("machine", "throttled", role="health"),
    alarm("function", "errors"),
    alarm("healthy", "failed", role="health"),
)


@pytest.mark.parametrize(
    ("kind", "resource", "state", "key"),
    [
        pytest.param("run-failed", "job", "FAILED", "job.failed", id="a failure"),
        pytest.param(
            "run-failed", "job", "TIMEOUT", "job.failed", id="a timeout where no alarm is about timeouts only"
        ),
        pytest.param("run-failed", "machine", "TIMED_OUT", "machine.timed-out", id="a timeout where one is"),
        pytest.param("run-failed", "machine", "FAILED", "machine.failed", id="a failure beside it"),
        pytest.param("run-failed", "function", "failed", "function.errors", id="an invocation"),
        pytest.param("run-stopped", "job", "STOPPED", "job.failed", id="a retry that was stopped leaves its failure"),
        pytest.param("run-succeeded", "job", "SUCCEEDED", None, id="a success is repeated by none"),
        pytest.param("run-failed", "healthy", "FAILED", None, id="an alarm that is not about runs"),
        pytest.param("run-failed", "other", "FAILED", None, id="switched off"),
    ],
)
def test_alarm_of_failure(kind: str, resource: str, state: str, key: str | None) -> None:
    settings = replace(make_settings(), alarms={found.key: found for found in ALARMS})
    signal = Signal(kind=SignalKind(kind), time=START, state=state)
    found = alarm_of_failure(settings, signal, "import", resource)
    assert (found.key if found else None) == key
