"""Properties of ordinary CloudFormation types that the emulator drops or gets wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from ministack.services import dynamodb, lambda_svc, s3, scheduler, secretsmanager, sns
from ministack.services.cloudformation import provisioners

NAME = "CloudFormation properties"
IMITATED = (
    "A DynamoDB table's time to live, point-in-time recovery and encryption are kept (expired items are removed by the "
    "emulator in its own time), as are a topic's key, a bucket's encryption and lifecycle (objects never expire), a "
    "function's reserved concurrency and dead-letter queue, and all properties of a schedule.",
    "Ref of a secret is its ARN, GenerateSecretString follows all its options, and a topic without a policy of its own "
    "admits only what acts for its account.",
)

Properties = Mapping[str, Any]
Handler = Callable[..., Any]


def fill() -> None:
    """Complete the emulator's handlers."""
    _after("AWS::DynamoDB::Table", _complete_table)
    _after("AWS::SNS::Topic", _complete_topic)
    _after("AWS::S3::Bucket", _complete_bucket)
    _after("AWS::Lambda::Function", _complete_function)
    secrets = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]
    secrets.update({kind: _by_arn(kind, secrets[kind]) for kind in ("create", "update", "delete")})
    provisioners._sm_secret_string = _secret_string
    provisioners._RESOURCE_HANDLERS["AWS::Scheduler::Schedule"].update(create=_create_schedule, update=_update_schedule)


def _after(resource_type: str, complete: Callable[[str, Properties], None]) -> None:
    handlers = provisioners._RESOURCE_HANDLERS[resource_type]
    for kind in ("create", "update"):
        handlers[kind] = _completed(handlers[kind], complete)


def _completed(inner: Handler, complete: Callable[[str, Properties], None]) -> Handler:
    def handle(*args: Any) -> Any:
        answer = inner(*args)
        # create(logical id, properties, stack); update(physical id, old properties, new properties, stack, ...)
        complete(answer[0], args[2] if isinstance(args[2], Mapping) else args[1])
        return answer

    return handle


def _complete_table(name: str, properties: Properties) -> None:
    wanted = properties.get("TimeToLiveSpecification")
    described = json.loads(dynamodb._describe_ttl({"TableName": name})[2]).get("TimeToLiveDescription", {})
    if wanted is not None and described.get("AttributeName") != wanted.get("AttributeName"):
        _checked(dynamodb._update_ttl({"TableName": name, "TimeToLiveSpecification": dict(wanted)}))
    recovery = properties.get("PointInTimeRecoverySpecification")
    if recovery is not None:
        dynamodb._update_continuous_backups({"TableName": name, "PointInTimeRecoverySpecification": recovery})
    encryption = properties.get("SSESpecification")
    if encryption and encryption.get("SSEEnabled"):
        key = encryption.get("KMSMasterKeyId", "alias/aws/dynamodb")
        described = {"Status": "ENABLED", "SSEType": encryption.get("SSEType", "KMS"), "KMSMasterKeyArn": key}
        dynamodb._tables[name]["SSEDescription"] = described


def _complete_topic(arn: str, properties: Properties) -> None:
    attributes = sns._topics[arn]["attributes"]
    for name in ("KmsMasterKeyId", "TracingConfig", "SignatureVersion"):
        if properties.get(name):
            attributes[name] = properties[name]
    policy = json.loads(attributes["Policy"])
    if policy.get("Id") == "__default_policy_ID":
        for statement in policy["Statement"]:
            statement["Condition"] = {"StringEquals": {"AWS:SourceOwner": attributes["Owner"]}}
        attributes["Policy"] = json.dumps(policy)


def _complete_bucket(name: str, properties: Properties) -> None:
    encryption = properties.get("BucketEncryption")
    if encryption:
        s3._put_bucket_encryption(name, _encryption_xml(encryption["ServerSideEncryptionConfiguration"]).encode())
    lifecycle = properties.get("LifecycleConfiguration")
    if lifecycle:
        s3._bucket_lifecycle[name] = [_lifecycle_rule(number, rule) for number, rule in enumerate(lifecycle["Rules"])]


