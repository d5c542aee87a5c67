"""The report as plain text: no colours, no terminal needed, fit for a log or a pipe."""

import textwrap
from collections.abc import Iterable, Iterator

from pipewarden_cli.printable import printable
from pipewarden_cli.report.contents import DemoReport, IncidentReport, Mail, Moment, StoryReport
from pipewarden_cli.report.times import clock, date_and_clock, duration, offset

WIDTH = 100


def render_text(report: DemoReport) -> str:
    """The whole report; ends with a newline."""
    return printable("\n".join(_lines(report)) + "\n")


def render_incident(incident: IncidentReport) -> str:
    """One incident and its timeline; ends with a newline."""
    return printable("\n".join(_incident(incident)) + "\n")


def verdict(report: DemoReport) -> str:
    """`6 of 6 stories went as they should: 24 of 24 checks passed`."""
    stories = sum(story.passed for story in report.stories)
    checks = sum(check.passed for check in report.checks)
    return (
        f"{stories} of {len(report.stories)} stories went as they should: "
        f"{checks} of {len(report.checks)} checks passed"
    )


def _lines(report: DemoReport) -> Iterator[str]:
    yield report.title
    yield "=" * len(report.title)
    yield f"{date_and_clock(report.started)}, {duration((report.ended - report.started).total_seconds())}"
    yield verdict(report)
    yield from (f"{fact.label}: {fact.value}" for fact in report.facts)
    yield from _heading("Stories")
    for number, story in enumerate(report.stories, start=1):
        yield from _story(number, story)
    yield from _heading("Incidents")
    for incident in report.incidents:
        yield from _incident(incident)
        yield ""
    yield from _heading("Inboxes")
    for address, mails in report.inboxes().items():
        yield f"{address}: {_counted(len(mails), 'message')}"
        for mail in mails:
            yield from _mail(mail)
    if report.emulator:
        yield from _heading("Where this ran")
        yield f"Embedded AWS: {report.emulator}. Imitated by Pipewarden:"
        for part, sentence in report.imitations:
            yield from _wrapped(f"{part}: {sentence}", "  - ", "    ")


def _heading(text: str) -> tuple[str, ...]:
    return ("", text, "-" * len(text))


def _story(number: int, story: StoryReport) -> Iterator[str]:
    yield f"{number}. {story.title} [{'ok' if story.passed else 'FAILED'}]"
    yield from _wrapped(story.summary, "   ", "   ")
    if story.moments:
        start = story.moments[0].at
        line = " -> ".join(f"{moment.label} {offset(start, moment.at)}" for moment in story.moments)
        yield from _wrapped(line, "   ", "   ")
    for check in story.checks:
        seen = f" (seen: {check.seen})" if check.seen and not check.passed else ""
        yield from _wrapped(f"{check.text}{seen}", "   + " if check.passed else "   ! ", "     ")
    if story.counts:
        yield "   messages: " + ", ".join(f"{count.place} {count.messages}" for count in story.counts)
    yield ""


def _incident(incident: IncidentReport) -> Iterator[str]:
    yield f"{incident.incident}  {incident.severity}  {incident.state}  {incident.where}"
    if incident.headline:
        yield from _wrapped(incident.headline, "  ", "  ")
    if incident.error:
        kind = f" ({incident.failure_class})" if incident.failure_class else ""
        yield from _wrapped(f"error{kind}: {incident.error}", "  ", "    ")
    yield from _wrapped(", ".join(incident.facts()), "  ", "  ")
    for moment in incident.timeline:
        yield from _moment(moment)


def _moment(moment: Moment) -> Iterator[str]:
    yield from _wrapped(moment.text or moment.label, f"  {clock(moment.at)}  ", " " * 12)


def _mail(mail: Mail) -> Iterator[str]:
    yield f"  {clock(mail.at)}  {mail.channel}{': ' + mail.subject if mail.subject else ''}"
    yield from (f"    | {line}" if line else "    |" for line in mail.body.splitlines())
    yield ""


def _wrapped(text: str, first: str, rest: str) -> Iterable[str]:
    # Not inside words: names, ARNs and links stay whole, so that they can be copied.
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _counted(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}"
