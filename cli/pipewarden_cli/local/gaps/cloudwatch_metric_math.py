"""GetMetricData that calculates expressions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ministack.services import cloudwatch

from pipewarden_cli.local.cloudwatch import data

NAME = "CloudWatch metric math"
IMITATED = (
    "GetMetricData and alarms calculate expressions, METRICS() and SEARCH(); not INSIGHT_RULE_METRIC, SERVICE_QUOTA, "
    "DB_PERF_INSIGHTS and LAMBDA(). Results are never paged.",
    "ANOMALY_DETECTION_BAND is the mean of up to 1,440 periods before the window plus and minus n standard deviations, "
    "without seasons or trend; with fewer than three points there is no band.",
    "A missing point counts as 0 beside a series that has it, as documented; PERCENTILE(series, p) is an addition.",
)


def fill() -> None:
    """Replace GetMetricData; the form protocol of old SDKs stays with the emulator."""
    cloudwatch._get_metric_data = _form_apart(cloudwatch._get_metric_data)


def _form_apart(inner: Callable[..., Any]) -> Callable[..., Any]:
    def answer(params: Any, request: Any, is_cbor: bool, is_json: bool = False) -> Any:
        return (data.get_metric_data if is_cbor or is_json else inner)(params, request, is_cbor, is_json)

    return answer