def _encryption_xml(rules: list[Properties]) -> str:
    written = ""
    for rule in rules:
        default = rule.get("ServerSideEncryptionByDefault") or {}
        fields = "".join(f"<{key}>{escape(str(default[key]))}</{key}>" for key in default)
        applied = f"<ApplyServerSideEncryptionByDefault>{fields}</ApplyServerSideEncryptionByDefault>"
        key_enabled = str(rule.get("BucketKeyEnabled", False)).lower()
        written += f"<Rule>{applied}<BucketKeyEnabled>{key_enabled}</BucketKeyEnabled></Rule>"
    return f"<ServerSideEncryptionConfiguration>{written}</ServerSideEncryptionConfiguration>"


def _lifecycle_rule(number: int, rule: Properties) -> dict[str, Any]:
    # CloudFormation spells some members flat that the API nests.
    found: dict[str, Any] = {"ID": rule.get("Id", f"rule-{number}"), "Status": rule["Status"]}
    found["Filter"] = {"Prefix": rule.get("Prefix", "")}
    if "ExpirationInDays" in rule:
        found["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    noncurrent = rule.get("NoncurrentVersionExpiration")
    if noncurrent or "NoncurrentVersionExpirationInDays" in rule:
        days = noncurrent["NoncurrentDays"] if noncurrent else rule["NoncurrentVersionExpirationInDays"]
        found["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(days)}
    abort = rule.get("AbortIncompleteMultipartUpload")
    if abort:
        found["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": int(abort["DaysAfterInitiation"])}
    moves = rule.get("Transitions") or ([rule["Transition"]] if "Transition" in rule else [])
    if moves:
        found["Transitions"] = [
            {"Days": int(move["TransitionInDays"]), "StorageClass": move["StorageClass"]} for move in moves
        ]
    return found


def _complete_function(name: str, properties: Properties) -> None:
    function = lambda_svc._functions[name]
    reserved = properties.get("ReservedConcurrentExecutions")
    function["concurrency"] = None if reserved is None else int(reserved)
    for field in ("DeadLetterConfig", "KMSKeyArn"):
        given = properties.get("KmsKeyArn" if field == "KMSKeyArn" else field)
        if given:
            function["config"][field] = given


def _by_arn(kind: str, inner: Handler) -> Handler:
    # The emulator knows a secret by its name; CloudFormation's Ref, and so the physical id, is the ARN.
    def name_of(physical_id: str) -> str:
        return str(secretsmanager._resolve(physical_id)[0] or physical_id)

    def handle(first: str, *rest: Any) -> Any:
        answer = inner(first if kind == "create" else name_of(first), *rest)
        return answer if kind == "delete" else (answer[1]["Id"], answer[1])

    return handle


def _secret_string(properties: Properties) -> str:
    generate = properties.get("GenerateSecretString")
    if not generate or properties.get("SecretString"):
        return str(properties.get("SecretString", ""))
    answer = _checked(secretsmanager._get_random_password({"PasswordLength": 32, **generate}))
    password = json.loads(answer[2])["RandomPassword"]
    if not generate.get("SecretStringTemplate"):
        return str(password)
    return json.dumps({**json.loads(generate["SecretStringTemplate"]), generate["GenerateStringKey"]: password})


def _create_schedule(logical_id: str, properties: Properties, stack: str) -> tuple[str, dict[str, str]]:
    name = properties.get("Name") or provisioners._physical_name(stack, logical_id, max_len=64)
    _checked(scheduler._create_schedule(name, dict(properties)))
    return name, {"Arn": scheduler._schedule_arn(properties.get("GroupName", "default"), name)}


def _update_schedule(
    physical_id: str, old: Properties, properties: Properties, stack: str
) -> tuple[str, dict[str, str]]:
    group = properties.get("GroupName", "default")
    is_same = properties.get("Name", physical_id) == physical_id and group == old.get("GroupName", "default")
    if not is_same or f"{group}/{physical_id}" not in scheduler._schedules:
        return _create_schedule(physical_id, properties, stack)
    _checked(scheduler._update_schedule(physical_id, dict(properties)))
    return physical_id, {"Arn": scheduler._schedule_arn(group, physical_id)}


def _checked(answer: Any) -> Any:
    if answer[0] >= 400:
        problem = json.loads(answer[2])
        raise ValueError(problem.get("message") or problem.get("Message") or str(problem))
    return answer
