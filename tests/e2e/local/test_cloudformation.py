"""Templates with types and properties that the emulator itself refuses or drops."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from pipewarden_cli.local.control import LocalAws

pytestmark = pytest.mark.e2e

RULE = {
    "RuleName": "half",
    "ResourceARN": "*",
    "Priority": 100,
    "FixedRate": 0.5,
    "ReservoirSize": 1,
    "ServiceName": "*",
    "ServiceType": "*",
    "Host": "*",
    "HTTPMethod": "*",
    "URLPath": "*",
    "Version": 1,
}
MONITOR = {"MonitorName": "m", "MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
SUBSCRIBER = {"Type": "EMAIL", "Address": "a@example.com"}
CHANNEL = {"ConfigurationName": "ops", "IamRoleArn": "arn:aws:iam::123456789012:role/chat"}
COST = {"BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": 10, "Unit": "USD"}}
POLICY = {"PolicyName": "p", "PolicyDocument": "{}"}


RECORDED: list[tuple[str, dict[str, Any], str, str | None]] = [
    ("AWS::XRay::Group", {"GroupName": "g"}, "arn:aws:xray:us-east-1:123456789012:group/g/", "GroupARN"),
    (
        "AWS::XRay::SamplingRule",
        {"SamplingRule": RULE},
        "arn:aws:xray:us-east-1:123456789012:sampling-rule/half",
        "RuleARN",
    ),
    ("AWS::XRay::TransactionSearchConfig", {"IndexingPercentage": 1}, "123456789012", "AccountId"),
    ("AWS::XRay::ResourcePolicy", POLICY, "p", None),
    ("AWS::Logs::QueryDefinition", {"Name": "q", "QueryString": "fields @message"}, "", "QueryDefinitionId"),
    ("AWS::Logs::AccountPolicy", {**POLICY, "PolicyType": "DATA_PROTECTION_POLICY"}, "123456789012|p", "AccountId"),
    ("AWS::CE::AnomalyMonitor", MONITOR, "arn:aws:ce::123456789012:anomalymonitor/", "MonitorArn"),
    (
        "AWS::CE::AnomalySubscription",
        {"SubscriptionName": "s", "MonitorArnList": [], "Frequency": "DAILY", "Subscribers": [SUBSCRIBER]},
        "arn:aws:ce::123456789012:anomalysubscription/",
        "SubscriptionArn",
    ),
    (
        "AWS::ApplicationSignals::ServiceLevelObjective",
        {"Name": "slo"},
        "arn:aws:application-signals:us-east-1:123456789012:slo/slo",
        "Arn",
    ),
    (
        "AWS::Chatbot::SlackChannelConfiguration",
        {**CHANNEL, "SlackWorkspaceId": "T1", "SlackChannelId": "C1"},
        "arn:aws:chatbot::123456789012:chat-configuration/slack-channel/ops",
        "Arn",
    ),
    (
        "AWS::Chatbot::MicrosoftTeamsChannelConfiguration",
        {**CHANNEL, "TeamId": "t", "TeamsTenantId": "n", "TeamsChannelId": "c"},
        "arn:aws:chatbot::123456789012:chat-configuration/microsoft-teams-channel/ops",
        "Arn",
    ),
    ("AWS::Budgets::Budget", {"Budget": {**COST, "BudgetName": "month"}}, "month", None),
]


@pytest.fixture
def deploy(local: LocalAws, name: str) -> Callable[..., dict[str, str]]:
    """Create or update this test's stack; its outputs."""

    def run(resources: dict[str, Any], outputs: dict[str, Any] | None = None) -> dict[str, str]:
        cloudformation = local.client("cloudformation")
        shown = {key: {"Value": value} for key, value in (outputs or {}).items()}
        body = json.dumps({"Resources": resources, **({"Outputs": shown} if shown else {})})
        exists = name in {stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]}
        call = cloudformation.update_stack if exists else cloudformation.create_stack
        call(StackName=name, TemplateBody=body, Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"])
        waiter = cloudformation.get_waiter("stack_update_complete" if exists else "stack_create_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 100})
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    return run


def test_recorded_types_deploy_update_read_back_and_go(
    local: LocalAws, deploy: Callable[..., dict[str, str]], name: str
) -> None:
    resources = {f"R{n}": {"Type": kind, "Properties": given} for n, (kind, given, _, _) in enumerate(RECORDED)}
    outputs: dict[str, Any] = {f"R{n}": {"Ref": f"R{n}"} for n in range(len(RECORDED))}
    outputs |= {f"R{n}Att": {"Fn::GetAtt": [f"R{n}", row[3]]} for n, row in enumerate(RECORDED) if row[3]}
    shown = deploy(resources, outputs)
    for n, (_, _, ref, _) in enumerate(RECORDED):
        assert shown[f"R{n}"].startswith(ref)
        assert shown.get(f"R{n}Att") in (None, shown[f"R{n}"], "123456789012")
    for resource in resources.values():
        resource["Properties"] = {**resource["Properties"], "Tags": []}
    assert deploy(resources, outputs) == shown
    found = {record["LogicalId"]: record for record in local.resources() if record["Stack"] == name}
    for logical_id, resource in resources.items():
        assert found[logical_id]["Properties"] == resource["Properties"]
        assert found[logical_id]["PhysicalId"] == shown[logical_id]
    cloudformation = local.client("cloudformation")
    cloudformation.delete_stack(StackName=name)
    cloudformation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1})
    assert [record for record in local.resources() if record["Stack"] == name] == []


