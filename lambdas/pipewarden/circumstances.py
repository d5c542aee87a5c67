"""Everything known about what a signal tells, in the form in which decisions take it."""

from dataclasses import replace

from pipewarden.deadline import DAY_SECONDS, find_lapses
from pipewarden.incident import Incident, new_incident_id
from pipewarden.incident_store import Snapshot
from pipewarden.place import Place
from pipewarden.run import Run
from pipewarden.signal import RUN_KINDS, Signal, SignalKind
from pipewarden.situation import History, Lapse, Policy, attempt_of
from pipewarden.workplace import Workplace


def gather(workplace: Workplace, signal: Signal, place: Place, run: Run | None, found: Snapshot) -> History:
    """Everything known, in the form in which decisions take it."""
    policy = place.policy
    history = History(
        incident_id=found.open_incident or new_incident_id(policy.pipeline, signal),
        incident=found.incident,
        runs=found.runs,
        retries_this_hour=found.retries_this_hour,
        breakers=found.breakers,
        spent_today=found.spent_today,
        ends=found.ends,
        run=run,
    )
    if _may_remediate(signal, policy):
        history = replace(history, switch=workplace.kill_switch.read(found.switch))
    if signal.kind in RUN_KINDS and found.incident:
        history = replace(history, attempt=attempt_of(signal, run, policy.resource, found.incident))
    if found.run and found.run.incident != found.open_incident:
        history = replace(history, earlier_attempts=found.run.attempt)
    if signal.kind == SignalKind.RUN_FAILED and run and place.technology:
        failure = workplace.classify(place.technology, run, policy.error_patterns)
        history = replace(
            history,
            failure_class=failure.failure_class,
            failure_reason=failure.explanation,
            advice=failure.advice,
        )
        history = _explained_by_inner(history, policy.inner)
    if signal.kind == SignalKind.ACTION_DUE and found.incident:
        history = _with_failure(signal, history, found.incident, policy)
    if signal.kind == SignalKind.DEADLINE_REACHED:
        history = replace(history, lapses=_lapses(workplace, signal, policy.pipeline))
    return history


def _lapses(workplace: Workplace, signal: Signal, pipeline: str) -> tuple[Lapse, ...]:
    return find_lapses(
        workplace.settings,
        workplace.technologies,
        workplace.clients,
        pipeline,
        signal.time,
        float(signal.detail.get("window_seconds", DAY_SECONDS)),
        started=signal.state == "started",
    )


def _with_failure(signal: Signal, history: History, incident: Incident, policy: Policy) -> History:
    """With what is known of the failure for which an action is due or was done."""
    attempt = incident.attempt(policy.resource, signal.attempt, signal.state)
    reason = incident.reason(attempt.reason) if attempt else None
    if attempt is None or reason is None:
        return history
    return replace(
        history,
        failure_class=reason.failure_class or "unknown",
        failure_reason=str(reason.detail.get("why", "")),
        advice=reason.advice,
        earlier_attempts=attempt.depth - 1 if policy.independent else history.earlier_attempts,
    )


def look_up(workplace: Workplace, history: History, policy: Policy) -> History:
    """With the incidents above, the one that was waited for included when that is over."""
    store, hold = workplace.store, history.incident.hold if history.incident else None
    found = store.load_open(policy.upstream) if policy.upstream else []
    known = {incident.id for incident in found}
    before = store.load(hold.incident) if hold and hold.incident and hold.incident not in known else None
    return replace(history, upstream=(*found, *([before] if before else [])))


def _may_remediate(signal: Signal, policy: Policy) -> bool:
    """Whether the kill switch matters: it takes a call, once a minute."""
    retried = policy.retryable and not policy.within and policy.retry is not None
    drained = signal.kind == SignalKind.ALARM_RAISED and policy.drain is not None
    helped = policy.actions and signal.kind in (SignalKind.RUN_FAILED, SignalKind.ALARM_RAISED)
    return (
        drained
        or bool(helped)
        or signal.kind == SignalKind.ACTION_DUE
        or (retried and signal.kind in (SignalKind.RUN_FAILED, SignalKind.RETRY_DUE))
    )


def _explained_by_inner(history: History, inner: tuple[str, ...]) -> History:
    """An owner whose own words say nothing has failed for the reason for which something within it did."""
    reasons = history.incident.open_reasons if history.incident else ()
    if history.failure_class != "unknown":
        return history
    for reason in reasons:
        if reason.resource in inner and reason.failure_class and reason.failure_class != "unknown":
            why = f"{reason.resource}, which runs within it, failed: {reason.detail.get('why', '')}"
            return replace(history, failure_class=reason.failure_class, failure_reason=why, advice=reason.advice)
    return history
