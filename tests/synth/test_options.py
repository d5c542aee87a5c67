"""What an environment may switch on, as the template validator and cfn-lint see it."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipewarden.names import FUNCTIONS
from pipewarden_plan.model import CostAnomaly, Spending
from pipewarden_plan.plan import Plan
from pipewarden_plan.route_plan import plan_topics
from pipewarden_plan.spending_plan import plan_anomalies, plan_budgets

Templates = dict[str, dict[str, Any]]
Synthesize = Callable[..., Templates]


@pytest.fixture(scope="session")
def everything(example_plan: Plan, synthesize: Synthesize) -> Templates:
    """The example, protected, with Transaction Search and limits of spending."""
    tracing = replace(example_plan.core.tracing, transaction_search=1.0)
    spending = (Spending(name="lake", limit_usd=500, services=("AWS Glue",), tag=("team", "crm")),)
    watched = (CostAnomaly(name="all", above_usd=50), CostAnomaly(name="crm", above_usd=20.5, tag=("team", "crm")))
    environment = replace(example_plan.environment, protected=True, spending=spending, cost_anomalies=watched)
    names = example_plan.settings.names
    core = replace(
        example_plan.core,
        tracing=tracing,
        topics=plan_topics(environment, names),
        budgets=plan_budgets(environment, names),
        anomalies=plan_anomalies(environment, names),
    )
    return synthesize(replace(example_plan, environment=environment, core=core))


def of_type(templates: Templates, kind: str) -> list[dict[str, Any]]:
    return [row for found in templates.values() for row in found["Resources"].values() if row["Type"] == kind]


def test_cfn_lint_finds_nothing(everything: Templates) -> None:
    command = [str(Path(sys.executable).with_name("cfn-lint")), *(row["Path"] for row in everything.values())]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (found.returncode, found.stdout) == (0, "")


def test_logs_of_ours_are_protected_where_everything_is(everything: Templates, example: Templates) -> None:
    protected = of_type(everything, "AWS::Logs::LogGroup")
    assert len(protected) == len(FUNCTIONS)
    assert all(
        row["Properties"]["DeletionProtectionEnabled"] and row["DeletionPolicy"] == "Retain" for row in protected
    )
    for row in of_type(example, "AWS::Logs::LogGroup"):
        assert "DeletionProtectionEnabled" not in row["Properties"]
        assert row["DeletionPolicy"] == "Delete"


def test_the_responders_log_is_indexed_by_what_queries_ask_for(example: Templates, example_plan: Plan) -> None:
    indexed = [
        row["Properties"]
        for row in of_type(example, "AWS::Logs::LogGroup")
        if "FieldIndexPolicies" in row["Properties"]
    ]
    assert [row["LogGroupName"] for row in indexed] == ["/aws/lambda/pipewarden-prod-responder"]
    text = json.dumps([query.text for team in example_plan.teams for query in team.queries])
    for field in indexed[0]["FieldIndexPolicies"][0]["Fields"]:
        assert f"{field} in" in text or f"{field} =" in text


def test_transaction_search_is_switched_on_only_where_declared(everything: Templates, example: Templates) -> None:
    (switch,) = of_type(everything, "AWS::XRay::TransactionSearchConfig")
    assert switch["Properties"] == {"IndexingPercentage": 1}
    (policy,) = of_type(everything, "AWS::Logs::ResourcePolicy")
    (statement,) = json.loads(policy["Properties"]["PolicyDocument"])["Statement"]
    assert statement["Principal"] == {"Service": "xray.amazonaws.com"}
    assert statement["Condition"]["StringEquals"] == {"aws:SourceAccount": "123456789012"}
    assert not of_type(example, "AWS::XRay::TransactionSearchConfig")


def test_what_tells_of_money_may_write_to_its_encrypted_topic(everything: Templates, example: Templates) -> None:
    (budget,) = (row["Properties"] for row in of_type(everything, "AWS::Budgets::Budget"))
    told = {row["Subscribers"][0]["Address"] for row in budget["NotificationsWithSubscribers"]}
    assert told == {"arn:aws:sns:us-east-1:123456789012:pipewarden-prod-page-P3"}
    assert budget["Budget"]["CostFilters"] == {"Service": ["AWS Glue"], "TagKeyValue": ["user:team$crm"]}
    kinds = {row["Properties"]["MonitorType"] for row in of_type(everything, "AWS::CE::AnomalyMonitor")}
    assert kinds == {"DIMENSIONAL", "CUSTOM"}
    assert len(of_type(everything, "AWS::CE::AnomalySubscription")) == 2
    policies = json.dumps([row["Properties"] for row in of_type(everything, "AWS::SNS::TopicPolicy")])
    keys = json.dumps([row["Properties"]["KeyPolicy"] for row in of_type(everything, "AWS::KMS::Key")])
    for service in ("budgets.amazonaws.com", "costalerts.amazonaws.com"):
        assert service in policies
        assert service in keys
        assert service not in json.dumps(example)
