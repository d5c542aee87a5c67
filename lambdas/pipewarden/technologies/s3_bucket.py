"""Amazon S3 buckets by their size.

S3 writes the size of each storage class once a day, without being asked
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html). Growth is the difference of two days,
so these alarms look at two days and fire for the second one.
"""

from typing import Any

from pipewarden.alarm_rule import AlarmRule
from pipewarden.technology import Technology, Widget

SOURCE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html"
NAMESPACE, METRIC = "AWS/S3", "BucketSizeBytes"
DIMENSIONS = {"BucketName": "$(bucket)", "StorageType": "$(storage_type)"}
DAY_SECONDS = 86_400
GIGABYTES: dict[str, Any] = {"type": "number", "exclusiveMinimum": 0, "maximum": 1e9}


def _alarm(key: str, meaning: str, threshold: str, **more: Any) -> AlarmRule:
    return AlarmRule(
        key=key,
        meaning=meaning,
        first_steps=(
            "Look which prefix grows (S3 Storage Lens, or an inventory).",
            "Look for what should expire and does not: old versions, unfinished uploads, temporary files.",
        ),
        namespace=NAMESPACE,
        metric=METRIC,
        dimensions=DIMENSIONS,
        statistic="Average",
        comparison=">",
        threshold=threshold,
        source=SOURCE,
        unit="Bytes",
        period_seconds=DAY_SECONDS,
        missing="ignore",
        **more,
    )


TECHNOLOGY = Technology(
    type="s3-bucket",
    title="Amazon S3 bucket",
    summary="A bucket by its size: how large it is, how fast it grows, and how large it will be.",
    example={"type": "s3-bucket", "bucket": "data-lake-$(env)", "expect": {"max_gb": 5000, "growth_gb": 100}},
    fields={
        "bucket": {
            "type": "string",
            "title": "the name of an S3 bucket",
            "pattern": "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$",
            "description": "Name of the bucket.",
        },
        "storage_type": {
            "type": "string",
            "title": "a storage type as CloudWatch names it",
            "pattern": "^[A-Za-z0-9-]{1,64}$",
            "default": "StandardStorage",
            "description": "The storage class that is counted, as CloudWatch names it: StandardStorage, "
            "IntelligentTieringFAStorage, StandardIAStorage ...",
        },
        "forecast_days": {
            "type": "integer",
            "minimum": 1,
            "maximum": 365,
            "description": "`max_gb` must also hold so many days from now, if the bucket grows on as on the last day.",
            "examples": [30],
        },
    },
    required=("bucket",),
    identity="bucket",
    arn="arn:$(partition):s3:::$(bucket)",
    expectations={
        "max_gb": {**GIGABYTES, "description": "It is not larger, in GB (10^9 bytes).", "examples": [5000]},
        "growth_gb": {**GIGABYTES, "description": "It does not grow by more in a day, in GB.", "examples": [100]},
    },
    alarms=(
        _alarm("size", "The bucket is larger than declared.", "max_gb"),
        _alarm("growth", "The bucket grows faster than declared.", "growth_gb", expression="DIFF(m)", periods=2),
        _alarm(
            "forecast",
            "If it grows on like this, the bucket will be larger than declared in $(forecast_days) days.",
            "max_gb",
            expression="m + $(forecast_days) * DIFF(m)",
            periods=2,
            needs="forecast_days",
        ),
    ),
    widgets=(
        Widget(
            title="$(resource): size",
            metrics=((NAMESPACE, METRIC, DIMENSIONS, "Average", "size"),),
            unit="Bytes",
        ),
    ),
    console="https://$(region).$(console)/s3/buckets/$(bucket)?region=$(region)",
)
