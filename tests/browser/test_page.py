"""The page in a real browser: every widget of the examples and of a body with all types, light and dark."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
EVERY = HERE / "every_widget.json"
INSPECT = (HERE / "inspect.js").read_text(encoding="utf-8")
LEAST_CONTRAST = 4.5
"""WCAG 2.1, success criterion 1.4.3, level AA."""
PAGES = [
    pytest.param(("--body", str(EVERY)), id="a body with every type of widget"),
    pytest.param(("dev",), id="the example in dev"),
    pytest.param(("prod",), id="the example in prod"),
]

Show = Callable[..., Any]


def dashboards(page: Any) -> Iterator[str]:
    """Show each dashboard of a page in turn."""
    page.run(INSPECT)
    for number in range(page.run("document.querySelectorAll('.tab').length") or 1):
        page.run(f"location.hash = 'dashboard-{number + 1}'")
        page.wait(f"document.querySelector('.dashboard').dataset.dashboard === 'dashboard-{number + 1}'")
        page.wait("document.documentElement.dataset.ready === 'true'")
        yield str(page.run("document.getElementById('current').textContent"))


def widget(page: Any, title: str) -> dict[str, Any]:
    """What is drawn in the widget of that title."""
    return next(found for found in page.run("inspect.widgets()") if found["title"] == title)


@pytest.mark.parametrize("arguments", PAGES)
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_no_complaint_no_empty_chart_and_every_text_readable(open_page: Show, arguments: Any, dark: bool) -> None:
    page = open_page(*arguments, dark=dark)
    for name in dashboards(page):
        found = page.run("inspect.widgets()")
        assert found, name
        empty = [w["title"] for w in found if w["nothing"] or not (w["data"] if w["chart"] else w["text"].strip())]
        assert not empty, name
        assert not page.run(f"inspect.unreadable({LEAST_CONTRAST})"), name
        assert not page.run("inspect.misplaced()"), name
        assert not page.run("inspect.cutTitles()"), name
    assert page.complaints() == []


@pytest.mark.parametrize(
    ("title", "key", "least"),
    [
        pytest.param("Lines on two axes", "data", 2, id="two lines are two coloured paths"),
        pytest.param("Anomaly band", "areas", 3, id="a band, a range and a shaded side are areas"),
        pytest.param("Stacked area of a search", "areas", 3, id="each queue that the search finds is an area"),
        pytest.param("Metric math", "data", 1, id="an expression is a line, its hidden operands are not"),
        pytest.param("Pie", "data", 2, id="slices"),
        pytest.param("Bars", "data", 3, id="bars"),
        pytest.param("Single values", "sparklines", 4, id="a line and its area below each of two numbers"),
        pytest.param("Gauge", "arcs", 5, id="a dial, its value and three zones"),
        pytest.param("Table", "rows", 3, id="a row a metric"),
        pytest.param("Log table", "rows", 3, id="a row an event"),
        pytest.param("Log lines", "data", 2, id="a log query over time is a line a column"),
        pytest.param("Log bars", "data", 5, id="a log query as bars"),
        pytest.param("Log pie", "data", 3, id="a log query as a pie"),
        pytest.param("Alarm tiles", "tiles", 4, id="a tile an alarm"),
    ],
)
def test_every_type_of_widget_draws_its_data(open_page: Show, title: str, key: str, least: int) -> None:
    page = open_page("--body", str(EVERY))
    page.run(INSPECT)
    found = widget(page, title)
    assert found[key] >= least, found
    assert not found["nothing"]


@pytest.mark.parametrize(
    ("title", "words"),
    [
        pytest.param("Explorer", "CPUUtilization", id="an explorer names its metrics"),
        pytest.param("Custom", "function:weather", id="a custom widget names its function"),
        pytest.param("From the future", "hologram", id="an unknown type is named"),
        pytest.param("Wrong expression", "nobody", id="an expression that cannot be calculated says why"),
    ],
)
def test_what_is_not_drawn_is_said(open_page: Show, title: str, words: str) -> None:
    page = open_page("--body", str(EVERY))
    page.run(INSPECT)
    assert words in widget(page, title)["text"]


def test_an_unknown_property_is_named_beside_the_title(open_page: Show) -> None:
    page = open_page("--body", str(EVERY))
    hints = page.run("[...document.querySelectorAll('.hint')].map((hint) => hint.title)")
    assert hints == ["Not supported by the preview: glitter."]


@pytest.mark.parametrize(
    ("choose", "title"),
    [
        pytest.param(
            "select.selectedIndex = 1; select.dispatchEvent(new Event('change'))", "Lines on two axes", id="select"
        ),
        pytest.param("radio.click()", "en", id="radio"),
        pytest.param("input.value = 'parcels-out'; input.dispatchEvent(new Event('change'))", "Pie", id="input"),
    ],
)
def test_a_variable_changes_its_widgets_and_no_other(open_page: Show, choose: str, title: str) -> None:
    page = open_page("--body", str(EVERY))
    page.run(INSPECT)
    content = (
        "Object.fromEntries([...document.querySelectorAll('.widget')]"
        ".map((w, at) => [at, w.innerHTML.replace(/ec_\\d+/g, '')]))"
    )
    before = page.run(content)
    page.run(
        "{ const select = document.querySelector('[data-variable=function] select');"
        " const radio = document.querySelectorAll('[data-variable=stage] input')[1];"
        f" const input = document.querySelector('[data-variable=queue] input'); {choose}; }}"
    )
    after = page.run(content)
    changed = {at for at in before if before[at] != after[at]}
    body = json.loads(EVERY.read_text(encoding="utf-8"))["widgets"]
    words = {"Lines on two axes": "FunctionName", "en": "staging", "Pie": "parcels-in"}[title]
    named = {str(at) for at, row in enumerate(body) if words in json.dumps(row["properties"])}
    assert changed == named
    assert page.complaints() == []


def test_a_value_without_data_is_said(open_page: Show) -> None:
    page = open_page("--body", str(EVERY))
    page.run(INSPECT)
    page.run(
        "{ const input = document.querySelector('[data-variable=queue] input'); input.value = 'nowhere';"
        " input.dispatchEvent(new Event('change')); }"
    )
    assert sum("No data for this value of Queue" in found["text"] for found in page.run("inspect.widgets()")) == 3


def test_markdown_is_drawn_and_its_html_is_text(open_page: Show) -> None:
    page = open_page("--body", str(EVERY))
    card = "document.querySelector('.markdown')"
    assert page.run(f"{card}.querySelectorAll('table tbody tr').length") == 1
    assert page.run(f"[...{card}.querySelectorAll('a.button')].map((link) => link.textContent)") == ["Runbook", "Logs"]
    assert page.run(f"{card}.querySelectorAll('b').length") == 0
    assert "<b>not markup</b>" in page.run(f"{card}.textContent")


def test_light_and_dark_follow_the_browser_and_the_button(open_page: Show) -> None:
    paper = "getComputedStyle(document.querySelector('.widget')).backgroundColor"
    axis = "getComputedStyle(document.querySelector('.canvas svg text')).fill"
    light, dark = open_page("dev"), open_page("dev", dark=True)
    seen = [(page.run(paper), page.run(axis)) for page in (light, dark)]
    assert seen[0] != seen[1]
    light.run("document.getElementById('theme').click()")
    light.wait("document.documentElement.dataset.ready === 'true'")
    assert (light.run(paper), light.run(axis)) == seen[1]


@pytest.mark.parametrize("theme", ["--light", "--dark"])
def test_a_chosen_theme_is_kept_whatever_the_browser_wants(open_page: Show, theme: str) -> None:
    page = open_page("dev", theme, dark=theme == "--light")
    wanted = "rgb(255, 255, 255)" if theme == "--light" else "rgb(22, 31, 42)"
    assert page.run("getComputedStyle(document.querySelector('.widget')).backgroundColor") == wanted
    page.run(INSPECT)
    assert not page.run(f"inspect.unreadable({LEAST_CONTRAST})")


def test_the_legend_switches_a_line_off(open_page: Show) -> None:
    page = open_page("--body", str(EVERY))
    page.run(INSPECT)
    before = widget(page, "Lines on two axes")["data"]
    page.run("[...document.querySelectorAll('.legend button')].find((b) => b.textContent.startsWith('Errors')).click()")
    page.wait(f"inspect.widgets().find((w) => w.title === 'Lines on two axes').data === {before - 1}")


def test_hovering_shows_the_values_of_that_time(open_page: Show) -> None:
    page = open_page("--body", str(EVERY))
    page.run(INSPECT)
    box = page.run(
        "(() => { const box = document.querySelector('.canvas').getBoundingClientRect();"
        " return [box.left + box.width / 2, box.top + box.height / 2]; })()"
    )
    page.call("Input.dispatchMouseEvent", type="mouseMoved", x=box[0], y=box[1])
    page.wait("Boolean(document.querySelector('.tip'))")
    text = page.run("document.querySelector('.tip').innerText")
    assert "UTC" in text
    assert "Invocations" in text


def test_on_a_phone_widgets_stand_below_one_another(open_page: Show) -> None:
    page = open_page("prod", width=390)
    for name in dashboards(page):
        assert not page.run("inspect.misplaced()"), name
        assert page.run("document.documentElement.scrollWidth <= window.innerWidth"), name
        assert page.run(
            "[...document.querySelectorAll('.widget')].every((w) => w.getBoundingClientRect().width > 340)"
        ), name


def test_links_between_dashboards_lead_to_their_tabs(open_page: Show, tmp_path: Path) -> None:
    page = open_page("prod")
    names = list(dashboards(page))
    assert len(names) == len(set(names)) > 1
    page.run("document.querySelector('.tab').click()")
    page.wait(f"document.getElementById('current').textContent === {json.dumps(names[0])}")


def test_nothing_may_run_or_load_but_the_page_itself(open_page: Show) -> None:
    page = open_page("dev")
    page.run(
        "{ const script = document.createElement('script'); script.textContent = 'window.crept = 1';"
        " document.body.append(script); }"
    )
    assert page.run("window.crept === undefined")
    refused = page.run(
        "new Promise((done) => {"
        " document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));"
        " fetch('http://127.0.0.1:9/').catch(() => setTimeout(() => done('nobody refused it'), 300)); })"
    )
    assert refused == "connect-src"
