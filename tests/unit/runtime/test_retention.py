"""The retention of log groups, as a custom resource."""

from typing import Any

import pytest

from pipewarden.handlers import retention
from pipewarden.retention import set_retention
from tests.unit.runtime.memory_aws import refusal


class MemoryGroups:
    class exceptions:  # noqa: N801 as boto3 names it
        class ResourceAlreadyExistsException(Exception):  # noqa: N818
            pass

    def __init__(self) -> None:
        self.days: dict[str, int | None] = {"/aws-glue/jobs/error": None}

    def create_log_group(self, logGroupName: str) -> None:  # noqa: N803
        if logGroupName in self.days:
            raise self.exceptions.ResourceAlreadyExistsException
        if logGroupName.startswith("bad"):
            raise refusal("CreateLogGroup", "InvalidParameterException")
        self.days[logGroupName] = None

    def put_retention_policy(self, logGroupName: str, retentionInDays: int) -> None:  # noqa: N803
        self.days[logGroupName] = retentionInDays


def test_groups_are_set_whether_they_exist_or_not() -> None:
    logs = MemoryGroups()
    failed = set_retention(logs, ["/aws-glue/jobs/error", "bad group", "/aws/lambda/new"], 30)
    assert logs.days == {"/aws-glue/jobs/error": 30, "/aws/lambda/new": 30}
    assert list(failed) == ["bad group"]


@pytest.mark.parametrize(
    ("kind", "days", "data"),
    [
        ("Create", {"/aws-glue/jobs/error": 7, "new": 7}, {"Set": 2, "Failed": 1}),
        ("Update", {"/aws-glue/jobs/error": 7, "new": 7}, {"Set": 2, "Failed": 1}),
        ("Delete", {"/aws-glue/jobs/error": None}, {"Set": 0, "Failed": 0}),
    ],
)
def test_the_stack_never_fails_on_a_group(
    kind: str, days: dict[str, int | None], data: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    logs, sent = MemoryGroups(), []
    monkeypatch.setattr(retention, "clients", lambda service: logs)
    monkeypatch.setattr(retention, "_send", lambda url, answer: sent.append((url, answer)))
    event: dict[str, Any] = {
        "RequestType": kind,
        "ResponseURL": "https://answer.example.com/",
        "StackId": "s",
        "RequestId": "r",
        "LogicalResourceId": "l",
        "ResourceProperties": {"Groups": ["/aws-glue/jobs/error", "bad", "new"], "Days": "7"},
    }
    retention.handler(event, None)
    ((url, answer),) = sent
    assert (url, answer["Status"], answer["Data"]) == ("https://answer.example.com/", "SUCCESS", data)
    assert answer["PhysicalResourceId"] == "pipewarden-retention"
    assert logs.days == days
