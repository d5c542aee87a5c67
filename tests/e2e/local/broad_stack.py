"""A template with what the deployed stacks are made of, and the function in it that uses all of it."""

from __future__ import annotations

from typing import Any

HANDLER = """
import json, os, urllib.request
import boto3
from botocore.exceptions import ClientError

table = os.environ.get("TABLE", "")


def main(event, context):
    if "ResponseURL" in event:
        answer = {k: event[k] for k in ("StackId", "RequestId", "LogicalResourceId")}
        answer |= {"Status": "SUCCESS", "PhysicalResourceId": "custom-1"}
        answer["Data"] = {"Echo": event["ResourceProperties"]["Say"]}
        body = json.dumps(answer).encode()
        call = urllib.request.Request(event["ResponseURL"], body, {"Content-Type": ""}, method="PUT")
        urllib.request.urlopen(call, timeout=10)
        return None
    if "Records" in event:
        bad = [r["messageId"] for r in event["Records"] if r["body"] == "bad"]
        return {"batchItemFailures": [{"itemIdentifier": i} for i in bad]}
    if event.get("fail"):
        raise RuntimeError("told to fail")
    if "requestContext" in event:
        return {"statusCode": 200, "body": "answered"}
    return globals()[event["do"]](event)


def write(event):
    dynamodb = boto3.client("dynamodb")
    item = {"id": {"S": "1"}, "owner": {"S": "team"}}
    dynamodb.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(id)")
    refused = []
    for call in (
        lambda: dynamodb.put_item(TableName=table, Item=item, ConditionExpression="attribute_not_exists(id)"),
        lambda: dynamodb.transact_write_items(TransactItems=[
            {"Put": {"TableName": table, "Item": {**item, "id": {"S": "2"}}}},
            {"ConditionCheck": {"TableName": table, "Key": {"id": {"S": "none"}},
                                "ConditionExpression": "attribute_exists(id)"}}]),
    ):
        try:
            call()
        except ClientError as problem:
            refused.append(problem.response["Error"]["Code"])
    found = dynamodb.query(TableName=table, IndexName="by-owner", KeyConditionExpression="#o = :o",
                           ExpressionAttributeNames={"#o": "owner"}, ExpressionAttributeValues={":o": {"S": "team"}})
    return {"refused": refused, "found": [i["id"]["S"] for i in found["Items"]]}


def secret(event):
    return boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["SECRET"])["SecretString"]


def store(event):
    boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key="a/b", Body=b"x")
    return boto3.client("s3").list_objects_v2(Bucket=os.environ["BUCKET"])["KeyCount"]


def publish(event):
    boto3.client("sns").publish(TopicArn=os.environ["TOPIC"], Message="from the function", Subject="S")


def elsewhere(event):
    try:
        boto3.client("s3").list_buckets()
    except ClientError as problem:
        return problem.response["Error"]["Code"]
"""


def _att(logical_id: str, name: str = "Arn") -> dict[str, Any]:
    return {"Fn::GetAtt": [logical_id, name]}


def _allow(actions: Any, resources: Any, **rest: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **rest}


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _role(service: str, *statements: dict[str, Any]) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    policies = [{"PolicyName": "allowed", "PolicyDocument": _document(*statements)}]
    return _resource("IAM::Role", AssumeRolePolicyDocument=_document(trust), Policies=policies)


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def _admit(*services: str) -> dict[str, Any]:
    return {"Principal": {"Service": [f"{service}.amazonaws.com" for service in services]}}


