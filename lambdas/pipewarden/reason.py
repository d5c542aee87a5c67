"""From a signal to the reasons that it gives an incident to be open."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipewarden.alarm_decision import alarm_key, dead_letters_key, role_of
from pipewarden.breach import say_breach
from pipewarden.due_decision import deadline_key
from pipewarden.expectation_decision import expectation_key
from pipewarden.incident import MAX_TEXT, Reason
from pipewarden.pipeline_settings import AlarmSettings
from pipewarden.run_decision import run_key
from pipewarden.signal import Signal, SignalKind
from pipewarden.situation import Decision, History, Lapse, Policy


def read_reasons(signal: Signal, decision: Decision, history: History, policy: Policy) -> tuple[Reason, ...]:
    """What is wrong now, in words for people; empty for signals that say what is well or due."""
    if signal.kind in (SignalKind.RUN_FAILED, SignalKind.RUN_STOPPED):
        return (_run_reason(signal, decision, history, policy),)
    if signal.kind == SignalKind.ALARM_RAISED:
        return (_alarm_reason(signal, decision, policy),)
    if signal.kind == SignalKind.DEADLINE_REACHED:
        return tuple(_deadline_reason(signal, lapse) for lapse in history.lapses)
    if signal.kind == SignalKind.EXPECTATION_MISSED:
        return (_missed_reason(signal, history, policy),)
    if signal.kind == SignalKind.DRAIN_FINISHED:
        return (_dead_letters_reason(signal, policy),)
    return ()


def _run_reason(signal: Signal, decision: Decision, history: History, policy: Policy) -> Reason:
    run = history.run
    error = ": ".join(part for part in (run.error_name, run.error) if part) if run else ""
    stopped, said = signal.kind == SignalKind.RUN_STOPPED, policy.failure
    why = {"why": history.failure_reason} if history.failure_reason else {}
    if policy.started_by and decision.action == "hold":
        why["within"] = policy.within
    word = run.word if run and run.word else signal.state
    return Reason(
        key=run_key(policy.resource),
        kind="run",
        resource=policy.resource,
        since=signal.time,
        text=f"{policy.resource} {_verb(word, stopped)}",
        error=(error or signal.error)[:MAX_TEXT],
        failure_class="" if stopped else history.failure_class,
        advice=history.advice,
        run_id=signal.run_id,
        redrive=signal.redrive,
        log_group=run.log_group if run else "",
        log_stream=run.log_stream if run else "",
        evidence=decision.action == "hold",
        lasting=policy.independent,
        detail={**_cure(said, said.first_steps if said and said.own_steps else ()), **why},
    )


def _cure(alarm: AlarmSettings | None, steps: Sequence[str]) -> dict[str, Any]:
    """What the alarm says about the way back. A failed run tells more than a technology's first steps: of those it
    repeats only what the team wrote."""
    found = {"first_steps": list(steps), "runbook": alarm.runbook if alarm else ""}
    return {name: value for name, value in found.items() if value}


def _verb(word: str, stopped: bool) -> str:
    if stopped:
        return "was stopped"
    return "timed out" if word.upper() in ("TIMEOUT", "TIMED_OUT") else "failed"


def _alarm_reason(signal: Signal, decision: Decision, policy: Policy) -> Reason:
    alarm = policy.alarm
    told_by = {"alarm": signal.alarm, **_cure(alarm, alarm.first_steps if alarm else ())}
    seen = say_breach(signal.detail, alarm.unit if alarm else "")
    error = "\n".join(line for line in (seen, str(signal.detail.get("reason", ""))) if line)[:MAX_TEXT]
    if role_of(policy) == "drain":
        text, key = f"{policy.resource} has dead letters", dead_letters_key(policy.resource)
        return _reason("dead-letters", key, signal, policy.resource, text, error, told_by)
    if role_of(policy) == "run" and decision.action == "hold":
        text, key = f"{policy.resource} failed, says its alarm", run_key(policy.resource)
        reason = _reason("run", key, signal, policy.resource, text, error, told_by, evidence=True)
        return replace(reason, lasting=policy.independent)
    meaning = alarm.meaning.rstrip(".") if alarm else "An alarm is raised"
    text = f"{policy.resource}: {meaning}" if policy.resource else meaning
    if watched := signal.detail.get("watched"):
        told_by["watched"] = watched
    return _reason("alarm", alarm_key(signal.alarm), signal, policy.resource, text, error, told_by)


def _deadline_reason(signal: Signal, lapse: Lapse) -> Reason:
    reason = _reason("deadline", deadline_key(lapse.resource), signal, lapse.resource, lapse.text, "", {})
    if lapse.run is None:
        return reason
    run = lapse.run
    return Reason(
        key=reason.key,
        kind="deadline",
        resource=lapse.resource,
        since=signal.time,
        text=lapse.text,
        error=": ".join(part for part in (run.error_name, run.error) if part)[:MAX_TEXT],
        run_id=run.run_id,
        redrive=run.redrive,
        log_group=run.log_group,
        log_stream=run.log_stream,
    )


def _missed_reason(signal: Signal, history: History, policy: Policy) -> Reason:
    run, key = history.run, expectation_key(signal.state, policy.resource)
    reason = _reason("deadline", key, signal, policy.resource, str(signal.detail.get("text", "")), "", {})
    if run is None:
        return reason
    return replace(reason, run_id=run.run_id, redrive=run.redrive, log_group=run.log_group, log_stream=run.log_stream)


def _dead_letters_reason(signal: Signal, policy: Policy) -> Reason:
    counts = signal.detail
    quarantined, left = int(counts.get("quarantined", 0)), int(counts.get("left", 0))
    parts = [f"{quarantined} put in quarantine"] if quarantined else []
    parts += [f"{left} left in the dead-letter queue"] if left else []
    text = f"{policy.resource}: {_drain_ending(counts)}, {' and '.join(parts) or 'none is left'}"
    detail = {**counts, "first_steps": _drain_steps(signal, policy)}
    reason = _reason("dead-letters", dead_letters_key(policy.resource), signal, policy.resource, text, "", detail)
    return replace(reason, lasting=True)


def _drain_ending(counts: Mapping[str, Any]) -> str:
    """Why dead letters need a person, with the numbers."""
    came_back = f"{counts.get('returned', 0)} of {counts.get('replayed', 0)} replayed dead letters came back"
    stop = counts.get("stop")
    if stop == "poison":
        return f"the drain stopped because the consumer seems to fail on everything: {came_back}"
    if stop == "asked":
        return f"{counts.get('stopped_by') or 'somebody'} stopped the drain ({came_back})"
    if stop == "passes":
        return f"dead letters come back after every pass: {came_back}"
    return "dead letters that replaying does not cure"


def _drain_steps(signal: Signal, policy: Policy) -> list[str]:
    """Where the messages are, and what to do with them."""
    detail, source = signal.detail, policy.drain.source if policy.drain else ""
    steps = []
    if detail.get("quarantined"):
        steps.append(f"Read the messages in the queue {detail.get('quarantine', '')}; they failed again and again.")
        steps.append(f"Mend the consumer or the messages, then move them from there back to {source}.")
    if detail.get("stop") == "poison":
        steps.append(
            f"Mend what takes the messages of {source}, then: pipewarden drain ENV {policy.pipeline} {policy.resource}."
        )
    if detail.get("left") and detail.get("where"):
        steps.append(f"Only messages with {detail['where']} are drained; the others wait for you.")
    if detail.get("left"):
        steps.append(f"Read the messages in the queue {detail.get('dead_letter_queue', '')}.")
    if detail.get("archive"):
        steps.append(f"Everything that was taken out is kept below {detail['archive']}")
    return steps


def _reason(
    kind: Any,
    key: str,
    signal: Signal,
    resource: str,
    text: str,
    error: str,
    detail: dict[str, Any],
    *,
    evidence: bool = False,
) -> Reason:
    about = {"key": key, "kind": kind, "resource": resource, "since": signal.time}
    return Reason(**about, text=text, error=error, detail=detail, evidence=evidence)
