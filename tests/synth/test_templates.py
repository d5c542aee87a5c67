"""What every template must hold, whatever is declared."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from pipewarden.names import FUNCTIONS
from pipewarden_cdk.core import core_fragment
from pipewarden_cdk.team import team_fragment
from pipewarden_plan.limits import STACK_BYTES, STACK_RESOURCES
from pipewarden_plan.plan import Plan
from pipewarden_plan.team_plan import resource_count, template_bytes

Template = dict[str, Any]
Templates = dict[str, Template]

QUIET = {"prod/pipewarden/alive", "prod/pipewarden/responding"}
"""Alarms that are conditions for others, and alarms that are parts of a composite, act on nothing."""


@pytest.fixture(params=["example", "bare"])
def templates(request: pytest.FixtureRequest) -> Templates:
    found: Templates = request.getfixturevalue(request.param)
    return found


def resources(templates: Templates, *types: str) -> Iterator[tuple[str, Template]]:
    for template in templates.values():
        for logical, found in template["Resources"].items():
            if found["Type"] in types:
                yield logical, found


def properties(templates: Templates, *types: str) -> list[Template]:
    return [found["Properties"] for _, found in resources(templates, *types)]


def role_statements(templates: Templates) -> list[Template]:
    inline = [
        policy["PolicyDocument"]
        for role in properties(templates, "AWS::IAM::Role")
        for policy in role.get("Policies", [])
    ]
    managed = [policy["PolicyDocument"] for policy in properties(templates, "AWS::IAM::ManagedPolicy")]
    return [statement for document in [*inline, *managed] for statement in document["Statement"]]


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_every_alarm_acts_on_a_topic_that_exists(example: Templates) -> None:
    topics = {
        f"arn:aws:sns:us-east-1:123456789012:{row['TopicName']}" for row in properties(example, "AWS::SNS::Topic")
    }
    alarms = properties(example, "AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    acting = [alarm for alarm in alarms if alarm["AlarmName"] not in QUIET]
    assert len(acting) == len(alarms) - len(QUIET)
    for alarm in acting:
        assert "AlarmRule" in alarm or alarm["AlarmActions"] == alarm["OKActions"]
        assert set(alarm["AlarmActions"]) <= topics, alarm["AlarmName"]


def test_composites_page_and_others_signal(example: Templates) -> None:
    for alarm in properties(example, "AWS::CloudWatch::CompositeAlarm"):
        assert "OKActions" not in alarm
        for action in alarm.get("AlarmActions", []):
            assert ":pipewarden-prod-page-" in action
            assert alarm["ActionsSuppressor"].endswith(":alarm:prod/pipewarden/responding")
    for alarm in properties({"crm": example["pipewarden-prod-crm"]}, "AWS::CloudWatch::Alarm"):
        assert all(":pipewarden-prod-alarm-" in action for action in alarm["AlarmActions"])


def test_composites_come_after_what_they_name(templates: Templates) -> None:
    for template in templates.values():
        names = {row["Properties"].get("AlarmName"): logical for logical, row in template["Resources"].items()}
        for _, found in resources({"one": template}, "AWS::CloudWatch::CompositeAlarm"):
            named = {names[name] for name in found["Properties"]["AlarmRule"].split('"')[1::2]}
            assert named == set(found["DependsOn"])


def test_everything_with_state_is_encrypted_with_our_key(example: Templates) -> None:
    keys = {
        "AWS::SNS::Topic": "KmsMasterKeyId",
        "AWS::SQS::Queue": "KmsMasterKeyId",
        "AWS::SecretsManager::Secret": "KmsKeyId",
    }
    for type_, key in keys.items():
        assert all(found.get(key) in ({"Ref": "Key"}, "alias/pipewarden-prod") for found in properties(example, type_))
    (table,) = properties(example, "AWS::DynamoDB::Table")
    assert table["SSESpecification"]["SSEType"] == "KMS"
    (bucket,) = properties(example, "AWS::S3::Bucket")
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    assert all(bucket["PublicAccessBlockConfiguration"].values())


def test_services_may_use_the_key(example: Templates) -> None:
    (key,) = properties(example, "AWS::KMS::Key")
    users = {str(row["Principal"].get("Service")) for row in key["KeyPolicy"]["Statement"]}
    assert {f"{name}.amazonaws.com" for name in ("cloudwatch", "events", "sns", "scheduler")} < users
    assert key["EnableKeyRotation"]


def test_without_a_key_of_ours_the_services_encrypt(bare: Templates) -> None:
    assert properties(bare, "AWS::KMS::Key", "AWS::KMS::Alias") == []
    assert all(queue["SqsManagedSseEnabled"] for queue in properties(bare, "AWS::SQS::Queue"))
    assert not any("kms:" in json.dumps(statement) for statement in role_statements(bare))
    assert '{"Ref": "Key"}' not in json.dumps(bare)


@pytest.mark.parametrize(
    ("of", "policy", "name"),
    [
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
    ],
    ids=["topics", "queues", "the archive"],
)
def test_nothing_is_reached_without_tls(templates: Templates, of: str, policy: str, name: str) -> None:
    guarded = set()
    for found in properties(templates, policy):
        denied = [row for row in found["PolicyDocument"]["Statement"] if row["Effect"] == "Deny"]
        assert any(row["Condition"] == {"Bool": {"aws:SecureTransport": "false"}} for row in denied)
        guarded |= {target["Ref"] for target in listed(found[name])}
    assert guarded == {logical for logical, _ in resources(templates, of)}


def test_services_publish_for_this_account_only(templates: Templates) -> None:
    for found in properties(templates, "AWS::SNS::TopicPolicy", "AWS::SQS::QueuePolicy"):
        for statement in found["PolicyDocument"]["Statement"]:
            if statement["Effect"] == "Allow":
                assert "123456789012" in json.dumps(statement["Condition"])


WITHOUT_RESOURCE = {"xray:PutTelemetryRecords", "xray:PutTraceSegments", "cloudwatch:GetMetricData"}


def test_no_role_has_an_action_pattern_or_every_resource(templates: Templates) -> None:
    for statement in role_statements(templates):
        assert not any("*" in action for action in listed(statement["Action"]))
        assert statement["Resource"] != ["*"] or set(listed(statement["Action"])) <= WITHOUT_RESOURCE


def test_nothing_is_lost_on_the_way(templates: Templates) -> None:
    """Every rule, schedule, subscription and asynchronous call has a place for what it could not deliver."""
    for rule in properties(templates, "AWS::Events::Rule"):
        assert all(target["DeadLetterConfig"]["Arn"].endswith("-signals-dlq") for target in rule["Targets"])
    for schedule in properties(templates, "AWS::Scheduler::Schedule"):
        assert schedule["Target"]["DeadLetterConfig"]["Arn"].endswith("-signals-dlq")
    for subscription in properties(templates, "AWS::SNS::Subscription"):
        assert subscription["Protocol"] != "sqs" or subscription["RedrivePolicy"]
    calls = properties(templates, "AWS::Lambda::EventInvokeConfig")
    assert {call["FunctionName"]["Ref"] for call in calls} == {"Drainer", "Escalator", "Probe", "Reconciler"}
    assert all(call["DestinationConfig"]["OnFailure"]["Destination"].endswith("-signals-dlq") for call in calls)


def test_functions(templates: Templates) -> None:
    functions = properties(templates, "AWS::Lambda::Function")
    assert len(functions) == len(FUNCTIONS)
    groups = {
        logical: row["Properties"]["LogGroupName"] for logical, row in resources(templates, "AWS::Logs::LogGroup")
    }
    for function in functions:
        assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
        assert function["TracingConfig"] == {"Mode": "Active"}
        assert groups[function["LoggingConfig"]["LogGroup"]["Ref"]] == f"/aws/lambda/{function['FunctionName']}"
        module, _, attribute = function["Handler"].rpartition(".")
        assert find_spec(module), module
        assert attribute == "handler"


def test_no_metric_of_ours_gets_a_dimension_that_alarms_do_not_know(templates: Templates) -> None:
    """Powertools adds the service's name to every metric where it is set."""
    for function in properties(templates, "AWS::Lambda::Function"):
        assert "POWERTOOLS_SERVICE_NAME" not in function["Environment"]["Variables"]


