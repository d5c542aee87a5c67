"""Starting one retry: claimed first, so that one attempt number is started at most once, then recorded."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from botocore.exceptions import ClientError

from pipewarden.attempt import Attempt
from pipewarden.breaker import Breaker, Breakers
from pipewarden.check_transition import first_check
from pipewarden.cost import Cost, expected_cost
from pipewarden.effect import check_signal
from pipewarden.incident import Incident
from pipewarden.incident_store import ConflictError
from pipewarden.incident_write import StartedRun, Write
from pipewarden.item import to_text
from pipewarden.kill_switch import Switch, effective_mode
from pipewarden.measurement import Measurement
from pipewarden.place import Place
from pipewarden.refusal import LIMITS, error_code, error_status
from pipewarden.retry_outcome import as_written, breaker_metrics, changed_breakers, let_start, not_started
from pipewarden.run import Run
from pipewarden.run_decision import run_key
from pipewarden.signal import Signal
from pipewarden.situation import Decision, History, Policy
from pipewarden.workplace import BusyError, Workplace

CLOCK_SKEW = timedelta(minutes=5)
MOST_CONFLICTS = 12
TRIES_WHEN_BUSY = 3


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A start that was refused for good: the incident as it is now, and the decision to tell people."""

    incident: Incident
    decision: Decision


def retry_token(incident: str, attempt: Attempt) -> str:
    """The same for every try to start one attempt; 64 hex digits."""
    return hashlib.sha256(f"{incident}/{attempt.resource}/{attempt.number}".encode()).hexdigest()


