"""DescribeAlarms for many names at once."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from pipewarden_cli.preview.account.metric_data import Clients
from pipewarden_cli.preview.request import AlarmStatus

NAMES = 100
"""The most that DescribeAlarms takes in one call."""


def describe_alarms(names: Iterable[str], region: str, clients: Clients) -> Iterator[AlarmStatus]:
    """Those of the alarms that exist. An account that forbids to look has none for us."""
    waiting = iter(dict.fromkeys(names))
    while batch := list(itertools.islice(waiting, NAMES)):
        try:
            answer = clients("cloudwatch", region).describe_alarms(
                AlarmNames=batch, AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=NAMES
            )
        except ClientError:
            continue
        yield from map(_status, [*answer.get("MetricAlarms", ()), *answer.get("CompositeAlarms", ())])


def _status(row: Mapping[str, Any]) -> AlarmStatus:
    since = row.get("StateUpdatedTimestamp")
    return AlarmStatus(
        name=row["AlarmName"],
        state=row.get("StateValue", "INSUFFICIENT_DATA"),
        since=int(since.timestamp()) if isinstance(since, datetime) else None,
        reason=row.get("StateReason", ""),
        fields=row if "ComparisonOperator" in row else {},
    )
