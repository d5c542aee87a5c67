"""Exercises about what is looked at regularly, and about what Lambda and CloudFormation do in our functions' name."""

from __future__ import annotations

import json
from contextlib import ExitStack

from tests.e2e.privilege.stage import BUCKET, Stage, broken, unique

ASYNCHRONOUS = ("drainer", "escalator", "probe", "reconciler")


def datasets_and_requests_are_measured(stage: Stage) -> None:
    stage.client("s3").put_object(Bucket=BUCKET, Key="set/today.json", Body=b"{}")
    told = stage.invoke("probe", {})
    assert (told["measured"], told["failed"]) == (1, 0), told
    assert (told["judged"], told["unjudged"]) == (1, 0), told


def runs_are_listed(stage: Stage) -> None:
    told = stage.invoke("reconciler", {})
    assert told["failed"] == 0, told


def a_call_that_fails_for_good_is_kept(stage: Stage) -> None:
    """Lambda itself puts it into the dead-letter queue, in the name of the function's role."""
    dead_letters = stage.world.names.signals_dead_letters()
    with ExitStack() as stack:
        for role in ASYNCHRONOUS:
            stack.enter_context(broken(stage, role))
            stage.invoke(role, {}, wait=False)
        stage.until("each function's call is kept", lambda: stage.depth(dead_letters) == len(ASYNCHRONOUS))


def the_retention_of_declared_log_groups_is_set(stage: Stage) -> None:
    group, logs = "/aws/lambda/function-rights", stage.client("logs")
    if logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        logs.delete_log_group(logGroupName=group)
    arn = stage.world.names.function_arn("retention")
    kept = {"Type": "Custom::Retention", "Properties": {"ServiceToken": arn, "Groups": [group], "Days": 3}}
    stack, stacks = unique("retention"), stage.client("cloudformation")
    stacks.create_stack(StackName=stack, TemplateBody=json.dumps({"Resources": {"Kept": kept}}))

    def is_kept() -> bool:
        found = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        return any(row.get("retentionInDays") == 3 for row in found)

    stage.until("the group is there and is kept for 3 days", is_kept)


EXERCISES = (
    datasets_and_requests_are_measured,
    runs_are_listed,
    a_call_that_fails_for_good_is_kept,
    the_retention_of_declared_log_groups_is_set,
)
