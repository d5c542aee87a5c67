"""Every dashboard of the plan, whoever reads it: what a widget says, shows and judges, and the limits."""

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import pipewarden_plan
from pipewarden.registry import technologies
from pipewarden.window import Maintenance
from pipewarden_cli.preview.shorthand import expand
from pipewarden_plan.colour import TABLE
from pipewarden_plan.finding import DeclarationError
from pipewarden_plan.limits import DASHBOARD_METRICS, DASHBOARD_WIDGETS
from pipewarden_plan.model import Spending
from pipewarden_plan.plan import DashboardPlan, Plan
from pipewarden_plan.planned_alarm import AlarmPlan
from pipewarden_plan.widget_layout import Drawn, placed

Declare = Mapping[str, Callable[..., Any]]
Planned = Callable[..., Plan]
CATALOGUE = {
    (row["namespace"], row["metric"]): row
    for row in json.loads((Path(pipewarden_plan.__file__).parent / "metric_catalogue.json").read_text())
}
PATCH = Maintenance(name="patch", cron="0 1 1 * *", duration_seconds=7200, timezone="UTC", pipelines=("import",))
KINDS = ("executive", "diagnostic", "operations")
FILLED = {"FILL": lambda value, _: value, "REPEAT": None}
SEARCHED = re.compile(r"SEARCH\('\{([^}]+)\} ([^']+)', '(\w+)', \d+\)")


def boards(plan: Plan) -> dict[str, DashboardPlan]:
    (operations,) = plan.teams[0].dashboards
    executive, diagnostic = plan.core.dashboards
    return dict(zip(KINDS, (executive, diagnostic, operations), strict=True))


@pytest.fixture(params=KINDS)
def board(plan: Plan, request: pytest.FixtureRequest) -> DashboardPlan:
    return boards(plan)[request.param]


def widgets(board: DashboardPlan, kind: str = "") -> list[dict[str, Any]]:
    return [row for row in board.body["widgets"] if kind in ("", row["type"])]


def metrics(board: DashboardPlan) -> Iterator[tuple[dict[str, Any], list[Any]]]:
    for widget in widgets(board, "metric"):
        for row in expand(widget["properties"]["metrics"]):
            yield widget, row


def titled(board: DashboardPlan, title: str) -> dict[str, Any]:
    found: dict[str, Any] = next(
        row["properties"] for row in board.body["widgets"] if row["properties"].get("title", "").startswith(title)
    )
    return found


def deployed(plan: Plan) -> list[AlarmPlan]:
    return [alarm for alarm in plan.teams[0].alarms if not alarm.disabled_reason]


def test_every_widget_has_a_title_of_its_own(board: DashboardPlan) -> None:
    titles = [row["properties"]["title"] for row in board.body["widgets"] if row["type"] != "text"]
    assert all(titles)
    assert sorted(titles) == sorted(set(titles))


def test_every_widget_says_its_region_and_its_unit(board: DashboardPlan) -> None:
    for widget in widgets(board, "metric"):
        properties = widget["properties"]
        assert properties["region"] == "us-east-1"
        if properties["view"] == "timeSeries":
            assert properties["yAxis"]["left"]["label"], properties["title"]
    assert all(widget["properties"]["region"] for widget in widgets(board, "log"))


def test_no_widget_is_empty_and_none_is_shown_twice(board: DashboardPlan) -> None:
    contents = [
        json.dumps([row["properties"].get(key) for key in ("markdown", "alarms", "metrics", "query")])
        for row in board.body["widgets"]
    ]
    assert len(contents) == len(set(contents))
    assert not any("[]" in content for content in contents)


def test_every_metric_exists_with_its_dimensions_and_statistic(board: DashboardPlan) -> None:
    for _, row in metrics(board):
        if isinstance(row[0], str) and not row[0].startswith("DataPipeline/"):
            known = CATALOGUE[row[0], row[1]]
            assert sorted(row[2:-1:2]) in [sorted(names) for names in known["dimensions"]], row
            assert row[-1]["stat"] in known["statistics"], row


