"""Fleet alarms as they are deployed: one alarm over all of a kind, and no alarm of its own for what it watches."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from pipewarden_plan.plan import Plan

Templates = dict[str, dict[str, Any]]
CORE, TEAM = "pipewarden-fleet-core", "pipewarden-fleet-lake"


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """The properties by the alarm's or the rule's name."""
    rows = (row["Properties"] for row in template["Resources"].values() if row["Type"] == kind)
    return {row.get("AlarmName") or row["Name"]: row for row in rows}


def queries(template: dict[str, Any]) -> dict[str, str]:
    """The query of each alarm that judges one."""
    found = of_type(template, "AWS::CloudWatch::Alarm").items()
    return {name: row["Metrics"][0]["Expression"] for name, row in found if "GROUP BY" in json.dumps(row)}


def test_one_alarm_over_all_of_a_kind_stands_in_the_core_stack(fleet: Templates) -> None:
    judged = queries(fleet[CORE])
    assert {name.partition("/fleet/")[2]: text.partition(" FROM ")[0] for name, text in judged.items()} == {
        "P2/glue-job.failed": 'SELECT SUM("RunsFailed")',
        "P2/sqs.depth": 'SELECT MAX("ApproximateNumberOfMessagesVisible")',
    }
    assert all("GROUP BY" in text for text in judged.values())
    alarms = of_type(fleet[CORE], "AWS::CloudWatch::Alarm")
    assert not any("AlarmActions" in alarms[name] for name in judged)


def test_a_team_keeps_only_what_no_fleet_watches(fleet: Templates, fleet_plan: Plan) -> None:
    kept = {alarm.name for team in fleet_plan.teams for alarm in team.alarms if not alarm.fleet}
    assert set(of_type(fleet[TEAM], "AWS::CloudWatch::Alarm")) == kept
    assert kept == {name for name in kept if "/stock/" in name}
    assert {name.rpartition("/")[2] for name in kept} == {"load.failed", "load.duration-ratio"}


def test_its_contributors_reach_the_signals_queue_and_people_without_any_function(fleet: Templates) -> None:
    patterns = [row["EventPattern"] for row in of_type(fleet[CORE], "AWS::Events::Rule").values()]
    heard = [found for found in patterns if "CloudWatch Alarm Contributor State Change" in found["detail-type"]]
    assert len(heard) == 1
    composites = of_type(fleet[CORE], "AWS::CloudWatch::CompositeAlarm")
    for name in queries(fleet[CORE]):
        over = [row for row in composites.values() if f'ALARM("{name}")' in row["AlarmRule"]]
        assert [bool(row["AlarmActions"] and row["ActionsSuppressor"]) for row in over] == [True]


def test_cfn_lint_finds_nothing(fleet: Templates) -> None:
    command = [str(Path(sys.executable).with_name("cfn-lint")), *(row["Path"] for row in fleet.values())]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (found.returncode, found.stdout) == (0, "")
