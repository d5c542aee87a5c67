"""What keeps state: the key, the table, the archive and the secret behind acknowledge links."""

from typing import Any

from pipewarden.names import Names
from pipewarden_cdk.rendering.fragment import Fragment, attribute, kept_when, reference, resource
from pipewarden_cdk.rendering.policies import KEY_ID, document, only_with_tls, service
from pipewarden_plan.model import Environment

SERVICES = ("cloudwatch", "events", "sns", "scheduler")
SPENDING_SERVICES = ("budgets", "costalerts")
"""Admitted where they write to a topic of ours."""
SILENT = ("events", "sns")
"""They do not say for whom they use the key: EventBridge documents that it sends no aws:SourceAccount with what it
writes into an encrypted queue (SQS guide, "Key management"), SNS documents none for what it delivers there. The queues'
own policies check who sends."""
PENDING_DAYS = 7
UNFINISHED_UPLOAD_DAYS = 7
SECRET_CHARACTERS = 64


def render_key(environment: Environment, names: Names) -> Fragment:
    """The environment's key and its alias; nothing where the services' own keys are chosen."""
    if environment.encryption != "customer-managed":
        return {}
    properties = {
        "Description": f"Pipewarden {environment.name}: topics, queues, table, archive and secrets",
        "EnableKeyRotation": True,
        "PendingWindowInDays": PENDING_DAYS,
        "KeyPolicy": document(_key_statements(environment, names)),
    }
    alias = {"AliasName": names.key_alias(), "TargetKeyId": reference(KEY_ID)}
    return {
        KEY_ID: resource("AWS::KMS::Key", properties, **kept_when(environment.protected)),
        "KeyAlias": resource("AWS::KMS::Alias", alias),
    }


def _key_statements(environment: Environment, names: Names) -> list[dict[str, Any]]:
    root = f"arn:{names.partition}:iam::{names.account}:root"
    owner = {"Sid": "Account", "Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
    use = ["kms:Decrypt", "kms:GenerateDataKey*"]
    tells_of_money = bool(environment.spending or environment.cost_anomalies)
    services = (*SERVICES, *(SPENDING_SERVICES if tells_of_money else ()))
    ours = {"StringEquals": {"aws:SourceAccount": names.account}}
    return [
        owner,
        *(
            service(f"Use{name.capitalize()}", f"{name}.amazonaws.com", use, "*", None if name in SILENT else ours)
            for name in services
        ),
    ]


def render_table(environment: Environment, names: Names) -> Fragment:
    """Incidents, attempts, leases: one table, found by time through its index."""
    keys = ("pk", "sk", "gsi1pk", "gsi1sk")
    is_ours = environment.encryption == "customer-managed"
    encryption = {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": attribute(KEY_ID, "Arn")} if is_ours else None
    properties = {
        "TableName": names.table(),
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
        "KeySchema": _key_schema("pk", "sk"),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by_time",
                "KeySchema": _key_schema("gsi1pk", "gsi1sk"),
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        "BillingMode": "PAY_PER_REQUEST",
        "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": encryption,
        "DeletionProtectionEnabled": environment.protected,
    }
    return {"Table": resource("AWS::DynamoDB::Table", properties, **kept_when(environment.protected))}


def _key_schema(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


def render_archive(environment: Environment, names: Names, keep_days: int) -> Fragment:
    """A copy of every dead letter that was drained, for `keep_days`; incidents that are over, for good."""
    is_ours = environment.encryption == "customer-managed"
    default = (
        {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": attribute(KEY_ID, "Arn")}
        if is_ours
        else {"SSEAlgorithm": "AES256"}
    )
    rule: dict[str, Any] = {"ServerSideEncryptionByDefault": default, **({"BucketKeyEnabled": True} if is_ours else {})}
    shut = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    properties = {
        "BucketName": names.archive_bucket(),
        "BucketEncryption": {"ServerSideEncryptionConfiguration": [rule]},
        "PublicAccessBlockConfiguration": dict.fromkeys(shut, True),
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "expire",
                    "Status": "Enabled",
                    "Prefix": "dead-letters/",
                    "ExpirationInDays": keep_days,
                },
                {
                    "Id": "unfinished",
                    "Status": "Enabled",
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UNFINISHED_UPLOAD_DAYS},
                },
            ]
        },
    }
    arn = f"arn:{names.partition}:s3:::{names.archive_bucket()}"
    statements = [only_with_tls("s3:*", [arn, f"{arn}/*"])]
    policy = {"Bucket": reference("Archive"), "PolicyDocument": document(statements)}
    return {
        "Archive": resource("AWS::S3::Bucket", properties, **kept_when(environment.protected)),
        "ArchivePolicy": resource("AWS::S3::BucketPolicy", policy),
    }


def render_secret(environment: Environment, names: Names) -> Fragment:
    """The key that signs acknowledge links; Secrets Manager makes it up, nobody needs to know it."""
    generated = {"PasswordLength": SECRET_CHARACTERS, "ExcludePunctuation": True}
    properties = {
        "Name": names.link_secret(),
        "Description": f"Signs the acknowledge links of Pipewarden {environment.name}",
        "GenerateSecretString": generated,
        "KmsKeyId": reference(KEY_ID) if environment.encryption == "customer-managed" else None,
    }
    return {"LinkKey": resource("AWS::SecretsManager::Secret", properties, **kept_when(environment.protected))}


def render_kill_switch(names: Names) -> Fragment:
    """The parameter that switches remediation off. A deployment sets it only when the template's value changes, so what
    people have switched stays switched."""
    properties = {
        "Name": names.remediation_parameter(),
        "Type": "String",
        "Value": "act",
        "AllowedPattern": "^(act|observe|off)$",
        "Description": "Remediation by Pipewarden: act, observe (tell what would be done) or off",
    }
    return {"KillSwitch": resource("AWS::SSM::Parameter", properties)}
