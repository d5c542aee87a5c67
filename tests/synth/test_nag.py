"""cdk-nag's AwsSolutions pack over every example: what it finds is acknowledged with a reason, and nothing else is."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aws_cdk
import pytest
from cdk_nag import AwsSolutionsChecks

import pipewarden_cdk
from pipewarden_plan.plan import Plan
from stacks.environment import add_stacks

ACKNOWLEDGED = Path(pipewarden_cdk.__file__).with_name("acknowledged.json")
Found = set[tuple[str, str]]


def violations(plan: Plan, folder: Path) -> Iterator[tuple[str, str]]:
    """(rule with what it is about, logical id) of everything that the pack objects to."""
    app = aws_cdk.App(context={"aws:cdk:disable-stack-trace": True}, outdir=str(folder))
    add_stacks(app, plan)
    aws_cdk.Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    with pytest.raises(RuntimeError, match="ValidationFailed"):
        app.synth()
    report: dict[str, Any] = json.loads((folder / "validation-report.json").read_text(encoding="utf-8"))
    for plugin in report["pluginReports"]:
        for violation in plugin["violations"]:
            for construct in violation["violatingConstructs"]:
                yield violation["ruleName"], construct["constructPath"].rpartition("/")[2]


@pytest.fixture(scope="module")
def found(example_plan: Plan, bare_plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Found:
    plans = (example_plan, bare_plan)
    return {row for plan in plans for row in violations(plan, tmp_path_factory.mktemp("nag"))}


def acknowledges(row: dict[str, str], rule: str, where: str) -> bool:
    return bool(re.fullmatch(row["rule"], rule) and re.fullmatch(row["where"], where))


def test_what_is_found_is_acknowledged_with_a_reason(found: Found) -> None:
    rows = json.loads(ACKNOWLEDGED.read_text(encoding="utf-8"))
    assert all(len(row["reason"]) > 20 for row in rows)
    assert found
    assert {each for each in found if not any(acknowledges(row, *each) for row in rows)} == set()


def test_nothing_is_acknowledged_that_is_not_found(found: Found) -> None:
    rows = json.loads(ACKNOWLEDGED.read_text(encoding="utf-8"))
    assert [row for row in rows if not any(acknowledges(row, *each) for each in found)] == []


def test_what_may_be_done_anywhere_is_tracing_and_reading_metrics_alone(example_plan: Plan) -> None:
    """The reason given for `Resource: *` holds."""
    statements = [
        statement
        for function in example_plan.core.functions
        for statement in (*function.statements, *(row for policy in function.managed for row in policy))
    ]
    anywhere = {action for statement in statements if "*" in statement.resources for action in statement.actions}
    assert anywhere == {"xray:PutTraceSegments", "xray:PutTelemetryRecords", "cloudwatch:GetMetricData"}
