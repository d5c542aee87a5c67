"""What runs of Glue jobs cost: the expectation, its alarms, and what is counted."""

from collections.abc import Mapping
from typing import Any

from pipewarden import run_alarms
from pipewarden.alarm_rule import AlarmRule
from pipewarden.usage import METRICS


def read_billing(fields: Mapping[str, Any]) -> dict[str, str]:
    """What is counted of a run, and the item of the price table that says what it costs. Runs on memory-optimized
    workers (R and Z) are counted apart: their price is not in the table."""
    is_flex = fields.get("execution_class") == "flex"
    return {
        "billed": METRICS["flex_dpu_hours" if is_flex else "dpu_hours"],
        "price_item": "glue-flex-dpu-hour" if is_flex else "glue-dpu-hour",
    }


def _cost_alarm(key: str, meaning: str, threshold: str, **more: Any) -> AlarmRule:
    return AlarmRule(
        key=key,
        meaning=meaning,
        first_steps=(
            "Compare the amount of input, the number of workers and the duration with earlier runs.",
            "Look for idle workers and for runs that were started twice; auto scaling or fewer workers cost less.",
        ),
        namespace=run_alarms.NAMESPACE,
        metric="$(billed)",
        dimensions=run_alarms.DIMENSIONS,
        comparison=">",
        threshold=threshold,
        price="$(price_item)",
        source=run_alarms.SOURCE,
        **more,
    )


COST: Mapping[str, Any] = {
    "type": "object",
    "description": "What runs cost, by list prices in us-east-1 of the DPU-hours that they are billed for.",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {
        "per_run": {"$ref": "#/$defs/money", "description": "No run costs more.", "examples": ["5 USD"]},
        "per_day": {"$ref": "#/$defs/money", "description": "Runs of a day do not cost more.", "examples": ["50 USD"]},
    },
    "examples": [{"per_run": "5 USD", "per_day": "50 USD"}],
}
COST_ALARMS = (
    _cost_alarm("cost-run", "A run cost more than declared.", "cost.per_run", statistic="Maximum"),
    _cost_alarm(
        "cost-day",
        "The runs of a day cost more than declared.",
        "cost.per_day",
        statistic="Sum",
        period_seconds=86_400,
    ),
)
