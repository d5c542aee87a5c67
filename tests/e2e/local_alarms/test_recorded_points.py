"""Points that the emulator's services record by themselves reach the alarms too."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.e2e

# The patches belong into the emulator's process, so this runs in one of its own.
SCRIPT = """
import time
from ministack.services import cloudwatch
from pipewarden_cli.local.cloudwatch import request
from pipewarden_cli.local.gaps import cloudwatch_alarms

cloudwatch_alarms.fill()
rule = {"Namespace": "N", "MetricName": "M", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 0}
rule |= {"Dimensions": [{"Name": "D", "Value": "1"}], "ComparisonOperator": "GreaterThanThreshold"}
alarm = request.metric_alarm_record("a", {**rule, "TreatMissingData": "notBreaching"})
request.store_metric_alarm(alarm)
assert alarm["StateValue"] == "OK"
cloudwatch.record_metric("N", "M", 1, "Count", {"D": "2"})
cloudwatch.record_metric("N", "M", 1, "Count", {"D": "1"})
for _ in range(100):
    if alarm["StateValue"] == "ALARM":
        break
    time.sleep(0.02)
print(alarm["StateValue"])
"""


def test_recorded_points_are_judged_at_once() -> None:
    result = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=30, check=False)
    assert (result.stdout.strip(), result.returncode) == ("ALARM", 0), result.stderr
