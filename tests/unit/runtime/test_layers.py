"""The retries of services themselves beside ours: said in the plan and in pages, and never counted twice."""

from dataclasses import replace
from typing import Any

import pytest

from pipewarden.pipeline_settings import ResourceSettings
from pipewarden.registry import technologies
from pipewarden.responder import Responder
from pipewarden.retry_policy import RetryPolicy
from pipewarden.run import Run
from pipewarden.target import Target
from pipewarden.technology import Clients, Retry
from pipewarden_cli.tree.pipeline_tree import _inside
from tests.unit.runtime.scene import START, Scene
from tests.unit.runtime.test_calls import again, first, start

PLACE = {"environment": "test", "account": "123456789012", "region": "us-east-1"}
LAMBDA = "Lambda itself tries each up to 3 times: 9 in all"
GLUE = "Glue itself starts a failed run again, up to 3 times: each counts as one of 2 attempts"


@pytest.mark.parametrize(
    ("kind", "fields", "attempts", "expected"),
    [
        pytest.param("lambda", {"function": "f"}, 2, LAMBDA, id="Lambda tries each of ours"),
        pytest.param("glue-job", {"job_name": "j", "max_retries": 3}, 2, GLUE, id="Glue's own are taken for ours"),
        pytest.param("glue-job", {"job_name": "j"}, 2, "", id="Glue does not retry unless it is told to"),
        pytest.param("glue-job", {"job_name": "j", "max_retries": 3}, 0, "", id="nothing of ours is added"),
    ],
)
def test_what_the_plan_says(kind: str, fields: dict[str, Any], attempts: int, expected: str) -> None:
    retry = RetryPolicy(attempts=attempts, backoff_seconds=(60.0, 900.0))
    rows = list(_inside(ResourceSettings(type=kind, fields=fields, retry=retry), [], {}))
    assert [row.text for row in rows if row.label == "layers"] == ([expected] if expected else [])
    said = technologies()[kind].retry
    assert said is not None
    assert said.layers is not None
    assert not attempts or said.layers(fields, attempts) == expected


class Glue:
    """Two runs of a job, of which Glue has started the second by itself."""

    def get_job_run(self, **_: str) -> dict[str, Any]:
        return {"JobRun": {"Id": "jr_1", "JobRunState": "FAILED", "StartedOn": START}}

    def get_job_runs(self, **_: Any) -> dict[str, Any]:
        own = {"Id": "jr_1_attempt_1", "PreviousRunId": "jr_1", "JobRunState": "RUNNING", "StartedOn": START}
        return {"JobRuns": [own]}


def test_what_glue_has_started_by_itself_is_adopted() -> None:
    target = Target(pipeline="p", resource="r", technology="glue-job", fields={"job_name": "j"}, **PLACE)
    retry = technologies()["glue-job"].retry
    assert retry
    found = retry.start(lambda _: Glue(), target, Run(run_id="jr_1", state="failed"), "token")
    assert (found.run_id, found.adopted) == ("jr_1_attempt_1", True)


def layered(*, adopted: bool) -> Scene:
    """A job whose service tries by itself too; `adopted`: it has started each retry before we could."""
    scene = Scene()
    (technology,) = scene.workplace.technologies.values()
    assert technology.retry

    def begin(clients: Clients, target: Any, failed: Run, token: str) -> Run:
        assert technology.retry
        return replace(technology.retry.start(clients, target, failed, token), adopted=adopted)

    changed = Retry(calls=(), idempotent=True, start=begin, find=technology.retry.find, layers=said)
    found = {"job": replace(technology, retry=changed)}
    scene.workplace = replace(scene.workplace, technologies=found)
    scene.responder = Responder(scene.workplace)
    return scene


def said(fields: Any, attempts: int) -> str:
    return f"the service tries {fields['name']} as well, beside our {attempts}"


@pytest.mark.parametrize("adopted", [True, False], ids=["started by the service", "started by us"])
def test_a_page_says_what_the_service_has_tried_by_itself(adopted: bool) -> None:
    scene = layered(adopted=adopted)
    for step in (first, start, again, start, again):
        step(scene)
    (page,) = [row["default"] for row in scene.aws.sns.published if "extract failed" in row["subject"]][:1]
    assert "  the service tries extract as well, beside our 2\n" in page
    assert page.count(", not started by us)") == (2 if adopted else 0)
    words = [entry.text for entry in scene.store.timeline(scene.incident.id) if entry.kind == "retry-started"]
    assert all(text.endswith("which its service or a person had started already") is adopted for text in words)
    assert len(words) == 2


def test_a_page_without_retries_says_nothing_of_them() -> None:
    scene = layered(adopted=False)
    scene.handle(scene.ended("extract", "x1", "failed", "deterministic: no such column"))
    assert "as well, beside" not in scene.aws.sns.published[0]["default"]
