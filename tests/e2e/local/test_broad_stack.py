"""A stack like those we deploy works with IAM enforced: every part of it is used once."""

from __future__ import annotations

import importlib.util
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipewarden_cli.local.control import LocalAws

pytestmark = pytest.mark.e2e
STACK = "broad-stack"


def _template() -> dict[str, Any]:
    # Folders of tests are no packages, so a file beside this one is loaded by its path.
    spec = importlib.util.spec_from_file_location("broad_stack", Path(__file__).with_name("broad_stack.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, Any] = module.template()
    return found


@pytest.fixture(scope="module")
def stack(local: LocalAws) -> dict[str, str]:
    """The outputs of the deployed stack."""
    cloudformation = local.client("cloudformation")
    cloudformation.create_stack(StackName=STACK, TemplateBody=json.dumps(_template()), Capabilities=["CAPABILITY_IAM"])
    waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName=STACK, WaiterConfig={"Delay": 0.2, "MaxAttempts": 100})
    (found,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


@pytest.fixture
def call(local: LocalAws, stack: dict[str, str]) -> Callable[..., Any]:
    def invoke(do: str) -> Any:
        answer = local.client("lambda").invoke(FunctionName=stack["Function"], Payload=json.dumps({"do": do}))
        assert "FunctionError" not in answer, answer["Payload"].read()
        return json.loads(answer["Payload"].read())

    return invoke


def bodies(local: LocalAws, url: str) -> list[str]:
    answer = local.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, VisibilityTimeout=0)
    return [message["Body"] for message in answer.get("Messages", [])]


def test_settings_that_the_emulator_would_drop_are_kept(local: LocalAws, stack: dict[str, str]) -> None:
    topic = local.client("sns").get_topic_attributes(TopicArn=stack["Topic"])["Attributes"]
    assert topic["KmsMasterKeyId"] == stack["Key"]
    function = local.client("lambda").get_function(FunctionName=stack["Function"])
    assert function["Concurrency"]["ReservedConcurrentExecutions"] == 5
    assert stack["Secret"].startswith("arn:aws:secretsmanager:us-east-1:123456789012:secret:")
    (url,) = {stack[name].rsplit("/", 2)[0] for name in ("Signals", "Dead", "Copy")}
    assert url == local.endpoint_url


def test_a_custom_resource_answers_through_its_url(stack: dict[str, str]) -> None:
    assert (stack["Custom"], stack["Echo"]) == ("custom-1", "hello")


def test_conditional_and_transactional_writes_and_an_index(call: Callable[..., Any]) -> None:
    answer = call("write")
    assert answer["refused"] == ["ConditionalCheckFailedException", "TransactionCanceledException"]
    assert answer["found"] == ["1"]


def test_a_generated_secret_is_read_with_the_key(call: Callable[..., Any]) -> None:
    secret = json.loads(call("secret"))
    assert secret["user"] == "u"
    assert len(secret["password"]) == 20


def test_a_bucket_takes_objects_and_keeps_its_settings(
    local: LocalAws, stack: dict[str, str], call: Callable[..., Any]
) -> None:
    assert call("store") == 1
    s3, bucket = local.client("s3"), stack["Bucket"]
    assert s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]["ID"] == "old"
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"


def test_a_function_may_do_no_more_than_its_role(call: Callable[..., Any]) -> None:
    assert call("elsewhere") == "AccessDenied"


def test_an_encrypted_topic_reaches_an_encrypted_queue_and_a_person(
    local: LocalAws, stack: dict[str, str], call: Callable[..., Any], until: Callable[..., Any]
) -> None:
    call("publish")
    assert "from the function" in until(lambda: bodies(local, stack["Copy"]))
    assert until(lambda: [mail.subject for mail in local.inbox().deliveries(STACK)])[0] == "S"


def test_a_bad_message_of_a_batch_ends_in_the_dead_letter_queue(
    local: LocalAws, stack: dict[str, str], until: Callable[..., Any]
) -> None:
    entries = [{"Id": body, "MessageBody": body} for body in ("good", "bad")]
    local.client("sqs").send_message_batch(QueueUrl=stack["Signals"], Entries=entries)
    assert until(lambda: bodies(local, stack["Dead"])) == ["bad"]
    assert bodies(local, stack["Signals"]) == []


def test_an_event_reaches_the_function_through_the_queue(
    local: LocalAws, stack: dict[str, str], until: Callable[..., Any]
) -> None:
    entry = {"Source": STACK, "DetailType": "d", "Detail": "{}"}
    local.client("events").put_events(Entries=[entry])
    logs = local.client("logs")
    group = stack["Logs"]
    assert until(lambda: logs.filter_log_events(logGroupName=group, filterPattern="REPORT")["events"])


def test_a_function_url_answers(local: LocalAws, stack: dict[str, str]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(local.function_url(stack["Function"]), timeout=10) as answer:
        assert answer.read() == b"answered"


def test_a_failed_asynchronous_call_reaches_its_destination(
    local: LocalAws, stack: dict[str, str], until: Callable[..., Any]
) -> None:
    payload = json.dumps({"fail": True})
    local.client("lambda").invoke(FunctionName=stack["Function"], InvocationType="Event", Payload=payload)
    record = json.loads(until(lambda: bodies(local, stack["Failures"]))[0])
    context = record["requestContext"]
    assert record["version"] == "1.0"
    assert record["requestPayload"] == {"fail": True}
    assert (context["condition"], context["approximateInvokeCount"]) == ("RetriesExhausted", 1)
    assert context["functionArn"].endswith(f":function:{stack['Function']}:$LATEST")
    assert record["responseContext"]["functionError"] == "Unhandled"
    assert record["responsePayload"]["errorMessage"] == "told to fail"
