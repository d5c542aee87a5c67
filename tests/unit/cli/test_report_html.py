"""The report's page: nothing leaves it, nothing gets into it but text, and it says what happened."""

from dataclasses import replace
from html.parser import HTMLParser

import pytest

from pipewarden_cli.report.contents import Check, Count, DemoReport, Fact, IncidentReport, Mail, Moment, StoryReport
from pipewarden_cli.report.html import render_html
from pipewarden_cli.report.markup import Markup, element, escape, linked
from tests.unit.cli.report_sample import REPORT, START

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>&amp;\x1b[31m\u202e"
VOID = {"meta", "br", "path", "use"}


class Page(HTMLParser):
    """What a browser would find: elements with their attributes, text, and whether the tags are balanced."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return "".join(self.words)


def hostile_report() -> DemoReport:
    moment = Moment(at=START, label=HOSTILE, text=HOSTILE)
    story = StoryReport(
        title=HOSTILE,
        summary=HOSTILE,
        moments=(moment, replace(moment, text="")),
        checks=(Check(text=HOSTILE, passed=False, seen=HOSTILE),),
        counts=(Count(place=HOSTILE, messages=1),),
    )
    incident = IncidentReport(
        incident=HOSTILE,
        pipeline=HOSTILE,
        resource=HOSTILE,
        severity=HOSTILE,
        state=HOSTILE,
        opened=START,
        headline=HOSTILE,
        error=HOSTILE,
        failure_class=HOSTILE,
        pages=1,
        paged=(HOSTILE,),
        acknowledged_by=HOSTILE,
        timeline=(moment,),
        links={HOSTILE: "javascript:alert(3)", "other": 'https://example.com/?a=<b>&c="d"'},
    )
    mail = Mail(address=HOSTILE, at=START, subject=HOSTILE, body=f"{HOSTILE} javascript:alert(4)")
    return DemoReport(
        stories=(story,),
        incidents=(incident,),
        inbox=(mail,),
        started=START,
        ended=START,
        facts=(Fact(label=HOSTILE, value=HOSTILE),),
        emulator=HOSTILE,
        imitations=((HOSTILE, HOSTILE),),
        title=HOSTILE,
    )


@pytest.mark.parametrize("report", [REPORT, hostile_report()], ids=["a usual report", "a report full of traps"])
def test_the_page_is_well_formed_and_self_contained(report: DemoReport) -> None:
    page = Page(render_html(report))
    assert page.open == []
    assert {tag for tag, _ in page.elements} & {"script", "img", "iframe", "link", "object", "form", "base"} == set()
    for tag, attributes in page.elements:
        assert not [name for name in attributes if name.startswith("on") or name in ("src", "style", "action")]
        address = attributes.get("href") or "#"
        assert address.startswith(("https://", "http://")) if tag == "a" else address.startswith("#")


def test_the_browser_is_told_to_load_nothing() -> None:
    policies = [a["content"] for tag, a in Page(render_html(REPORT)).elements if "http-equiv" in a and tag == "meta"]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"]
    assert "url(" not in render_html(REPORT)
    assert "@import" not in render_html(REPORT)


def test_hostile_text_is_shown_as_it_was_written_but_for_control_characters() -> None:
    shown = HOSTILE.replace("\x1b", "�").replace("\u202e", "�")
    assert Page(render_html(hostile_report())).text.count(shown) >= 20


@pytest.mark.parametrize(
    "words",
    [
        "6 of 6 stories went as they should",
        "18 of 18 checks passed",
        "A transient failure heals itself",
        "quarantine",
        "orders-import.load",
        "01JD8Z3N9C",
        "called primary, secondary",
        "Not acknowledged for 8 s: called secondary",
        "+15555550100",
        "[P2] recovered: orders-import.load after 2 retries",
        "What Pipewarden imitates on top of ministack 1.5.33",
    ],
)
def test_the_page_says(words: str) -> None:
    assert words in Page(render_html(REPORT)).text


def test_a_failed_check_shows_what_was_seen_and_colours_the_verdict() -> None:
    broken = replace(REPORT.stories[0], checks=(Check(text="Nobody was paged", passed=False, seen="2 pages"),))
    html = render_html(replace(REPORT, stories=(broken, *REPORT.stories[1:])))
    assert "5 of 6 stories went as they should" in Page(html).text
    assert "seen: 2 pages" in Page(html).text
    assert 'class="top bad"' in html
    assert 'class="top good"' in render_html(REPORT)


def test_an_empty_report_has_a_page_and_has_not_passed() -> None:
    empty = DemoReport(stories=(), incidents=(), inbox=(), started=START, ended=START)
    text = Page(render_html(empty)).text
    assert not empty.passed
    assert "No incident was opened." in text
    assert "Nobody got a message." in text


def test_the_same_report_gives_the_same_page() -> None:
    assert render_html(REPORT) == render_html(REPORT)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("see https://a.example/b?c=d&e=f.", "{}https://a.example/b?c=d&amp;e=f{}https://a.example/b?c=d&amp;e=f</a>."),
        ("javascript:alert(1) ftp://a.example", "javascript:alert(1) ftp://a.example"),
        ("<https://a.example/>", "&lt;{}https://a.example/{}https://a.example/</a>&gt;"),
        ('https://a.example/"onclick="x', "{}https://a.example/{}https://a.example/</a>&quot;onclick=&quot;x"),
    ],
    ids=["a link ends before the full stop", "no other scheme", "angle brackets around", "a quote ends it"],
)
def test_only_web_addresses_become_links(text: str, html: str) -> None:
    expected = html.format('<a href="', '" rel="noreferrer noopener">') if "{}" in html else html
    assert linked(text).removeprefix("see ") == expected


def test_elements_escape_text_but_not_elements() -> None:
    assert element("p", "<b>", element("i", "x & y"), class_='"', hidden=True) == (
        '<p class="&quot;" hidden>&lt;b&gt;<i>x &amp; y</i></p>'
    )
    assert escape(Markup("<br>")) == "<br>"
