"""The metrics that AWS services and Pipewarden write, with what an alarm over them must know.

A row of `metric_catalogue.json` names a metric, its dimension sets and its unit; besides, where it applies: `switch`,
what somebody must switch on before the metric exists; `written`, "event" for a metric that is written only when
something happens and "run" for one that has one point for each run; `least` and `most`, where its values end.
"""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from pipewarden_plan.nearest import nearest

Row = Mapping[str, Any]

UNBOUNDED_STATISTICS = frozenset({"Sum", "SampleCount"})
"""What they make of a period is not within the metric's own limits: a hundred times 100 % is 10,000."""
HIGHEST = {"Percent": 100.0}


@cache
def catalogue() -> Mapping[tuple[str, str], Row]:
    """Every row by (namespace, metric)."""
    text = (Path(__file__).parents[1] / "metric_catalogue.json").read_text(encoding="utf-8")
    return {(row["namespace"], row["metric"]): row for row in json.loads(text)}


@cache
def namespaces() -> frozenset[str]:
    """The namespaces of which the catalogue has metrics."""
    return frozenset(namespace for namespace, _ in catalogue())


def is_of_a_service(namespace: str) -> bool:
    """Whether the user cannot write metrics of their own there; the service decides which metrics exist.

    `AWS/` is reserved (PutMetricData refuses it); Glue, Lambda Insights and Pipewarden have namespaces without it.
    """
    return namespace.startswith("AWS/") or namespace in namespaces()


def has_dimensions(row: Row, names: frozenset[str]) -> bool:
    """Whether the metric is written with exactly these dimensions."""
    return any(names == frozenset(found) for found in row["dimensions"])


def limits(row: Row, statistic: str) -> tuple[float, float]:
    """The lowest and the highest value that one period can have. Everything in the catalogue counts from 0."""
    if statistic in UNBOUNDED_STATISTICS:
        return 0.0, float("inf")
    return float(row.get("least", 0)), float(row.get("most", HIGHEST.get(row["unit"], "inf")))


def nearest_metric(namespace: str, name: str) -> str:
    """The metric of that namespace that was probably meant, or ""."""
    return nearest(name, [metric for found, metric in catalogue() if found == namespace])