def _key() -> dict[str, Any]:
    root = _allow("kms:*", "*", Principal={"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}})
    use = _allow(["kms:Decrypt", "kms:GenerateDataKey*"], "*", **_admit("cloudwatch", "events", "sns", "scheduler"))
    return _resource("KMS::Key", EnableKeyRotation=True, KeyPolicy=_document(root, use))


def _queues() -> dict[str, Any]:
    tls = {"Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": _att("Signals")}
    tls["Condition"] = {"Bool": {"aws:SecureTransport": "false"}}
    send = _allow("sqs:SendMessage", _att("Signals"), **_admit("sns", "events"))
    redrive = {"deadLetterTargetArn": _att("Dead"), "maxReceiveCount": 2}
    bury = _allow("sqs:SendMessage", _att("Dead"), **_admit("events"))
    return {
        "Dead": _resource("SQS::Queue", KmsMasterKeyId=_att("Key"), MessageRetentionPeriod=1209600),
        "Signals": _resource("SQS::Queue", KmsMasterKeyId=_att("Key"), RedrivePolicy=redrive, VisibilityTimeout=1),
        "SignalsPolicy": _resource(
            "SQS::QueuePolicy", Queues=[{"Ref": "Signals"}], PolicyDocument=_document(tls, send)
        ),
        "DeadPolicy": _resource("SQS::QueuePolicy", Queues=[{"Ref": "Dead"}], PolicyDocument=_document(bury)),
        "Failures": _resource("SQS::Queue"),
        "Copy": _resource("SQS::Queue", KmsMasterKeyId=_att("Key")),
        "CopyPolicy": _resource(
            "SQS::QueuePolicy",
            Queues=[{"Ref": "Copy"}],
            PolicyDocument=_document(_allow("sqs:SendMessage", _att("Copy"), **_admit("sns"))),
        ),
    }


def _topic() -> dict[str, Any]:
    publish = _allow("sns:Publish", {"Ref": "Topic"}, **_admit("cloudwatch", "events"))
    subscribe = {"TopicArn": {"Ref": "Topic"}, "RawMessageDelivery": True}
    return {
        "Topic": _resource("SNS::Topic", KmsMasterKeyId=_att("Key")),
        "TopicPolicy": _resource("SNS::TopicPolicy", Topics=[{"Ref": "Topic"}], PolicyDocument=_document(publish)),
        "ToQueue": _resource("SNS::Subscription", Protocol="sqs", Endpoint=_att("Copy"), **subscribe),
        "ToPerson": _resource(
            "SNS::Subscription", Protocol="email", Endpoint={"Ref": "AWS::StackName"}, TopicArn={"Ref": "Topic"}
        ),
    }


def _function() -> dict[str, Any]:
    table = [_att("Table"), {"Fn::Sub": "${Table.Arn}/index/*"}]
    items = ["dynamodb:PutItem", "dynamodb:Query", "dynamodb:ConditionCheckItem"]
    role = _role(
        "lambda.amazonaws.com",
        _allow(items, table),
        _allow("secretsmanager:GetSecretValue", {"Ref": "Secret"}),
        _allow(["s3:PutObject"], {"Fn::Sub": "${Bucket.Arn}/*"}),
        _allow(["s3:ListBucket"], _att("Bucket")),
        _allow("sns:Publish", {"Ref": "Topic"}),
        _allow(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], _att("Signals")),
        _allow("sqs:SendMessage", _att("Failures")),
        _allow(["kms:Decrypt", "kms:GenerateDataKey"], _att("Key")),
    )
    environment = {"TABLE": {"Ref": "Table"}, "SECRET": {"Ref": "Secret"}, "BUCKET": {"Ref": "Bucket"}}
    failure = {"OnFailure": {"Destination": _att("Failures")}}
    public = {"FunctionName": {"Ref": "Function"}, "Principal": "*"}
    return {
        "FunctionRole": role,
        "Logs": _resource("Logs::LogGroup", RetentionInDays=7),
        "Function": _resource(
            "Lambda::Function",
            Handler="index.main",
            Runtime="python3.13",
            Architectures=["arm64"],
            Role=_att("FunctionRole"),
            Code={"ZipFile": HANDLER},
            Timeout=30,
            ReservedConcurrentExecutions=5,
            TracingConfig={"Mode": "Active"},
            LoggingConfig={"LogGroup": {"Ref": "Logs"}, "LogFormat": "JSON"},
            Environment={"Variables": {**environment, "TOPIC": {"Ref": "Topic"}}},
        ),
        "Source": _resource(
            "Lambda::EventSourceMapping",
            EventSourceArn=_att("Signals"),
            FunctionName={"Ref": "Function"},
            FunctionResponseTypes=["ReportBatchItemFailures"],
            BatchSize=10,
        ),
        "Async": _resource(
            "Lambda::EventInvokeConfig",
            FunctionName={"Ref": "Function"},
            Qualifier="$LATEST",
            MaximumRetryAttempts=0,
            DestinationConfig=failure,
        ),
        "Url": _resource("Lambda::Url", TargetFunctionArn=_att("Function"), AuthType="NONE"),
        "UrlPermission": _resource(
            "Lambda::Permission", Action="lambda:InvokeFunctionUrl", FunctionUrlAuthType="NONE", **public
        ),
        "RulePermission": _resource(
            "Lambda::Permission",
            Action="lambda:InvokeFunction",
            FunctionName={"Ref": "Function"},
            Principal="events.amazonaws.com",
            SourceArn=_att("Rule"),
        ),
        "Custom": {"Type": "Custom::Echo", "Properties": {"ServiceToken": _att("Function"), "Say": "hello"}},
    }


def _stores() -> dict[str, Any]:
    attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("id", "owner")]
    index = {
        "IndexName": "by-owner",
        "KeySchema": [{"AttributeName": "owner", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    rule = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": _att("Key")}}
    expiry = {"Id": "old", "Status": "Enabled", "ExpirationInDays": 30}
    generate = {"SecretStringTemplate": '{"user": "u"}', "GenerateStringKey": "password", "PasswordLength": 20}
    return {
        "Table": _resource(
            "DynamoDB::Table",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=attributes,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            GlobalSecondaryIndexes=[index],
            TimeToLiveSpecification={"AttributeName": "expires", "Enabled": True},
        ),
        "Bucket": _resource(
            "S3::Bucket",
            BucketEncryption={"ServerSideEncryptionConfiguration": [rule]},
            LifecycleConfiguration={"Rules": [expiry]},
            VersioningConfiguration={"Status": "Enabled"},
        ),
        "Secret": _resource("SecretsManager::Secret", KmsKeyId=_att("Key"), GenerateSecretString=generate),
    }


def _events() -> dict[str, Any]:
    target = {"Id": "queue", "Arn": _att("Signals"), "DeadLetterConfig": {"Arn": _att("Dead")}}
    target["RetryPolicy"] = {"MaximumRetryAttempts": 3, "MaximumEventAgeInSeconds": 60}
    call = {"Arn": _att("Function"), "RoleArn": _att("ScheduleRole"), "Input": '{"do": "publish"}'}
    return {
        "Rule": _resource("Events::Rule", EventPattern={"source": [{"Ref": "AWS::StackName"}]}, Targets=[target]),
        "Group": _resource("Scheduler::ScheduleGroup", Name={"Ref": "AWS::StackName"}),
        "ScheduleRole": _role("scheduler.amazonaws.com", _allow("lambda:InvokeFunction", _att("Function"))),
        "Schedule": _resource(
            "Scheduler::Schedule",
            GroupName={"Ref": "Group"},
            ScheduleExpression="rate(1 minute)",
            FlexibleTimeWindow={"Mode": "OFF"},
            KmsKeyArn=_att("Key"),
            Target=call,
        ),
    }


def template() -> dict[str, Any]:
    """The whole template; its outputs are what a test needs to find things."""
    shown = {
        "Function": {"Ref": "Function"},
        "Signals": {"Ref": "Signals"},
        "Dead": {"Ref": "Dead"},
        "Copy": {"Ref": "Copy"},
        "Failures": {"Ref": "Failures"},
        "Topic": {"Ref": "Topic"},
        "Key": _att("Key"),
        "Secret": {"Ref": "Secret"},
        "Logs": {"Ref": "Logs"},
        "Bucket": {"Ref": "Bucket"},
        "Echo": _att("Custom", "Echo"),
        "Custom": {"Ref": "Custom"},
    }
    resources = {"Key": _key(), **_queues(), **_topic(), **_function(), **_stores(), **_events()}
    return {"Resources": resources, "Outputs": {name: {"Value": value} for name, value in shown.items()}}
