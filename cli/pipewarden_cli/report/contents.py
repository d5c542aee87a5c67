"""What a report shows, as plain data. Texts are plain text: whoever renders them escapes them. Times are aware."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipewarden_cli.report.times import date_and_clock, duration

Tone = Literal["bad", "wait", "act", "good", "page", "plain"]
"""How a moment is coloured: a failure, waiting, our doing, a good end, a person called, anything else."""


@dataclass(frozen=True, kw_only=True)
class Moment:
    """One thing that happened. `label` is two or three words for a story's line ("retry 1"), `text` a sentence for
    the incident's table; either may stand alone."""

    at: datetime
    label: str
    tone: Tone = "plain"
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One statement the demo tested. `seen` is what was there instead; it is shown when the check failed."""

    text: str
    passed: bool
    seen: str = ""


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many messages are in one place, e.g. ("quarantine", 2)."""

    place: str
    messages: int
    tone: Tone = "plain"


@dataclass(frozen=True, kw_only=True)
class StoryReport:
    """One story of the demo. `incidents` are the ids of those it belongs to."""

    title: str
    summary: str
    moments: tuple[Moment, ...]
    checks: tuple[Check, ...]
    counts: tuple[Count, ...] = ()
    incidents: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """A story without a check has not shown anything."""
        return bool(self.checks) and all(check.passed for check in self.checks)


@dataclass(frozen=True, kw_only=True)
class IncidentReport:
    """One incident with everything that happened to it, oldest first. `state` is the table's word (open, remediating,
    paged, acknowledged, recovered, closed); `pages` counts pages, `paged` names the channels that were called."""

    incident: str
    pipeline: str
    severity: str
    state: str
    opened: datetime
    resource: str = ""
    headline: str = ""
    error: str = ""
    failure_class: str = ""
    closed: datetime | None = None
    attempts: int = 0
    pages: int = 0
    paged: tuple[str, ...] = ()
    acknowledged_by: str = ""
    acknowledged_at: datetime | None = None
    timeline: tuple[Moment, ...] = ()
    links: Mapping[str, str] | None = None

    @property
    def where(self) -> str:
        """`pipeline.resource`."""
        return f"{self.pipeline}.{self.resource}" if self.resource else self.pipeline

    def facts(self) -> tuple[str, ...]:
        """What a reader wants at one glance, each in a few words."""
        retries = f"{self.attempts} {'retry' if self.attempts == 1 else 'retries'}"
        facts = [f"opened {date_and_clock(self.opened)}", retries]
        if self.closed:
            facts.insert(1, f"ended after {duration((self.closed - self.opened).total_seconds())}")
        called = f", called {', '.join(self.paged)}" if self.paged else ""
        facts.append(
            f"paged {'once' if self.pages == 1 else f'{self.pages} times'}{called}" if self.pages else "nobody paged"
        )
        if self.acknowledged_by:
            facts.append(f"acknowledged by {self.acknowledged_by}")
        return tuple(facts)


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One message as its reader got it; `channel` is email or sms (which has no subject)."""

    address: str
    at: datetime
    body: str
    subject: str = ""
    channel: str = "email"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One figure of the head of the page: ("runs failed", "7")."""

    label: str
    value: str


@dataclass(frozen=True, kw_only=True)
class DemoReport:
    """Everything one run of the demo ends with. `imitations` are (part, sentence): what is not the emulator's own, and
    how it differs from AWS."""

    stories: tuple[StoryReport, ...]
    incidents: tuple[IncidentReport, ...]
    inbox: tuple[Mail, ...]
    started: datetime
    ended: datetime
    facts: tuple[Fact, ...] = ()
    emulator: str = ""
    imitations: tuple[tuple[str, str], ...] = ()
    title: str = "What on-call would have seen"

    @property
    def checks(self) -> tuple[Check, ...]:
        """All stories' checks."""
        return tuple(check for story in self.stories for check in story.checks)

    @property
    def passed(self) -> bool:
        """Whether every story went as it should; a report without stories has not."""
        return bool(self.stories) and all(story.passed for story in self.stories)

    def inboxes(self) -> dict[str, tuple[Mail, ...]]:
        """Messages by address, oldest first; addresses in the order of their first message."""
        ordered = sorted(self.inbox, key=lambda mail: mail.at)
        return {
            address: tuple(mail for mail in ordered if mail.address == address)
            for address in dict.fromkeys(mail.address for mail in ordered)
        }
