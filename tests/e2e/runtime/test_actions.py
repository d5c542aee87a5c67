"""Actions besides retries on the embedded AWS: each calls its service with the rights of the plan and with no others.

Systems Manager Automation is not imitated: `run` of a document is tested against the service's model
(tests/unit/actions).
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipewarden import responder
from pipewarden.handlers import outset
from pipewarden.handlers import responder as handler
from pipewarden_plan.action_grant_plan import action_statements
from pipewarden_plan.action_plan import declared_actions, with_intent
from pipewarden_plan.grammar import grammar
from pipewarden_plan.grant_plan import as_iam

pytestmark = pytest.mark.e2e

WRONG = "KeyError: 'source'"
ACTED_ON = ("appconfig", "ecs", "lambda", "s3", "ssm")
Rights = Callable[[dict[str, Any]], dict[str, Any]]


def as_they_are(action: dict[str, Any]) -> dict[str, Any]:
    return action


def declare(world: Any, monkeypatch: pytest.MonkeyPatch, action: dict[str, Any], rights: Rights = as_they_are) -> None:
    """The job has this action from now on, and the responder the rights that the plan gives for `rights` of it."""
    names = world.settings.names
    pipeline = world.settings.pipelines["import"]
    job = pipeline.resources["extract"]

    def planned(written: dict[str, Any]) -> Any:
        read = grammar().reader("action")(written, lambda text: text)
        return {
            key: with_intent(one, names) for key, one in declared_actions("extract", {"mend": read}, job.retry).items()
        }

    resources = {**pipeline.resources, "extract": replace(job, actions=planned(action))}
    settings = replace(world.settings, pipelines={"import": replace(pipeline, resources=resources)})
    Path(os.environ["PIPEWARDEN_SETTINGS"]).write_text(settings.to_json())
    outset.settings.cache_clear()
    outset.workplace.cache_clear()
    granted: Any = [SimpleNamespace(resource=SimpleNamespace(actions=planned(rights(action))))]
    statements = [as_iam(statement) for statement in action_statements(granted, names)]
    acting, place = session(world, statements), outset.workplace()
    mixed = replace(place, clients=lambda service: (acting if service in ACTED_ON else place.clients)(service))
    monkeypatch.setattr(handler, "workplace", lambda: mixed)
    monkeypatch.setattr(handler, "Responder", lambda _: responder.Responder(mixed))


def session(world: Any, statements: list[dict[str, Any]]) -> Callable[[str], Any]:
    """Clients with a session of a role that may do what the statements say, and read the kill switch."""
    iam, sts = world.client("iam"), world.client("sts")
    trust = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        RoleName="acting", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )
    switch = world.settings.names.arn("ssm", f"parameter{world.settings.names.remediation_parameter()}")
    own = [
        {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": switch},
        {"Effect": "Allow", "Action": "s3:PutObject", "Resource": "*"},
    ]
    policy = {"Version": "2012-10-17", "Statement": [*statements, *own]}
    iam.put_role_policy(RoleName="acting", PolicyName="allowed", PolicyDocument=json.dumps(policy))
    keys = sts.assume_role(RoleArn=role["Role"]["Arn"], RoleSessionName="responder")["Credentials"]
    credentials = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }
    return lambda service: world.local.client(service, **credentials)


def respond(world: Any, context: Any, body: Any) -> None:
    answer = handler.handler({"Records": [world.record(body)]}, context)
    assert answer["batchItemFailures"] == []


def due(world: Any, kind: str = "action-due") -> str:
    """The next signal of that kind, once the scheduler has sent it."""

    def look() -> str | None:
        bodies = [str(message["Body"]) for message in world.receive(world.signals)]
        return next((body for body in bodies if f'"{kind}"' in body), None)

    return str(world.until(look))


def incident() -> Any:
    return outset.workplace().store.recent()[0]


def act(world: Any, context: Any) -> Any:
    """Let the job fail and the action be done; what came of it."""
    respond(world, context, world.run_job(WRONG))
    respond(world, context, due(world))
    return incident().attempt("extract", 1, "extract.mend")


def test_a_parameter_is_rolled_back_and_the_run_started_again(world: Any, context: Any, monkeypatch: Any) -> None:
    ssm = world.client("ssm")
    for value in ("good", "bad"):
        ssm.put_parameter(Name="/crm/config", Value=value, Type="SecureString", Overwrite=True)
    declare(
        world,
        monkeypatch,
        {"type": "rollback", "parameter": "/crm/config", "classes": ["deterministic"], "then": "retry"},
    )
    attempt = act(world, context)
    assert attempt.text == "rolled the parameter /crm/config back from version 2 to 1"
    found = ssm.get_parameter(Name="/crm/config", WithDecryption=True)["Parameter"]
    assert (found["Value"], found["Version"], found["Type"]) == ("good", 3, "SecureString")
    respond(world, context, due(world, "retry-due"))
    retry = incident().attempt("extract", 1)
    assert (incident().state, retry.state) == ("remediating", "started")
    items = world.client("dynamodb").scan(TableName=world.settings.names.table())["Items"]
    assert "good" not in json.dumps(items), "values of parameters are never written down"


def test_a_configuration_is_deployed_back(world: Any, context: Any, monkeypatch: Any) -> None:
    appconfig = world.client("appconfig")
    application = appconfig.create_application(Name="crm")["Id"]
    place = appconfig.create_environment(ApplicationId=application, Name="test")["Id"]
    profile = appconfig.create_configuration_profile(ApplicationId=application, Name="flags", LocationUri="hosted")[
        "Id"
    ]
    at_once = {"DeploymentDurationInMinutes": 0, "GrowthFactor": 100.0, "FinalBakeTimeInMinutes": 0}
    strategy = appconfig.create_deployment_strategy(Name="at-once", ReplicateTo="NONE", **at_once)["Id"]
    for content in (b"{}", b"{bad"):
        version = appconfig.create_hosted_configuration_version(
            ApplicationId=application, ConfigurationProfileId=profile, Content=content, ContentType="application/json"
        )["VersionNumber"]
        appconfig.start_deployment(
            ApplicationId=application,
            EnvironmentId=place,
            ConfigurationProfileId=profile,
            ConfigurationVersion=str(version),
            DeploymentStrategyId=strategy,
        )
    named = {"application": application, "environment": place, "profile": profile, "strategy": strategy}
    declare(world, monkeypatch, {"type": "rollback", **named, "classes": ["deterministic"]})
    monkeypatch.setattr(responder, "SOON", timedelta(0))  # looked at as soon as it was started
    attempt = act(world, context)
    assert (attempt.result, attempt.run_id) == ("succeeded", "3")
    assert attempt.text == f"rolled the profile {profile} back from version 2 to 1"
    latest = appconfig.get_deployment(ApplicationId=application, EnvironmentId=place, DeploymentNumber=3)
    assert (latest["ConfigurationVersion"], latest["State"]) == ("1", "COMPLETE")
    assert (attempt.state, incident().state) == ("succeeded", "paged")


@pytest.mark.parametrize("dry_run", [True, False], ids=["dry run: counted only", "dry_run: false: deleted"])
def test_old_objects_are_counted_and_deleted_only_when_asked(
    world: Any, context: Any, monkeypatch: Any, dry_run: bool
) -> None:
    s3 = world.client("s3")
    s3.create_bucket(Bucket="scratch")
    for key in ("tmp/a", "tmp/b", "tmpother", "keep/c"):
        s3.put_object(Bucket="scratch", Key=key, Body=b"12345")
    action = {"type": "clean_up", "location": "s3://scratch/tmp/", "older_than": "0s", "classes": ["deterministic"]}
    declare(world, monkeypatch, {**action, "dry_run": dry_run})
    attempt = act(world, context)
    verb = "dry run: would have deleted" if dry_run else "deleted"
    assert attempt.text == f"{verb} 2 objects (10 bytes) older than 0s in s3://scratch/tmp/"
    left = [row["Key"] for row in s3.list_objects_v2(Bucket="scratch")["Contents"]]
    assert left == (["keep/c", "tmp/a", "tmp/b", "tmpother"] if dry_run else ["keep/c", "tmpother"])
    assert incident().state == "paged"


def test_a_service_gets_more_tasks(world: Any, context: Any, monkeypatch: Any) -> None:
    ecs = world.client("ecs")
    ecs.create_cluster(clusterName="crm")
    ecs.register_task_definition(
        family="worker", containerDefinitions=[{"name": "worker", "image": "none", "memory": 64}]
    )
    ecs.create_service(cluster="crm", serviceName="workers", taskDefinition="worker", desiredCount=0)
    declare(
        world,
        monkeypatch,
        {"type": "scale", "cluster": "crm", "service": "workers", "by": 2, "max": 3, "classes": ["deterministic"]},
    )
    attempt = act(world, context)
    assert attempt.text == "scaled the service workers from 0 to 2 tasks"
    assert ecs.describe_services(cluster="crm", services=["workers"])["services"][0]["desiredCount"] == 2


def test_a_function_is_called_and_told_what_has_happened(world: Any, context: Any, monkeypatch: Any) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("mend.py", MEND)
    role = world.client("iam").get_role(RoleName="job-role")["Role"]["Arn"]
    allowed = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
    world.client("iam").put_role_policy(RoleName="job-role", PolicyName="more", PolicyDocument=json.dumps(allowed))
    world.client("lambda").create_function(
        FunctionName="mend", Runtime="python3.13", Handler="mend.handler", Role=role, Code={"ZipFile": code.getvalue()}
    )
    declare(world, monkeypatch, {"type": "run", "function": "mend", "classes": ["deterministic"], "then": "retry"})
    attempt = act(world, context)
    assert (attempt.result, attempt.text) == ("succeeded", "called the function mend")
    s3 = world.client("s3")
    told = world.until(lambda: s3.list_objects_v2(Bucket="runtime-data", Prefix="told/").get("Contents"))
    event = json.loads(s3.get_object(Bucket="runtime-data", Key=told[0]["Key"])["Body"].read())
    assert (event["incident"], event["action"], event["failure_class"]) == (
        incident().id,
        "extract.mend",
        "deterministic",
    )


MEND = """
import json, boto3
def handler(event, context):
    boto3.client("s3").put_object(Bucket="runtime-data", Key="told/" + event["id"], Body=json.dumps(event).encode())
