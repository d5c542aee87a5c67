"""An alarm on a query of CloudWatch Logs Insights: what no filter pattern can say, over up to fifty log groups.

A log alarm runs its query by the clock and judges one number that is made of the rows
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-log.html, PutLogAlarm in the API model). Each run
reads all that was logged in its window, which is paid for by the gigabyte: a `log-metric` counts for less. Where no
event matches there is no row and so no result, as people who tried it say; AWS documents neither that nor a price.
"""

from typing import Any

from pipewarden.alarm_rule import AlarmRule, Comparison, Missing
from pipewarden.technology import LogQuery, Technology

SOURCE = "https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutLogAlarm.html"
LIMIT: dict[str, Any] = {"type": "number"}


def _alarm(key: str, meaning: str, comparison: Comparison, missing: Missing, reason: str) -> AlarmRule:
    return AlarmRule(
        key=key,
        meaning=meaning,
        first_steps=(
            "Read the rows of the query; the pipeline's dashboard shows them.",
            "Compare the time of the first one with the runs and deployments above.",
        ),
        namespace="$(asked_of)",
        metric="$(env)/$(pipeline)/$(resource)",
        dimensions={},
        statistic="$(value)",
        comparison=comparison,
        threshold=key,
        source=SOURCE,
        unit="",
        period_field="every",
        missing=missing,
        reason=reason,
    )


TECHNOLOGY = Technology(
    type="log-query",
    title="Query of log groups",
    summary="A query of Logs Insights that runs by the clock, judged by one number made of its rows.",
    example={
        "type": "log-query",
        "log_groups": ["/aws/lambda/crm-export-$(env)"],
        "query": "filter level = 'ERROR' and not message like /retrying/",
        "expect": {"max": 0},
    },
    fields={
        "log_groups": {
            "type": "array",
            "description": "The log groups. Those that do not exist yet are made.",
            "items": {
                "type": "string",
                "title": "the name of a log group",
                "pattern": r"^[A-Za-z0-9_/.#-]{1,512}$",
                "examples": ["/aws/lambda/crm-export-$(env)"],
            },
            "minItems": 1,
            "maxItems": 50,
            "uniqueItems": True,
        },
        "query": {
            "type": "string",
            "title": "a query of Logs Insights",
            "minLength": 1,
            "maxLength": 9000,
            "description": "Which events count, in the language of Logs Insights. `value` is made of its rows.",
        },
        "value": {
            "type": "string",
            "title": "an aggregation such as count(*), sum(rows) or pct(seconds, 95)",
            "pattern": r"^[a-z_]+\([^|]*\)$",
            "maxLength": 256,
            "default": "count(*)",
            "description": "What the rows of one run of the query become.",
        },
        "every": {
            "$ref": "#/$defs/duration",
            "default": "5m",
            "description": "How often it runs, and over how long a time: each run reads the time since the one before.",
        },
    },
    required=("log_groups", "query"),
    identity="",
    arn="",
    expectations={
        "min": {**LIMIT, "description": "The value is not lower; no row at all is too low."},
        "max": {**LIMIT, "description": "The value is not higher."},
    },
    alarms=(
        _alarm("min", "The log shows less than declared.", "<", "breaching", "No row at all is too little."),
        _alarm("max", "The log shows more than declared.", ">", "notBreaching", "No row is nothing to count."),
    ),
    log_query=LogQuery(query="$(query)", value="$(value)", log_groups_field="log_groups"),
    log_groups_field="log_groups",
    derive=lambda _: {"asked_of": "Logs Insights"},
    console="https://$(region).$(console)/cloudwatch/home?region=$(region)#logsV2:logs-insights",
)