class Remediation:
    """Starts the attempts that are due."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace

    def start(
        self,
        signal: Signal,
        history: History,
        place: Place,
        decision: Decision,
        deadline: datetime,
        receives: int,
        current: Run | None = None,
    ) -> Refusal | None:
        """Claim the attempt, start the run, record it; the refusal when it cannot be started. `current` is the failed
        run where it was read just now.

        Raises ConflictError when somebody else changed the incident before the claim: then decide again. After a crash
        in between, the redelivered signal comes here with the attempt `starting`, and the run that the crashed call may
        have started is looked for.
        """
        incident, policy = history.incident, place.policy
        attempt = incident.attempt(policy.resource, decision.attempt) if incident else None
        assert incident is not None, "decided for an incident that is open"
        assert attempt is not None, "decided for an attempt that exists"
        now = self._workplace.now()
        interrupted = attempt.state == "starting"
        claimed = attempt.claimed if interrupted else now
        attempt = replace(attempt, state="starting", claimed=claimed, claimed_until=deadline)
        standing = history.breakers
        if interrupted:
            write = Write(incident=incident.with_attempt(attempt))
        else:
            attempt = _with_expected_cost(attempt, history, policy)
            letting = let_start(history, policy, attempt, now)
            standing = as_written(history.breakers, letting)
            write = _claim(incident.with_attempt(attempt), attempt, history.breakers, letting)
        written = self._workplace.store.write(write, now)
        assert written is not None
        self._measure(history.breakers, standing, policy.pipeline)
        check = first_check(written, run_key(attempt.resource), attempt, now, independent=place.policy.independent)
        self._schedule_check(written, check.key, attempt, now, check.at or now)
        try:
            mode = effective_mode(policy.mode, history.switch)
            run = self._start_run(written, place, attempt, interrupted, current, mode)
        except (ClientError, ValueError) as error:
            self._raise_if_unclear(error)
            freed = not_started(standing, history, attempt)
            released = self._release(written, attempt, changed_breakers(standing, freed, policy.pipeline), error)
            self._measure(standing, freed, policy.pipeline)
            return self._refuse(released, place, attempt, error, receives)
        self._record(signal, written, place, attempt, run)
        self._workplace.measure(Measurement(name="RunsRetried", pipeline=policy.pipeline, resource=policy.resource))
        return None

    def _start_run(
        self,
        incident: Incident,
        place: Place,
        attempt: Attempt,
        interrupted: bool,
        current: Run | None,
        switch: Switch,
    ) -> Run:
        """The run that is started, or that an interrupted call has started already; once the kill switch is thrown
        only the latter. Raises ValueError where nothing can be started."""
        technology, target = place.technology, place.target
        if technology is None or technology.retry is None or target is None:
            raise ValueError("nothing can start this kind of run again")
        failed = current or Run(run_id=attempt.failed_run_id, state="failed", redrive=attempt.failed_redrive)
        if place.policy.independent:
            kept = self._workplace.store.load_input(incident.id, attempt.key)
            failed = replace(failed, input=kept)
        stopped = switch.mode != "act"
        if interrupted and attempt.claimed and (stopped or not technology.retry.idempotent):
            found = technology.retry.find(self._workplace.clients, target, failed, attempt.claimed - CLOCK_SKEW)
            if found:
                return found
        if stopped:
            raise ValueError(f"remediation is switched to {switch.mode}{f', {switch.why}' if switch.why else ''}")
        token, scale = retry_token(incident.id, attempt), place.policy.retry.scale if place.policy.retry else None
        if attempt.larger and scale and technology.retry.start_larger:
            return technology.retry.start_larger(self._workplace.clients, target, failed, token, scale)
        return technology.retry.start(self._workplace.clients, target, failed, token)

    def _record(self, signal: Signal, incident: Incident, place: Place, attempt: Attempt, run: Run) -> None:
        """Write which run it is, whatever else has happened to the incident meanwhile."""
        now = self._workplace.now()
        mapped = StartedRun(incident=incident.id, resource=attempt.resource, attempt=attempt.number)
        already = ", which its service or a person had started already" if run.adopted else ""
        text = f"{attempt.resource}: retry {attempt.number} runs as {run.run_id}{already}"
        for _ in range(MOST_CONFLICTS):
            # The run may have ended, and been handled, before this write: then only its id is added.
            current = incident.attempt(attempt.resource, attempt.number) or attempt
            state = "started" if current.state == "starting" else current.state
            started = replace(current, state=state, run_id=run.run_id, redrive=run.redrive, started=now)
            started = replace(started, adopted=run.adopted)
            change = Write(
                incident=incident.with_attempt(started).noting(now, "retry-started", text),
                started=(f"{place.run_prefix}#{run.run_id}", mapped),
                signal_key=signal.key,
                signal_time=to_text(signal.time),
            )
            try:
                self._workplace.store.write(change, now)
            except ConflictError:
                incident = self._workplace.store.load(incident.id) or incident
                continue
            return
        raise BusyError("others keep writing this incident")

    def _measure(self, before: Breakers, after: Breakers, pipeline: str) -> None:
        for measured in breaker_metrics(before, after, pipeline):
            self._workplace.measure(measured)

    def _raise_if_unclear(self, error: Exception) -> None:
        """It may have been started all the same: the claim stays, the next delivery looks for the run."""
        if error_status(error) >= 500 and error_code(error) not in LIMITS:
            raise error

    def _release(
        self, incident: Incident, attempt: Attempt, breakers: tuple[tuple[str, Breaker], ...], error: Exception
    ) -> Incident:
        """The attempt as it was before it was claimed; what was set aside for it is given back."""
        now = self._workplace.now()
        planned = replace(attempt, state="planned", claimed=None, claimed_until=None, cost=0.0, cost_unit="")
        given_back = Cost(attempt.cost_unit, -attempt.cost) if attempt.cost else None
        released = incident.with_attempt(planned).noting(now, "note", f"not started: {error_code(error)}")
        write = Write(incident=released, pipeline=incident.pipeline, breakers=breakers, spent=given_back)
        return self._workplace.store.write(write, now) or released

    def _refuse(self, incident: Incident, place: Place, attempt: Attempt, error: Exception, receives: int) -> Refusal:
        """A start that AWS refused: for the moment, and then it is tried again, or for good, and then people hear."""
        if error_code(error) in LIMITS and receives < TRIES_WHEN_BUSY:
            raise BusyError(f"{error_code(error)}: tried again when the signal is delivered again") from error
        now = self._workplace.now()
        told = History(incident_id=incident.id, incident=incident).told(
            run_key(attempt.resource), place.policy.severity, now, place.policy.respond_within_seconds
        )
        why = f"retry {attempt.number} could not be started: {error}"[:500]
        decision = Decision(action="page", why=why, page=not told, attempt=attempt.number)
        return Refusal(incident=incident, decision=decision)

    def _schedule_check(self, incident: Incident, key: str, attempt: Attempt, now: datetime, moment: datetime) -> None:
        """Look after the run in any case: its event may never come. Before the start, so that no crash prevents it."""
        signal = check_signal(incident, attempt.resource, attempt.number, run_key(attempt.resource), 0, moment)
        self._workplace.one_shots.signal_at(moment, now, f"{incident.id}-{key}", signal)


def _with_expected_cost(attempt: Attempt, history: History, policy: Policy) -> Attempt:
    scale = policy.retry.scale if policy.retry and attempt.larger else None
    expected = expected_cost(history.runs, scale.factor if scale else 1.0)
    return replace(attempt, cost_unit=expected.unit, cost=expected.amount) if expected else attempt


def _claim(incident: Incident, attempt: Attempt, before: Breakers, after: Breakers) -> Write:
    """One write that takes everything the start needs: the attempt, the budget, the costs, the breakers' leave."""
    return Write(
        incident=incident,
        pipeline=incident.pipeline,
        counts_retry=True,
        breakers=changed_breakers(before, after, incident.pipeline),
        spent=Cost(attempt.cost_unit, attempt.cost) if attempt.cost else None,
    )
