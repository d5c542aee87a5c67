"""Recorded events match the rule that is deployed for them, and become the signal that stands beside them."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ministack.services.eventbridge import _matches_pattern

from pipewarden.registry import technologies
from pipewarden.signal import Signal, SignalKind
from pipewarden.target import Target
from pipewarden.technology import EventRule, Technology
from pipewarden.template import fill
from pipewarden_plan.rule_plan import event_pattern

Declare = Callable[[Technology], Target]
Recorded = tuple[Technology, Path]

KINDS = {"failed": (SignalKind.RUN_FAILED, SignalKind.RUN_STOPPED), "succeeded": (SignalKind.RUN_SUCCEEDED,)}


def matches(rule: EventRule, identities: list[str], event: dict[str, Any]) -> bool:
    """As EventBridge does it: the embedded AWS has a complete matcher."""
    words = {"detail-type": "DetailType", "id": "EventId"}
    envelope = {words.get(key, key.title()): value for key, value in event.items()}
    envelope["Detail"] = json.dumps(event["detail"])
    return bool(_matches_pattern(json.dumps(event_pattern(rule, identities)), envelope))


def rule_of(technology: Technology, kind: str) -> EventRule:
    (rule,) = [rule for rule in technology.events if rule.kind == kind]
    return rule


def check(recorded: Recorded, kind: str, declare: Declare) -> None:
    technology, path = recorded
    event = json.loads(path.read_text(encoding="utf-8"))
    identity = fill(rule_of(technology, kind).identity, technology.values(declare(technology)))
    assert matches(rule_of(technology, kind), [identity], event)
    assert not matches(rule_of(technology, kind), [f"{identity}-of-somebody-else"], event)
    for other in technology.events:
        assert other.kind == kind or not matches(other, [identity], event)
    assert technology.read_event
    signal = technology.read_event(event)
    assert signal == Signal.from_json(path.with_suffix(".signal.json").read_text(encoding="utf-8"))
    assert signal
    assert signal.kind in KINDS[kind]
    assert (signal.technology, signal.identity) == (technology.type, identity)
    assert signal.run_id
    assert Signal.from_json(signal.to_json()) == signal


def test_a_failure_matches_its_rule_and_becomes_a_signal(recorded_failed: Recorded, declare: Declare) -> None:
    check(recorded_failed, "failed", declare)


def test_a_success_matches_its_rule_and_becomes_a_signal(recorded_succeeded: Recorded, declare: Declare) -> None:
    check(recorded_succeeded, "succeeded", declare)


def test_each_kind_of_event_is_recorded(technology: Technology) -> None:
    folder = Path(__file__).parents[2] / "events" / technology.type
    assert [rule.kind for rule in technology.events if not (folder / f"{rule.kind}.json").exists()] == []


@pytest.mark.parametrize(
    ("type_", "path", "value"),
    [
        ("glue-job", "state", "RUNNING"),
        ("step-functions", "status", "RUNNING"),
        ("step-functions", "status", "PENDING_REDRIVE"),
    ],
)
def test_a_run_that_goes_on_is_no_signal(type_: str, path: str, value: str) -> None:
    going_on = technologies()[type_]
    recorded = Path(__file__).parents[2] / "events" / type_ / "failed.json"
    event = json.loads(recorded.read_text(encoding="utf-8"))
    event["detail"][path] = value
    assert going_on.read_event
    assert going_on.read_event(event) is None
    assert not any(matches(rule, [], event) for rule in going_on.events)


STACK = Path(__file__).parents[2] / "events" / "cloudformation-stack" / "deployed.json"


@pytest.mark.parametrize(
    ("stack", "status", "seen"),
    [
        ("customer-jobs-prod", "UPDATE_COMPLETE", True),
        ("customer-jobs-prod", "CREATE_COMPLETE", True),
        ("customer-jobs-prod", "UPDATE_ROLLBACK_COMPLETE", False),
        ("customer-jobs-prod", "UPDATE_IN_PROGRESS", False),
        ("customer-jobs-prod-2", "UPDATE_COMPLETE", False),
    ],
    ids=["updated", "created", "rolled back", "going on", "a stack with a longer name"],
)
def test_a_deployment_that_stayed_is_a_signal(stack: str, status: str, seen: bool) -> None:
    technology = technologies()["cloudformation-stack"]
    event = json.loads(STACK.read_text(encoding="utf-8"))
    event["detail"]["stack-id"] = event["detail"]["stack-id"].replace("customer-jobs-prod", stack)
    event["detail"]["status-details"]["status"] = status
    (rule,) = technology.events
    identity = "arn:aws:cloudformation:us-east-1:123456789012:stack/customer-jobs-prod/"
    assert matches(rule, [identity], event) == seen
    if seen:
        assert technology.read_event
        recorded = Signal.from_json(STACK.with_suffix(".signal.json").read_text(encoding="utf-8"))
        assert technology.read_event(event) == replace(recorded, state=status)


def recorded(type_: str, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((STACK.parents[1] / type_ / f"{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.parametrize(
    ("detail", "table", "seen"),
    [
        ({}, "lake_prod/customers", True),
        ({"typeOfChange": "BatchCreatePartition", "changedPartitions": ["2026,03"]}, "lake_prod/customers", False),
        ({}, "lake_prod/orders", False),
        ({}, "lake_dev/customers", False),
    ],
    ids=["its definition", "partitions only", "another table", "a namesake in another database"],
)
def test_a_changed_table_is_a_signal(detail: dict[str, Any], table: str, seen: bool, declare: Declare) -> None:
    technology = technologies()["glue-table"]
    event = recorded("glue-table", "changed")
    event["detail"] |= detail
    event["resources"] = [event["resources"][0].replace("lake_prod/customers", table)]
    (rule,) = technology.events
    identity = fill(rule.identity, technology.values(declare(technology)))
    assert matches(rule, [identity], event) == seen
    assert technology.read_event
    assert bool(technology.read_event(event)) == ("typeOfChange" not in detail)
    if seen:
        assert technology.read_event(event) == Signal.from_json(json.dumps(recorded("glue-table", "changed.signal")))


def test_an_evaluation_that_succeeded_with_failed_rules_is_a_failure() -> None:
    """The documentation does not say that `state` is never SUCCEEDED then."""
    technology = technologies()["glue-data-quality"]
    event = recorded("glue-data-quality", "succeeded")
    event["detail"] |= {"rulesFailed": 1, "rulesSucceeded": 11}
    assert technology.read_event
    signal = technology.read_event(event)
    assert signal
    assert (signal.kind, signal.error) == (SignalKind.RUN_FAILED, "1 of 12 rules failed")
