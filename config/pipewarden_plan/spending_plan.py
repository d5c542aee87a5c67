"""Limits of what AWS charges, and the watch for unusual charges: both tell the page topic of a severity by themselves.

Budgets and Cost Anomaly Detection look a few times a day; nothing of ours runs in between.
"""

import json
from collections.abc import Iterator

from pipewarden.names import Names
from pipewarden_plan.model import CostAnomaly, Environment, Spending
from pipewarden_plan.plan import AnomalyPlan, BudgetPlan

BUDGETS = "budgets.amazonaws.com"
ANOMALIES = "costalerts.amazonaws.com"


def plan_budgets(environment: Environment, names: Names) -> tuple[BudgetPlan, ...]:
    """One AWS Budget for each declared limit."""
    return tuple(
        BudgetPlan(
            name=names.budget(spending.name, json.dumps([spending.warn_at, spending.severity])),
            limit_usd=spending.limit_usd,
            filters=_filters(spending),
            warn_at=spending.warn_at,
            topic=names.page_topic(spending.severity),
        )
        for spending in environment.spending
    )


def plan_anomalies(environment: Environment, names: Names) -> tuple[AnomalyPlan, ...]:
    """One monitor for each declared watch."""
    return tuple(
        AnomalyPlan(
            name=names.budget(anomaly.name, json.dumps(anomaly.tag)),
            above_usd=anomaly.above_usd,
            tag=anomaly.tag,
            topic=names.page_topic(anomaly.severity),
        )
        for anomaly in environment.cost_anomalies
    )


def spending_publishers(environment: Environment, severity: str) -> Iterator[str]:
    """The services that write to the page topic of a severity about money."""
    told: tuple[tuple[str, tuple[Spending | CostAnomaly, ...]], ...] = (
        (BUDGETS, environment.spending),
        (ANOMALIES, environment.cost_anomalies),
    )
    return (publisher for publisher, rows in told if any(row.severity == severity for row in rows))


def _filters(spending: Spending) -> dict[str, tuple[str, ...]]:
    """AWS Budgets guide, "Using cost filters": a tag is written `user:key$value`."""
    filters: dict[str, tuple[str, ...]] = {}
    if spending.services:
        filters["Service"] = spending.services
    if spending.tag:
        filters["TagKeyValue"] = (f"user:{spending.tag[0]}${spending.tag[1]}",)
    return filters
