"""What has become of something that a check asks about."""

from dataclasses import replace
from datetime import timedelta
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError

from pipewarden.attempt import Attempt
from pipewarden.expectation_decision import STILL_RUNNING, expectation_key
from pipewarden.incident import Incident, Reason
from pipewarden.place import Place
from pipewarden.run import Run
from pipewarden.run_signal import tell_of
from pipewarden.signal import Signal, SignalKind
from pipewarden.workplace import Workplace

Pursuit = Literal["", "running", "ended", "gone", "silent"]
BEFORE = timedelta(hours=1)


def pursue(workplace: Workplace, signal: Signal, place: Place, incident: Incident) -> tuple[Signal | None, Pursuit]:
    """What a check finds: a signal that no event brought (it is handled first), and whether to wait on.

    A retry is looked up by its run; evidence by the latest run of its owner, or of itself when an alarm told of it.
    """
    reason = incident.reason(str(signal.detail.get("reason", "")))
    if reason is None or not reason.open:
        return None, ""
    if reason.key == expectation_key(STILL_RUNNING, place.policy.resource):
        run, going_on = look_at(workplace, place, replace(signal, run_id=reason.run_id, redrive=reason.redrive))
        told = (
            tell_of(run, workplace.settings, place.policy.pipeline, place.policy.resource, workplace.now())
            if run
            else None
        )
        return told, going_on
    if reason.kind != "run":
        return None, ""
    if place.policy.independent:
        return None, "silent" if signal.attempt else "gone"
    owner = place.policy.within if reason.evidence and place.policy.within else place.policy.resource
    run = _retried(workplace, signal, place, incident) if signal.attempt else _latest(workplace, place, owner, reason)
    if run is None:
        return None, "gone"
    if run.state == "running":
        return None, "running"
    if signal.attempt == 0 and (run.ended is None or run.ended < reason.since - BEFORE):
        return None, "ended"
    return tell_of(run, workplace.settings, place.policy.pipeline, owner, workplace.now()), "ended"


def look_at(workplace: Workplace, place: Place, signal: Signal) -> tuple[Run | None, Pursuit]:
    """The run that took too long when somebody looked last, and whether it is still that run that is going on.

    A service that does not answer does not silence the page: then the run is taken to go on.
    """
    technology, target = place.technology, place.target
    if technology is None or technology.describe_run is None or target is None:
        return None, "gone"
    asked = Signal(kind=signal.kind, time=signal.time, technology=technology.type, run_id=signal.run_id)
    try:
        run = technology.describe_run(workplace.clients, target, asked)
    except (ClientError, BotoCoreError, KeyError) as error:
        workplace.log.warning("the run could not be described", extra={"run_id": signal.run_id, "error": str(error)})
        return None, "running"
    return run, "running" if run.state == "running" and run.redrive == signal.redrive else "ended"


def failed_run(workplace: Workplace, place: Place, incident: Incident, attempt: Attempt) -> Run | None:
    """The run for whose failure an action was done, as its service tells; what was kept of it where none can tell."""
    if not attempt.failed_run_id:
        return None
    if place.policy.independent:
        kept = workplace.store.load_input(incident.id, attempt.key)
        return Run(run_id=attempt.failed_run_id, state="failed", input=kept)
    asked = Signal(
        kind=SignalKind.ACTION_DUE, time=attempt.due, run_id=attempt.failed_run_id, redrive=attempt.failed_redrive
    )
    return look_at(workplace, place, asked)[0]


def _retried(workplace: Workplace, signal: Signal, place: Place, incident: Incident) -> Run | None:
    attempt = incident.attempt(place.policy.resource, signal.attempt)
    technology, target = place.technology, place.target
    if not attempt or not attempt.run_id or not technology or not technology.describe_run or not target:
        return None
    asked = Signal(kind=signal.kind, time=signal.time, technology=technology.type, run_id=attempt.run_id)
    try:
        return technology.describe_run(workplace.clients, target, asked)
    except (ClientError, BotoCoreError, KeyError) as error:
        workplace.log.warning("the retry could not be described", extra={"error": str(error)})
        return None


def _latest(workplace: Workplace, place: Place, resource: str, reason: Reason) -> Run | None:
    """The latest run of a resource that touches the time of the reason; one that is going on goes first."""
    settings, pipeline = workplace.settings, place.policy.pipeline
    technology = workplace.technologies.get(settings.pipelines[pipeline].resources[resource].type)
    if technology is None or technology.recent_runs is None:
        return None
    runs = technology.recent_runs(workplace.clients, settings.target(pipeline, resource), reason.since - BEFORE)
    return max(runs, key=lambda run: (run.state == "running", run.ended or run.started or reason.since), default=None)
