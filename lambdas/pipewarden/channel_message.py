"""A message on its way to a channel: the words, and the facts that services take apart from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from pipewarden.duration import say_moment, say_seconds
from pipewarden.message import Message
from pipewarden.page import Page

Event = Literal["page", "again", "acknowledged", "recovered", "closed", "notice"]
"""`page`: somebody must act. `again`: nobody has taken it. `acknowledged`: somebody has. `recovered`: cured. `closed`:
ended by the person who took it. `notice`: news about no single incident; nobody must act."""


BUTTONS = ("acknowledge", "run", "log", "dashboard", "runbook", "alarm", "console")
"""Links in the order in which they are offered; where there is room for a few only, the last ones go first."""


@dataclass(frozen=True, kw_only=True)
class Notice:
    """`key` is the incident's id (or what the news is about), the same for all its messages; `number` that of the page
    and `call` the name of the rung's call, so that `id` is the same for every try to deliver one message. Only pages
    carry a `page`."""

    event: Event
    key: str
    pipeline: str
    environment: str
    severity: str
    message: Message
    sent: datetime
    number: int = 0
    call: str = ""
    links: Mapping[str, str] = field(default_factory=dict)
    page: Page | None = None

    @property
    def calm(self) -> bool:
        """True when it asks nobody to do anything."""
        return self.event in ("acknowledged", "notice")

    @property
    def id(self) -> str:
        return ".".join(part for part in (self.key, self.event, str(self.number), self.call) if part)

    @property
    def over(self) -> bool:
        """True when nobody needs to act any more."""
        return self.event in ("recovered", "closed")

    def buttons(self, most: int) -> list[tuple[str, str]]:
        """(label, address) of at most that many links, the most needed first."""
        ranked = sorted(self.links.items(), key=lambda link: BUTTONS.index(link[0]) if link[0] in BUTTONS else 99)
        return [(name.capitalize(), url) for name, url in ranked[:most]]


def facts(page: Page) -> dict[str, str]:
    """What stands beside the words of a page, by its label; empty ones are left out."""
    cause = page.cause
    rows = {
        "Since": say_moment(page.since),
        "Respond within": say_seconds(page.respond_within_seconds),
        "Owner": page.owner,
        "Class": f"{cause.failure_class}, {cause.why_class}".strip(", "),
        "Impact": " ".join(page.impact),
        "Last good run": page.last_good,
        "Hangs below it": ", ".join(page.below),
        "Incident": page.incident,
    }
    return {label: value for label, value in rows.items() if value}


def cut(text: str, limit: int, end: str = "…") -> str:
    """At most `limit` characters; what is missing is marked."""
    return text if len(text) <= limit else text[: limit - len(end)].rstrip() + end
