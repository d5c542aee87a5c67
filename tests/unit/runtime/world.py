"""A scene that goes on by itself: its queue delivers again, its schedules fire, its reconciler passes."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pipewarden.action_policy import ActionPolicy
from pipewarden.effect import Effects
from pipewarden.escalator import call_rung
from pipewarden.incident import Incident
from pipewarden.pipeline_settings import AlarmSettings, PipelineSettings, ResourceSettings
from pipewarden.reminder import remind
from pipewarden.responder import Responder
from pipewarden.retry_policy import RetryPolicy
from pipewarden.run import Run
from pipewarden.signal import Signal, SignalKind
from pipewarden.stakeholder import inform
from pipewarden.target import Target
from pipewarden.technology import Clients
from pipewarden.workplace import BusyError
from tests.unit.runtime import acting
from tests.unit.runtime.memory_aws import Crash
from tests.unit.runtime.night import QUEUE, Night
from tests.unit.runtime.scene import resource

VISIBILITY = timedelta(seconds=90)
MOST_RECEIVES = 5
RUN_TAKES = timedelta(minutes=7)
KINDS = {"failed": SignalKind.RUN_FAILED, "succeeded": SignalKind.RUN_SUCCEEDED, "stopped": SignalKind.RUN_STOPPED}
RESOURCES = {
    "top": ("top", "P2"),
    "extract": ("down", "P1"),
    "load": ("down", "P1"),
    "merge": ("down", "P1"),
    "urgent": ("urgent", "P0"),
    "later": ("later", "P2"),
}
"""Each resource with its pipeline and severity: `down` and `later` hang below `top`; `load` runs after `extract`, and
`merge` within `load`."""


ALARMS = {
    "stale": AlarmSettings(
        pipeline="down", resource="extract", key="extract.stale", severity="P2", role="health", meaning="Stale."
    ),
    "failed": AlarmSettings(
        pipeline="top", resource="top", key="top.failed", severity="P2", role="run", meaning="A run failed."
    ),
}


@dataclass
class Waiting:
    """A message of the signals queue, hidden until `visible`."""

    signal: Signal
    visible: datetime
    receives: int = 0


@dataclass(frozen=True)
class Start:
    """One call that started a run; `forbidden` when the kill switch had said for a minute that nothing starts."""

    time: datetime
    resource: str
    token: str
    run_id: str
    forbidden: bool


class Cures(acting.Knobs):
    """Each execution goes on at the first look and has ended at the second, well or not as its token has it."""

    def __init__(self, allowed: Callable[[], bool]) -> None:
        super().__init__()
        self.allowed = allowed
        self.forbidden: list[str] = []

    def turn(self, to: int) -> None:
        self.forbidden += [] if self.allowed() else [f"turned to {to}"]
        super().turn(to=to)

    def execute(self, token: str) -> str:
        self.forbidden += [] if self.allowed() or token in self.executions else [token]
        return super().execute(token=token)

    def describe(self, execution: str) -> str:
        found = super().describe(execution=execution)
        self.executions[execution] = "failed" if execution[0] in "01234567" else "succeeded"
        return found


def _actions(retry: RetryPolicy) -> dict[str, ActionPolicy]:
    """One for failures of `extract`, and one for its alarm."""
    guards = RetryPolicy(
        attempts=1, backoff_seconds=(0.0, 0.0), cooldown_seconds=900.0, breaker=retry.breaker, window=retry.window
    )
    return {
        "mend": ActionPolicy(**acting.CURE, classes=("deterministic", "resource"), then="retry", guards=guards),
        "turn": ActionPolicy(**acting.TURN, alarms=("extract.stale",), guards=guards),
    }


def _pipelines(retry: RetryPolicy, actions: Mapping[str, ActionPolicy]) -> dict[str, PipelineSettings]:
    def one(severity: str, upstream: tuple[str, ...], **resources: ResourceSettings) -> PipelineSettings:
        return PipelineSettings(team="crm", owner="crm-data", severity=severity, upstream=upstream, resources=resources)

    return {
        "top": one("P2", (), top=resource("top", retry=retry)),
        "down": one(
            "P1",
            ("top",),
            extract=resource("extract", retry=retry, actions=actions),
            load=resource("load", retry=retry, after=("extract",)),
            merge=resource("merge", within="load"),
        ),
        "urgent": one("P0", ("top",), urgent=resource("urgent", retry=retry)),
        "later": one("P2", ("top",), later=resource("later", retry=retry)),
    }


class World(Night):
    """What happens is told by the events that the test lets through, by schedules, and by the reconciler."""

    def __init__(self, *, retry: RetryPolicy, quiet: Any = None, acts: bool = False, **more: Any) -> None:
        super().__init__(**more)
        settings: Any = self.workplace.settings
        settings.pipelines.clear()
        settings.pipelines.update(_pipelines(retry, _actions(retry) if acts else {}))
        self.cures = Cures(lambda: not self._is_forbidden())
        self.aws.services["knobs"] = self.cures
        self.workplace = replace(self.workplace, actions=lambda: acting.KINDS)
        self.responder = Responder(self.workplace)
        settings.alarms.clear()
        settings.alarms.update(ALARMS)
        settings.__dict__.pop("_by_identity", None)
        settings.severities["P2"] = replace(settings.severities["P2"], quiet_hours=quiet)
        self.waiting: list[Waiting] = []
        self.starts: list[Start] = []
        self.crash: tuple[int, bool] | None = None
        self.crashes = 0
        self.switched: tuple[datetime, str] = (self.time, "act")
        self.failures: list[tuple[str, Run]] = []
        technology = self.workplace.technologies["job"]
        assert technology.retry
        kept = replace(technology.retry, start=self._start)
        self.workplace.technologies["job"] = replace(technology, retry=kept)  # type: ignore[index]
        self.a_pass()

    # What the services do.

    def _start(self, clients: Clients, target: Target, failed: Run, token: str) -> Run:
        try:
            started: Run = clients("jobs").start(retry_of=failed.run_id, token=token)
            return started
        finally:  # also when the process dies after the call
            self._notice(target.resource, token)

    def _notice(self, name: str, token: str) -> None:
        forbidden = self._is_forbidden()
        known = {run_id for runs in self.runs_of.values() for run_id in runs}
        for run in self.jobs.started:
            if run.run_id not in known:
                self.starts.append(Start(self.time, name, token, run.run_id, forbidden))
                self.runs_of.setdefault(name, {})[run.run_id] = run

    def _is_forbidden(self) -> bool:
        """Whether the kill switch has said for a minute that nothing starts."""
        since, mode = self.switched
        return mode != "act" and self.time - since > timedelta(minutes=1)

    def begin(self, name: str) -> Run:
        """A run that somebody or a schedule starts."""
        return self.ran(name, f"{name}-{len(self.jobs.runs)}", "running", started=self.time)

    @property
    def going_on(self) -> list[tuple[str, Run]]:
        return [(name, run) for name, runs in self.runs_of.items() for run in runs.values() if run.state == "running"]

    def end(self, name: str, run: Run, state: str, error: str, copies: int = 1, delay: timedelta = timedelta()) -> None:
        """The run ends; `copies` of its event come, none when it is lost, after a delay."""
        self.time += timedelta(seconds=1)
        ended = replace(run, state=state, word=state.upper(), error=error, ended=self.time)  # type: ignore[arg-type]
        self.jobs.runs[run.run_id] = self.runs_of[name][run.run_id] = ended
        if state == "failed":
            self.failures.append((name, ended))
        told = {"identity": name, "run_id": run.run_id, "state": ended.word, "error": error}
        signal = Signal(kind=KINDS[state], time=self.time, technology="job", **told)
        self.waiting += [Waiting(signal, self.time + delay * (copy + 1)) for copy in range(copies)]

    def alarm(self, name: str, *, raised: bool) -> None:
        """The alarm changes its state; a message that is lost at this end is none of ours."""
        self.time += timedelta(seconds=1)
        kind = SignalKind.ALARM_RAISED if raised else SignalKind.ALARM_CLEARED
        self.waiting.append(Waiting(Signal(kind=kind, time=self.time, alarm=name), self.time))

    def switch(self, mode: str) -> None:
        if mode != self.switched[1]:
            self.aws.ssm.value = mode
            self.switched = (self.time if mode == "act" or self.switched[1] == "act" else self.switched[0], mode)

    # Time.

    def collect(self) -> None:
        """What was put into the queue by our own calls."""
        for body in self.aws.sqs.bodies(QUEUE):
            self.waiting.append(Waiting(Signal.from_json(body), self.time))
        self.aws.sqs.queues.pop(QUEUE, None)
        for name, event in self.aws.functions.invoked:
            if name.endswith("escalator"):
                self._escalate(event)
        self.aws.functions.invoked.clear()

    def _schedules(self) -> list[tuple[datetime, str]]:
        found = self.aws.scheduler.schedules
        return sorted((_moment(row), name) for name, row in found.items())

    def fire(self) -> None:
        """Every schedule whose time has come; it deletes itself."""
        for moment, name in self._schedules():
            if moment > self.time:
                return
            target = self.aws.scheduler.schedules.pop(name)["Target"]
            if target["Arn"].endswith("signals"):
                self.waiting.append(Waiting(Signal.from_json(target["Input"]), self.time))
            else:
                self._escalate(json.loads(target["Input"]))

    def _escalate(self, event: dict[str, Any]) -> None:
        if "tell" in event:
            Effects(self.workplace).finish_acknowledging(str(event["incident"]))
        else:
            doers = {"reminder": remind, "above": inform}
            next((do for key, do in doers.items() if key in event), call_rung)(self.workplace, event)

    def deliver(self) -> list[str]:
        """The first visible message, as the queue hands it out; the process may die in the middle."""
        self.collect()
        message = min((one for one in self.waiting if one.visible <= self.time), key=lambda one: one.visible)
        self.waiting.remove(message)
        message.receives += 1
        assert message.receives <= MOST_RECEIVES + self.crashes, f"never done: {message.signal}"
        if self.crash:
            self.aws.crash_at(self.crash[0], after=self.crash[1])
            self.crash = None
        try:
            return [self.handle(message.signal, message.receives)]
        except BusyError:
            self.waiting.append(replace(message, visible=self.time + VISIBILITY))
            return ["busy"]
        except Crash:
            self.crashes += 1
            self.waiting.append(replace(message, visible=self.time + VISIBILITY))
            return ["crash"]
        finally:
            self.aws.revive()

    def next_moment(self, *, signals_only: bool = False) -> datetime | None:
        """When something happens by itself next."""
        self.collect()
        rows = self.aws.scheduler.schedules
        ours = [_moment(row) for row in rows.values() if not signals_only or row["Target"]["Arn"].endswith("signals")]
        return min([*(one.visible for one in self.waiting), *ours], default=None)

    def go_on(self, until: datetime) -> None:
        """Everything that happens by itself until then."""
        while (moment := self.next_moment()) is not None and moment <= until:
            self.step(moment)
        self.time = max(self.time, until)
        self.a_pass()
        self.collect()

    def step(self, moment: datetime) -> None:
        self.time = max(self.time, moment)
        self.fire()
        while any(one.visible <= self.time for one in self.waiting):
            self.deliver()

    def settle(self, outcomes: list[str]) -> None:
        """Until nothing happens by itself any more: runs end as told, one after another, their events lost every other
        time; what is left are reminders."""
        for turn in range(400):
            for count, (name, run) in enumerate(self.going_on):
                state = outcomes[(turn + count) % len(outcomes)]
                self.time += RUN_TAKES
                self.end(name, run, state.partition(":")[0], state, copies=(turn + count) % 2)
            self.time += timedelta(minutes=3)
            self.a_pass()
            moment = self.next_moment(signals_only=True)
            if moment is None and not self.going_on:
                return
            self.step(max(moment or self.time, self.time))
        raise AssertionError(f"never comes to rest: {self.waiting} {self.aws.scheduler.schedules}")

    # What is looked at.

    @property
    def incidents(self) -> list[Incident]:
        return list(self.store.recent(1_000))

    def said(self, incident: str) -> int:
        """How many pages of the incident people got by the page topics."""
        return sum(
            f"Incident: {incident} " in row["default"]
            for row in self.aws.sns.published
            if "page-" in row["topic"] and row["subject"].startswith("[P")
        )


def _moment(row: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(row["ScheduleExpression"][3:-1]).replace(tzinfo=UTC)
