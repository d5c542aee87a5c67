"""A maintenance window from its declaration to the mute rule in the deployed team stack, in real time: nothing is heard
of an alarm that is raised inside, and the page goes out when the window is over."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.deployed import Deployed, deployed, planned

pytestmark = pytest.mark.e2e

LEAST_SECONDS = 45
"""Of the window, when it is declared: to deploy, and to raise the alarm inside."""
WAIT_SECONDS = 40.0
METRIC = {"namespace": "Team", "metric": "Score", "dimensions": {"Table": "customers"}}


def declare(root: Path, start: datetime, end: datetime) -> None:
    """A metric with a limit, and a window over every pipeline that has just begun."""
    window = {"name": "patch", "start": f"{start:%Y-%m-%dT%H:%M}", "end": f"{end:%Y-%m-%dT%H:%M}", "pipelines": ["*"]}
    environment = {
        "version": 1,
        "account": "123456789012",
        "region": "us-east-1",
        "severities": {"P2": {"respond_within": "1h", "notify": ["team"]}},
        "channels": {"team": {"type": "email", "address": "team@example.com"}},
        "maintenance": [window],
    }
    quality = {"type": "metric", **METRIC, "expect": {"max": 1}}
    pipelines = {"quality": {"severity": "P2", "resources": {"score": quality}}}
    declaration = {"version": 1, "owner": "team", "pipelines": pipelines}
    for kind, name, content in (("environments", "muted", environment), ("pipelines", "team", declaration)):
        folder = root / "config" / kind
        folder.mkdir(parents=True)
        (folder / f"{name}.yaml").write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML


def until(what: str, look: Callable[[], Any], seconds: float = WAIT_SECONDS) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := look()):
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.2)
    return found


def pages(world: Deployed) -> list[Any]:
    """Mails about the pipeline; those about the window itself are others."""
    return [mail for mail in world.local.inbox() if "muted/quality" in mail.subject]


def alarm(world: Deployed) -> dict[str, Any]:
    found: dict[str, Any] = world.client("cloudwatch").describe_alarms(AlarmNamePrefix="muted/team/quality/")
    (one,) = found["MetricAlarms"]
    return dict(one)


def test_an_alarm_inside_the_window_pages_when_the_window_is_over(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    start = now.replace(second=0, microsecond=0)
    end = start + timedelta(minutes=1 if 60 - now.second >= LEAST_SECONDS else 2)
    declare(tmp_path, start, end)
    with deployed(tmp_path, planned(tmp_path, "muted")) as world:
        (rule,) = world.client("cloudwatch").list_alarm_mute_rules()["AlarmMuteRuleSummaries"]
        assert (rule["Status"], rule["AlarmMuteRuleArn"].rpartition(":")[2]) == (
            "ACTIVE",
            "pipewarden-muted-team-patch",
        ), rule
        point = {"MetricName": "Score", "Dimensions": [{"Name": "Table", "Value": "customers"}], "Value": 5.0}
        world.client("cloudwatch").put_metric_data(Namespace="Team", MetricData=[point])
        until("the alarm is raised", lambda: alarm(world)["StateValue"] == "ALARM")
        assert datetime.now(UTC) < end, "the machine took so long that the window is over"
        while datetime.now(UTC) < end - timedelta(seconds=2):
            assert pages(world) == []
            time.sleep(0.5)
        (page,) = until("the page goes out", lambda: pages(world), seconds=60)
        assert page.delivered_at >= end
