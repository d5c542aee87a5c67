"""A metric out of a log group: what a CloudWatch Logs metric filter counts.

Filters: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html. A filter gives its metric no
fixed dimensions, so the metric's name says whose it is. Events that do not match count 0, so that there is a value
whenever something is logged. Log groups of the class Infrequent Access take no metric filters.
"""

from typing import Any

from pipewarden.alarm_rule import AlarmRule, Comparison
from pipewarden.grading import graded, graded_band
from pipewarden.technology import LogFilter, Technology, Widget

SOURCE = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html"
NAMESPACE, METRIC = "Pipewarden/Logs", "$(env)/$(pipeline)/$(resource)"
ERRORS = "?ERROR ?Error ?Exception ?FATAL ?Traceback"


def _alarm(key: str, meaning: str, comparison: Comparison) -> AlarmRule:
    return AlarmRule(
        key=key,
        meaning=meaning,
        first_steps=(
            "Read the lines that match the pattern in the log group.",
            "Compare the time of the first one with the runs and deployments above.",
        ),
        namespace="$(logs_namespace)",
        metric=METRIC,
        dimensions={},
        statistic="$(statistic)",
        comparison=comparison,
        threshold=key,
        source=SOURCE,
        unit="",
        period_field="period",
    )


LIMIT: dict[str, Any] = {"type": "number"}
TECHNOLOGY = Technology(
    type="log-metric",
    title="Metric out of a log group",
    summary="What a pattern finds in a log group: error lines, unless the pattern says otherwise.",
    example={"type": "log-metric", "log_group": "/aws/lambda/crm-export-$(env)", "expect": {"max": 0}},
    fields={
        "log_group": {
            "type": "string",
            "title": "the name of a log group",
            "pattern": r"^[A-Za-z0-9_/.#-]{1,512}$",
            "description": "The log group. It is made if it does not exist yet.",
        },
        "pattern": {
            "type": "string",
            "title": "a filter pattern of CloudWatch Logs",
            "maxLength": 1024,
            "default": ERRORS,
            "description": 'What a line must match: terms, `?any`, `-none`, or JSON such as `{ $.level = "ERROR" }`.',
        },
        "value": {
            "type": "string",
            "title": "a number, or a field of the line such as $.rows",
            "pattern": r"^(-?[0-9]+(\.[0-9]+)?|\$[A-Za-z0-9_.\[\]]+)$",
            "default": "1",
            "description": "What a matching line counts: a number in quotes, or a field of the line such as `$.rows`.",
        },
        "unit": {
            "enum": ["Count", "Seconds", "Milliseconds", "Bytes", "Percent", "None"],
            "default": "Count",
            "description": "Unit of the value.",
        },
        "statistic": {
            "enum": ["Sum", "Average", "Minimum", "Maximum"],
            "default": "Sum",
            "description": "How the values of one period become one.",
        },
        "period": {"$ref": "#/$defs/duration", "default": "5m", "description": "Length of one period."},
    },
    required=("log_group",),
    identity="",
    arn="arn:$(partition):logs:$(region):$(account):log-group:$(log_group)",
    expectations={
        "min": graded(LIMIT, description="The metric is not lower while something is logged.", example=1),
        "max": graded(LIMIT, description="The metric is not higher.", example=1),
        "anomaly": graded_band(),
    },
    alarms=(
        _alarm("min", "The log shows less than declared.", "<"),
        _alarm("max", "The log shows more than declared.", ">"),
        _alarm("anomaly", "The log shows far more or less than is usual.", "outside-band"),
    ),
    widgets=(
        Widget(
            title="$(resource): lines that match, in $(log_group)",
            metrics=(("$(logs_namespace)", METRIC, {}, "$(statistic)", "$(resource)"),),
            unit="",
        ),
    ),
    log_filter=LogFilter(
        log_group="$(log_group)",
        pattern="$(pattern)",
        namespace="$(logs_namespace)",
        metric=METRIC,
        value="$(value)",
        unit="$(unit)",
    ),
    derive=lambda _: {"logs_namespace": NAMESPACE},
    log_groups=("$(log_group)",),
    console="https://$(region).$(console)/cloudwatch/home?region=$(region)#logsV2:log-groups",
)
