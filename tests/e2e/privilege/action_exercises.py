"""Exercises about declared actions: what is done in place of a retry, or for an alarm."""

from __future__ import annotations

from typing import Any

from tests.e2e.privilege.drain_exercises import invocations
from tests.e2e.privilege.run_exercises import fail_for_good, new_job
from tests.e2e.privilege.stage import BUCKET, Stage

ALARM = "rights/all/mended/{}.max"
PARAMETER = "/rights/config"


def the_previous_version_of_a_parameter_is_put_in_force(stage: Stage) -> None:
    parameters = stage.client("ssm")
    for value in ("good", "bad"):
        parameters.put_parameter(Name=PARAMETER, Value=value, Type="String", Overwrite=True)
    fail_for_good(stage, job="mended-rights")
    stage.until("it is good again", lambda: _value(parameters) == "good")


def old_objects_are_looked_for(stage: Stage) -> None:
    stage.client("s3").put_object(Bucket=BUCKET, Key="scratch/today", Body=b"young")
    new_job(stage, "mended-rights")
    failing = {"--pipewarden-local-fail": "1", "--pipewarden-local-fail-message": "No space left on device"}
    stage.client("glue").start_job_run(JobName="mended-rights", Arguments=failing)
    stage.until("what was found is told", lambda: _says(stage, "deleted 0 objects"))


def a_service_gets_another_task(stage: Stage) -> None:
    services = stage.client("ecs")
    services.update_service(cluster="rights", service="workers", desiredCount=1)
    stage.raise_alarm(ALARM.format("tasks"))
    stage.until("two tasks are wanted", lambda: _wanted(services) == 2)


def a_function_is_called(stage: Stage) -> None:
    before = invocations(stage, "mend-rights")
    stage.raise_alarm(ALARM.format("calls"))
    stage.until("the function was called", lambda: invocations(stage, "mend-rights") > before)


def _value(parameters: Any) -> str:
    return str(parameters.get_parameter(Name=PARAMETER)["Parameter"]["Value"])


def _wanted(services: Any) -> int:
    return int(services.describe_services(cluster="rights", services=["workers"])["services"][0]["desiredCount"])


def _says(stage: Stage, words: str) -> bool:
    return any(words in moment.text for moment in stage.timeline("mended"))


EXERCISES = (
    the_previous_version_of_a_parameter_is_put_in_force,
    old_objects_are_looked_for,
    a_service_gets_another_task,
    a_function_is_called,
)
