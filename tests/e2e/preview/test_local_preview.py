"""The preview with the data of a running embedded AWS: metrics, math, searches, alarms and logs."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipewarden_cli.aws import state_folder
from pipewarden_cli.local import control
from pipewarden_cli.main import main

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("local-preview")]

REGION = "us-east-1"
BODY = {
    "start": "-PT3H",
    "variables": [
        {
            "type": "property",
            "property": "Queue",
            "id": "q",
            "inputType": "select",
            "search": '{Parcels,Queue} MetricName="Sent"',
            "populateFrom": "Queue",
        }
    ],
    "widgets": [
        {
            "type": "metric",
            "properties": {
                "title": "share",
                "region": REGION,
                "metrics": [
                    ["Parcels", "Sent", "Queue", "in", {"id": "m1", "stat": "Sum"}],
                    [{"expression": "100 * m1 / SUM(METRICS())", "id": "e1", "label": "share"}],
                ],
            },
        },
        {
            "type": "metric",
            "properties": {
                "title": "search",
                "view": "singleValue",
                "region": REGION,
                "metrics": [
                    [{"expression": "SUM(SEARCH('{Parcels,Queue} MetricName=\"Lost\"', 'Sum', 300))", "id": "s"}]
                ],
            },
        },
        {"type": "metric", "properties": {"title": "wrong", "region": REGION, "metrics": [[{"expression": "NO(1)"}]]}},
        {
            "type": "alarm",
            "properties": {
                "title": "alarms",
                "alarms": [f"arn:aws:cloudwatch:{REGION}:000000000000:alarm:parcels/lost"],
            },
        },
        {
            "type": "log",
            "properties": {
                "title": "log",
                "region": REGION,
                "query": "SOURCE '/parcels' | fields @timestamp, @message | filter @message like /lost/ | limit 5",
            },
        },
        {
            "type": "log",
            "properties": {
                "title": "counted",
                "region": REGION,
                "query": "SOURCE '/parcels' | filter ispresent(carrier) | stats count(*) as n, sum(parcels) as p by "
                "carrier | sort p desc",
            },
        },
        {"type": "log", "properties": {"title": "refused", "region": REGION, "query": "SOURCE '/parcels' | invent a"}},
    ],
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder whose embedded AWS holds a few parcels."""
    root = tmp_path_factory.mktemp("project")
    aws = control.start(state_folder(root), parent_pid=os.getpid())
    _fill(aws)
    (root / "body.json").write_text(json.dumps(BODY), encoding="utf-8")
    yield root
    control.stop(state_folder(root))


def _fill(aws: control.LocalAws) -> None:
    metrics = aws.client("cloudwatch")
    now = datetime.now(UTC)
    for queue, name, value in (("in", "Sent", 30.0), ("in", "Lost", 2.0), ("out", "Lost", 5.0)):
        metrics.put_metric_data(
            Namespace="Parcels",
            MetricData=[
                {
                    "MetricName": name,
                    "Dimensions": [{"Name": "Queue", "Value": queue}],
                    "Timestamp": now - timedelta(minutes=40),
                    "Value": value,
                }
            ],
        )
    metrics.put_metric_alarm(
        AlarmName="parcels/lost",
        Namespace="Parcels",
        MetricName="Lost",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        TreatMissingData="ignore",
        ComparisonOperator="GreaterThanThreshold",
    )
    metrics.set_alarm_state(AlarmName="parcels/lost", StateValue="ALARM", StateReason="two are lost")
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/parcels")
    logs.create_log_stream(logGroupName="/parcels", logStreamName="s")
    texts = ["one is lost", "all is well"]
    texts += [json.dumps({"carrier": carrier, "parcels": n}) for carrier, n in (("rail", 1), ("post", 2), ("post", 3))]
    events = [{"timestamp": int(time.time() * 1000) - 60_000, "message": text} for text in texts]
    logs.put_log_events(logGroupName="/parcels", logStreamName="s", logEvents=events)


