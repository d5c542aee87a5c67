"""Budgets and cost monitors, which tell a page topic."""

import json
from collections.abc import Iterable
from typing import Any

from pipewarden.names import Names
from pipewarden_cdk.rendering.fragment import Fragment, attribute, logical_id, reference, resource
from pipewarden_plan.plan import AnomalyPlan, BudgetPlan


def render_budgets(budgets: Iterable[BudgetPlan], names: Names) -> Fragment:
    """One AWS Budget each; AWS makes it anew when its warnings change, so its name holds a digest of them."""
    return {logical_id("Budget", budget.name): _budget(budget, names) for budget in budgets}


def _budget(budget: BudgetPlan, names: Names) -> dict[str, Any]:
    listener = {"SubscriptionType": "SNS", "Address": names.topic_arn(budget.topic)}
    warnings = [
        {
            "Notification": {
                "NotificationType": "ACTUAL",
                "ComparisonOperator": "GREATER_THAN",
                "Threshold": part,
                "ThresholdType": "PERCENTAGE",
            },
            "Subscribers": [listener],
        }
        for part in budget.warn_at
    ]
    shown: dict[str, Any] = {
        "BudgetName": budget.name,
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": budget.limit_usd, "Unit": "USD"},
    }
    if budget.filters:
        shown["CostFilters"] = {key: list(values) for key, values in budget.filters.items()}
    properties = {"Budget": shown, "NotificationsWithSubscribers": warnings}
    policy = f"{logical_id('Topic', budget.topic)}Policy"
    return resource("AWS::Budgets::Budget", properties, DependsOn=[policy])


def render_anomalies(anomalies: Iterable[AnomalyPlan]) -> Fragment:
    """A monitor and its subscription each; SNS takes single alerts only (`IMMEDIATE`)."""
    fragment: Fragment = {}
    for anomaly in anomalies:
        logical = logical_id("CostMonitor", anomaly.name)
        kind: dict[str, Any] = {"MonitorType": "DIMENSIONAL", "MonitorDimension": "SERVICE"}
        if anomaly.tag:
            tagged = {"Tags": {"Key": anomaly.tag[0], "Values": [anomaly.tag[1]], "MatchOptions": ["EQUALS"]}}
            kind = {"MonitorType": "CUSTOM", "MonitorSpecification": json.dumps(tagged)}
        fragment[logical] = resource("AWS::CE::AnomalyMonitor", {"MonitorName": anomaly.name, **kind})
        threshold = {
            "Dimensions": {
                "Key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
                "MatchOptions": ["GREATER_THAN_OR_EQUAL"],
                "Values": [f"{anomaly.above_usd:g}"],
            }
        }
        subscription = {
            "SubscriptionName": anomaly.name,
            "MonitorArnList": [attribute(logical, "MonitorArn")],
            "Frequency": "IMMEDIATE",
            "ThresholdExpression": json.dumps(threshold),
            "Subscribers": [{"Type": "SNS", "Address": reference(logical_id("Topic", anomaly.topic))}],
        }
        policy = f"{logical_id('Topic', anomaly.topic)}Policy"
        fragment[f"{logical}Subscription"] = resource("AWS::CE::AnomalySubscription", subscription, DependsOn=[policy])
    return fragment
