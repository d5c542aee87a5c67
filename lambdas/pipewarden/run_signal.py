"""Runs and the signals about them: describe the one that a signal names, and tell of one that no event told."""

from dataclasses import replace
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

from pipewarden.pipeline_settings import AlarmSettings, ResourceSettings
from pipewarden.run import Run
from pipewarden.settings import Settings
from pipewarden.signal import Signal, SignalKind
from pipewarden.target import Target
from pipewarden.technology import Technology
from pipewarden.workplace import Workplace

KINDS = {
    "failed": SignalKind.RUN_FAILED,
    "succeeded": SignalKind.RUN_SUCCEEDED,
    "stopped": SignalKind.RUN_STOPPED,
}
STATES = {kind: state for state, kind in KINDS.items()}


def describe(workplace: Workplace, technology: Technology, target: Target, signal: Signal) -> tuple[Signal, Run]:
    """The run as its service knows it, and the signal with the redrive count that belongs to it.

    Events do not always carry the redrive count, and two failures of one execution differ by nothing else; it is taken
    over only when the run is still in the state that the signal tells of, since it may have gone on. A service that
    does not answer does not stop us: then the signal says what is known.
    """
    known = Run(run_id=signal.run_id, state="failed", word=signal.state, error=signal.error, redrive=signal.redrive)
    if technology.describe_run is None or not signal.run_id:
        return signal, known
    try:
        run = technology.describe_run(workplace.clients, target, signal)
    except (ClientError, BotoCoreError, KeyError, ValueError) as error:
        workplace.log.warning("the run could not be described", extra={"run_id": signal.run_id, "error": str(error)})
        return signal, known
    if run.state != STATES.get(signal.kind):
        return signal, replace(known, log_group=run.log_group, log_stream=run.log_stream, started=run.started)
    text = run.error or ("" if run.error_name else signal.error)
    return replace(signal, redrive=max(run.redrive, signal.redrive)), replace(run, error=text)


FAILURES = (SignalKind.RUN_FAILED, SignalKind.RUN_STOPPED)
TIMED_OUT = ("TIMEOUT", "TIMED_OUT")


def alarm_of_failure(settings: Settings, signal: Signal, pipeline: str, resource: str) -> AlarmSettings | None:
    """The alarm that repeats what the signal tells of a run, so that both say the same, whichever comes first. None for
    other signals, and where that alarm is switched off."""
    if signal.kind not in FAILURES:
        return None
    alarms = settings.run_alarms.get((pipeline, resource), {})
    first = alarms.get("timed-out") if signal.state.upper() in TIMED_OUT else None
    return first or alarms.get("failed") or alarms.get("errors")


def tell_of(run: Run, settings: Settings, pipeline: str, resource: str, now: datetime) -> Signal | None:
    """The signal that the run's own event would have given; None while it runs."""
    return told_of(run, settings.pipelines[pipeline].resources[resource], now)


def told_of(run: Run, declared: ResourceSettings, now: datetime) -> Signal | None:
    """The same, for a run of one declared resource."""
    kind = KINDS.get(run.state)
    if kind is None or not declared.identities:
        return None
    return Signal(
        kind=kind,
        time=run.ended or now,
        technology=declared.type,
        identity=declared.identities[0],
        run_id=run.run_id,
        redrive=run.redrive,
        state=run.word,
        error=run.error,
    )
