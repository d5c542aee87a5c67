"""Runs that another resource of the pipeline has started, though nobody declared `within:`."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipewarden.incident_store import ConflictError
from pipewarden.ownership import possible_owners
from pipewarden.pipeline_settings import ResourceSettings
from pipewarden.responder import Responder
from pipewarden.run import Run
from pipewarden.signal import SignalKind
from pipewarden.target import Target
from pipewarden.technology import Clients, Technology
from tests.unit.runtime.scene import RETRY, Scene, job_technology, resource

OWNING = replace(job_technology(idempotent=True), owning_run=lambda _clients, _target, _run: "")
TECHNOLOGIES = {"job": replace(OWNING, owning_run=None), "flow": OWNING}


def flow(**more: Any) -> ResourceSettings:
    return replace(resource("flow", **more), type="flow")


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        pytest.param({"job": resource("job"), "flow": flow()}, ("flow",), id="a state machine beside a job"),
        pytest.param({"job": resource("job"), "other": resource("other")}, (), id="another job starts none"),
        pytest.param({"job": resource("job", within="flow"), "flow": flow()}, (), id="what is declared is not asked"),
        pytest.param({"job": resource("job", after=("flow",)), "flow": flow()}, (), id="what came before it"),
        pytest.param({"job": resource("job"), "flow": flow(after=("job",))}, (), id="what comes after it"),
        pytest.param(
            {"job": resource("job"), "step": resource("step", after=("job",)), "flow": flow(after=("step",))},
            (),
            id="what comes after it, over another one",
        ),
        pytest.param({"job": resource("job"), "flow": flow(within="job")}, (), id="what runs within it"),
        pytest.param(
            {"job": resource("job"), "flow": flow(), "second": flow(), "third": flow()},
            ("flow", "second"),
            id="no more than two",
        ),
        pytest.param(
            {"job": resource("job"), "outer": flow(), "flow": flow(within="outer")},
            ("outer", "flow"),
            id="one that runs within another may start it as well",
        ),
    ],
)
def test_who_may_have_started_a_run(resources: dict[str, ResourceSettings], expected: tuple[str, ...]) -> None:
    assert possible_owners(resources, TECHNOLOGIES, "job") == expected


class Owned(Scene):
    """A job, and a flow of which one does not know whether it starts the job; `owners` is what its service says."""

    def __init__(self, **retry: Any) -> None:
        super().__init__()
        self.owners: dict[str, str] = {}
        self.asked = 0
        self.refuse: Exception | None = None
        settings = self.workplace.settings
        resources = {"job": resource("job", retry=replace(RETRY, **retry)), "flow": flow(retry=RETRY)}
        pipelines = {"import": replace(settings.pipelines["import"], resources=resources)}
        found: dict[str, Technology] = {
            "job": job_technology(idempotent=True),
            "flow": replace(job_technology(idempotent=True), owning_run=self._owning_run),
        }
        changed = replace(settings, pipelines=pipelines, alarms={})
        self.workplace = replace(self.workplace, settings=changed, technologies=found)
        self.responder = Responder(self.workplace)

    def _owning_run(self, _clients: Clients, target: Target, run: Run) -> str:
        self.asked += 1
        if self.refuse:
            raise self.refuse
        assert target.fields["name"] == "flow"
        return self.owners.get(run.run_id, "")

    def fails(self, name: str, run_id: str, error: str = "transient: 503") -> str:
        technology = "flow" if name == "flow" else "job"
        return self.handle(replace(self.ended(name, run_id, "failed", error), technology=technology))

    def look_again(self) -> str:
        signal = self.due(SignalKind.CHECK_DUE)[-1]
        self.time = max(self.time, signal.time)
        return self.handle(signal)


def test_a_run_that_nobody_started_is_retried_by_itself() -> None:
    scene = Owned()
    assert (scene.fails("job", "j1"), scene.asked) == ("retry", 1)


def test_a_run_that_a_flow_started_is_the_reason_of_its_failure_and_retried_only_through_it() -> None:
    scene = Owned()
    scene.owners["j1"] = "f1"
    assert scene.fails("job", "j1", "deterministic: bad row") == "hold"
    assert scene.incident.attempts == ()
    assert scene.store.timeline(scene.incident.id)[-1].text == "f1 of flow started it: waiting for what that reports"
    scene.time += timedelta(seconds=20)
    assert scene.fails("flow", "f1", "States.TaskFailed") == "page"
    assert [(reason.resource, reason.evidence) for reason in scene.incident.open_reasons] == [
        ("job", True),
        ("flow", False),
    ]
    assert scene.incident.reason("run:flow").failure_class == "deterministic"  # type: ignore[union-attr]
    assert [subject for subject in scene.subjects if "page" in subject] == scene.subjects[:1]


def test_the_success_of_the_flow_ends_what_ran_within_it() -> None:
    scene = Owned()
    scene.owners["j1"] = "f1"
    scene.fails("job", "j1")
    scene.run("f1", "running", started=scene.time)
    assert scene.look_again() == "wait"
    succeeded = replace(scene.ended("flow", "f1", "succeeded"), technology="flow")
    assert scene.handle(succeeded) == "clear"
    assert (scene.incident.over, scene.incident.pages, scene.subjects) == (True, 0, [])


def test_nobody_is_told_by_the_flow_and_so_people_are_told() -> None:
    scene = Owned()
    scene.owners["j1"] = "f1"
    scene.fails("job", "j1")
    del scene.jobs.runs["j1"]
    assert scene.look_again() == "page"
    assert "no word from flow about it" in [entry.text for entry in scene.store.timeline(scene.incident.id)]


def test_the_next_run_of_the_job_may_be_its_own() -> None:
    scene = Owned()
    scene.owners["j1"] = "f1"
    scene.fails("job", "j1")
    scene.time += timedelta(seconds=30)
    assert (scene.fails("job", "j2"), scene.asked) == ("retry", 2)


@pytest.mark.parametrize("more", [{"owned": True}, {"attempts": 0}], ids=["owned runs are retried", "nothing is"])
def test_nobody_is_asked_where_it_does_not_matter(more: dict[str, Any]) -> None:
    scene = Owned(**more)
    scene.owners["j1"] = "f1"
    scene.fails("job", "j1")
    assert scene.asked == 0


def test_a_service_that_does_not_answer_is_not_waited_for() -> None:
    scene = Owned()
    scene.refuse = ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "ListExecutions")
    assert scene.fails("job", "j1") == "retry"


def test_who_is_outrun_does_not_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Owned()
    monkeypatch.setattr(scene.store.__class__, "write", outrun_once(scene.store.__class__.write))
    assert (scene.fails("job", "j1"), scene.asked) == ("retry", 1)


def outrun_once(write: Any) -> Any:
    calls: list[int] = []

    def once(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 1:
            raise ConflictError
        return write(*arguments)

    return once
