"""docs/metrics.md: every metric of Pipewarden's own."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipewarden_plan.can_fire.catalogue import catalogue
from pipewarden_plan.limits import PIPELINE_METRICS
from pipewarden_plan.own_metrics import KINDS

COLUMNS = ("Metric", "Unit", "Dimensions", "Written by", "Statistics")
INTRODUCTION = (
    "Everything that Pipewarden writes stands in the namespace `Pipewarden`, for every technology alike, in the "
    "[embedded metric format](https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/"
    "CloudWatch_Embedded_Metric_Format.html): a line of a function's log, no call. `Environment` is the name of the "
    "environment, `Pipeline` and `Resource` are the names in the declaration. Use them like any metric, also from "
    "dashboards and alarms of your own; names, units and dimensions are kept from version to version."
)
BOUND = (
    "A run, a message or an error never makes a new metric: there is one for each declared thing, so the declaration "
    "says how many there are. `validate` refuses a pipeline that would write more than {most:,} ([PW422](errors.md)); "
    "CloudWatch asks for each by the hour in which it has data, and `pipewarden cost` adds that up ([costs](costs.md))."
)
WHEN = {
    "always": "They have data all the time.",
    "run": "They have data in the hours in which runs end.",
    "event": "They have data when something happens.",
}


def metrics_page(head: str) -> str:
    """A table for each kind of thing that has metrics."""
    parts = [head, "# Metrics of Pipewarden's own", INTRODUCTION, BOUND.format(most=PIPELINE_METRICS)]
    for per, kind in KINDS.items():
        rows = [row for row in _own() if row["per"] == per]
        number = f"{len(rows)} metric{'' if len(rows) == 1 else 's'}"
        parts += [f"## {kind.meaning}", f"{number}. {WHEN[kind.at]}", "\n".join(_table(rows))]
    return "\n\n".join(parts) + "\n"


def _own() -> list[Mapping[str, Any]]:
    return [row for (namespace, _), row in catalogue().items() if namespace == "Pipewarden"]


def _table(rows: list[Mapping[str, Any]]) -> Iterator[str]:
    yield f"| {' | '.join(COLUMNS)} |"
    yield f"|{'---|' * len(COLUMNS)}"
    for row in rows:
        sets = " or ".join(", ".join(names) for names in row["dimensions"])
        cells = (f"`{row['metric']}`", row["unit"], sets, row["enabled_by"], ", ".join(row["statistics"]))
        yield f"| {' | '.join(cells)} |"