def test_a_missing_required_property_fails_the_stack(
    local: LocalAws, deploy: Callable[..., dict[str, str]], name: str
) -> None:
    with pytest.raises(WaiterError):
        deploy({"It": {"Type": "AWS::XRay::Group", "Properties": {}}})
    events = local.client("cloudformation").describe_stack_events(StackName=name)["StackEvents"]
    assert any("required key [GroupName] not found" in event.get("ResourceStatusReason", "") for event in events)


def test_what_has_an_api_reads_back_through_it(
    local: LocalAws, deploy: Callable[..., dict[str, str]], name: str
) -> None:
    deploy(
        {
            "Group": {"Type": "AWS::XRay::Group", "Properties": {"GroupName": name, "FilterExpression": "error"}},
            "Rule": {"Type": "AWS::XRay::SamplingRule", "Properties": {"SamplingRule": {**RULE, "RuleName": name}}},
            "Query": {
                "Type": "AWS::Logs::QueryDefinition",
                "Properties": {"Name": f"{name}/errors", "QueryString": "filter @message like /ERROR/"},
            },
            "Budget": {"Type": "AWS::Budgets::Budget", "Properties": {"Budget": {**COST, "BudgetName": name}}},
        }
    )
    groups = {group["GroupName"]: group for group in local.client("xray").get_groups()["Groups"]}
    assert groups[name]["FilterExpression"] == "error"
    rules = [r["SamplingRule"] for r in local.client("xray").get_sampling_rules()["SamplingRuleRecords"]]
    assert [rule["FixedRate"] for rule in rules if rule["RuleName"] == name] == [0.5]
    queries = local.client("logs").describe_query_definitions(queryDefinitionNamePrefix=name)["queryDefinitions"]
    assert [query["name"] for query in queries] == [f"{name}/errors"]
    budget = local.client("budgets").describe_budget(AccountId=local.account, BudgetName=name)["Budget"]
    assert budget["BudgetLimit"]["Unit"] == "USD"


def test_a_table_keeps_its_settings(local: LocalAws, deploy: Callable[..., dict[str, str]], name: str) -> None:
    table = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/own"},
    }
    deploy({"Table": {"Type": "AWS::DynamoDB::Table", "Properties": table}})
    deploy({"Table": {"Type": "AWS::DynamoDB::Table", "Properties": {**table, "DeletionProtectionEnabled": False}}})
    dynamodb = local.client("dynamodb")
    ttl = dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    assert (ttl["TimeToLiveStatus"], ttl["AttributeName"]) == ("ENABLED", "expires")
    backups = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    assert dynamodb.describe_table(TableName=name)["Table"]["SSEDescription"]["KMSMasterKeyArn"] == "alias/own"


def test_a_schedule_keeps_its_settings(
    local: LocalAws, deploy: Callable[..., dict[str, str]], name: str, role: Callable[..., str]
) -> None:
    arn = role(name, "scheduler.amazonaws.com")
    schedule = {
        "Name": name,
        "ScheduleExpression": "cron(0 2 * * ? *)",
        "ScheduleExpressionTimezone": "Europe/London",
        "KmsKeyArn": "arn:aws:kms:us-east-1:123456789012:key/k",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {"Arn": "arn:aws:sqs:us-east-1:123456789012:q", "RoleArn": arn},
    }
    deploy({"It": {"Type": "AWS::Scheduler::Schedule", "Properties": schedule}})
    found = local.client("scheduler").get_schedule(Name=name)
    assert (found["ScheduleExpressionTimezone"], found["KmsKeyArn"]) == ("Europe/London", schedule["KmsKeyArn"])
    deploy({"It": {"Type": "AWS::Scheduler::Schedule", "Properties": {**schedule, "State": "DISABLED"}}})
    assert local.client("scheduler").get_schedule(Name=name)["State"] == "DISABLED"


def test_a_topic_without_a_policy_admits_its_account_and_no_rule(
    local: LocalAws, deploy: Callable[..., dict[str, str]], name: str, until: Callable[..., Any]
) -> None:
    subscription = [{"Protocol": "email", "Endpoint": name}]
    topic = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name, "Subscription": subscription}}
    pattern = {"source": [name]}
    rule = {"EventPattern": pattern, "Targets": [{"Id": "t", "Arn": {"Ref": "Topic"}}]}
    arn = deploy({"Topic": topic, "Rule": {"Type": "AWS::Events::Rule", "Properties": rule}}, {"Arn": {"Ref": "Topic"}})
    local.client("events").put_events(Entries=[{"Source": name, "DetailType": "d", "Detail": "{}"}])
    local.client("sns").publish(TopicArn=arn["Arn"], Message="by its account")
    assert until(lambda: [mail.body for mail in local.inbox().deliveries(name)]) == ["by its account"]


def test_each_status_of_a_stack_is_an_event(
    deploy: Callable[..., dict[str, str]], events: Callable[..., Any], until: Callable[..., Any], name: str
) -> None:
    received = events({"source": ["aws.cloudformation"]})
    deploy({"Group": {"Type": "AWS::XRay::Group", "Properties": {"GroupName": name}}})

    def seen() -> list[str]:
        told = [event["detail"] for event in received() if f"stack/{name}/" in event["detail"]["stack-id"]]
        return [detail["status-details"]["status"] for detail in told]

    until(lambda: "CREATE_COMPLETE" in seen())
    assert sorted(seen()) == ["CREATE_COMPLETE", "CREATE_IN_PROGRESS"]
