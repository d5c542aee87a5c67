"""Decides the state of an alarm over a query with GROUP BY: each of its time series contributes a state of its own.

"Create a CloudWatch alarm based on a Metrics Insights query" and "Acting on alarm changes" in the CloudWatch user
guide: the alarm is in ALARM while any contributor is; a contributor is OK or in ALARM, never without data, because a
time series only exists where there are data; one that vanishes is OK whatever the treatment of missing data says, and
only an empty result is treated by it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from pipewarden_cli.evaluator.alarm import AlarmRule
from pipewarden_cli.evaluator.evaluation import State, Verdict, evaluation_range, judge
from pipewarden_cli.evaluator.insights import Group, Insights, calculate
from pipewarden_cli.evaluator.query import MetricSource


@dataclass(slots=True)
class Together:
    """The alarm's own state, and the verdict over each contributor; `gone` were in ALARM and have no data any more."""

    state: State
    contributors: dict[Group, Verdict]
    gone: tuple[Group, ...]


def contributor_id(group: Group) -> str:
    """16 hex digits (API model: ContributorId has at most 16 characters), the same for the same labels."""
    return hashlib.sha256(json.dumps(group).encode()).hexdigest()[:16]


def evaluate_contributors(
    rule: AlarmRule, query: Insights, source: MetricSource, now: float, before: Mapping[Group, State], state: State
) -> Together:
    """Evaluate each contributor at `now`, coming from `before`; `state` is that of the alarm itself."""
    grid = evaluation_range(rule, now)
    verdicts: dict[Group, Verdict] = {}
    for group, values in calculate(query, source, grid):
        verdict = judge(rule, values, grid, before.get(group, State.OK))
        if verdict.state is State.INSUFFICIENT_DATA:
            verdict.state = State.OK
        verdicts[group] = verdict
    gone = tuple(sorted(group for group, old in before.items() if old is State.ALARM and group not in verdicts))
    if not verdicts:
        return Together(judge(rule, [None] * len(grid), grid, state).state, verdicts, gone)
    is_raised = any(verdict.state is State.ALARM for verdict in verdicts.values())
    return Together(State.ALARM if is_raised else State.OK, verdicts, gone)
