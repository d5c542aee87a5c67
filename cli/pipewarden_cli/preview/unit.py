"""Units of metrics: CloudWatch's answers do not name them, so they are looked up or read from the name."""

import json
import re
from functools import lru_cache
from importlib.resources import files
from typing import Any

from pipewarden_cli.evaluator.query import Metric

SYMBOLS = {"Seconds": "s", "Milliseconds": "ms", "Microseconds": "µs", "Percent": "%", "Bytes": "B"}
_FROM_NAME = (
    (re.compile(r"Milliseconds$|Latency$|IteratorAge$"), "Milliseconds"),
    (re.compile(r"Seconds$|ResponseTime$"), "Seconds"),
    (re.compile(r"Percent(age)?$|Utilization$|Rate$|Score$|percentage$"), "Percent"),
    (re.compile(r"Bytes\w*$|bytes\w+$"), "Bytes"),
)


def unit_of(metric: Metric, statistic: str = "") -> str:
    """CloudWatch's word for the unit of a metric, "" where nothing is known."""
    if statistic == "SampleCount":
        return "Count"
    known = _catalogue().get((metric.namespace, metric.name))
    if known:
        return "" if known == "None" else known
    return next((unit for pattern, unit in _FROM_NAME if pattern.search(metric.name)), "")


@lru_cache(maxsize=1)
def _catalogue() -> dict[tuple[str, str], str]:
    return {(row["namespace"], row["metric"]): row["unit"] for row in _rows()}


@lru_cache(maxsize=1)
def _rows() -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(
        files("pipewarden_plan").joinpath("metric_catalogue.json").read_text(encoding="utf-8")
    )
    return rows


@lru_cache(maxsize=64)
def catalogued(namespace: str) -> dict[str, list[list[str]]]:
    """The known metrics of a namespace, with their sets of dimensions, each sorted."""
    return {
        row["metric"]: [sorted(names) for names in row["dimensions"]]
        for row in _rows()
        if row["namespace"] == namespace
    }
