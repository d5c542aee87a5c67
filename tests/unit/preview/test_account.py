"""Data of an account: few calls, only reading ones, and every refusal is a card and no crash."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from pipewarden_cli.evaluator.query import Metric, MetricDataQuery, MetricStat
from pipewarden_cli.preview.account.answers import AccountAnswers
from pipewarden_cli.preview.account.logs import WAIT_SECONDS, ask, sources
from pipewarden_cli.preview.account.metric_data import QUERIES, batches
from pipewarden_cli.preview.account.renaming import own_ids, renamed
from pipewarden_cli.preview.request import LogRequest, MetricRequest

START, END = 1_773_820_800, 1_773_821_700
REGION = "eu-west-1"


class Account:
    """Stubbed clients: any call that a test did not announce fails."""

    def __init__(self) -> None:
        self._stubs: dict[str, Stubber] = {}
        self._clients: dict[str, Any] = {}

    def client(self, service: str, _region: str) -> Any:
        if service not in self._clients:
            keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
            make: Callable[..., Any] = boto3.client
            self._clients[service] = make(service, region_name=REGION, **keys)
            self._stubs[service] = Stubber(self._clients[service])
            self._stubs[service].activate()
        return self._clients[service]

    def stub(self, service: str) -> Stubber:
        self.client(service, REGION)
        return self._stubs[service]

    def done(self) -> None:
        for stub in self._stubs.values():
            stub.assert_no_pending_responses()


@pytest.fixture
def account() -> Account:
    return Account()


def request(*queries: MetricDataQuery, period: int = 300) -> MetricRequest:
    return MetricRequest(tuple(queries), START, END, period, REGION)


def metric(name: str, query_id: str = "m1", shown: bool = True) -> MetricDataQuery:
    return MetricDataQuery(query_id, MetricStat(Metric.of("N", name, {"Q": "a"}), 300, "Sum"), return_data=shown)


def result(query_id: str, points: dict[int, float], label: str = "") -> dict[str, Any]:
    stamps = [datetime.fromtimestamp(START + at * 300, UTC) for at in points]
    return {"Id": query_id, "Label": label, "Timestamps": stamps, "Values": list(points.values())}


def test_widgets_share_one_call_and_each_gets_its_own(account: Account) -> None:
    one = request(metric("A"))
    two = request(metric("B", shown=False), MetricDataQuery("e1", expression="m1 * 2"))
    calls = account.stub("cloudwatch")
    calls.add_response(
        "get_metric_data",
        {"MetricDataResults": [result("w0q0", {0: 1.0, 2: 3.0}), result("w1q1", {1: 4.0})]},
        {
            "MetricDataQueries": [
                {
                    "Id": "w0q0",
                    "ReturnData": True,
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "N",
                            "MetricName": "A",
                            "Dimensions": [{"Name": "Q", "Value": "a"}],
                        },
                        "Period": 300,
                        "Stat": "Sum",
                    },
                },
                {"Id": "w1q0", "ReturnData": False, "MetricStat": ANY},
                {"Id": "w1q1", "ReturnData": True, "Expression": "w1q0 * 2", "Period": 300},
            ],
            "StartTime": datetime.fromtimestamp(START, UTC),
            "EndTime": datetime.fromtimestamp(END, UTC),
            "ScanBy": "TimestampAscending",
        },
    )
    answers = AccountAnswers(account.client, REGION)
    answers.prepare([one, two, one], [])
    assert answers.metric(one).series["m1"][0].values == [1.0, None, 3.0]
    assert answers.metric(two).series["e1"][0].values == [None, 4.0, None]
    account.done()


def test_pages_are_followed_and_series_of_a_search_are_told_apart(account: Account) -> None:
    search = request(MetricDataQuery("s1", expression="SEARCH('{N,Q} A', 'Sum', 300)"))
    calls = account.stub("cloudwatch")
    first = [result("w0q0", {0: 1.0}, "a"), result("w0q0", {0: 2.0}, "a"), result("w0q0", {}, "b")]
    calls.add_response("get_metric_data", {"MetricDataResults": first, "NextToken": "t"})
    calls.add_response("get_metric_data", {"MetricDataResults": [result("w0q0", {1: 9.0}, "a")]}, None)
    found = AccountAnswers(account.client, REGION).metric(search).series["s1"]
    assert [(series.label, series.values) for series in found] == [
        ("a", [1.0, 9.0, None]),
        ("a", [2.0, None, None]),
        ("b", [None, None, None]),
    ]
    account.done()


def test_a_refused_call_is_asked_again_for_each_widget_alone(account: Account) -> None:
    good, wrong = request(metric("A")), request(MetricDataQuery("e1", expression="NONSENSE(1)"))
    calls = account.stub("cloudwatch")
    calls.add_client_error("get_metric_data", "ValidationError", "Error in expression 'w1q0'")
    calls.add_response("get_metric_data", {"MetricDataResults": [result("w0q0", {0: 1.0})]})
    calls.add_client_error("get_metric_data", "ValidationError", "Error in expression 'w0q0'")
    answers = AccountAnswers(account.client, REGION)
    answers.prepare([good, wrong], [])
    assert answers.metric(good).series["m1"][0].values == [1.0, None, None]
    assert answers.metric(wrong).error == "ValidationError: Error in expression 'w0q0'"
    account.done()


def test_what_is_known_is_not_asked_again(account: Account) -> None:
    account.stub("cloudwatch").add_response("get_metric_data", {"MetricDataResults": []})
    answers = AccountAnswers(account.client, REGION)
    for _ in range(3):
        answers.metric(request(metric("A")))
    account.done()


def test_five_hundred_queries_a_call_and_no_widget_is_cut() -> None:
    widgets = [request(*(metric("A", f"m{number}") for number in range(180)), period=at) for at in range(300, 307)]
    sizes = [sum(len(found.queries) for found in batch) for batch in batches(widgets)]
    assert sizes == [360, 360, 360, 180]
    assert max(sizes) <= QUERIES


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        pytest.param("m1 + m10", "w7q0 + w7q1", id="ids, also one that begins like another"),
        pytest.param("SUM(METRICS())", "SUM([w7q0,w7q1])", id="all metrics of the widget"),
        pytest.param("AVG(METRICS('m10'))", "AVG([w7q1])", id="those whose id holds a text"),
        pytest.param("SEARCH('m1 {m10,Q}', 'Sum', 60)", "SEARCH('m1 {m10,Q}', 'Sum', 60)", id="texts stay"),
        pytest.param("ANOMALY_DETECTION_BAND(m1, 2)", "ANOMALY_DETECTION_BAND(w7q0, 2)", id="functions stay"),
        pytest.param("SELECT AVG(m1) FROM x", "SELECT AVG(m1) FROM x", id="Metrics Insights stays"),
        pytest.param("e1 / 2", "w7q2 / 2", id="ids of expressions"),
        pytest.param("1e3 * m1", "1e3 * w7q0", id="numbers stay"),
    ],
)
def test_ids_are_made_a_widgets_own(expression: str, expected: str) -> None:
    asked = request(metric("A", "m1"), metric("B", "m10"), MetricDataQuery("e1", expression="m1"))
    assert renamed(expression, asked, own_ids(asked, 7)) == expected


ALARM = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:"


def test_alarms_are_described_a_hundred_at_a_time(account: Account) -> None:
    names = [f"a{number}" for number in range(130)]
    stamp = datetime(2026, 3, 18, 8, tzinfo=UTC)
    rows = [
        {
            "AlarmName": "a0",
            "StateValue": "ALARM",
            "StateUpdatedTimestamp": stamp,
            "StateReason": "high",
            "Threshold": 3.0,
            "ComparisonOperator": "GreaterThanThreshold",
        }
    ]
    calls = account.stub("cloudwatch")
    for part, found in ((names[:100], rows), (names[100:], [])):
        calls.add_response(
            "describe_alarms",
            {
                "MetricAlarms": found,
                "CompositeAlarms": [{"AlarmName": "a129", "StateValue": "OK"}] if not found else [],
            },
            {"AlarmNames": part, "AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 100},
        )
    answers = AccountAnswers(account.client, REGION)
    found = answers.alarms([ALARM + name for name in names])
    assert [(alarm.name, alarm.state, alarm.since) for alarm in found] == [
        ("a0", "ALARM", int(stamp.timestamp())),
        ("a129", "OK", None),
    ]
    assert found[0].fields["Threshold"] == 3.0
    assert found[1].fields == {}
    account.done()


def test_alarms_that_may_not_be_seen_are_none(account: Account) -> None:
    account.stub("cloudwatch").add_client_error("describe_alarms", "AccessDenied", "no")
    assert AccountAnswers(account.client, REGION).alarms([ALARM + "a"]) == []


def test_a_search_looks_through_list_metrics(account: Account) -> None:
    rows = [
        {"Namespace": "N", "MetricName": "A", "Dimensions": [{"Name": "Q", "Value": value}]} for value in ("x", "y")
    ]
    calls = account.stub("cloudwatch")
    calls.add_response("list_metrics", {"Metrics": rows[:1], "NextToken": "t"}, {"Namespace": "N"})
    calls.add_response("list_metrics", {"Metrics": rows[1:]}, {"Namespace": "N", "NextToken": "t"})
    found = AccountAnswers(account.client, REGION).search('{N,Q} MetricName="A"', "")
    assert [dict(entry.dimensions)["Q"] for entry in found] == ["x", "y"]
    account.done()


LOGS = LogRequest("SOURCE '/a' | SOURCE '/b' | fields @message", START, END, REGION, ("/c",))


def test_sources_are_taken_out_of_a_query() -> None:
    assert sources(LOGS) == (["/c", "/a", "/b"], "fields @message")


def test_a_log_query_is_started_and_waited_for(account: Account) -> None:
    calls = account.stub("logs")
    started = {
        "logGroupNames": ["/c", "/a", "/b"],
        "startTime": START,
        "endTime": END,
        "queryString": "fields @message",
    }
    calls.add_response("start_query", {"queryId": "q"}, started)
    calls.add_response("get_query_results", {"status": "Running", "results": []}, {"queryId": "q"})
    row = [{"field": "@message", "value": "boom"}, {"field": "@ptr", "value": "p"}]
    calls.add_response("get_query_results", {"status": "Complete", "results": [row]}, {"queryId": "q"})
    pauses: list[float] = []
    answer = ask(LOGS, account.client, pauses.append)
    assert (answer.columns, answer.rows, len(pauses)) == (("@message",), (("boom",),), 1)
    account.done()


def test_a_log_query_that_fails_or_never_ends_is_said(account: Account) -> None:
    calls = account.stub("logs")
    calls.add_client_error("start_query", "ResourceNotFoundException", "no such group")
    assert ask(LOGS, account.client).error == "ResourceNotFoundException: no such group"
    calls.add_response("start_query", {"queryId": "q"})
    for _ in range(50):
        calls.add_response("get_query_results", {"status": "Running", "results": []})
    assert (
        ask(LOGS, account.client, lambda _: None).error == f"The query was not done within {WAIT_SECONDS:.0f} seconds."
    )
    assert ask(LogRequest("fields @message", START, END), account.client).error.startswith(
        "The query names no log group"
    )
