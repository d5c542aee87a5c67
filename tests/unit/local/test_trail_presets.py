"""What the presets over CloudTrail count, by events as CloudTrail writes them."""

import json
from typing import Any

import pytest

from pipewarden_cli.local.log_pattern import compile_pattern
from tests.preset_plan import plan_of

NIGHT, DAY = "2026-11-21T03:12:45Z", "2026-11-21T13:12:45Z"


def event(name: str, source: str = "s3.amazonaws.com", time: str = DAY, **more: Any) -> dict[str, Any]:
    return {"eventName": name, "eventSource": source, "eventTime": time, **more}


@pytest.fixture(scope="module")
def patterns(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """By pipeline and resource."""
    plan = plan_of(tmp_path_factory.mktemp("project"))
    filters = [found for team in plan.teams for found in team.log_filters]
    return {found.metric.partition("/")[2]: found.pattern for found in filters}


CASES = [
    ("security-access/failed-logins", event("ConsoleLogin", errorMessage="Failed authentication"), True),
    ("security-access/failed-logins", event("ConsoleLogin"), False),
    ("security-access/denied-calls", event("PutObject", errorCode="AccessDenied"), True),
    ("security-access/denied-calls", event("RunInstances", errorCode="Client.UnauthorizedOperation"), True),
    ("security-access/denied-calls", event("GetObject", errorCode="NoSuchKey"), False),
    ("security-access/secret-reads", event("GetSecretValue", "secretsmanager.amazonaws.com"), True),
    ("security-access/secret-reads", event("DescribeSecret", "secretsmanager.amazonaws.com"), False),
    ("security-access/off-hours-logins", event("ConsoleLogin", time=NIGHT), True),
    ("security-access/off-hours-logins", event("ConsoleLogin", time=DAY), False),
    ("security-access/calls", event("ListBuckets"), True),
    ("bulk-reads/data-lake-prod-reads", event("GetObject", requestParameters={"bucketName": "data-lake-prod"}), True),
    ("bulk-reads/data-lake-prod-reads", event("GetObject", requestParameters={"bucketName": "another"}), False),
    ("configuration-changes/encryption-changes", event("DeleteBucketEncryption"), True),
    ("configuration-changes/encryption-changes", event("ScheduleKeyDeletion", "kms.amazonaws.com"), True),
    ("configuration-changes/encryption-changes", event("GetBucketEncryption"), False),
    ("configuration-changes/public-access-changes", event("PutBucketPolicy"), True),
    ("configuration-changes/public-access-changes", event("DeleteBucketPublicAccessBlock"), True),
    ("configuration-changes/public-access-changes", event("GetBucketPublicAccessBlock"), False),
]


@pytest.mark.parametrize(
    ("resource", "told", "counted"), [pytest.param(*case, id=f"{case[0]}: {case[1]['eventName']}") for case in CASES]
)
def test_what_is_counted(patterns: dict[str, str], resource: str, told: dict[str, Any], counted: bool) -> None:
    assert compile_pattern(patterns[resource])(json.dumps(told)) is counted


def test_every_pattern_over_the_trail_has_events_on_both_sides(patterns: dict[str, str]) -> None:
    of_trails = {
        name for name in patterns if name.split("/")[0] in ("security-access", "bulk-reads", "configuration-changes")
    }
    sides = {(resource, counted) for resource, _, counted in CASES}
    assert {name for name in of_trails if (name, True) not in sides} == set()
    assert {name for name in of_trails if (name, False) not in sides} == {"security-access/calls"}
