"""Contributors of fleet alarms: each is the alarm of one pipeline, whatever alarm CloudWatch names."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from pipewarden.fleet import FleetSettings, as_member, read_contributor
from pipewarden.link import alarm_link
from pipewarden.settings import Settings
from pipewarden.signal import Signal, SignalKind
from pipewarden.transport import read_record
from tests.unit.runtime.scene import Scene, make_settings

FLEET = "test/pipewarden/fleet/P2/stale"
# "Alarm events and EventBridge" in the CloudWatch user guide, with our names.
EVENT: dict[str, Any] = {
    "version": "0",
    "id": "6d226bbc-07f0-9a31-3359-1736968f8ded",
    "detail-type": "CloudWatch Alarm Contributor State Change",
    "source": "aws.cloudwatch",
    "account": "123456789012",
    "time": "2026-03-01T02:10:00Z",
    "region": "eu-west-1",
    "resources": [f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{FLEET}"],
    "detail": {
        "alarmName": FLEET,
        "alarmContributor": {
            "id": "6d442278dba546f6",
            "attributes": {"Resource": "extract", "Pipeline": "import"},
        },
        "state": {
            "value": "ALARM",
            "reason": "Threshold Crossed: 1 datapoint was less than the threshold (1.0).",
            "timestamp": "2026-03-01T02:10:04.919+0000",
        },
        "configuration": {"metrics": []},
    },
}


def settings() -> Settings:
    members = {"stale": ("import", "extract"), "other-stale": ("other", "job")}
    alarms = make_settings().alarms
    other = replace(alarms["stale"], pipeline="other", resource="job", key="job.stale")
    fleets = {FLEET: FleetSettings(group_by=("Pipeline", "Resource"), members=members)}
    return replace(make_settings(), alarms={**alarms, "other-stale": other}, fleets=fleets)


def scene() -> Scene:
    found = Scene()
    found.workplace = replace(found.workplace, settings=settings())
    found.responder = type(found.responder)(found.workplace)
    return found


def changed(state: str, at: str = "2026-03-01T02:10:04.919+0000", contributor: str = "c", **labels: str) -> Signal:
    detail = {
        **EVENT["detail"],
        "alarmContributor": {"id": contributor, "attributes": labels},
        "state": {"value": state, "timestamp": at},
    }
    record = {"body": json.dumps({**EVENT, "detail": detail})}
    signal = read_record(record, []).signal
    assert signal is not None
    return signal


IMPORT = {"Pipeline": "import", "Resource": "extract"}
OTHER = {"Pipeline": "other", "Resource": "job"}


def test_the_documented_event_is_read() -> None:
    assert read_contributor(EVENT) == Signal(
        kind=SignalKind.ALARM_RAISED,
        time=datetime(2026, 3, 1, 2, 10, 4, 919000, tzinfo=UTC),
        identity="6d442278dba546f6",
        alarm=FLEET,
        detail={
            "reason": "Threshold Crossed: 1 datapoint was less than the threshold (1.0).",
            "region": "eu-west-1",
            "contributor": IMPORT,
        },
    )


def test_a_state_that_says_nothing_is_no_signal() -> None:
    detail = {**EVENT["detail"], "state": {"value": "INSUFFICIENT_DATA", "timestamp": "2026-03-01T02:10:04.919+0000"}}
    reading = read_record({"body": json.dumps({**EVENT, "detail": detail})}, [])
    assert (reading.signal, reading.why) == (None, "alarm-without-data")


@pytest.mark.parametrize(
    ("alarm", "labels", "expected"),
    [
        pytest.param(FLEET, IMPORT, "stale", id="a member"),
        pytest.param(FLEET, OTHER, "other-stale", id="another member"),
        pytest.param(FLEET, {**IMPORT, "Resource": "load"}, FLEET, id="nobody declared it"),
        pytest.param(FLEET, {"Pipeline": "import"}, FLEET, id="a label is missing"),
        pytest.param("failed", IMPORT, "failed", id="no fleet alarm"),
    ],
)
def test_whose_a_contributor_is(alarm: str, labels: dict[str, str], expected: str) -> None:
    signal = Signal(kind=SignalKind.ALARM_RAISED, time=Scene().time, alarm=alarm, detail={"contributor": labels})
    assert as_member(signal, settings()).alarm == expected


def test_two_contributors_at_the_same_moment_are_two_signals() -> None:
    first, second = (changed("ALARM", contributor=name) for name in ("a", "b"))
    assert first.key != second.key
    assert as_member(changed("ALARM", **IMPORT), settings()).key != as_member(changed("ALARM", **OTHER), settings()).key


def test_each_pipeline_has_its_incident_and_its_end() -> None:
    told = scene()
    assert told.handle(changed("ALARM", **IMPORT)) == "page"
    assert told.handle(changed("ALARM", contributor="d", **OTHER)) == "page"
    assert {incident.pipeline for incident in told.store.recent()} == {"import", "other"}
    assert told.handle(changed("ALARM", **IMPORT)) in ("duplicate", "finished")
    assert told.handle(changed("OK", "2026-03-01T02:20:00.000+0000", **IMPORT)) == "clear"
    assert {found.pipeline: found.state.value for found in told.store.recent()} == {
        "import": "recovered",
        "other": "paged",
    }


def test_what_nobody_declared_is_dropped_and_counted() -> None:
    told = scene()
    assert told.handle(changed("ALARM", Pipeline="stranger", Resource="it")) == "undeclared"
    assert told.metric("SignalsIgnored") == [1.0]
    assert told.store.recent() == []


def test_the_settings_keep_fleets_and_links_lead_to_the_alarm_that_is_there() -> None:
    read = Settings.from_json(settings().to_json())
    assert read.fleets == settings().fleets
    assert alarm_link(read, "stale").endswith("alarm/test%2Fpipewarden%2Ffleet%2FP2%2Fstale")
    assert alarm_link(read, "failed").endswith("alarm/failed")
