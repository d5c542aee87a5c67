"""Tables of the AWS Glue Data Catalog: when their definition changes.

Events: https://docs.aws.amazon.com/glue/latest/dg/automating-awsglue-with-cloudwatch-events.html. `UpdateTable` says
that the definition was written anew, not what is different in it: columns, or properties such as a crawler's counts.
Partitions that come and go are other events, and no change of the table.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pipewarden.alarm_rule import AlarmRule
from pipewarden.run_alarms import DIMENSIONS, NAMESPACE, SOURCE
from pipewarden.signal import Signal, SignalKind
from pipewarden.technology import EventRule, Technology, Widget

TYPE = "glue-table"
TABLE = "arn:$(partition):glue:$(region):$(account):table/$(database)/$(table_name)"
CHANGE = "UpdateTable"


def read_table(fields: Mapping[str, Any]) -> dict[str, str]:
    """Database and name of the table: `lake.customers` is `lake` and `customers`."""
    database, _, name = str(fields["table"]).partition(".")
    return {"database": database, "table_name": name}


def read_event(event: Mapping[str, Any]) -> Signal | None:
    if event["detail"]["typeOfChange"] != CHANGE:
        return None
    return Signal(
        kind=SignalKind.CHANGED,
        time=datetime.fromisoformat(event["time"]).astimezone(UTC),
        technology=TYPE,
        identity=event["resources"][0],
        state=CHANGE,
    )


TECHNOLOGY = Technology(
    type=TYPE,
    title="Table of the AWS Glue Data Catalog",
    summary="A table's definition: people hear when it is changed, so that nobody finds new columns by a failed run.",
    example={"type": TYPE, "table": "lake_$(env).customers"},
    fields={
        "table": {
            "type": "string",
            "title": "database and table such as lake.customers",
            "pattern": r"^[^\s./*?]{1,255}\.[^\s./*?]{1,255}$",
            "description": "Database and name of the table, with a dot between them.",
            "examples": ["lake_$(env).customers"],
        },
    },
    required=("table",),
    identity="table",
    arn=TABLE,
    derive=read_table,
    alarms=(
        AlarmRule(
            key="changed",
            meaning="The table's definition was changed.",
            first_steps=(
                "Compare the last two versions of the table (its versions stand in the Glue console).",
                "If columns are new, gone or of another type, tell those who read the table.",
            ),
            namespace=NAMESPACE,
            metric="TableChanges",
            dimensions=DIMENSIONS,
            statistic="Sum",
            comparison=">=",
            threshold=1,
            source=SOURCE,
            severity="P3",
        ),
    ),
    widgets=(
        Widget(
            title="$(resource): changes of the table",
            metrics=((NAMESPACE, "TableChanges", DIMENSIONS, "Sum", "changes"),),
            unit="Count",
        ),
    ),
    events=(
        EventRule(
            kind="changed",
            source=("aws.glue",),
            detail_type=("Glue Data Catalog Table State Change",),
            detail={"typeOfChange": [CHANGE]},
            identity_path="resources",
            identity=TABLE,
        ),
    ),
    console="https://$(region).$(console)/glue/home?region=$(region)#/v2/data-catalog/tables/view/$(table_name)"
    "?database=$(database)",
    read_event=read_event,
)
