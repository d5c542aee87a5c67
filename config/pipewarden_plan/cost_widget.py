"""What it costs, on the executive dashboard: what runs are billed for, and the account's bill against its limits."""

from collections.abc import Sequence
from typing import Any

from pipewarden.usage import METRICS
from pipewarden_plan.model import Environment
from pipewarden_plan.price_table import price_table
from pipewarden_plan.watched import Watched
from pipewarden_plan.widget_layout import HALF_WIDTH, Drawn
from pipewarden_plan.widget_plan import environment_search, limit, series

DAY_SECONDS = 86_400
BILLING_REGION = "us-east-1"
"""CloudWatch has the bill of all regions there and nowhere else, and only for accounts that switched it on ("Create a
billing alarm to monitor your estimated AWS charges", CloudWatch user guide)."""


def costs(everything: Sequence[Watched], environment: Environment) -> list[Drawn]:
    """Nothing where no technology says what its runs are billed for and no limit of charges is declared."""
    units = dict.fromkeys(unit for watched in everything for unit in watched.technology.usage)
    drawn = []
    if units:
        rows = [[_daily(unit, environment)] for unit in units]
        title = "What Glue runs cost, by day (list prices; memory-optimized workers in hours, right)"
        drawn.append(series(title, rows, environment.region, "US dollars", stacked=True, period=DAY_SECONDS))
    if environment.spending:
        bill: list[Any] = ["AWS/Billing", "EstimatedCharges", "Currency", "USD", {"stat": "Maximum", "label": "bill"}]
        limits = [limit(f"{found.name}: {found.limit_usd:g} USD", found.limit_usd) for found in environment.spending]
        title = "Bill of the account this month, and its limits (needs billing alerts)"
        drawn.append(series(title, [bill], BILLING_REGION, "US dollars", limits, period=DAY_SECONDS))
    return [found._replace(width=HALF_WIDTH if len(drawn) == 2 else 24) for found in drawn]


def _daily(unit: str, environment: Environment) -> dict[str, str]:
    """Dollars a day, where the unit has a price; else the hours, on the right axis."""
    hours = f"SUM({environment_search(METRICS[unit], 'Sum', DAY_SECONDS, environment)})"
    label = unit.removesuffix("_hours").replace("_", " ").replace("dpu", "DPU")
    price = price_table().prices.get(f"glue-{unit.removesuffix('s').replace('_', '-')}")
    if price is None:
        return {"expression": hours, "label": f"{label}-hours", "yAxis": "right"}
    return {"expression": f"{price.usd:g} * {hours}", "label": f"{label}, USD"}
