"""Each kind of action against the model of its service: what it asks, what it makes of the answers, what it refuses."""

import json
from datetime import timedelta
from typing import Any

import pytest

from pipewarden.action import NotPossibleError, Result
from tests.unit.actions.conversation import NOW, Call, Conversation, task

PARAMETER = {"type": "rollback", "parameter": "/crm/config", "classes": ["deterministic"]}
OURS = "arn:aws:sts::123456789012:assumed-role/role/pipewarden-prod-responder"


def prepared(written: Any, *calls: Call) -> Any:
    conversation = Conversation(*calls)
    way, made = task(written)
    plan = way.prepare(conversation, made)
    conversation.close()
    return plan


def started(written: Any, plan: Any, *calls: Call) -> Result:
    conversation = Conversation(*calls)
    way, made = task(written, plan)
    result = way.start(conversation, made)
    conversation.close()
    assert set(conversation.asked) <= {call.replace("s3:ListBucket", "s3:ListObjectsV2") for call in way.calls} | {
        "lambda:Invoke",
        "s3:DeleteObjects",
    }
    return result


def looked(written: Any, plan: Any, id_: str, *calls: Call) -> Result:
    conversation = Conversation(*calls)
    way, made = task(written, plan)
    assert way.look
    result = way.look(conversation, made, id_)
    conversation.close()
    return result


def refused(written: Any, plan: Any, *calls: Call) -> str:
    conversation = Conversation(*calls)
    way, made = task(written, plan or {})
    with pytest.raises(NotPossibleError) as error:
        way.start(conversation, made) if plan else way.prepare(conversation, made)
    conversation.close()
    return str(error.value)


# Parameters.


def history(*values: str, decrypted: bool = False, user: str = "somebody", kind: str = "String") -> Call:
    rows = [
        {"Name": "/crm/config", "Version": number, "Value": value, "Type": kind, "LastModifiedUser": user}
        | ({"KeyId": "alias/crm"} if kind == "SecureString" else {})
        for number, value in enumerate(values, start=1)
    ]
    request = {"Name": "/crm/config", "WithDecryption": decrypted, "MaxResults": 50}
    return "ssm", "get_parameter_history", request, {"Parameters": rows[::-1]}


def put(value: str, **more: Any) -> Call:
    request = {"Name": "/crm/config", "Value": value, "Type": "String", "Overwrite": True, **more}
    return "ssm", "put_parameter", request, {"Version": 4}


PLAN = {"from": 3, "to": 2}
DONE = "rolled the parameter /crm/config back from version 3 to 2"


def test_the_version_before_the_present_one_is_settled_without_its_value() -> None:
    assert prepared(PARAMETER, history("a", "b", "c")) == PLAN


def test_every_version_is_read_however_many_pages_there_are() -> None:
    first = {"Parameters": [{"Version": 1, "Value": "a"}], "NextToken": "more"}
    last = {"Parameters": [{"Version": 2, "Value": "b"}, {"Version": 3, "Value": "c"}]}
    asked = {"Name": "/crm/config", "WithDecryption": False, "MaxResults": 50}
    calls: list[Call] = [
        ("ssm", "get_parameter_history", asked, first),
        ("ssm", "get_parameter_history", {**asked, "NextToken": "more"}, last),
    ]
    assert prepared(PARAMETER, *calls) == PLAN


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (history("a"), "the parameter /crm/config has no earlier version"),
        (history("a", "b", "a", user=OURS), "version 3 of the parameter /crm/config is a rollback of ours already"),
    ],
)
def test_what_cannot_be_rolled_back_is_refused(call: Call, words: str) -> None:
    assert refused(PARAMETER, None, call) == words


def test_the_earlier_value_is_written_as_a_new_version() -> None:
    assert started(PARAMETER, PLAN, history("a", "b", "c", decrypted=True), put("b")) == Result(
        state="succeeded", text=DONE
    )


def test_a_secret_keeps_its_kind_and_key() -> None:
    found = history("a", "b", "c", decrypted=True, kind="SecureString")
    started(PARAMETER, PLAN, found, put("b", Type="SecureString", KeyId="alias/crm"))


