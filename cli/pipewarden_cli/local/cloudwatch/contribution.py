"""Alarms over Metrics Insights queries with GROUP BY: each time series changes by itself, and the alarm with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipewarden_cli.evaluator.alarm import AlarmRule
from pipewarden_cli.evaluator.contributors import contributor_id, evaluate_contributors
from pipewarden_cli.evaluator.errors import EvaluatorError
from pipewarden_cli.evaluator.evaluation import State
from pipewarden_cli.evaluator.insights import Insights
from pipewarden_cli.evaluator.wording import contributor_reason, together_reason
from pipewarden_cli.local.cloudwatch import change, memory
from pipewarden_cli.local.cloudwatch.memory import Alarm, Contributor
from pipewarden_cli.local.cloudwatch.metrics import EmulatorMetrics

_GONE = "The time series has no datapoints any more."
_EMPTY = "The query returns no time series."


def judge_contributors(alarm: Alarm, rule: AlarmRule, query: Insights, now: float) -> None:
    """Give each contributor its state, then the alarm its own."""
    known = memory.contributors.setdefault(memory.place(alarm), {})
    before = {group: found.state for group, found in known.items()}
    try:
        found = evaluate_contributors(rule, query, EmulatorMetrics(), now, before, State(alarm["StateValue"]))
    except EvaluatorError as wrong:
        alarm["EvaluationState"] = "EVALUATION_ERROR"
        alarm["StateReason"] = str(wrong)
        return
    alarm.pop("EvaluationState", None)
    for group, verdict in found.contributors.items():
        if verdict.state != before.get(group, State.OK):
            change.set_contributor(alarm, group, verdict.state, contributor_reason(rule, verdict))
    for group in found.gone:
        change.set_contributor(alarm, group, State.OK, _GONE)
    if found.state != alarm["StateValue"]:
        raised = sum(verdict.state is State.ALARM for verdict in found.contributors.values())
        reason = together_reason(raised, len(found.contributors)) if found.contributors else _EMPTY
        change.set_state(alarm, found.state.value, reason, {})


def raised_contributors(data: Mapping[str, Any]) -> dict[str, Any] | None:
    """Answer DescribeAlarmContributors: those that are in ALARM; None for an alarm that is not there."""
    name = str(data.get("AlarmName") or "")
    if memory.find(name) is None:
        return None
    known = memory.contributors.get(memory.place({"AlarmName": name}), {})
    raised = [(group, found) for group, found in sorted(known.items()) if found.state is State.ALARM]
    return {"AlarmContributors": [_described(group, found) for group, found in raised]}


def _described(group: tuple[tuple[str, str], ...], found: Contributor) -> dict[str, Any]:
    return {
        "ContributorId": contributor_id(group),
        "ContributorAttributes": dict(group),
        "StateReason": found.reason,
        "StateTransitionedTimestamp": found.since,
    }
