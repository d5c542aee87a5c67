"""The watch over ourselves as it is deployed: every last stop is looked at, and no alarm needs a function of ours."""

import json
from collections.abc import Iterator
from typing import Any

from pipewarden_plan.plan import Plan

Template = dict[str, Any]


def of_type(template: Template, kind: str) -> list[dict[str, Any]]:
    return [found["Properties"] for found in template["Resources"].values() if found["Type"] == kind]


def dead_letter_queues(value: Any, key: str = "") -> Iterator[str]:
    """Names of the queues that anything in a template gives as its dead-letter queue or failure destination."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from dead_letter_queues(inner, name)
        if key in ("DeadLetterConfig", "RedrivePolicy", "OnFailure"):
            yield from (str(text).rpartition(":")[2] for text in value.values() if str(text).startswith("arn:"))
    elif isinstance(value, list):
        for inner in value:
            yield from dead_letter_queues(inner, key)


def test_every_last_stop_is_watched_by_an_alarm_that_pages_directly(
    example_plan: Plan, example: dict[str, Template]
) -> None:
    stops = {queue for template in example.values() for queue in dead_letter_queues(template["Resources"])}
    topics = {example_plan.settings.names.topic_arn(topic.name) for topic in example_plan.core.topics}
    watched = {
        dimension["Value"]
        for alarm in of_type(example[example_plan.core.stack], "AWS::CloudWatch::Alarm")
        for dimension in alarm.get("Dimensions", ())
        if dimension["Name"] == "QueueName" and alarm.get("AlarmActions") and set(alarm["AlarmActions"]) <= topics
    }
    assert stops
    assert stops <= watched


def test_everything_that_can_fail_to_deliver_has_a_last_stop(example: dict[str, Template]) -> None:
    """Rules, schedules, subscriptions of queues, and the functions that are called asynchronously."""
    bare = []
    for template in example.values():
        rules = [target for rule in of_type(template, "AWS::Events::Rule") for target in rule["Targets"]]
        schedules = [schedule["Target"] for schedule in of_type(template, "AWS::Scheduler::Schedule")]
        queued = [each for each in of_type(template, "AWS::SNS::Subscription") if each["Protocol"] == "sqs"]
        calls = [each["DestinationConfig"] for each in of_type(template, "AWS::Lambda::EventInvokeConfig")]
        bare += [each for each in (*rules, *schedules, *queued, *calls) if not list(dead_letter_queues({"x": each}))]
    assert bare == []


def test_no_alarm_over_ourselves_acts_on_anything_but_a_page_topic(
    example_plan: Plan, example: dict[str, Template]
) -> None:
    """A page topic reaches people by SNS alone: no subscription of it is a queue or a function of ours."""
    core = example[example_plan.core.stack]
    names = example_plan.settings.names
    pages = {names.topic_arn(names.page_topic(severity)) for severity in example_plan.environment.severities}
    own = [each for each in of_type(core, "AWS::CloudWatch::Alarm") if "/pipewarden/" in each["AlarmName"]]
    assert len(own) > 20
    assert {
        action for alarm in own for action in (*alarm.get("AlarmActions", ()), *alarm.get("OKActions", ()))
    } <= pages
    by_id = {logical: found["Properties"] for logical, found in core["Resources"].items()}
    heard = [
        subscription["Protocol"]
        for subscription in of_type(core, "AWS::SNS::Subscription")
        if by_id[subscription["TopicArn"]["Ref"]]["TopicName"] in {page.rpartition(":")[2] for page in pages}
    ]
    assert heard
    assert not {"sqs", "lambda"} & set(heard), json.dumps(heard)