def test_a_second_try_finds_that_it_was_done() -> None:
    assert started(PARAMETER, PLAN, history("a", "b", "c", "b", decrypted=True)).text == DONE


def test_what_somebody_has_changed_meanwhile_is_left_alone() -> None:
    words = refused(PARAMETER, PLAN, history("a", "b", "c", "d", decrypted=True))
    assert words == "somebody has changed the parameter /crm/config since: it has version 4"


# Configurations.

CONFIGURATION: dict[str, Any] = {
    "type": "rollback",
    "application": "abc1234",
    "environment": "def5678",
    "profile": "ghi9012",
    "classes": ["deterministic"],
}
PLACE = {"ApplicationId": "abc1234", "EnvironmentId": "def5678"}
BACK = {"number": 3, "from": "7", "to": "6"}
MARK = f"Rolled back by Pipewarden, {'ab' * 32}"


def deployments(*rows: tuple[int, str, str, str, str]) -> list[Call]:
    """(number, profile, version, state, description), as AppConfig lists them: newest first."""
    listed = [{"DeploymentNumber": row[0]} for row in rows]
    found: list[Call] = [("appconfig", "list_deployments", {**PLACE, "MaxResults": 50}, {"Items": listed})]
    for number, profile, version, state, description in rows:
        answer = {
            "DeploymentNumber": number,
            "ConfigurationProfileId": profile,
            "ConfigurationVersion": version,
            "State": state,
            "Description": description,
        }
        found.append(("appconfig", "get_deployment", {**PLACE, "DeploymentNumber": number}, answer))
    return found


def test_the_version_that_was_deployed_before_is_settled() -> None:
    rows = [
        (4, "other11", "1", "COMPLETE", ""),
        (3, "ghi9012", "7", "BAKING", ""),
        (2, "ghi9012", "8", "ROLLED_BACK", ""),
        (1, "ghi9012", "6", "COMPLETE", ""),
    ]
    assert prepared(CONFIGURATION, *deployments(*rows)) == BACK


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([(1, "ghi9012", "6", "COMPLETE", "")], "no earlier version of the profile ghi9012 was deployed"),
        (
            [(2, "ghi9012", "7", "DEPLOYING", ""), (1, "ghi9012", "6", "COMPLETE", "")],
            "the deployment 2 is going on",
        ),
        (
            [(2, "ghi9012", "6", "COMPLETE", MARK), (1, "ghi9012", "7", "COMPLETE", "")],
            "the deployment 2 is a rollback of ours already",
        ),
    ],
)
def test_what_cannot_be_deployed_back_is_refused(rows: Any, words: str) -> None:
    assert refused(CONFIGURATION, None, *deployments(*rows)) == words


def test_the_earlier_version_is_deployed_and_marked() -> None:
    request = {
        **PLACE,
        "ConfigurationProfileId": "ghi9012",
        "ConfigurationVersion": "6",
        "DeploymentStrategyId": "AppConfig.AllAtOnce",
        "Description": MARK,
    }
    calls = [
        *deployments((3, "ghi9012", "7", "COMPLETE", ""), (2, "ghi9012", "6", "COMPLETE", "")),
        ("appconfig", "start_deployment", request, {"DeploymentNumber": 4, "State": "DEPLOYING"}),
    ]
    assert started(CONFIGURATION, BACK, *calls) == Result(
        state="running", text="is deploying version 6 of the profile ghi9012 again", id="4"
    )


def test_a_second_try_finds_its_deployment() -> None:
    found = deployments((4, "ghi9012", "6", "BAKING", MARK), (3, "ghi9012", "7", "COMPLETE", ""))
    assert started(CONFIGURATION, BACK, *found).id == "4"


def test_a_deployment_that_somebody_has_started_meanwhile_is_left_alone() -> None:
    found = deployments((4, "ghi9012", "9", "COMPLETE", ""), (3, "ghi9012", "7", "COMPLETE", ""))
    assert refused(CONFIGURATION, BACK, *found) == "somebody has started the deployment 4 since"