"""


@pytest.mark.parametrize(
    ("action", "rights", "refused"),
    [
        (
            {"type": "rollback", "parameter": "/crm/config"},
            lambda action: {**action, "parameter": "/crm/other"},
            "ssm:GetParameterHistory",
        ),
        (
            {"type": "clean_up", "location": "s3://runtime-data/scripts/", "older_than": "0s", "dry_run": False},
            lambda action: {**action, "dry_run": True},
            "s3:DeleteObject",
        ),
        (
            {"type": "clean_up", "location": "s3://runtime-data/scripts/", "older_than": "0s"},
            lambda action: {**action, "location": "s3://runtime-data/tmp/"},
            "s3:ListBucket",
        ),
        (
            {"type": "scale", "cluster": "crm", "service": "workers", "max": 3},
            lambda action: {**action, "service": "others"},
            "ecs:DescribeServices",
        ),
        ({"type": "run", "function": "mend"}, lambda action: {**action, "function": "other"}, "lambda:InvokeFunction"),
    ],
    ids=["another parameter", "a dry run deletes nothing", "another prefix", "another service", "another function"],
)
def test_what_was_not_declared_is_refused_and_paged(
    world: Any, context: Any, monkeypatch: Any, action: dict[str, Any], rights: Any, refused: str
) -> None:
    for value in ("good", "bad"):
        world.client("ssm").put_parameter(Name="/crm/config", Value=value, Type="String", Overwrite=True)
    declare(world, monkeypatch, {**action, "classes": ["deterministic"]}, rights)
    attempt = act(world, context)
    assert attempt.result == "failed"
    assert "AccessDenied" in attempt.text, attempt.text
    assert refused in attempt.text
    assert incident().state == "paged"
    assert world.client("ssm").get_parameter(Name="/crm/config")["Parameter"]["Value"] == "bad"
    assert world.client("s3").head_object(Bucket="runtime-data", Key="scripts/job.py")
