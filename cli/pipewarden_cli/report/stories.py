"""The story cards of the page: what was broken, what happened by itself, and what was checked."""

from pipewarden_cli.report.contents import Check, Count, Moment, StoryReport
from pipewarden_cli.report.icons import dot, icon
from pipewarden_cli.report.markup import Markup, element, join
from pipewarden_cli.report.times import clock, offset


def story_cards(stories: tuple[StoryReport, ...]) -> Markup:
    """All cards, numbered as they are told."""
    cards = join(*(_card(number, story) for number, story in enumerate(stories, start=1)))
    return element("section", element("h2", "Stories"), element("div", cards, class_="cards"), id="stories")


def _card(number: int, story: StoryReport) -> Markup:
    passed = sum(check.passed for check in story.checks)
    status = element(
        "span",
        icon("good" if story.passed else "bad"),
        f"{passed} of {len(story.checks)} checks",
        class_=f"pill {'good' if story.passed else 'bad'}",
    )
    number_mark = element("span", str(number), class_="number")
    head = element("header", number_mark, element("h3", story.title), status)
    parts = [head, element("p", story.summary, class_="summary"), _line(story.moments), _counts(story.counts)]
    return element("article", *parts, _checks(story.checks), class_="card story")


def _line(moments: tuple[Moment, ...]) -> Markup:
    if not moments:
        return Markup()
    start = moments[0].at
    steps = (
        element(
            "li",
            dot(moment.tone),
            element("b", moment.label),
            element("time", offset(start, moment.at), datetime=moment.at.isoformat(), title=clock(moment.at) + " UTC"),
            class_=moment.tone,
            title=moment.text,
        )
        for moment in moments
    )
    return element("ol", *steps, class_="line")


def _counts(counts: tuple[Count, ...]) -> Markup:
    if not counts:
        return Markup()
    boxes = (
        element("div", element("dt", count.place), element("dd", str(count.messages)), class_=count.tone)
        for count in counts
    )
    return element("dl", *boxes, class_="counts")


def _checks(checks: tuple[Check, ...]) -> Markup:
    rows = (
        element(
            "li",
            icon("good" if check.passed else "bad"),
            element("span", check.text, _seen(check)),
            class_="good" if check.passed else "bad",
        )
        for check in checks
    )
    return element("ul", *rows, class_="checks")


def _seen(check: Check) -> Markup:
    return element("em", f"seen: {check.seen}") if check.seen and not check.passed else Markup()