@pytest.mark.parametrize(
    ("state", "result"),
    [("DEPLOYING", "running"), ("BAKING", "succeeded"), ("COMPLETE", "succeeded"), ("ROLLED_BACK", "failed")],
)
def test_a_deployment_is_followed_to_its_end(state: str, result: str) -> None:
    call: Call = ("appconfig", "get_deployment", {**PLACE, "DeploymentNumber": 4}, {"State": state})
    found = looked(CONFIGURATION, BACK, "4", call)
    assert found.state == result
    assert (found.text == "rolled the profile ghi9012 back from version 7 to 6") == (result == "succeeded")


# Services.

SERVICE = {"type": "scale", "cluster": "crm", "service": "workers", "by": 2, "max": 5, "alarms": ["a.b"]}
ASKED = {"cluster": "crm", "services": ["workers"]}


def service(count: int, status: str = "ACTIVE") -> Call:
    answer = {"services": [{"serviceName": "workers", "status": status, "desiredCount": count}]}
    return "ecs", "describe_services", ASKED, answer


@pytest.mark.parametrize(("count", "goal"), [(1, 3), (4, 5)], ids=["by two", "never above the most"])
def test_the_number_of_tasks_is_settled(count: int, goal: int) -> None:
    assert prepared(SERVICE, service(count)) == {"from": count, "to": goal}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (service(5), "the service workers has 5 tasks, and 5 are the most"),
        (service(1, "INACTIVE"), "there is no service workers in the cluster crm"),
        (("ecs", "describe_services", ASKED, {"services": []}), "there is no service workers in the cluster crm"),
    ],
)
def test_a_service_that_cannot_grow_is_refused(call: Call, words: str) -> None:
    assert refused(SERVICE, None, call) == words


def test_the_settled_number_is_set_once() -> None:
    update: Call = ("ecs", "update_service", {"cluster": "crm", "service": "workers", "desiredCount": 3}, {})
    plan = {"from": 1, "to": 3}
    assert started(SERVICE, plan, service(1), update).text == "scaled the service workers from 1 to 3 tasks"
    assert started(SERVICE, plan, service(3)).state == "succeeded"
    assert started(SERVICE, plan, service(9)).state == "succeeded", "never fewer than there are"


# Objects.

SCRATCH: dict[str, Any] = {
    "type": "clean_up",
    "location": "s3://scratch/tmp/",
    "older_than": "2d",
    "classes": ["resource"],
}
BEFORE = {"before": (NOW - timedelta(days=2)).isoformat()}
WHERE = {"Bucket": "scratch", "Prefix": "tmp/", "ExpectedBucketOwner": "123456789012"}


def listing(*rows: tuple[str, int], more: str = "", asked: str = "") -> Call:
    """(key, age in days)."""
    contents = [{"Key": key, "Size": 1500, "LastModified": NOW - timedelta(days=age)} for key, age in rows]
    answer: dict[str, Any] = {"Contents": contents, "IsTruncated": bool(more)}
    answer |= {"NextContinuationToken": more} if more else {}
    return "s3", "list_objects_v2", {**WHERE, **({"ContinuationToken": asked} if asked else {})}, answer


def deletion(*keys: str, **answer: Any) -> Call:
    request = {
        "Bucket": "scratch",
        "Delete": {"Objects": [{"Key": key} for key in keys], "Quiet": True},
        "ExpectedBucketOwner": "123456789012",
    }
    return "s3", "delete_objects", request, answer


def test_the_age_of_objects_is_settled_once() -> None:
    assert prepared(SCRATCH) == BEFORE


def test_a_dry_run_counts_and_changes_nothing() -> None:
    found = started(SCRATCH, BEFORE, listing(("tmp/", 9), ("tmp/a", 3), ("tmp/b", 1)))
    assert found == Result(
        state="succeeded",
        text="dry run: would have deleted 1 objects (1.5 KB) older than 2d in s3://scratch/tmp/",
        changed=False,
    )


def test_old_objects_are_deleted_page_by_page() -> None:
    pages = [listing(("tmp/a", 3), ("tmp/b", 1), more="p2"), listing(("tmp/c", 4), asked="p2")]
    found = started({**SCRATCH, "dry_run": False}, BEFORE, *pages, deletion("tmp/a", "tmp/c"))
    assert (found.text, found.changed) == ("deleted 2 objects (3 KB) older than 2d in s3://scratch/tmp/", True)


