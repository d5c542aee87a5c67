"""What one run adds to the history of its resource, and to our metrics."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from pipewarden.cost import cost_of
from pipewarden.measurement import Measurement
from pipewarden.run_history import RunHistory
from pipewarden.signal import Signal, SignalKind
from pipewarden.situation import Decision, History, Policy
from pipewarden.usage import METRICS


def remember_run(
    signal: Signal, decision: Decision, history: History, policy: Policy, now: datetime
) -> RunHistory | None:
    """The history with this run in it; None when the signal is about no run.

    A failure that is retried is no miss yet: it becomes one when the retries are over. What runs within another
    resource is never retried by us, so its failures count at once.
    """
    run = history.run
    retried = history.attempt is not None
    if signal.kind == SignalKind.RUN_SUCCEEDED:
        runs = history.runs.with_success(signal.time, signal.run_id, run.duration_seconds if run else None)
        cost = cost_of(run)
        runs = runs.with_cost(cost.amount) if cost and cost.unit == "dpu_hours" else runs
        return replace(runs, remediated=signal.time) if retried and decision.action == "clear" else runs
    if signal.kind == SignalKind.RUN_FAILED:
        final = decision.action == "page" or bool(policy.within)
        runs = history.runs.with_failure(signal.time, final=final)
        return replace(runs, remediated=signal.time) if retried and decision.action == "page" else runs
    if signal.kind == SignalKind.EXPECTATION_MISSED and decision.action == "page":
        # Written although it may be the same: so a success that comes in between makes this one be decided anew.
        return replace(history.runs, overdue=now) if signal.run_id else history.runs
    return None


def measure_run(
    measure: Callable[[Measurement], None],
    signal: Signal,
    decision: Decision,
    history: History,
    policy: Policy,
    now: datetime,
) -> None:
    """Write the metrics of one run that has ended; ratio and rate as they are with it counted."""
    names = {SignalKind.RUN_SUCCEEDED: "RunsSucceeded", SignalKind.RUN_FAILED: "RunsFailed"}
    after = remember_run(signal, decision, history, policy, now)
    if after is None or signal.kind not in names:
        return
    values: list[tuple[str, float | None, str]] = [(names[signal.kind], 1.0, "Count")]
    seconds = history.run.duration_seconds if history.run else None
    values.append(("RunDurationSeconds", seconds, "Seconds"))
    values.append(("DurationRatio", history.runs.duration_ratio(seconds) if seconds is not None else None, "None"))
    values.append(("SuccessRate", after.success_rate(now, policy.rate_days), "Percent"))
    if slo := policy.slo:
        values.append(("ErrorBudgetLeft", after.budget_left(now, slo.days, slo.target, slo.runs), "Percent"))
    if history.run:
        values.append(("QualityScore", history.run.score, "Percent"))
        values += [(METRICS[billed], amount, "Count") for billed, amount in history.run.usage.items()]
    for name, value, unit in values:
        if value is not None:
            measured = Measurement(
                name=name, value=value, unit=unit, pipeline=policy.pipeline, resource=policy.resource
            )
            measure(measured)
