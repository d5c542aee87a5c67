"""What the demo ends with: the stories, the incidents' timelines and every inbox, as a report."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime

from pipewarden_cli.demo.stories import dead_letters
from pipewarden_cli.demo.telling import Story, Telling
from pipewarden_cli.demo.world import ENVIRONMENT, World
from pipewarden_cli.local.imitation import imitations
from pipewarden_cli.preview.account.answers import AccountAnswers
from pipewarden_cli.preview.command import planned_dashboards
from pipewarden_cli.preview.html import Page, render_page
from pipewarden_cli.preview.render import draw_dashboards
from pipewarden_cli.project import plan_environment
from pipewarden_cli.report.contents import Check, Count, DemoReport, Fact, IncidentReport, Mail, StoryReport


def make_report(stories: Sequence[Story], tellings: Sequence[Telling], world: World, started: datetime) -> DemoReport:
    """Read the incidents, inboxes and queues as they are now, and put them beside what the stories saw."""
    incidents = world.incidents()
    mails = tuple(
        Mail(address=mail.address, at=mail.delivered_at, body=mail.body, subject=mail.subject, channel=mail.channel)
        for mail in world.mails()
    )
    told = tuple(
        _story_report(story, telling, incidents, _counts(world) if story.key == "dead-letters" else ())
        for story, telling in zip(stories, tellings, strict=True)
    )
    ended = datetime.now(UTC)
    recovered = sum(incident.state == "recovered" for incident in incidents)
    facts = (
        Fact(label="incidents", value=str(len(incidents))),
        Fact(label="recovered by themselves", value=str(recovered)),
        Fact(label="paged to a person", value=str(sum(incident.pages > 0 for incident in incidents))),
        Fact(label="messages to people", value=str(len(mails))),
    )
    return DemoReport(
        stories=told,
        incidents=tuple(incidents),
        inbox=mails,
        started=started,
        ended=ended,
        facts=facts,
        emulator=f"ministack {world.aws.version}",
        imitations=tuple(imitations()),
    )


def draw_dashboards_page(world: World) -> str:
    """The deployed dashboards as one HTML page, with the data that the embedded AWS holds now."""
    plan = plan_environment(world.root, ENVIRONMENT)
    answers = AccountAnswers(lambda service, _region: world.client(service), world.aws.region)
    now = int(time.time())
    contents = draw_dashboards(planned_dashboards(plan), answers, now)
    return render_page(Page(title=ENVIRONMENT, origin="embedded AWS", now=now, theme="auto"), contents)


def _story_report(
    story: Story, telling: Telling, incidents: Sequence[IncidentReport], counts: tuple[Count, ...]
) -> StoryReport:
    mine = [incident for incident in incidents if incident.pipeline == story.pipeline]
    checks = [Check(text=step.title, passed=step.state == "done", seen=step.note) for step in telling.steps]
    if telling.failure and all(check.passed for check in checks):
        checks.append(Check(text="the story came to its end", passed=False, seen=telling.failure))
    elif telling.failure:
        checks[-1] = Check(text=checks[-1].text, passed=False, seen=telling.failure)
    return StoryReport(
        title=story.title,
        summary=story.summary,
        moments=tuple(moment for incident in mine for moment in incident.timeline if moment.label),
        checks=tuple(checks),
        counts=counts,
        incidents=tuple(incident.incident for incident in mine),
    )


def _counts(world: World) -> tuple[Count, ...]:
    quarantine = world.names.quarantine_queue("order-events", "events")
    return (
        Count(place="source queue", messages=world.depth(dead_letters.SOURCE)),
        Count(place="dead-letter queue", messages=world.depth(dead_letters.DEAD), tone="bad"),
        Count(place="processed", messages=dead_letters.processed(world), tone="good"),
        Count(place="quarantine", messages=world.depth(quarantine), tone="wait"),
        Count(place="archive", messages=len(dead_letters.archived(world))),
    )
