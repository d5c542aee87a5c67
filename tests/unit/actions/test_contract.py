"""What every kind of action must keep, over all kinds at once."""

import inspect
from collections.abc import Iterator
from types import SimpleNamespace

import boto3
import pytest
from jsonschema import Draft202012Validator

from pipewarden.action import Action, Way, declares
from pipewarden.registry import actions
from pipewarden.retry_policy import RetryPolicy
from pipewarden.template import PLACEHOLDER, fill
from pipewarden_plan.action_grant_plan import action_statements
from pipewarden_plan.action_page import actions_page
from pipewarden_plan.action_plan import declared_actions, fields_of
from pipewarden_plan.grammar import grammar
from tests.unit.actions.conversation import NAMES, read, task

WAYS = [(action, way) for action in actions().values() for way in action.ways]
EACH = pytest.mark.parametrize(("action", "way"), WAYS, ids=[f"{action.type} {way.field}" for action, way in WAYS])
OPERATIONS = {"s3:ListBucket": "ListObjectsV2", "s3:DeleteObject": "DeleteObject", "lambda:InvokeFunction": "Invoke"}
"""IAM actions that are not called like the operation they allow."""
NOT_CALLED = {"iam:PassRole", "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}
"""What a service asks for on our behalf."""


def test_every_kind_is_found_by_its_file() -> None:
    assert list(actions()) == ["clean_up", "rollback", "run", "scale"]


@EACH
def test_its_example_is_read_chooses_its_way_and_is_declared_whole(action: Action, way: Way) -> None:
    assert way.example["type"] == action.type
    assert action.way(way.example) is way
    assert set(way.required) <= way.example.keys()
    assert set(fields_of(action, read(way.example))) <= way.fields.keys()
    assert "classes" in way.example or "alarms" in way.example


@EACH
def test_its_fields_are_json_schema_with_words_for_people(action: Action, way: Way) -> None:
    schema = grammar().piece(f"action.{action.type}")
    Draft202012Validator.check_schema(schema)
    assert way.field in way.fields
    for name, field in way.fields.items():
        assert field.get("description"), name
        assert "default" in field or "examples" in field, name


@EACH
def test_its_templates_can_be_filled(action: Action, way: Way) -> None:
    _, made = task(way.example)
    texts = [
        way.intent,
        *(text for grant in way.grants if declares(made.values, grant.needs) for text in grant.resources),
    ]
    for text in texts:
        assert not PLACEHOLDER.search(fill(text, made.values)), text


@EACH
def test_it_is_granted_what_it_calls_and_nothing_else(action: Action, way: Way) -> None:
    granted = {operation for grant in way.grants for operation in grant.actions}
    assert granted - NOT_CALLED == set(way.calls)


@EACH
def test_every_iam_action_allows_an_operation_that_boto3_has(action: Action, way: Way) -> None:
    for call in way.calls:
        service, _, name = call.partition(":")
        model = boto3.client(service, region_name="us-east-1").meta.service_model
        assert OPERATIONS.get(call, name) in model.operation_names, call


@EACH
def test_nothing_is_granted_on_everything(action: Action, way: Way) -> None:
    _, made = task(way.example)
    for grant in way.grants:
        assert grant.purpose == "act"
        for resource in grant.resources:
            if declares(made.values, grant.needs):
                tail = fill(resource, made.values).split(":", 5)[-1]
                assert tail not in ("*", "", "/*"), resource


@EACH
def test_it_says_what_an_interrupted_call_can_do_and_where_that_is_documented(action: Action, way: Way) -> None:
    assert way.twice.endswith(".")
    assert way.source.startswith("https://docs.aws.amazon.com/")
    assert f"When a call is interrupted: {way.twice}" in actions_page("")


@EACH
def test_it_imports_no_boto3(action: Action, way: Way) -> None:
    assert "boto3" not in inspect.getsource(inspect.getmodule(way.start))  # type: ignore[arg-type]


def statements(**declared: object) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    policy = RetryPolicy(attempts=1, backoff_seconds=(1.0, 1.0))
    found = declared_actions("load", {"mend": read(declared)}, policy)
    watched = SimpleNamespace(resource=SimpleNamespace(actions=found))
    return ((row.actions, row.resources) for row in action_statements([watched], NAMES))  # type: ignore[list-item]


def test_a_dry_run_may_delete_nothing() -> None:
    place = {"type": "clean_up", "location": "s3://scratch/tmp/", "classes": ["resource"]}
    assert list(statements(**place)) == [(("s3:ListBucket",), ("arn:aws:s3:::scratch",))]
    assert (("s3:DeleteObject",), ("arn:aws:s3:::scratch/tmp/*",)) in statements(**place, dry_run=False)


def test_a_key_of_ones_own_is_granted_only_where_it_is_declared() -> None:
    parameter = {"type": "rollback", "parameter": "crm", "classes": ["deterministic"]}
    (only,) = statements(**parameter)
    assert only[1] == ("arn:aws:ssm:us-east-1:123456789012:parameter/crm",)
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    assert [row[1] for row in statements(**parameter, key=key)] == [(key,), only[1]]


def test_documents_of_aws_have_no_account_in_their_arn() -> None:
    run = {"type": "run", "role": "r", "alarms": ["a"]}
    arns = [
        next(row[1] for row in statements(**run, document=document) if "ssm:StartAutomationExecution" in row[0])
        for document in ("AWS-RestartEC2Instance", "crm-restart")
    ]
    assert [found[-1] for found in arns] == [
        "arn:aws:ssm:us-east-1::document/AWS-RestartEC2Instance",
        "arn:aws:ssm:us-east-1:123456789012:document/crm-restart",
    ]
