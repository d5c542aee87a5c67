"""An alarm on a query of Logs Insights: when it asks for what, and which state its answers give.

PutLogAlarm (API model) and "Log alarms" in the CloudWatch user guide: M of the last N answers, each one number out of
the rows of one run of the query. AWS does not say how the aggregation is applied; here it is the query's last command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipewarden_cli.evaluator.alarm import STATIC_COMPARISONS, TREATMENTS, AlarmError, AlarmRule
from pipewarden_cli.evaluator.evaluation import State, Verdict, judge
from pipewarden_cli.evaluator.samples import Grid

MOST_ANSWERS = 100
LONGEST_OFFSET = 2_592_000
MOST_GROUPS = 50
_RATE = re.compile(r"rate\((\d+) (minute|minutes|hour|hours|day|days)\)")
_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}

Ask = Callable[[float, float], float | None]
"""The value over what was logged between two moments; None where there is no row."""


@dataclass(frozen=True, slots=True)
class LogAlarm:
    """`rule` is how the answers are judged, its period the time from one to the next; `text` what is asked."""

    rule: AlarmRule
    text: str
    log_groups: tuple[str, ...]
    start_offset: int
    end_offset: int


def is_log_alarm(fields: Mapping[str, Any]) -> bool:
    """Whether an alarm asks log groups."""
    return "ScheduledQueryConfiguration" in fields


def read_log_alarm(fields: Mapping[str, Any]) -> LogAlarm:
    """From PutLogAlarm's parameters or AWS::CloudWatch::LogAlarm's properties. Raises AlarmError for what the service
    refuses."""
    asked = fields.get("ScheduledQueryConfiguration") or {}
    schedule = asked.get("ScheduleConfiguration") or {}
    for name in ("QueryString", "AggregationExpression", "ScheduledQueryRoleARN"):
        if not asked.get(name):
            raise AlarmError(f"The parameter ScheduledQueryConfiguration.{name} must be specified")
    groups = tuple(str(group) for group in asked.get("LogGroupIdentifiers") or ())
    if not 1 <= len(groups) <= MOST_GROUPS:
        raise AlarmError(f"LogGroupIdentifiers must have 1 to {MOST_GROUPS} members")
    start, end = int(schedule.get("StartTimeOffset") or 0), int(schedule.get("EndTimeOffset") or 0)
    if not 0 <= end < start <= LONGEST_OFFSET:
        raise AlarmError("EndTimeOffset must be non-negative and less than StartTimeOffset")
    text = f"{asked['QueryString']} | stats {asked['AggregationExpression']} as value"
    return LogAlarm(_rule(fields, _seconds(str(schedule.get("ScheduleExpression")))), text, groups, start, end)


def evaluate_log_alarm(alarm: LogAlarm, ask: Ask, now: float, state: State) -> Verdict:
    """Evaluate an alarm at `now`, coming from `state`, over the answers of its last runs."""
    every, count = alarm.rule.period, alarm.rule.evaluation_periods
    latest = int(now) // every * every
    grid = Grid.regular(latest - every * (count - 1), every, count)
    values = [ask(moment - alarm.start_offset, moment - alarm.end_offset) for moment in grid.starts]
    return judge(alarm.rule, values, grid, state)


def _rule(fields: Mapping[str, Any], every: int) -> AlarmRule:
    count, needed = int(fields.get("QueryResultsToEvaluate") or 0), int(fields.get("QueryResultsToAlarm") or 0)
    if not 1 <= needed <= count <= MOST_ANSWERS:
        raise AlarmError(f"QueryResultsToAlarm must be 1 to QueryResultsToEvaluate, and that at most {MOST_ANSWERS}")
    comparison, missing = str(fields.get("ComparisonOperator")), str(fields.get("TreatMissingData") or "missing")
    if comparison not in STATIC_COMPARISONS:
        raise AlarmError(f"ComparisonOperator {comparison!r} must be one of {', '.join(sorted(STATIC_COMPARISONS))}")
    if missing not in TREATMENTS:
        raise AlarmError(f"TreatMissingData {missing!r} must be one of {', '.join(sorted(TREATMENTS))}")
    if fields.get("Threshold") is None:
        raise AlarmError("The parameter Threshold must be specified")
    return AlarmRule(
        queries=(),
        watched="",
        comparison=comparison,
        period=every,
        evaluation_periods=count,
        threshold=float(fields["Threshold"]),
        datapoints_to_alarm=needed,
        missing=missing,
    )


def _seconds(expression: str) -> int:
    found = _RATE.fullmatch(expression)
    if found is None or int(found[1]) < 1:
        raise AlarmError(f"ScheduleExpression {expression!r} must be a rate such as rate(5 minutes)")
    return int(found[1]) * _SECONDS[found[2].removesuffix("s")]