def test_every_search_is_for_a_metric_that_exists(plan: Plan) -> None:
    texts = [row[0]["expression"] for board in boards(plan).values() for _, row in metrics(board) if len(row) == 1]
    searches = [match for text in texts for match in SEARCHED.findall(text)]
    assert len(searches) == sum("SEARCH(" in text for text in texts) > 10
    for schema, terms, statistic in searches:
        namespace, *dimensions = schema.split(",")
        known = CATALOGUE[namespace, re.findall(r'MetricName="(\w+)"', terms)[0]]
        assert sorted(dimensions) in [sorted(names) for names in known["dimensions"]]
        assert statistic in known["statistics"]
        assert 'Environment="prod"' in terms


def test_an_axis_says_the_unit_that_its_metrics_have(board: DashboardPlan) -> None:
    for widget, row in metrics(board):
        properties = widget["properties"]
        known = CATALOGUE.get((row[0], row[1])) if len(row) > 1 and row[-1].get("visible", True) else None
        if known and properties["view"] == "timeSeries" and row[-1]["stat"] != "SampleCount":
            axis = properties["yAxis"][row[-1].get("yAxis", "left")]["label"]
            assert axis == ("Changes" if "yAxis" in row[-1] else known["unit"].replace("None", "Number"))


def test_expressions_name_metrics_of_their_graph(board: DashboardPlan) -> None:
    for widget in widgets(board, "metric"):
        rows = widget["properties"]["metrics"]
        ids = [row[-1]["id"] for row in rows if "id" in row[-1]]
        assert len(ids) == len(set(ids))
        assert all(re.fullmatch(r"[a-z][a-zA-Z0-9_]*", found) for found in ids)
        for row in rows:
            if len(row) == 1 and "SEARCH(" not in row[0]["expression"]:
                assert set(re.findall(r"\b[a-z]+\d+\b", row[0]["expression"])) <= set(ids)


def test_limits_that_are_drawn_are_limits_of_alarms(plan: Plan) -> None:
    thresholds: dict[tuple[Any, ...], set[float]] = {}
    for alarm in deployed(plan):
        key = (alarm.metric.namespace, alarm.metric.name, *sorted(alarm.metric.dimensions.items()))
        if alarm.comparison != "outside-band":
            thresholds.setdefault(key, set()).add(alarm.threshold)
    drawn: dict[tuple[Any, ...], set[float]] = {}
    for widget, row in metrics(boards(plan)["operations"]):
        if len(row) > 1:
            pairs = zip(row[2:-1:2], row[3:-1:2], strict=True)
            lines = widget["properties"].get("annotations", {}).get("horizontal", ())
            drawn.setdefault((row[0], row[1], *sorted(pairs)), set()).update(line["value"] for line in lines)
    assert thresholds
    for key, values in thresholds.items():
        assert values <= drawn.get(key, set()), key
    lines = set(itertools.chain.from_iterable(drawn.values()))
    assert lines == set(itertools.chain.from_iterable(thresholds.values()))


def test_an_anomaly_alarm_draws_its_band_over_its_own_statistic(plan: Plan) -> None:
    (alarm,) = [found for found in deployed(plan) if found.comparison == "outside-band"]
    rows = titled(boards(plan)["operations"], "customers: new objects")["metrics"]
    assert rows[0][-1]["stat"] == alarm.metric.statistic
    assert rows[1][0]["expression"] == f"ANOMALY_DETECTION_BAND({rows[0][-1]['id']}, 2)"


def test_every_deployed_alarm_has_a_tile(plan: Plan) -> None:
    tiles = [arn for row in widgets(boards(plan)["operations"], "alarm") for arn in row["properties"]["alarms"]]
    wanted = {alarm.name for alarm in deployed(plan)} | {found.name for found in plan.teams[0].composites}
    assert {arn.split(":alarm:")[1] for arn in tiles} == wanted
    assert len(tiles) == len(set(tiles))


