"""The report as one self-contained HTML page: no script, no request, light and dark, readable on a phone."""

from importlib.resources import files

from pipewarden_cli.report.contents import DemoReport
from pipewarden_cli.report.icons import icon, sprite
from pipewarden_cli.report.inbox import inbox_cards
from pipewarden_cli.report.incidents import incident_cards
from pipewarden_cli.report.markup import Markup, element, join
from pipewarden_cli.report.stories import story_cards
from pipewarden_cli.report.text import verdict
from pipewarden_cli.report.times import date_and_clock, duration

# The browser itself then refuses whatever would leave the page, should anything ever slip in.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def render_html(report: DemoReport) -> str:
    """The page as text, to be written as UTF-8."""
    body = element(
        "body",
        sprite(),
        _head(report),
        element(
            "main", story_cards(report.stories), incident_cards(report.incidents), inbox_cards(report), _origin(report)
        ),
    )
    return f"<!doctype html>\n{element('html', _document_head(report), body, lang='en')}\n"


def _document_head(report: DemoReport) -> Markup:
    style = files("pipewarden_cli.report").joinpath("page.css").read_text(encoding="utf-8")
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("title", f"Pipewarden: {verdict(report)}"),
        element("style", Markup(style)),
    )


def _head(report: DemoReport) -> Markup:
    tone = "good" if report.passed else "bad"
    when = f"{date_and_clock(report.started)} · {duration((report.ended - report.started).total_seconds())}"
    brand = element("p", icon("shield"), element("b", "Pipewarden"), element("span", report.title), class_="brand")
    title = element("h1", *_verdict(report))
    where = element("span", f"on the embedded AWS, {report.emulator}") if report.emulator else Markup()
    note = element("p", element("span", when), where, class_="when")
    facts = (element("div", element("dd", fact.value), element("dt", fact.label)) for fact in report.facts)
    figures = element("dl", *facts, class_="figures") if report.facts else Markup()
    return element("header", element("div", brand, title, note, figures, class_="width"), class_=f"top {tone}")


def _verdict(report: DemoReport) -> tuple[str, ...]:
    first, _, second = verdict(report).partition(": ")
    return (element("span", icon("good" if report.passed else "bad"), class_="mark"), first, element("small", second))


def _origin(report: DemoReport) -> Markup:
    if not report.imitations:
        return Markup()
    rows = join(
        *(element("tr", element("th", part, scope="row"), element("td", text)) for part, text in report.imitations)
    )
    title = f"What Pipewarden imitates on top of {report.emulator or 'the emulator'}"
    table = element("table", element("tbody", rows))
    return element(
        "section",
        element("h2", "Where this ran"),
        element("details", element("summary", element("b", title)), table, class_="card origin"),
        id="origin",
    )
