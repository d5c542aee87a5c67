"""Reads a metric widget: its lines, what has to be asked for them, and which view draws the answer.

Properties: "Metric Widget Object Properties" in the CloudWatch API reference.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pipewarden_cli.evaluator.query import MetricDataQuery, MetricStat
from pipewarden_cli.preview import loose
from pipewarden_cli.preview.request import AlarmStatus, MetricRequest
from pipewarden_cli.preview.shorthand import Line, ShorthandError, expand, read_lines
from pipewarden_cli.preview.timeframe import Timeframe, timeframe

KNOWN = frozenset(
    (
        *(
            "accountId",
            "annotations",
            "end",
            "gauge",
            "legend",
            "liveData",
            "metrics",
            "period",
            "region",
            "setPeriodToTimeRange",
        ),
        *(
            "singleValueFullPrecision",
            "sparkline",
            "stacked",
            "start",
            "stat",
            "table",
            "timezone",
            "title",
            "view",
            "yAxis",
        ),
    )
)
VIEWS = frozenset(("timeSeries", "singleValue", "gauge", "bar", "pie", "table"))
OF_THE_WHOLE = frozenset(("singleValue", "gauge", "bar", "pie", "table"))
"""Views that show one value a line, and take it from the whole time with `setPeriodToTimeRange`."""


@dataclass(frozen=True)
class MetricWidget:
    """What a metric widget shows. `whole` asks for one value over the whole time, where the widget wants that."""

    properties: Mapping[str, Any]
    view: str
    lines: tuple[Line, ...]
    request: MetricRequest
    whole: MetricRequest | None = None

    @property
    def requests(self) -> list[MetricRequest]:
        """Everything to ask for."""
        return [self.request, *([self.whole] if self.whole else [])]


def alarms_of(properties: Mapping[str, Any]) -> list[str]:
    """The ARNs of the alarms drawn into a graph."""
    return [loose.text(arn) for arn in loose.listed(loose.mapping(properties.get("annotations")).get("alarms"))]


def read_metric_widget(
    properties: Mapping[str, Any], frame: Timeframe, alarms: Sequence[AlarmStatus] = ()
) -> MetricWidget:
    """The widget; a graph without metrics of its own shows those of its alarms. Raises ShorthandError."""
    frame = _own_frame(properties, frame)
    lines = read_lines(expand(loose.listed(properties.get("metrics"))), properties)
    if not lines:
        lines = tuple(line for number, alarm in enumerate(alarms) for line in alarm_lines(alarm, f"alarm{number}"))
    view = loose.text(properties.get("view")) or "timeSeries"
    request = _request(lines, frame, properties)
    whole = None
    if view in OF_THE_WHOLE and properties.get("setPeriodToTimeRange") is True:
        whole = _over_all(request)
    return MetricWidget(properties, view, lines, request, whole)


def alarm_lines(alarm: AlarmStatus, prefix: str) -> list[Line]:
    """The lines that an alarm judges, from PutMetricAlarm's parameters."""
    fields = alarm.fields
    if fields.get("MetricName"):
        metrics = [{"Id": prefix, "MetricStat": {"Metric": fields, **_statistic(fields)}}]
    else:
        metrics = list(loose.listed(fields.get("Metrics")))
    lines = []
    for entry in metrics:
        query = MetricDataQuery.from_api(entry)
        stat = query.metric_stat
        line = Line(id=query.id, label=query.label, visible=query.return_data, expression=query.expression or "")
        lines.append(replace(line, metric=stat.metric, stat=stat.statistic, period=stat.period) if stat else line)
    return lines


def _statistic(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {"Period": fields.get("Period"), "Stat": fields.get("Statistic") or fields.get("ExtendedStatistic")}


def _own_frame(properties: Mapping[str, Any], frame: Timeframe) -> Timeframe:
    start = loose.text(properties.get("start"))
    return timeframe(start, loose.text(properties.get("end")), frame.end, frame.inherit) if start else frame


def _request(lines: Sequence[Line], frame: Timeframe, properties: Mapping[str, Any]) -> MetricRequest:
    periods = {line.id: frame.period_of(line.period) for line in lines}
    of_metrics = [periods[line.id] for line in lines if line.metric] or list(periods.values()) or [frame.period]
    period = min(of_metrics)
    regions = [line.region for line in lines if line.region]
    return MetricRequest(
        queries=tuple(_query(line, periods[line.id]) for line in lines),
        start=frame.start - frame.start % period,
        end=frame.end,
        period=period,
        region=regions[0] if regions else loose.text(properties.get("region")),
        accounts=tuple(line.account for line in lines),
    )


def _query(line: Line, period: int) -> MetricDataQuery:
    if line.metric is None:
        return MetricDataQuery(line.id, expression=line.expression, return_data=line.visible, period=period)
    return MetricDataQuery(line.id, MetricStat(line.metric, period, line.stat), return_data=line.visible)


def _over_all(request: MetricRequest) -> MetricRequest:
    period = request.end - request.start
    queries = tuple(
        replace(query, period=period, metric_stat=replace(query.metric_stat, period=period))
        if query.metric_stat
        else replace(query, period=period)
        for query in request.queries
    )
    return replace(request, queries=queries, period=period)


__all__ = ["KNOWN", "VIEWS", "MetricWidget", "ShorthandError", "alarms_of", "read_metric_widget"]
