"""Who may use what is ours: each service on behalf of our account only, and our roles under conditions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

Template = dict[str, Any]
Statement = dict[str, Any]

DOCUMENTS = ("PolicyDocument", "KeyPolicy", "AssumeRolePolicyDocument")
SOURCES = ("aws:SourceArn", "aws:SourceAccount")
SENDING_NO_SOURCE = {
    # EventBridge sends no aws:SourceAccount to KMS and SNS documents none; the queues' own policies check who sends.
    ("AWS::KMS::Key", "events.amazonaws.com"),
    ("AWS::KMS::Key", "sns.amazonaws.com"),
    # Lambda takes a role only in the account that passes it, and iam:PassRole decides who passes.
    ("AWS::IAM::Role", "lambda.amazonaws.com"),
    # Which condition CloudWatch Logs would meet when it takes the role of log queries is not documented.
    ("AWS::IAM::Role", "logs.amazonaws.com"),
}


def admitted(template: Template) -> Iterator[tuple[str, str, str, Statement]]:
    """(type, logical id, service, statement) of every statement that admits a service."""
    for logical, found in template["Resources"].items():
        for key in DOCUMENTS:
            document = found.get("Properties", {}).get(key) or {}
            if isinstance(document, str):
                document = json.loads(document)
            for statement in document.get("Statement", ()):
                principal = statement.get("Principal")
                services = principal.get("Service", ()) if isinstance(principal, dict) else ()
                for service in [services] if isinstance(services, str) else services:
                    yield found["Type"], logical, service, statement


def sources(statement: Statement) -> set[str]:
    """The condition keys by which a statement tells for whom the service acts."""
    return {key for rows in statement.get("Condition", {}).values() for key in rows if key in SOURCES}


@pytest.fixture(params=["example", "full", "bare", "off"])
def templates(request: pytest.FixtureRequest) -> dict[str, Template]:
    found: dict[str, Template] = request.getfixturevalue(request.param)
    return found


def test_each_service_is_admitted_for_our_account_only(templates: dict[str, Template]) -> None:
    rows = [row for template in templates.values() for row in admitted(template)]
    assert rows
    open_to_all = [
        f"{logical} admits {service}"
        for type_, logical, service, statement in rows
        if not sources(statement) and (type_, service) not in SENDING_NO_SOURCE
    ]
    assert open_to_all == []


def test_nothing_is_left_out_that_could_be_conditioned(example: dict[str, Template], full: dict[str, Template]) -> None:
    """The exceptions are needed: each stands for a statement that is there without a source."""
    rows = [row for templates in (example, full) for template in templates.values() for row in admitted(template)]
    bare = {(type_, service) for type_, _, service, statement in rows if not sources(statement)}
    assert bare == SENDING_NO_SOURCE


def test_a_function_is_called_by_roles_alone_but_for_the_acknowledge_address(templates: dict[str, Template]) -> None:
    found = [
        (logical, each["Properties"])
        for template in templates.values()
        for logical, each in template["Resources"].items()
        if each["Type"] == "AWS::Lambda::Permission"
    ]
    assert {logical for logical, _ in found} == {"AcknowledgeUrlPermission", "AcknowledgeInvokePermission"}
    assert all(
        each.get("FunctionUrlAuthType") == "NONE" or each.get("InvokedViaFunctionUrl") is True for _, each in found
    )


def granted(template: Template) -> Iterator[Statement]:
    """Every statement of our own roles."""
    for found in template["Resources"].values():
        if found["Type"] == "AWS::IAM::ManagedPolicy":
            yield from found["Properties"]["PolicyDocument"]["Statement"]
        if found["Type"] == "AWS::IAM::Role":
            for policy in found["Properties"].get("Policies", ()):
                yield from policy["PolicyDocument"]["Statement"]


CONDITIONS = [
    pytest.param("iam:PassRole", "iam:PassedToService", id="a role is passed to one service"),
    pytest.param("cloudwatch:PutMetricData", "cloudwatch:namespace", id="metrics are put into one namespace"),
    pytest.param("kms:Decrypt", "kms:ViaService", id="the key is used through services"),
    pytest.param("kms:GenerateDataKey", "kms:ViaService", id="data keys are made through services"),
    pytest.param("s3:ListBucket", "s3:prefix", id="a bucket is listed below the declared prefix"),
    pytest.param("s3:PutObject", "aws:ResourceAccount", id="objects are written into our own bucket"),
]


@pytest.mark.parametrize(("action", "key"), CONDITIONS)
def test_an_action_has_the_condition_that_aws_offers(action: str, key: str, templates: dict[str, Template]) -> None:
    bare = [
        statement["Sid"]
        for template in templates.values()
        for statement in granted(template)
        if action in statement["Action"] and not any(key in rows for rows in statement.get("Condition", {}).values())
    ]
    assert bare == []


def test_only_the_responder_sees_every_item_of_the_table(example: dict[str, Template]) -> None:
    seen = {}
    for template in example.values():
        for logical, found in template["Resources"].items():
            for policy in found["Properties"].get("Policies", ()) if found["Type"] == "AWS::IAM::Role" else ():
                for statement in policy["PolicyDocument"]["Statement"]:
                    if statement["Sid"] == "Incidents":
                        rows = statement.get("Condition", {}).get("ForAllValues:StringLike", {})
                        seen[logical] = rows.get("dynamodb:LeadingKeys")
    assert seen == {
        "ResponderRole": None,
        "DrainerRole": ["DRAIN#*"],
        "EscalatorRole": ["INCIDENT#*", "PIPELINE#*"],
        "AcknowledgeRole": ["INCIDENT#*", "PIPELINE#*"],
        "ReconcilerRole": ["PIPELINE#*", "SEEN#*"],
    }
