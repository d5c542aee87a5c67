"""An environment of many pipelines on an embedded AWS, made by API calls: what a storm of failures hits."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle, islice
from typing import Any

from pipewarden.pipeline_settings import PipelineSettings, ResourceSettings
from pipewarden.registry import technologies
from pipewarden.retry_policy import BreakerPolicy, RetryPolicy
from pipewarden.route_settings import Channel, Severity
from pipewarden.settings import Settings
from pipewarden_cli.local.running import LocalAws

ATTEMPTS = 2
THREADS = 4
VISIBILITY_SECONDS = 5
"""After which a batch's refused messages come again."""
NEVER = BreakerPolicy(failures=1_000_000, within_seconds=3_600.0, open_seconds=1.0)
"""Circuit breakers and budgets end a storm after a few retries: without them each pipeline goes all its way."""
TRANSIENT = ("ServiceUnavailable", "HTTP 503 Service Unavailable")
DETERMINISTIC = ("States.Runtime", "The choice state's condition path references an invalid value")
UNDECLARED = "storm-undeclared"
INDEX = ("gsi1pk", "gsi1sk")


@dataclass(frozen=True)
class Estate:
    """`pipelines` of them: each fourth fails for good, the others with what a retry may cure (and never does); each
    fifth has a machine `part` that runs within `load`."""

    local: LocalAws
    pipelines: int

    @cached_property
    def settings(self) -> Settings:
        retry = RetryPolicy(attempts=ATTEMPTS, backoff_seconds=(1.0, 1.0), breaker=NEVER)
        return Settings(
            environment="storm",
            account=self.local.account,
            region=self.local.region,
            partition="aws",
            mode="act",
            retries_per_hour=1_000_000,
            pipelines={f"pipeline-{number:03d}": self._pipeline(number, retry) for number in range(self.pipelines)},
            alarms={},
            severities={"P1": Severity(respond_within_seconds=3600, notify=("team",))},
            channels={"team": Channel(type="email", address="team@example.com")},
            breaker=NEVER,
        )

    def _pipeline(self, number: int, retry: RetryPolicy) -> PipelineSettings:
        resources = {"load": self._machine(f"storm-load-{number:03d}", retry=retry)}
        if number % 5 == 0:
            resources["part"] = self._machine(f"storm-part-{number:03d}", within="load")
        return PipelineSettings(team="storm", owner="storm", severity="P1", resources=resources)

    def _machine(self, name: str, **more: Any) -> ResourceSettings:
        return ResourceSettings(
            type="step-functions", fields={"state_machine": name}, identities=(self.machine_arn(name),), **more
        )

    def machine_arn(self, name: str) -> str:
        return f"arn:aws:states:{self.local.region}:{self.local.account}:stateMachine:{name}"

    @property
    def machines(self) -> Iterator[tuple[str, tuple[str, str]]]:
        """Every state machine's name and the error it fails with."""
        for number, declared in enumerate(self.settings.pipelines.values()):
            for resource in declared.resources.values():
                yield resource.fields["state_machine"], DETERMINISTIC if number % 4 == 3 else TRANSIENT
        yield UNDECLARED, TRANSIENT

    def client(self, service: str) -> Any:
        return self.local.client(service)

    def url(self, queue: str) -> str:
        return f"{self.local.endpoint_url}/{self.local.account}/{queue}"

    def build(self) -> None:
        """What the core stack would hold, and the machines."""
        names = self.settings.names
        self._build_table(names.table())
        self._build_queues()
        self.client("ssm").put_parameter(Name=names.remediation_parameter(), Value="act", Type="String")
        self.client("secretsmanager").create_secret(Name=names.link_secret(), SecretString="the-key")
        self.client("scheduler").create_schedule_group(Name=names.schedule_group())
        self.client("s3").create_bucket(Bucket=names.archive_bucket())
        self._role(names.scheduler_role(), "scheduler.amazonaws.com")
        role = self._role("storm-states", "states.amazonaws.com")
        states = self.client("stepfunctions")

        def create(row: tuple[str, tuple[str, str]]) -> None:
            name, (error, cause) = row
            fail = {"StartAt": "Fail", "States": {"Fail": {"Type": "Fail", "Error": error, "Cause": cause}}}
            states.create_state_machine(name=name, definition=json.dumps(fail), roleArn=role)

        in_threads(create, self.machines)

    def fail(self, events: int) -> None:
        """Let so many executions fail: round the machines, each fiftieth one that nobody declared."""
        states = self.client("stepfunctions")
        rounds = cycle(name for name, _ in self.machines if name != UNDECLARED)
        chosen = (UNDECLARED if number % 50 == 49 else next(rounds) for number in range(events))

        def start(name: str) -> None:
            states.start_execution(stateMachineArn=self.machine_arn(name), input="{}")

        in_threads(start, islice(chosen, events))

    def executions(self) -> Iterator[Mapping[str, Any]]:
        """Every execution of every machine, as the service lists it."""
        pages = self.client("stepfunctions").get_paginator("list_executions")
        for name, _ in self.machines:
            for page in pages.paginate(stateMachineArn=self.machine_arn(name)):
                yield from page["executions"]

    def items(self, prefix: str) -> Iterator[dict[str, Any]]:
        """The table's items whose key begins so."""
        pages = self.client("dynamodb").get_paginator("scan")
        for page in pages.paginate(
            TableName=self.settings.names.table(),
            FilterExpression="begins_with(pk, :prefix)",
            ExpressionAttributeValues={":prefix": {"S": prefix}},
        ):
            yield from page["Items"]

    def _build_table(self, name: str) -> None:
        keys = ("pk", "sk", *INDEX)
        self.client("dynamodb").create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
            KeySchema=_schema("pk", "sk"),
            GlobalSecondaryIndexes=[
                {"IndexName": "by_time", "KeySchema": _schema(*INDEX), "Projection": {"ProjectionType": "ALL"}}
            ],
        )

    def _build_queues(self) -> None:
        """The signals queue behind the rule of failed executions, and a queue that hears every page."""
        names, sqs, sns = self.settings.names, self.client("sqs"), self.client("sns")
        for queue, service in ((names.signals_queue(), "events"), ("pages", "sns")):
            allow = {"Effect": "Allow", "Principal": {"Service": f"{service}.amazonaws.com"}}
            allow |= {"Action": "sqs:SendMessage", "Resource": names.queue_arn(queue)}
            policy = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
            attributes = {"Policy": policy, "VisibilityTimeout": str(VISIBILITY_SECONDS)}
            sqs.create_queue(QueueName=queue, Attributes=attributes)
        sqs.create_queue(QueueName=names.signals_dead_letters())
        topic = sns.create_topic(Name=names.page_topic("P1"))["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=names.queue_arn("pages"))
        rule = next(rule for rule in technologies()["step-functions"].events if rule.kind == "failed")
        pattern = {"source": rule.source, "detail-type": rule.detail_type, "detail": rule.detail}
        events = self.client("events")
        events.put_rule(Name="storm", EventPattern=json.dumps(pattern))
        events.put_targets(Rule="storm", Targets=[{"Id": "signals", "Arn": names.queue_arn(names.signals_queue())}])

    def _role(self, name: str, service: str) -> str:
        iam = self.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        document = {"Version": "2012-10-17", "Statement": [trust]}
        arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(document))["Role"]["Arn"]
        allow = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": self.settings.names.queue_arn("*")}
        allowed = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=allowed)
        return arn


def in_threads(call: Callable[[Any], None], values: Iterator[Any]) -> None:
    """Call it for each value, a few at a time; raises what the first failed call raised."""
    with ThreadPoolExecutor(THREADS) as pool:
        for _ in pool.map(call, values):
            pass


def _schema(first: str, second: str) -> list[dict[str, str]]:
    return [{"AttributeName": first, "KeyType": "HASH"}, {"AttributeName": second, "KeyType": "RANGE"}]