def test_pages_carry_the_address_of_the_acknowledge_function(templates: Templates) -> None:
    url = {"Fn::GetAtt": ["AcknowledgeUrl", "FunctionUrl"]}
    knowing = {
        row["FunctionName"].rsplit("-", 1)[1]
        for row in properties(templates, "AWS::Lambda::Function")
        if row["Environment"]["Variables"].get("PIPEWARDEN_ACKNOWLEDGE_URL") == url
    }
    assert knowing == {"responder", "escalator"}


def test_one_bad_signal_does_not_hold_up_the_others(templates: Templates) -> None:
    (source,) = properties(templates, "AWS::Lambda::EventSourceMapping")
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert source["ScalingConfig"]["MaximumConcurrency"] >= 2


@pytest.mark.parametrize(
    ("protected", "policy"), [(True, "Retain"), (False, "Delete")], ids=["protected: yes", "not protected: no"]
)
def test_state_outlives_its_stack(example_plan: Plan, protected: bool, policy: str) -> None:
    plan = replace(example_plan, environment=replace(example_plan.environment, protected=protected))
    fragment = core_fragment(plan) | team_fragment(plan, plan.teams[0])
    kinds = ("Table", "Bucket", "Queue", "Key", "Secret")
    stateful = [found for found in fragment.values() if found["Type"].rsplit(":", 1)[1] in kinds]
    assert len(stateful) >= 6
    assert {found["DeletionPolicy"] for found in stateful} == {policy}
    assert {found["UpdateReplacePolicy"] for found in stateful} == {policy}
    assert fragment["Table"]["Properties"]["DeletionProtectionEnabled"] == protected


def test_the_archive_is_emptied_by_time(templates: Templates) -> None:
    (bucket,) = properties(templates, "AWS::S3::Bucket")
    assert bucket["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"] > 0


def test_logs_of_declared_resources_are_kept_as_long_as_declared(example: Templates, example_plan: Plan) -> None:
    kept = properties(example, "Custom::PipewardenRetention")
    planned = [(found.days, group) for found in example_plan.core.retention for group in found.groups]
    assert [(row["Days"], group) for row in kept for group in row["Groups"]] == planned


def test_stacks_stay_within_what_the_plan_counted(example: Templates, example_plan: Plan) -> None:
    for team in example_plan.teams:
        template = example[team.stack]
        assert len(template["Resources"]) == resource_count(team) <= STACK_RESOURCES
        with open(template["Path"], encoding="utf-8") as file:
            size = len(file.read().encode())
        assert size <= template_bytes(team) <= max(1.6 * size, 10_000)
        assert size < STACK_BYTES


def test_no_secret_stands_in_a_template(example: Templates) -> None:
    (secret,) = properties(example, "AWS::SecretsManager::Secret")
    assert "SecretString" not in secret
    assert "resolve:secretsmanager" not in json.dumps(example)


def test_cfn_lint_finds_nothing(templates: Templates) -> None:
    command = [str(Path(sys.executable).with_name("cfn-lint")), *(template["Path"] for template in templates.values())]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (found.returncode, found.stdout) == (0, "")
