"""A scene in which a resource has actions, of kinds whose service the test controls."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipewarden.action import Action, NotPossibleError, Result, Task, Way, nothing_to_settle
from pipewarden.action_policy import ActionPolicy
from pipewarden.registry import actions
from pipewarden.responder import Responder
from pipewarden.retry_policy import RetryPolicy
from pipewarden.technology import Clients
from tests.unit.runtime.scene import RETRY, Scene

NAME = "extract.mend"
GUARDS = RetryPolicy(attempts=1, backoff_seconds=(0.0, 0.0), cooldown_seconds=3600.0)


class Knobs:
    """A service that holds a number, and executions that go on until the test ends them."""

    def __init__(self) -> None:
        self.value = 1
        self.steps: list[tuple[int, int]] = []
        self.executions: dict[str, str] = {}
        self.refuse: Exception | None = None

    def read(self) -> int:
        if self.refuse:
            raise self.refuse
        return self.value

    def turn(self, to: int) -> None:
        if self.refuse:
            raise self.refuse
        if self.value != to:
            self.steps.append((self.value, to))
        self.value = to

    def execute(self, token: str) -> str:
        if self.refuse:
            raise self.refuse
        self.executions.setdefault(token, "running")
        return token

    def describe(self, execution: str) -> str:
        return self.executions[execution]


def _settle(clients: Clients, task: Task) -> Mapping[str, Any]:
    value = clients("knobs").read()
    if value >= 9:
        raise NotPossibleError("the knob is at its end")
    return {"to": value + 1}


def _turn(clients: Clients, task: Task) -> Result:
    clients("knobs").turn(to=int(task.plan["to"]))
    return Result(state="succeeded", text=f"turned the knob to {task.plan['to']}", changed=not task.values.get("dry"))


def _execute(clients: Clients, task: Task) -> Result:
    return Result(state="running", text="started the cure", id=clients("knobs").execute(token=task.token))


def _look(clients: Clients, task: Task, execution: str) -> Result:
    state = clients("knobs").describe(execution=execution)
    return Result(state=state, text={"failed": "the cure broke"}.get(state, f"the cure is {state}"), id=execution)


def _way(field: str, **more: Any) -> Way:
    about = {"title": "", "intent": f"use {field}", "fields": {}, "required": (), "example": {}, "grants": ()}
    return Way(field=field, calls=(), twice="", **{**about, **more})


KINDS = {
    "turn": Action(type="turn", title="", summary="", ways=(_way("knob", prepare=_settle, start=_turn),)),
    "cure": Action(
        type="cure", title="", summary="", ways=(_way("cure", prepare=nothing_to_settle, start=_execute, look=_look),)
    ),
    **actions(),
}
TURN: dict[str, Any] = {"type": "turn", "fields": {"knob": "a"}, "intent": "turn the knob"}
CURE: dict[str, Any] = {"type": "cure", "fields": {"cure": "b"}, "intent": "cure it"}
CALL: dict[str, Any] = {"type": "run", "fields": {"function": "mend-it"}, "intent": "call the function mend-it"}


def acting(declared: Mapping[str, Any], *, retry: RetryPolicy | None = RETRY, mode: str = "act", **more: Any) -> Scene:
    """A scene whose resource `extract` has the action `mend`; `guards` are those of the action."""
    scene = Scene(mode=mode, **more)
    scene.aws.services["knobs"] = Knobs()
    guards = replace(GUARDS, **declared.get("guards", {}))
    policy = ActionPolicy(**{**declared, "guards": guards})
    give(scene, {"mend": policy}, retry)
    return scene


def give(scene: Scene, found: Mapping[str, ActionPolicy], retry: RetryPolicy | None = RETRY) -> None:
    """The resource `extract` with these actions."""
    settings = scene.workplace.settings
    pipeline = settings.pipelines["import"]
    extract = replace(pipeline.resources["extract"], actions=found, retry=retry)
    changed = replace(pipeline, resources={**pipeline.resources, "extract": extract})
    settings = replace(settings, pipelines={**settings.pipelines, "import": changed})
    scene.workplace = replace(scene.workplace, settings=settings, actions=lambda: KINDS)
    scene.responder = Responder(scene.workplace)


def knobs(scene: Scene) -> Knobs:
    found: Knobs = scene.aws.services["knobs"]
    return found
