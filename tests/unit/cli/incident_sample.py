"""A project with one environment, incidents as the table holds them, and an AWS in memory that serves them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from pipewarden.attempt import Attempt
from pipewarden.incident import Entry, Incident, IncidentState, Reason
from pipewarden.incident_record import incident_item
from pipewarden.item import to_item, to_text

ENVIRONMENT = """version: 1
account: "123456789012"
region: eu-west-1
severities:
  P0: {respond_within: 15m, notify: [mail], escalate: [{after: 0m, to: primary}]}
  P1: {respond_within: 1h, notify: [mail], escalate: [{after: 0m, to: primary}, {after: 15m, to: phone}]}
  P2: {respond_within: 4h, notify: [mail]}
  P3: {respond_within: 24h, notify: [mail]}
channels:
  mail: {type: email, address: data@example.com}
  primary: {type: email, address: oncall@example.com}
  phone: {type: sms, number: "+15555550100"}
"""
DECLARATION = """version: 1
owner: shop-data
pipelines:
  orders:
    severity: P1
    resources:
      load: {type: glue-job, job_name: orders-$(env)}
"""
OPENED = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=2)


def write_project(root: Path, environments: tuple[str, ...] = ("prod",)) -> Path:
    for name in environments:
        file = root / "config" / "environments" / f"{name}.yaml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(ENVIRONMENT, encoding="utf-8")
    file = root / "config" / "pipelines" / "shop.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(DECLARATION, encoding="utf-8")
    return root


def reason(**changes: Any) -> Reason:
    known = {"key": "run:load", "kind": "run", "resource": "load", "since": OPENED, "text": "orders.load failed"}
    return Reason(**{**known, "error": "ValueError: line 7", "failure_class": "deterministic", **changes})


PAGED = Incident(
    id="orders-20261121-0712-ab12",
    pipeline="orders",
    severity="P1",
    opened=OPENED,
    state=IncidentState.PAGED,
    reasons=(reason(),),
    attempts=(
        Attempt(resource="load", number=1, state="failed", due=OPENED, failed_run_id="jr_1", run_id="jr_2"),
        Attempt(resource="load", number=2, state="planned", due=OPENED, failed_run_id="jr_2"),
    ),
    pages=1,
    paged=OPENED,
    last_paged=OPENED,
    rungs=("1.0.0",),
)
RECOVERED = replace(
    PAGED,
    id="orders-20261120-0300-cd34",
    opened=OPENED - timedelta(days=1),
    state=IncidentState.RECOVERED,
    reasons=(replace(reason(), since=OPENED - timedelta(days=1)),),
    ended=OPENED - timedelta(hours=23),
    pages=0,
    rungs=(),
)
CLOSED = replace(
    RECOVERED, id="orders-20261119-0300-ef56", state=IncidentState.CLOSED, opened=OPENED - timedelta(days=2)
)
FORGOTTEN = replace(RECOVERED, id="orders-20260901-0300-ab78", opened=OPENED - timedelta(days=80))
TIMELINE = (
    Entry(time=OPENED, kind="failed", text="load: run jr_1 failed"),
    Entry(time=OPENED + timedelta(seconds=1), kind="retry-started", text="load: retry 1 runs as jr_2"),
    Entry(time=OPENED + timedelta(seconds=9), kind="paged", text="P1: retry 1 failed too"),
    Entry(time=OPENED + timedelta(seconds=9), kind="acknowledged", text="by ada"),
    Entry(time=OPENED + timedelta(seconds=9), kind="of-a-later-version", text=""),
)


@dataclass
class FakeAws:
    """STS, DynamoDB and Lambda of one account, as far as the commands use them."""

    incidents: dict[str, Incident] = field(
        default_factory=lambda: {i.id: i for i in (PAGED, RECOVERED, CLOSED, FORGOTTEN)}
    )
    account: str = "123456789012"
    missing: str = ""
    answer: str = "acknowledges"
    invoked: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, service: str) -> "FakeAws":
        return self

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": self.account}

    def get_paginator(self, operation: str) -> "FakeAws":
        assert operation == "query"
        return self

    def paginate(self, **query: Any) -> Iterator[dict[str, Any]]:
        assert query["TableName"] == "pipewarden-prod-incidents"
        if self.missing == "table":
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "no table"}}, "Query")
        values = query["ExpressionAttributeValues"]
        if "IndexName" not in query:
            yield {"Items": [to_item(entry.__dict__) for entry in TIMELINE]}
            return
        left_out = {values[name]["S"] for name in re.findall(r"#state <> (:\w+)", query.get("FilterExpression", ""))}
        since = values.get(":since", {"S": ""})["S"]
        items = [
            incident
            for incident in self.incidents.values()
            if incident.state.value not in left_out and to_text(incident.opened) >= since
        ]
        for incident in items:
            yield {"Items": [incident_item(incident)]}

    def get_metric_data(self, **query: Any) -> dict[str, Any]:
        if self.missing == "metrics":
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetMetricData")
        assert 'MetricName="Deployments"' in query["MetricDataQueries"][0]["Expression"]
        times = [OPENED - timedelta(hours=1), OPENED - timedelta(hours=2)]
        return {"MetricDataResults": [{"Label": "jobs", "Timestamps": times, "Values": [1.0, 0.0]}]}

    def get_item(self, **query: Any) -> dict[str, Any]:
        found = self.incidents.get(query["Key"]["pk"]["S"].removeprefix("INCIDENT#"))
        return {"Item": incident_item(found)} if found and query["Key"]["sk"]["S"] == "META" else {}

    def invoke(self, **call: Any) -> dict[str, Any]:
        if self.missing == "function":
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "no function"}}, "Invoke")
        assert call["FunctionName"] == "pipewarden-prod-acknowledge"
        payload = json.loads(call["Payload"])
        self.invoked.append(payload)
        if self.answer == "fails":
            return {"FunctionError": "Unhandled", "Payload": BytesIO(b'{"errorMessage": "KeyError"}')}
        if self.answer == "recovers meanwhile":
            old = self.incidents[payload["incident"]]
            self.incidents[old.id] = replace(old, state=IncidentState.RECOVERED, ended=OPENED)
        if self.answer == "acknowledges":
            old = self.incidents[payload["incident"]]
            now = datetime.now(UTC)
            taken = replace(old, state=IncidentState.ACKNOWLEDGED, acknowledged=now, acknowledged_by=payload["by"])
            self.incidents[old.id] = taken
        return {"Payload": BytesIO(b"{}")}