def test_no_more_than_the_most_are_deleted_in_one_run() -> None:
    rows = listing(*((f"tmp/{number}", 3) for number in range(5)), more="p2")
    found = started({**SCRATCH, "dry_run": False, "most": 2}, BEFORE, rows, deletion("tmp/0", "tmp/1"))
    assert found.text.endswith("in s3://scratch/tmp/, the most of one run is 2")


def test_where_nothing_is_old_nothing_is_changed() -> None:
    assert started({**SCRATCH, "dry_run": False}, BEFORE, listing(("tmp/b", 1))).changed is False


def test_objects_that_cannot_be_deleted_are_said() -> None:
    errors = [{"Key": "tmp/a", "Code": "AccessDenied"}]
    words = refused({**SCRATCH, "dry_run": False}, BEFORE, listing(("tmp/a", 3)), deletion("tmp/a", Errors=errors))
    assert words == "1 objects could not be deleted, the first one, tmp/a: AccessDenied"


# Functions and documents.


@pytest.mark.parametrize(
    ("written", "arn"),
    [
        ("crm-mend-$(env)", "arn:aws:lambda:us-east-1:123456789012:function:crm-mend-prod"),
        ("crm-mend:live", "arn:aws:lambda:us-east-1:123456789012:function:crm-mend:live"),
        ("arn:aws:lambda:eu-west-1:210987654321:function:mend", "arn:aws:lambda:eu-west-1:210987654321:function:mend"),
    ],
)
def test_a_function_is_called_with_an_id_that_is_the_same_for_each_try(written: str, arn: str) -> None:
    event = json.dumps({"id": "ab" * 32, "incident": "i-1"}).encode()
    request = {"FunctionName": arn, "InvocationType": "Event", "Payload": event}
    call: Call = ("lambda", "invoke", request, {"StatusCode": 202})
    found = started({"type": "run", "function": written, "classes": ["unknown"]}, {}, call)
    assert (found.state, found.id) == ("succeeded", "ab" * 32)


DOCUMENT: dict[str, Any] = {
    "type": "run",
    "document": "AWS-RestartEC2Instance",
    "parameters": {"InstanceId": "i-1"},
    "role": "restart",
    "alarms": ["a.b"],
}


@pytest.mark.parametrize("version", ["", "3"])
def test_a_document_is_started_with_a_client_token_and_the_role_it_acts_as(version: str) -> None:
    request = {
        "DocumentName": "AWS-RestartEC2Instance",
        "ClientToken": "abababab-abab-abab-abab-abababababab",
        "Parameters": {
            "InstanceId": ["i-1"],
            "AutomationAssumeRole": ["arn:aws:iam::123456789012:role/restart"],
        },
        **({"DocumentVersion": version} if version else {}),
    }
    execution = "12345678-1234-1234-1234-123456789012"
    call: Call = ("ssm", "start_automation_execution", request, {"AutomationExecutionId": execution})
    declared = {**DOCUMENT, **({"version": version} if version else {})}
    assert started(declared, {}, call) == Result(
        state="running", text="started the document AWS-RestartEC2Instance", id=execution
    )


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [
        ("InProgress", "running", "is running the document AWS-RestartEC2Instance (InProgress)"),
        ("PendingApproval", "running", "is running the document AWS-RestartEC2Instance (PendingApproval)"),
        ("Success", "succeeded", "ran the document AWS-RestartEC2Instance"),
        ("Failed", "failed", "the document AWS-RestartEC2Instance ended as Failed: no such instance"),
        ("TimedOut", "failed", "the document AWS-RestartEC2Instance ended as TimedOut: no such instance"),
    ],
)
def test_a_document_is_followed_to_its_end(status: str, state: str, words: str) -> None:
    execution = "12345678-1234-1234-1234-123456789012"
    answer = {"AutomationExecution": {"AutomationExecutionStatus": status, "FailureMessage": "no such instance"}}
    call: Call = ("ssm", "get_automation_execution", {"AutomationExecutionId": execution}, answer)
    assert looked(DOCUMENT, {}, execution, call) == Result(state=state, text=words, id=execution)  # type: ignore[arg-type]
