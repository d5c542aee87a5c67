"""A scene with a reconciler: runs by resource, passes every five minutes, and a queue that the responder empties."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pipewarden.reconciler import Tally, reconcile
from pipewarden.run import Run
from pipewarden.signal import Signal
from pipewarden.target import Target
from pipewarden.technology import Clients
from tests.unit.runtime.scene import START, Scene

QUEUE = "pipewarden-test-signals"
EVERY = timedelta(minutes=5)


class Night(Scene):
    """Its service lists the runs of each resource by name, and refuses to list those of the forbidden ones."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        self.runs_of: dict[str, dict[str, Run]] = {}
        self.forbidden: dict[str, Exception] = {}
        self.asked_since: dict[str, datetime] = {}
        self.workplace.technologies["job"] = replace(  # type: ignore[index]
            self.workplace.technologies["job"], recent_runs=self._recent
        )

    def _recent(self, clients: Clients, target: Target, since: datetime) -> list[Run]:
        clients("jobs").find_all()
        self.asked_since[target.resource] = since
        if target.resource in self.forbidden:
            raise self.forbidden[target.resource]
        return [run for run in self.runs_of.get(target.resource, {}).values() if run.touches(since)]

    def ran(
        self, resource: str, run_id: str, state: str, error: str = "", started: datetime = START, **more: Any
    ) -> Run:
        """A run as the service lists and describes it from now on; no event tells of it."""
        run = self.run(run_id, state, error, started, **more)
        self.runs_of.setdefault(resource, {})[run_id] = run
        return run

    def a_pass(self, part: int = 0, parts: int = 1, minutes: float = 5) -> Tally:
        """One pass of the reconciler, now."""
        return reconcile(self.workplace, self.time + timedelta(minutes=minutes), part, parts, at_once=1)

    @property
    def queued(self) -> list[Signal]:
        return [Signal.from_json(body) for body in self.aws.sqs.bodies(QUEUE)]

    def deliver(self) -> list[str]:
        """Hand everything in the queue to the responder and empty it; what was done."""
        found = self.queued
        self.aws.sqs.queues.pop(QUEUE, None)
        return [self.handle(signal) for signal in found]

    def pass_by(self, passes: int = 1) -> list[str]:
        """Let time go by, pass after pass; what was done."""
        done: list[str] = []
        for _ in range(passes):
            self.time += EVERY
            self.a_pass()
            done += self.deliver()
        return done


def settled(**more: Any) -> Night:
    """After the first pass."""
    night = Night(**more)
    night.a_pass()
    return night