def test_a_label_has_one_colour_everywhere(plan: Plan) -> None:
    table = json.loads(TABLE.read_text())
    known = {label: table["meanings"][meaning] for label, meaning in table["labels"].items()}
    seen: dict[str, set[str]] = {}
    for board in boards(plan).values():
        for widget, row in metrics(board):
            seen.setdefault(row[-1]["label"], set()).add(row[-1].get("color", ""))
            for line in widget["properties"].get("annotations", {}).get("horizontal", ()):
                assert line["color"] == known["limit"]
    assert {label: {known.get(label, "")} for label in seen} == seen
    assert {"succeeded", "failed", "retried"} <= seen.keys()


def test_the_colour_table_has_no_word_that_nothing_says(plan: Plan) -> None:
    said = {row[-1]["label"] for board in boards(plan).values() for _, row in metrics(board)}
    said |= {"limit", "maintenance"}
    of_technologies = {
        metric[4]
        for found in technologies().values()
        for metric in (*(row for graph in (*found.widgets, *found.diagnostics) for row in graph.metrics), *found.marks)
    }
    assert set(json.loads(TABLE.read_text())["labels"]) - said - of_technologies == set()


@pytest.mark.parametrize(
    ("title", "limits"),
    [
        ("Time to acknowledge", [900, 3600]),
        ("Success rate", [95]),
        ("Error budget left", [0]),
        ("Age of data", [100]),
    ],
    ids=["where somebody is called", "what is declared", "used up", "as old as declared"],
)
def test_the_executive_sees_what_is_promised(plan: Plan, title: str, limits: list[float]) -> None:
    lines = titled(boards(plan)["executive"], title)["annotations"]["horizontal"]
    assert [line["value"] for line in lines] == limits


def test_an_error_budget_is_full_at_no_failure_and_empty_at_the_goal(plan: Plan) -> None:
    rows = titled(boards(plan)["executive"], "Error budget left")["metrics"]
    expression = rows[1][0]["expression"]
    assert [eval(expression, {rows[0][-1]["id"]: rate, **FILLED}) for rate in (100, 95, 90)] == [100, 0, -100]


def test_the_executive_fits_on_one_page_and_says_of_how_many(planned: Planned, declare: Declare) -> None:
    pipelines = [
        declare["pipeline"](
            f"p{number}",
            declare["resource"](
                "data", "s3-dataset", location=f"s3://b/{number}/", expect={"freshness": 3600, "volume": {"min": 1}}
            ),
            severity="P1" if number == 59 else "P2",
        )
        for number in range(60)
    ]
    plan = planned(*pipelines)
    ages = titled(boards_of_core(plan)[0], "Age of data")
    assert "(50 of 60, the gravest first)" in ages["title"]
    assert ages["metrics"][1][0]["label"] == "p59/data"
    assert any("50 of 60 datasets" in notice for notice in plan.notices)


def boards_of_core(plan: Plan) -> tuple[DashboardPlan, ...]:
    return plan.core.dashboards


def test_dashboards_stay_within_their_limits(board: DashboardPlan) -> None:
    rows = board.body["widgets"]
    assert len(rows) <= DASHBOARD_WIDGETS
    assert sum(len(row["properties"].get("metrics", ())) for row in rows) <= DASHBOARD_METRICS


def test_the_diagnostic_dashboard_chooses_what_is_declared(plan: Plan) -> None:
    variables = {row["id"]: row for row in boards(plan)["diagnostic"].body["variables"]}
    assert [row["value"] for row in variables["pipeline"]["values"]] == ["customer-import", "crm-export"]
    assert variables["function"]["values"] == [{"value": "crm-export-prod", "label": "crm-export/export"}]
    text = json.dumps(boards(plan)["diagnostic"].body["widgets"])
    for variable in variables.values():
        assert variable["pattern"] in text
        assert variable["defaultValue"] == variable["values"][0]["value"]
    assert set(re.findall(r"__[a-z_]+?__", text)) == {variable["pattern"] for variable in variables.values()}


