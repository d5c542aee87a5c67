"""From a signal and what is known to what is to be done. Pure: no clock, no AWS."""

from datetime import datetime

from pipewarden.alarm_decision import decide_cleared, decide_drained, decide_raised
from pipewarden.due_decision import decide_check, decide_deadline, decide_due
from pipewarden.expectation_decision import decide_missed, end_overdue
from pipewarden.hold_decision import decide_hold
from pipewarden.run_decision import decide_failed, decide_stopped, decide_succeeded
from pipewarden.signal import Signal, SignalKind
from pipewarden.situation import Decision, History, Policy

DECIDERS = {
    SignalKind.RUN_FAILED: decide_failed,
    SignalKind.RUN_SUCCEEDED: decide_succeeded,
    SignalKind.RUN_STOPPED: decide_stopped,
    SignalKind.ALARM_RAISED: decide_raised,
    SignalKind.ALARM_CLEARED: decide_cleared,
    SignalKind.DEADLINE_REACHED: decide_deadline,
    SignalKind.RETRY_DUE: decide_due,
    SignalKind.ACTION_DUE: decide_due,
    SignalKind.CHECK_DUE: decide_check,
    SignalKind.DRAIN_FINISHED: decide_drained,
    SignalKind.HOLD_DUE: decide_hold,
    SignalKind.EXPECTATION_MISSED: decide_missed,
}


def decide(signal: Signal, history: History, policy: Policy, now: datetime) -> Decision:
    """Choose what to do about one signal.

    Retries while the failure's class, the attempts and the guards allow it; otherwise pages, once for one reason. Pure:
    the same arguments give the same decision. Times are UTC.
    """
    decider = DECIDERS.get(signal.kind)
    if decider is None:
        return Decision(action="ignore", why=f"{signal.kind.value} asks for nothing")
    return end_overdue(signal, decider(signal, history, policy, now), history, policy)
