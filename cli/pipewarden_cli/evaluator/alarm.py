"""What a metric alarm demands, read from the API's or a template's properties."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipewarden_cli.evaluator.errors import EvaluatorError
from pipewarden_cli.evaluator.expression import parse_expression
from pipewarden_cli.evaluator.insights import Insights, is_insights, parse_insights
from pipewarden_cli.evaluator.query import Metric, MetricDataQuery, MetricStat
from pipewarden_cli.evaluator.statistic import read_statistic
from pipewarden_cli.evaluator.window import WALL_CLOCK_PERIODS, read_timezone

STATIC_COMPARISONS = frozenset(
    ("GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold")
)
BAND_COMPARISONS = frozenset(
    ("LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold")
)
TREATMENTS = frozenset(("missing", "ignore", "breaching", "notBreaching"))

_DAY = 86400
_HOUR = 3600
_INSIGHTS_HOURS = 3


class AlarmError(EvaluatorError):
    """Properties that PutMetricAlarm refuses; the message is close to the service's own."""


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """What decides the state of one metric alarm.

    `watched` is the id of the query that is compared, `band` the id of the query that yields the thresholds of a band
    alarm. `datapoints_to_alarm` is None where it was not given: it then equals the evaluation periods, but the reason
    is worded differently. `timezone` is set for wall-clock windows.
    """

    queries: tuple[MetricDataQuery, ...]
    watched: str
    comparison: str
    period: int
    evaluation_periods: int
    threshold: float | None = None
    band: str | None = None
    datapoints_to_alarm: int | None = None
    missing: str = "missing"
    ignore_low_samples: bool = False
    timezone: str | None = None
    single: MetricStat | None = None
    insights: Insights | None = None
    """The query that is compared, where it is one of Metrics Insights."""

    @property
    def needed(self) -> int:
        """M of "M out of N"."""
        return self.datapoints_to_alarm or self.evaluation_periods

    def metrics(self) -> set[Metric]:
        """The metrics the alarm names; those that a query of Metrics Insights finds are not among them."""
        return {query.metric_stat.metric for query in self.queries if query.metric_stat is not None}