def test_many_names_are_typed_in(planned: Planned, declare: Declare) -> None:
    functions = [declare["resource"](f"f{number}", "lambda", function=f"f-{number}") for number in range(201)]
    teams = [
        declare["pipeline"](f"p{number}", found, team=f"t{number // 100}") for number, found in enumerate(functions)
    ]
    plan = planned(*teams)
    assert {row["inputType"] for row in plan.core.dashboards[1].body["variables"]} == {"input"}
    assert any("names are typed in" in notice for notice in plan.notices)


def test_what_hangs_on_a_pipeline_stands_above_it(plan: Plan) -> None:
    heads = [row["properties"]["markdown"] for row in widgets(boards(plan)["operations"], "text")]
    assert any("## crm-export" in head and "Feeds: customer-import" in head for head in heads)
    assert any("## customer-import" in head and "Needs: crm-export" in head for head in heads)


def test_graphs_fill_their_rows(board: DashboardPlan) -> None:
    """No hole at the end of a row on dashboards that are made of sections."""
    rows: dict[int, int] = {}
    for widget in widgets(board, "metric"):
        rows[widget["y"]] = rows.get(widget["y"], 0) + widget["width"]
    if not board.name.endswith("diagnostic"):
        assert set(rows.values()) == {24}


@pytest.mark.parametrize(
    ("above", "row", "written"),
    [
        (["N", "A", "D", "1"], ["N", "A", "D", "1"], ["..."]),
        (["N", "A", "D", "1"], ["N", "B", "D", "1"], [".", "B", ".", "."]),
        (["N", "A", "D", "1"], ["N", "A", "D", "1", "E", "2"], ["N", "A", "D", "1", "E", "2"]),
        (["N", "A"], ["M", "B"], ["M", "B"]),
    ],
    ids=["the same metric", "one field differs", "another set of dimensions", "nothing in common"],
)
def test_a_metric_says_only_what_differs_from_the_one_above(
    above: list[str], row: list[str], written: list[str]
) -> None:
    drawn = Drawn("metric", {"metrics": [[*above, {}], [{"expression": "1"}], [*row, {}]]})
    (widget,) = placed([drawn])
    assert widget["properties"]["metrics"][2] == [*written, {}]
    assert expand(widget["properties"]["metrics"])[2] == [*row, {}]


def test_alarms_with_one_limit_share_its_line(plan: Plan) -> None:
    lines = titled(boards(plan)["operations"], "load: executions")["annotations"]["horizontal"]
    assert [line["label"] for line in lines] == ["failed, timed-out, throttled >= 1"]


def test_deployments_and_maintenance_are_marks_on_the_first_graph_of_each_resource(
    planned: Planned, declare: Declare
) -> None:
    resource = declare["resource"]
    stack = resource("code", "cloudformation-stack", stack="import-prod")
    with_stack = declare["pipeline"]("import", stack, resource("load", "glue-job", job_name="load-prod"))
    without = declare["pipeline"]("export", resource("export", "glue-job", job_name="export-prod"))
    (board,) = planned(with_stack, without, maintenance=(PATCH,)).teams[0].dashboards
    marks = {
        (widget["properties"]["title"], row[1]): row[2:-1]
        for widget, row in metrics(board)
        if row[-1].get("yAxis") == "right"
    }
    import_ = ["Environment", "prod", "Pipeline", "import"]
    assert marks == {
        ("load: runs", "Deployments"): [*import_, "Resource", "code"],
        ("load: runs", "InMaintenance"): import_,
    }


def test_a_pipeline_that_only_deploys_shows_its_deployments(planned: Planned, declare: Declare) -> None:
    stack = declare["resource"]("code", "cloudformation-stack", stack="import-prod")
    (board,) = planned(declare["pipeline"]("import", stack)).teams[0].dashboards
    assert [row[1] for row in expand(titled(board, "import: changes")["metrics"])] == ["Deployments"]


