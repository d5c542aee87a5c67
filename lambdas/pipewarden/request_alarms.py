"""What everything that serves requests shares: a target for the part that succeeds, and alarms on how fast its budget
of failures is spent.

Multi-window, multi-burn-rate alerts as in the Site Reliability Workbook, chapter 5
(https://sre.google/workbook/alerting-on-slos/): a rate of 1 spends the budget in exactly the time that counts. Each
alarm looks at a long window and a short one, and takes the lower rate of both, so that it fires for what lasts and ends
soon after it is over. The probe writes the rates.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from pipewarden.alarm_rule import AlarmRule
from pipewarden.run_alarms import DIMENSIONS, NAMESPACE, SOURCE


class Window(NamedTuple):
    """A pair of windows, in minutes, and the rate above which people hear: `spent` of the budget of 30 days."""

    name: str
    long_minutes: int
    short_minutes: int
    rate: float
    spent: str

    @property
    def metric(self) -> str:
        return f"BurnRate{self.name}"


WINDOWS: Final = (
    Window("1h", 60, 5, 14.4, "2 % of the budget in one hour"),
    Window("6h", 360, 30, 6.0, "5 % of the budget in six hours"),
    Window("1d", 1_440, 120, 3.0, "10 % of the budget in a day"),
)

EXPECTATIONS: Final[Mapping[str, Mapping[str, Any]]] = {
    "slo": {
        "type": "object",
        "description": "A target for the part of the requests that succeed. People hear when failures spend its budget "
        "too fast (2 % of it in an hour, 5 % in six, 10 % in a day), when little is left, and when it is spent.",
        "additionalProperties": False,
        "required": ["target"],
        "properties": {
            "target": {"$ref": "#/$defs/percentage", "description": "Part of the requests that succeed, under 100%."},
            "over": {"$ref": "#/$defs/duration", "default": "30d", "description": "1d to 60d."},
            "warn_at": {
                "$ref": "#/$defs/percentage",
                "default": "25%",
                "description": "What is left of the budget when people hear of it first.",
            },
            "least": {
                "type": "integer",
                "minimum": 1,
                "maximum": 1_000_000_000,
                "default": 100,
                "description": "Requests that a long window must hold: with fewer, one failure would look like many.",
            },
        },
    }
}

STEPS: Final = (
    "Group the failed requests of the window by error and by what was deployed before it.",
    "Undo the last change if it explains them; else mend the most frequent cause.",
)


def _burning(window: Window) -> AlarmRule:
    return AlarmRule(
        key=f"burn-{window.name}",
        meaning=f"Failing requests spend the error budget {window.rate:g} times too fast: {window.spent}.",
        first_steps=STEPS,
        namespace=NAMESPACE,
        metric=window.metric,
        dimensions=DIMENSIONS,
        statistic="Maximum",
        comparison=">",
        threshold=window.rate,
        given="slo",
        source=SOURCE,
        unit="None",
        # The probe writes a rate at each look; a probe that is silent has an alarm of its own.
        missing="ignore",
    )


def _budget(key: str, meaning: str, threshold: float | str) -> AlarmRule:
    return AlarmRule(
        key=key,
        meaning=meaning,
        first_steps=STEPS,
        namespace=NAMESPACE,
        metric="ErrorBudgetLeft",
        dimensions=DIMENSIONS,
        statistic="Minimum",
        comparison="<",
        threshold=threshold,
        given="slo",
        source=SOURCE,
        unit="Percent",
        missing="ignore",
    )


ALARMS: Final = (
    *map(_burning, WINDOWS),
    _budget("budget-low", "Little is left of the error budget.", "slo.warn_at"),
    _budget("budget-spent", "The error budget is spent: the target is missed.", 0),
)
