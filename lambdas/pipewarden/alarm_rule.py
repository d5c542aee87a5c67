"""Default alarms of a technology as rows of data, and what they are judged by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Comparison = Literal[">", ">=", "<", "<=", "outside-band"]
Missing = Literal["notBreaching", "breaching", "ignore", "missing"]

MISSING_REASONS: Mapping[Missing, str] = {
    "notBreaching": "The metric has points only when something happens; silence is health.",
    "ignore": "Between two points the last answer stands.",
    "breaching": "Silence is the failure.",
    "missing": "Silence is shown as such.",
}
"""What each treatment of missing data says about the metric."""


@dataclass(frozen=True, kw_only=True)
class AlarmRule:
    """A default alarm: one row. `threshold` is a number, or the dotted name of the expectation that gives it, and then
    the alarm exists only where that expectation is declared (`freshness`, `volume.min`). Thresholds and expectations
    are in base units: seconds, percent 0-100, counts.

    `role` "run" repeats what run events tell already (it pages only when no event told it); "health" pages by itself;
    "drain" starts the drainer. `source` is where the metric is documented.

    `namespace`, `metric`, `statistic` and the values of `dimensions` are templates; `fill_dimensions` fills the latter
    and knows the key `*`. `period_field` names the field that gives the period where it is declared. An expectation in
    seconds is compared in the metric's `unit` (Milliseconds: times 1000), one in GB
    likewise (Bytes: times 10^9); one that is just `true` gives a band of two
    standard deviations; one graded by severity gives an alarm for each (`grading`).
    """

    key: str
    meaning: str
    first_steps: tuple[str, ...]
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str
    comparison: Comparison
    threshold: float | str
    source: str
    unit: str = "Count"
    period_seconds: int = 300
    periods: int = 1
    datapoints: int = 1
    missing: Missing = "notBreaching"
    reason: str = ""
    """Why missing data is treated so, where it is not what `MISSING_REASONS` says of the treatment."""
    role: Literal["run", "health", "drain"] = "health"
    needs: str = ""
    """Field that must be declared for this alarm to exist, e.g. `dead_letter`."""
    given: str = ""
    """Expectation that must be declared for it to exist where the threshold is a number, e.g. `slo`."""
    severity: str = ""
    """That of the alarm, where it has a route, in place of its pipeline's; an override goes before both."""
    price: str = ""
    """Template of an item of the price table: the expectation is in US dollars, the metric counts that item."""
    period_field: str = ""
    expression: str = ""
    """Template of metric math that is judged in place of the metric, which is its `m`."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Further metrics of `expression` by id: names in the same namespace, with the same dimensions and statistic."""
    expression_field: str = ""
    """Field that holds such an expression, where it is declared."""
    inputs_field: str = ""
    """Field with the further metrics of that expression by their ids; what one leaves out is as in the metric."""

    def period_for(self, fields: Mapping[str, Any]) -> int:
        """Seconds of one period for one declared resource, by its fields or expectations."""
        return int(fields.get(self.period_field) or self.period_seconds)


@dataclass(frozen=True, kw_only=True)
class Requests:
    """Where something that serves requests counts them: all and the failed ones, each as (metric, statistic), under
    one dimension set whose values are templates."""

    namespace: str
    dimensions: Mapping[str, str]
    total: tuple[str, str]
    bad: tuple[str, str]

    @property
    def counts(self) -> tuple[tuple[str, str], tuple[str, str]]:
        return self.total, self.bad