ENVIRONMENT = """\
version: 1
account: "{account}"
region: {region}
severities:
  P2: {{respond_within: 4h, notify: [mail]}}
channels:
  mail: {{type: email, address: data@example.com}}
"""


@pytest.fixture(params=["local", "aws"])
def drawn(
    project: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> dict[str, Any]:
    """The body, drawn from the embedded AWS by its address file, and as an account whose endpoint is that AWS."""
    arguments = ["preview", "--body", str(project / "body.json"), "--output", str(tmp_path / "page.html")]
    if request.param == "aws":
        aws = control.status(state_folder(project))
        assert aws
        for name, value in aws.environ().items():
            monkeypatch.setenv(name, value)
        folder = project / "config" / "environments"
        folder.mkdir(parents=True, exist_ok=True)
        text = ENVIRONMENT.format(account=aws.account, region=aws.region)
        (folder / "there.yaml").write_text(text, encoding="utf-8")
        arguments.insert(1, "there")
    assert main(["--root", str(project), *arguments, "--from", request.param]) == 0
    return drawn_in(tmp_path / "page.html")


@pytest.fixture(scope="module")
def widgets(project: Path) -> dict[str, Any]:
    """What the page was given, by the widgets' titles."""
    page = project / "page.html"
    arguments = ["--body", str(project / "body.json"), "--from", "local", "--output", str(page)]
    assert main(["--root", str(project), "preview", *arguments]) == 0
    return drawn_in(page)


def drawn_in(page: Path) -> dict[str, Any]:
    found = re.search(r'id="data">(.*?)</script>', page.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    [dashboard] = json.loads(found[1])["dashboards"]
    drawn = [next(iter(widget["variants"].values())) for widget in dashboard["widgets"]]
    return {"variables": dashboard["variables"], **{contents["title"]: contents for contents in drawn}}


def test_metrics_and_math(widgets: dict[str, Any]) -> None:
    found = {row["label"]: [v for v in row["values"] if v is not None] for row in widgets["share"]["series"]}
    assert found == {"Sent": [30], "share": [100]}


def test_a_search_sums_what_is_there(widgets: dict[str, Any]) -> None:
    assert [item["text"] for item in widgets["search"]["items"]] == ["7"]


def test_a_wrong_expression_leaves_the_others_alone(widgets: dict[str, Any]) -> None:
    assert widgets["wrong"]["kind"] == "note"
    assert "NO" in widgets["wrong"]["sentences"][0]


def test_alarms_as_they_are(widgets: dict[str, Any]) -> None:
    assert [(tile["name"], tile["state"]) for tile in widgets["alarms"]["tiles"]] == [("parcels/lost", "ALARM")]


def test_log_rows_as_they_were_written(widgets: dict[str, Any]) -> None:
    assert [row[1] for row in widgets["log"]["rows"]] == ["one is lost"]


def test_a_log_query_groups_by_fields_that_it_finds_in_json(widgets: dict[str, Any]) -> None:
    assert (widgets["counted"]["columns"], widgets["counted"]["rows"]) == (
        ["carrier", "n", "p"],
        [["post", "2", "5"], ["rail", "1", "1"]],
    )


def test_a_log_query_that_is_wrong_says_so(widgets: dict[str, Any]) -> None:
    assert "there is no command invent" in json.dumps(widgets["refused"])


def test_a_variable_offers_what_list_metrics_names(widgets: dict[str, Any]) -> None:
    assert [variable["choices"] for variable in widgets["variables"]] == [[["in", "in"]]]


def test_an_account_behind_the_ordinary_clients_shows_the_same(drawn: dict[str, Any], widgets: dict[str, Any]) -> None:
    titles = ("share", "search", "alarms", "log")
    facts = [
        [[value for value in row["values"] if value is not None] for row in drawn["share"]["series"]],
        drawn["search"]["items"][0]["text"],
        [tile["state"] for tile in drawn["alarms"]["tiles"]],
        [row[1] for row in drawn["log"]["rows"]],
    ]
    assert facts == [[[30], [100]], "7", ["ALARM"], ["one is lost"]]
    assert all(drawn[title]["kind"] == widgets[title]["kind"] for title in titles)
