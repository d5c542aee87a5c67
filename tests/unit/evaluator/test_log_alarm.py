"""Alarms on log queries: what is asked when, and which state the answers give."""

from __future__ import annotations

from typing import Any

import pytest

from pipewarden_cli.evaluator.alarm import AlarmError
from pipewarden_cli.evaluator.evaluation import State
from pipewarden_cli.evaluator.log_alarm import evaluate_log_alarm, read_log_alarm

NOW = 1_800_000_130.0  # 130 s after the last run of a query that runs every five minutes
SCHEDULE = {"ScheduleExpression": "rate(5 minutes)", "StartTimeOffset": 360, "EndTimeOffset": 60}
ASKED = {
    "QueryString": "filter level = 'ERROR'",
    "AggregationExpression": "count(*)",
    "LogGroupIdentifiers": ["/app"],
    "ScheduledQueryRoleARN": "arn:aws:iam::123456789012:role/asks",
    "ScheduleConfiguration": SCHEDULE,
}
FIELDS: dict[str, Any] = {
    "ScheduledQueryConfiguration": ASKED,
    "QueryResultsToEvaluate": 3,
    "QueryResultsToAlarm": 2,
    "Threshold": 5,
    "ComparisonOperator": "GreaterThanThreshold",
}


def test_each_run_reads_what_was_logged_since_the_one_before() -> None:
    asked: list[tuple[float, float]] = []
    alarm = read_log_alarm(FIELDS)

    def ask(start: float, end: float) -> None:
        asked.append((start - 1_800_000_000, end - 1_800_000_000))

    evaluate_log_alarm(alarm, ask, NOW, State.OK)
    assert asked == [(-960, -660), (-660, -360), (-360, -60)]
    assert alarm.text == "filter level = 'ERROR' | stats count(*) as value"


@pytest.mark.parametrize(
    ("answers", "missing", "before", "expected"),
    [
        pytest.param([9, 1, 9], "missing", State.OK, State.ALARM, id="two of three"),
        pytest.param([9, 1, 1], "missing", State.ALARM, State.OK, id="one of three"),
        pytest.param([None, None, 9], "notBreaching", State.OK, State.OK, id="no row is fine"),
        pytest.param([None, None, 1], "breaching", State.OK, State.ALARM, id="no row is bad"),
        pytest.param([None, None, None], "missing", State.OK, State.INSUFFICIENT_DATA, id="no row tells nothing"),
        pytest.param([None, None, None], "ignore", State.ALARM, State.ALARM, id="no row changes nothing"),
    ],
)
def test_the_state(answers: list[float | None], missing: str, before: State, expected: State) -> None:
    alarm = read_log_alarm({**FIELDS, "TreatMissingData": missing})
    left = iter(answers)
    assert evaluate_log_alarm(alarm, lambda _start, _end: next(left), NOW, before).state == expected


def changed(**asked: Any) -> dict[str, Any]:
    return {**FIELDS, "ScheduledQueryConfiguration": {**ASKED, **asked}}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        pytest.param(changed(QueryString=""), "QueryString must be specified", id="no query"),
        pytest.param(changed(ScheduledQueryRoleARN=None), "ScheduledQueryRoleARN must be", id="no role"),
        pytest.param(changed(LogGroupIdentifiers=[]), "1 to 50 members", id="no log group"),
        pytest.param(changed(LogGroupIdentifiers=["/a"] * 51), "1 to 50 members", id="too many log groups"),
        pytest.param(
            changed(ScheduleConfiguration={**SCHEDULE, "ScheduleExpression": "cron(0 * * * ? *)"}),
            "must be a rate",
            id="a cron",
        ),
        pytest.param(
            changed(ScheduleConfiguration={**SCHEDULE, "EndTimeOffset": 360}), "less than StartTimeOffset", id="no time"
        ),
        pytest.param(
            changed(ScheduleConfiguration={**SCHEDULE, "StartTimeOffset": 2_592_001}), "less than", id="over 30 days"
        ),
        pytest.param({**FIELDS, "QueryResultsToEvaluate": 101}, "at most 100", id="too many answers"),
        pytest.param(
            {**FIELDS, "QueryResultsToAlarm": 4}, "QueryResultsToAlarm must be 1 to", id="more than there are"
        ),
        pytest.param({**FIELDS, "ComparisonOperator": "Like"}, "must be one of", id="no such comparison"),
        pytest.param({**FIELDS, "TreatMissingData": "fine"}, "must be one of", id="no such treatment"),
        pytest.param({**FIELDS, "Threshold": None}, "Threshold must be specified", id="no threshold"),
    ],
)
def test_what_the_service_refuses(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(AlarmError, match=words):
        read_log_alarm(fields)
