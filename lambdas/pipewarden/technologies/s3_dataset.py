"""Datasets in Amazon S3: whatever lies below one prefix.

S3 has no metric that tells when something arrived (its own are daily, or count requests), so the probe lists the prefix
and writes three of ours: `DataAgeSeconds` (now minus the newest object's LastModified), `NewObjects` and `NewBytes`
(what arrived in the last `volume.over`, one day unless declared). All three are levels, not increments: one data point
says everything, whatever the probe's interval is.

Where `volume.change` is declared it writes `VolumeChange` too: by how many percent `NewObjects` differs from the same
window a week earlier. CloudWatch has no time shift in metric math, and needs none here: the listing says when each
object came. Objects that were overwritten or deleted within the week are not found any more; for data that is rewritten
in place, `anomaly` is the better watch.
"""

from collections.abc import Mapping
from typing import Any

from pipewarden.alarm_rule import AlarmRule
from pipewarden.grading import graded_band
from pipewarden.run_alarms import DIMENSIONS, NAMESPACE, SOURCE
from pipewarden.technology import Grant, Technology, Widget

FIRST_STEPS = (
    "Look whether the run that writes the data ended, and whether it wrote anything.",
    "Look whether what it reads from arrived.",
)


def read_location(fields: Mapping[str, Any]) -> dict[str, str]:
    """Bucket and prefix of the location: `s3://lake/customers/` is `lake` and `customers/`."""
    bucket, _, prefix = str(fields["location"]).removeprefix("s3://").partition("/")
    return {"bucket": bucket, "prefix": prefix}


def _volume_alarm(key: str, meaning: str, **more: Any) -> AlarmRule:
    return AlarmRule(
        key=key,
        meaning=meaning,
        first_steps=FIRST_STEPS,
        namespace=NAMESPACE,
        metric="NewObjects",
        dimensions=DIMENSIONS,
        source=SOURCE,
        missing="ignore",
        **more,
    )


TECHNOLOGY = Technology(
    type="s3-dataset",
    title="Dataset in Amazon S3",
    summary="Objects below a prefix, by the age of the newest one and by how many arrive.",
    example={
        "type": "s3-dataset",
        "location": "s3://data-lake-$(env)-silver/customers/",
        "expect": {"freshness": "25h", "volume": {"min": 1, "anomaly": True}},
    },
    fields={
        "location": {
            "$ref": "#/$defs/location",
            "description": "`s3://bucket/prefix/`. A prefix without a slash at its end takes in its namesakes too.",
        },
    },
    required=("location",),
    identity="location",
    arn="arn:$(partition):s3:::$(bucket)",
    derive=read_location,
    expectations={
        "freshness": {"$ref": "#/$defs/duration", "description": "The newest object is not older."},
        "volume": {
            "type": "object",
            "description": "How many objects arrive within `over`.",
            "additionalProperties": False,
            "minProperties": 1,
            "properties": {
                "min": {"type": "integer", "minimum": 1, "description": "At least so many."},
                "max": {"type": "integer", "minimum": 1, "description": "At most so many."},
                "change": {
                    "$ref": "#/$defs/percentage",
                    "description": "Differs by no larger part from the same time a week before, up or down.",
                },
                "anomaly": graded_band(),
                "over": {"$ref": "#/$defs/duration", "description": "The time that counts; 1d unless given."},
            },
        },
    },
    alarms=(
        AlarmRule(
            key="freshness",
            meaning="The newest object is older than declared.",
            first_steps=FIRST_STEPS,
            namespace=NAMESPACE,
            metric="DataAgeSeconds",
            dimensions=DIMENSIONS,
            statistic="Maximum",
            comparison=">",
            threshold="freshness",
            source=SOURCE,
            unit="Seconds",
            missing="ignore",
            reason="Not breaching: the alarm exists before the probe's first look, and would page at each deployment. "
            "Not notBreaching: a probe that fails would report stale data as recovered; its own alarm tells of it.",
        ),
        _volume_alarm(
            "volume-min",
            "Fewer objects arrived than declared.",
            statistic="Minimum",
            comparison="<",
            threshold="volume.min",
        ),
        _volume_alarm(
            "volume-max",
            "More objects arrived than declared.",
            statistic="Maximum",
            comparison=">",
            threshold="volume.max",
        ),
        AlarmRule(
            key="volume-change",
            meaning="The number of objects that arrived differs from that of a week before by more than declared.",
            first_steps=FIRST_STEPS,
            namespace=NAMESPACE,
            metric="VolumeChange",
            dimensions=DIMENSIONS,
            statistic="Maximum",
            comparison=">",
            threshold="volume.change",
            source=SOURCE,
            unit="Percent",
            missing="ignore",
        ),
        _volume_alarm(
            "volume-anomaly",
            "The number of objects that arrived is far from what is usual.",
            statistic="Average",
            comparison="outside-band",
            threshold="volume.anomaly",
            period_seconds=3600,
        ),
    ),
    widgets=(
        Widget(
            title="$(resource): age of the newest object",
            metrics=((NAMESPACE, "DataAgeSeconds", DIMENSIONS, "Maximum", "age"),),
            unit="Seconds",
        ),
        Widget(
            title="$(resource): new objects",
            metrics=((NAMESPACE, "NewObjects", DIMENSIONS, "Average", "objects"),),
            unit="Count",
        ),
        Widget(
            title="$(resource): new bytes",
            metrics=((NAMESPACE, "NewBytes", DIMENSIONS, "Average", "bytes"),),
            unit="Bytes",
        ),
    ),
    grants=(
        Grant(
            purpose="probe",
            actions=("s3:ListBucket",),
            resources=("arn:$(partition):s3:::$(bucket)",),
            conditions={"StringLike": {"s3:prefix": ("$(prefix)*",)}},
        ),
    ),
    console="https://$(region).$(console)/s3/buckets/$(bucket)?region=$(region)&prefix=$(prefix)",
)
