"""When alarms are judged: at every new data point, and once their window has moved on."""

from __future__ import annotations

import logging
import math
import queue
import threading
from collections.abc import Callable, Iterable
from typing import Any

from ministack.core.responses import get_account_id, get_region
from ministack.services import cloudwatch

from pipewarden_cli.evaluator.alarm import AlarmRule
from pipewarden_cli.evaluator.errors import EvaluatorError
from pipewarden_cli.evaluator.evaluation import State, Verdict, evaluate
from pipewarden_cli.evaluator.log_alarm import is_log_alarm
from pipewarden_cli.evaluator.samples import Grid
from pipewarden_cli.evaluator.statistic import sample_counts
from pipewarden_cli.evaluator.window import sliding_window, window_end
from pipewarden_cli.evaluator.wording import reason, reason_data
from pipewarden_cli.local import hooks
from pipewarden_cli.local.cloudwatch import change, clock, contribution, log_alarms, memory
from pipewarden_cli.local.cloudwatch.memory import Alarm
from pipewarden_cli.local.cloudwatch.metrics import EmulatorMetrics, Key, metric_key
from pipewarden_cli.local.insights.token import QueryError

_logger = logging.getLogger("pipewarden.local")
_fresh: set[tuple[str, str, Key]] = set()
_recorded: queue.SimpleQueue[tuple[str, str, Key]] = queue.SimpleQueue()


def judge(alarm: Alarm) -> None:
    """Evaluate one metric alarm of the current account and region now, and change its state if it must."""
    with memory.lock:
        rule = memory.rule_of(alarm)
        now = clock.now()
        if rule is None:
            return
        memory.judged[memory.place(alarm)] = _moment(rule, now)
        source = EmulatorMetrics()
        if _warming_up(alarm, rule, source, now):
            return
        if rule.insights is not None and rule.insights.group_by:
            contribution.judge_contributors(alarm, rule, rule.insights, now)
            return
        try:
            asks = is_log_alarm(alarm)
            state = State(alarm["StateValue"])
            verdict = log_alarms.judge_log_alarm(alarm, now) if asks else evaluate(rule, source, now, state)
        except (EvaluatorError, QueryError) as wrong:
            alarm["EvaluationState"] = "EVALUATION_ERROR"
            alarm["StateReason"] = str(wrong)
            return
        alarm.pop("EvaluationState", None)
        if verdict.state != alarm["StateValue"]:
            data = reason_data(rule, verdict, now, _counts(rule, verdict, source))
            change.set_state(alarm, verdict.state.value, reason(rule, verdict), data)


def _counts(rule: AlarmRule, verdict: Verdict, source: EmulatorMetrics) -> dict[float, float]:
    if rule.single is None:
        return {}
    grid = verdict.grid
    samples = source.samples(rule.single.metric, rule.single.unit, grid.starts[0], grid.end)
    return dict(zip(grid.starts, sample_counts(samples, grid), strict=True))


def _warming_up(alarm: Alarm, rule: AlarmRule, source: EmulatorMetrics, now: float) -> bool:
    """Whether the alarm waits after its creation (`WarmUpConfiguration`); it then does not evaluate."""
    warm_up = alarm.get("WarmUpConfiguration")
    key = memory.place(alarm)
    if not warm_up or key in memory.warm:
        return False
    ends = memory.created.get(key, 0.0) + 60 * int(warm_up["WarmUpPeriodDurationInMinutes"])
    patient = bool(warm_up.get("OnlyStartEvaluatingAfterWarmUpPeriodEnds"))
    if now >= ends or (not patient and _window_full(rule, source, now)):
        memory.warm.add(key)
        alarm.pop("EvaluationState", None)
        return False
    alarm["EvaluationState"] = "IN_WARM_UP"
    return True


def _window_full(rule: AlarmRule, source: EmulatorMetrics, now: float) -> bool:
    full = sliding_window(rule.period, rule.evaluation_periods, now)
    grid = Grid.regular(int(full.end) - rule.period * rule.evaluation_periods, rule.period, rule.evaluation_periods)
    return any(
        all(sample_counts(source.samples(metric, None, grid.starts[0], grid.end), grid)) for metric in rule.metrics()
    )


def _moment(rule: AlarmRule, now: float) -> int:
    """What changes only when the window of an alarm has moved."""
    return window_end(rule.period, now) if rule.timezone is None else math.floor(now) // 60


def note_point(namespace: str, name: str, dimensions: dict[str, str]) -> None:
    """Remember that a metric of the current account and region has a new point."""
    _fresh.add((get_account_id(), get_region(), (namespace, name, cloudwatch._dims_key(dimensions))))


def judge_fresh() -> None:
    """Judge the alarms on the metrics that have new points, in the current account and region.

    Points that come from a change of an alarm are judged after it, on the thread for recorded points.
    """
    here = (get_account_id(), get_region())
    fresh = {entry for entry in list(_fresh) if entry[:2] == here}
    _fresh.difference_update(fresh)
    if getattr(memory.thread, "changing", False):
        for entry in fresh:
            _recorded.put(entry)
    else:
        _judge_keys({entry[2] for entry in fresh})


def _judge_keys(keys: set[Key]) -> None:
    if not keys:
        return
    for alarm in cloudwatch._alarms.values():
        rule = memory.rule_of(alarm)
        if rule is not None and _reads(rule, keys):
            _guarded(judge, alarm)


def _reads(rule: AlarmRule, keys: set[Key]) -> bool:
    if (query := rule.insights) is not None:
        return any((namespace, name) == (query.namespace, query.metric) for namespace, name, _ in keys)
    return any(metric_key(metric) in keys for metric in rule.metrics())


def recorded(namespace: str, name: str, dimensions: dict[str, str]) -> None:
    """A service of the emulator recorded a point; its alarms are judged on a thread of their own, at once."""
    key = (namespace, name, cloudwatch._dims_key(dimensions))
    _recorded.put((get_account_id(), get_region(), key))


def start() -> None:
    """Judge recorded points from now on, and all alarms whose window has moved once a second."""
    threading.Thread(target=_judge_recorded, name="pipewarden-alarms", daemon=True).start()
    hooks.every_second(tick)


def _judge_recorded() -> None:
    while True:
        account, region, key = _recorded.get()
        with hooks.account_scope(account, region):
            _guarded(_judge_keys, {key})


def tick() -> None:
    """Judge what has to be judged because time has passed, in all accounts and regions."""
    now = clock.now()
    places = set(hooks.scopes(cloudwatch._alarms)) | set(hooks.scopes(cloudwatch._composite_alarms))
    for account, region in sorted(places):
        with hooks.account_scope(account, region), memory.lock:
            for alarm in _moved(cloudwatch._alarms.values(), now):
                _guarded(judge, alarm)
            _guarded(change.time_passed)


def _moved(alarms: Iterable[Alarm], now: float) -> list[Alarm]:
    return [
        alarm
        for alarm in alarms
        if (rule := memory.rule_of(alarm)) is not None and memory.judged.get(memory.place(alarm)) != _moment(rule, now)
    ]


def _guarded(call: Callable[..., None], *arguments: Any) -> None:
    try:
        call(*arguments)
    except Exception:  # one alarm must not keep the others from being judged
        _logger.exception("judging alarms failed")