def read_alarm(fields: Mapping[str, Any]) -> AlarmRule:
    """The rule of a metric alarm from PutMetricAlarm's parameters or AWS::CloudWatch::Alarm's properties.

    Checks what the service checks: known names, M <= N, expression syntax, one returned series, the length of the
    evaluation range. Raises AlarmError.
    """
    queries, single = _read_queries(fields)
    comparison = str(fields.get("ComparisonOperator") or "")
    band = fields.get("ThresholdMetricId") or None
    watched = _watched(queries, band)
    period = _period(queries)
    periods = _whole(fields, "EvaluationPeriods", 1)
    needed = _whole(fields, "DatapointsToAlarm", None)
    _check_comparison(comparison, band, fields.get("Threshold"))
    if needed is not None and needed > periods:
        raise AlarmError("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
    zone = _read_window(fields, queries)
    insights = _read_insights(queries, watched)
    _check_range(period, periods, is_insights=insights is not None)
    return AlarmRule(
        queries=queries,
        watched=watched,
        comparison=comparison,
        period=period,
        evaluation_periods=periods,
        threshold=None if band else float(fields["Threshold"]),
        band=band,
        datapoints_to_alarm=needed,
        missing=_treatment(fields, queries),
        ignore_low_samples=fields.get("EvaluateLowSampleCountPercentile") == "ignore",
        timezone=zone,
        single=single,
        insights=insights,
    )


def _read_insights(queries: tuple[MetricDataQuery, ...], watched: str) -> Insights | None:
    expression = next((query.expression for query in queries if query.id == watched), None) or ""
    return parse_insights(expression) if is_insights(expression) else None


def _whole(fields: Mapping[str, Any], name: str, default: int | None) -> Any:
    value = fields.get(name)
    if value is None:
        if default is None:
            return None
        raise AlarmError(f"The parameter {name} must be specified")
    if int(value) < 1:
        raise AlarmError(f"{name} must be at least 1")
    return int(value)


def _read_queries(fields: Mapping[str, Any]) -> tuple[tuple[MetricDataQuery, ...], MetricStat | None]:
    listed = fields.get("Metrics") or ()
    if listed:
        if fields.get("MetricName") or fields.get("Namespace") or fields.get("Statistic"):
            raise AlarmError("The parameters MetricName, Namespace and Statistic cannot be used together with Metrics")
        queries = tuple(MetricDataQuery.from_api(entry) for entry in listed)
        if len({query.id for query in queries}) != len(queries):
            raise AlarmError("Invalid metrics list: the same id is used twice")
        for query in queries:
            _check_query(query)
        return queries, None
    if not fields.get("MetricName") or not fields.get("Namespace"):
        raise AlarmError("Exactly one of MetricName with Namespace, or Metrics must be specified")
    statistic = fields.get("ExtendedStatistic") or fields.get("Statistic")
    if not statistic:
        raise AlarmError("Exactly one of Statistic and ExtendedStatistic must be specified")
    stat = MetricStat(
        metric=Metric.from_api(fields),
        period=int(fields.get("Period") or 60),
        statistic=str(statistic),
        unit=fields.get("Unit") or None,
    )
    query = MetricDataQuery(id="m1", metric_stat=stat)
    _check_query(query)
    return (query,), stat


def _check_query(query: MetricDataQuery) -> None:
    if not query.id[:1].islower() or not query.id.replace("_", "").isalnum():
        raise AlarmError(f"Invalid metrics list: the id {query.id!r} must start with a lower-case letter")
    if (query.metric_stat is None) == (query.expression is None):
        raise AlarmError(f"Invalid metrics list: {query.id} needs either MetricStat or Expression")
    if query.metric_stat is not None:
        read_statistic(query.metric_stat.statistic)
        period = query.metric_stat.period
        if period not in (10, 20, 30) and (period < 60 or period % 60):
            raise AlarmError("Period must be 10, 20, 30 or a multiple of 60")
    elif query.expression is not None:
        (parse_insights if is_insights(query.expression) else parse_expression)(query.expression)


def _watched(queries: tuple[MetricDataQuery, ...], band: str | None) -> str:
    if band is not None and band not in {query.id for query in queries}:
        raise AlarmError(f"Invalid metrics list: ThresholdMetricId {band!r} is not among the metrics")
    returned = [query.id for query in queries if query.return_data and query.id != band]
    if len(returned) != 1:
        raise AlarmError("Invalid metrics list: exactly one metric must have ReturnData true")
    return returned[0]


def _period(queries: tuple[MetricDataQuery, ...]) -> int:
    periods = {query.metric_stat.period for query in queries if query.metric_stat is not None}
    periods |= {query.period for query in queries if query.period and query.metric_stat is None}
    if not periods:
        raise AlarmError("Invalid metrics list: no period is given")
    if len(periods) > 1:
        raise AlarmError("Invalid metrics list: all metrics must have the same period")
    return periods.pop()


def _check_comparison(comparison: str, band: str | None, threshold: object) -> None:
    known = BAND_COMPARISONS if band else STATIC_COMPARISONS
    if comparison not in known:
        raise AlarmError(f"ComparisonOperator {comparison!r} must be one of {', '.join(sorted(known))}")
    if band is None and threshold is None:
        raise AlarmError("Either Threshold or ThresholdMetricId must be specified")
    if band is not None and threshold is not None:
        raise AlarmError("Threshold and ThresholdMetricId cannot be used together")


def _treatment(fields: Mapping[str, Any], queries: tuple[MetricDataQuery, ...]) -> str:
    treatment = fields.get("TreatMissingData")
    if not treatment:
        # Alarms on AWS/DynamoDB ignore missing data unless told otherwise (alarms-and-missing-data).
        namespaces = {query.metric_stat.metric.namespace for query in queries if query.metric_stat is not None}
        return "ignore" if namespaces == {"AWS/DynamoDB"} else "missing"
    if treatment not in TREATMENTS:
        raise AlarmError(f"TreatMissingData {treatment!r} must be one of {', '.join(sorted(TREATMENTS))}")
    return str(treatment)


def _read_window(fields: Mapping[str, Any], queries: tuple[MetricDataQuery, ...]) -> str | None:
    wall = (fields.get("EvaluationWindow") or {}).get("WallClockWindow")
    if wall is None:
        return None
    zone = str(wall.get("Timezone") or "UTC")
    read_timezone(zone)
    for query in queries:
        if query.metric_stat is not None and query.metric_stat.period not in WALL_CLOCK_PERIODS:
            supported = ", ".join(str(period) for period in WALL_CLOCK_PERIODS)
            raise AlarmError(f"A wall clock window supports the periods {supported}")
    return zone


def _check_range(period: int, periods: int, *, is_insights: bool) -> None:
    if is_insights and period * periods > _INSIGHTS_HOURS * _HOUR:
        raise AlarmError("Metrics Insights alarms look at 3 hours at most (EvaluationPeriods * Period <= 10800)")
    if period < _HOUR and period * periods > _DAY:
        raise AlarmError("Metrics cannot be checked across more than a day (EvaluationPeriods * Period <= 86400)")
    if period * periods > 7 * _DAY:
        raise AlarmError("Metrics cannot be checked across more than 7 days (EvaluationPeriods * Period <= 604800)")