def test_a_window_of_one_day_is_a_band_at_its_time(planned: Planned, declare: Declare) -> None:
    once = Maintenance(name="move", at="2026-04-01T08:00", duration_seconds=5400, timezone="Europe/Berlin")
    load = declare["resource"]("load", "glue-job", job_name="load-prod")
    (board,) = planned(declare["pipeline"]("import", load), maintenance=(once,)).teams[0].dashboards
    bands = titled(board, "load: runs")["annotations"]["vertical"]
    assert [[edge["value"] for edge in band] for band in bands] == [["2026-04-01T06:00:00Z", "2026-04-01T07:30:00Z"]]
    assert bands[0][0]["label"] == "move"


def test_the_executive_sees_the_metrics_that_are_business(planned: Planned, declare: Declare) -> None:
    def metric(name: str, **more: Any) -> Any:
        return declare["resource"](name, "metric", namespace="N", metric=name, statistic="Sum", period=300, **more)

    def shown(*found: Any) -> list[str]:
        board = boards_of_core(planned(declare["pipeline"]("p", *found)))[0]
        return [row[1] for row in expand(titled(board, "Business metrics")["metrics"])]

    assert shown(metric("a"), metric("b", business=True)) == ["b"]
    assert shown(metric("a"), metric("b")) == ["a", "b"]


def test_a_pipeline_that_counts_log_lines_draws_them_with_their_limit(planned: Planned, declare: Declare) -> None:
    counted = declare["resource"]("errors", "log-metric", log_group="/jobs/load", period=300, expect={"max": 5})
    plan = planned(declare["pipeline"]("import", counted))
    (found,) = plan.teams[0].log_filters
    assert (found.name, found.log_group, found.metric) == (
        "pipewarden-prod-import-errors",
        "/jobs/load",
        "prod/import/errors",
    )
    graph = titled(plan.teams[0].dashboards[0], "errors: lines that match")
    assert graph["metrics"][0][:2] == [found.namespace, found.metric]
    assert [line["label"] for line in graph["annotations"]["horizontal"]] == ["max > 5"]
    (alarm,) = plan.teams[0].alarms
    assert (alarm.metric.namespace, alarm.metric.name, alarm.metric.dimensions) == (found.namespace, found.metric, {})
    assert [kept.groups for kept in plan.core.retention] == [("/jobs/load",)]


def test_a_log_group_takes_a_hundred_filters(planned: Planned, declare: Declare) -> None:
    counted = [declare["resource"](f"n{number}", "log-metric", log_group="/jobs/load") for number in range(101)]
    assert len(planned(declare["pipeline"]("import", *counted[:100])).teams[0].log_filters) == 100
    with pytest.raises(DeclarationError, match=r"is one of 101 metrics out of /jobs/load; a log group takes 100"):
        planned(declare["pipeline"]("import", *counted))


def test_the_executive_sees_what_is_paid_for(plan: Plan, planned: Planned, declare: Declare) -> None:
    rows = [row for (row,) in titled(boards(plan)["executive"], "What Glue runs cost")["metrics"]]
    shown = [(row["label"], row["expression"].partition(" * SUM(")[0], row.get("yAxis", "left")) for row in rows]
    assert shown[:2] == [("DPU, USD", "0.44", "left"), ("flex DPU, USD", "0.29", "left")]
    assert (shown[2][0], shown[2][2]) == ("m DPU-hours", "right")
    assert rows[2]["expression"].startswith("SUM(SEARCH(")
    assert 'MetricName="RunDPUHours"' in rows[0]["expression"]
    function = declare["resource"]("run", "lambda", function="f")
    limit = Spending(name="everything", limit_usd=500)
    board = boards_of_core(planned(declare["pipeline"]("p", function), spending=(limit,), region="eu-west-1"))[0]
    bill = titled(board, "Bill of the account")
    assert bill["region"] == "us-east-1"
    assert bill["metrics"][0][:4] == ["AWS/Billing", "EstimatedCharges", "Currency", "USD"]
    assert [line["value"] for line in bill["annotations"]["horizontal"]] == [500]
    assert not any(row["properties"].get("title", "").startswith("What Glue") for row in board.body["widgets"])
