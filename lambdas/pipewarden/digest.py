"""What people read when quiet hours end: one message for everything that was held back. Pure."""

from collections.abc import Sequence

from pipewarden.duration import say_moment
from pipewarden.message import Message, fit_subject, headline
from pipewarden.page import Page

MOST_IN_SMS = 3


def render_digest(severity: str, environment: str, pages: Sequence[Page]) -> Message:
    """Each page in a line or two with its acknowledge link, the oldest first."""
    count = f"{len(pages)} incidents"
    first = f"{severity} ({environment}): {count} held back in quiet hours still fail."
    blocks = [first, *(_entry(page) for page in pages)]
    names = [page.pipeline for page in pages]
    shown = ", ".join(names[:MOST_IN_SMS]) + (f" and {len(names) - MOST_IN_SMS} more" if names[MOST_IN_SMS:] else "")
    return Message(
        subject=fit_subject(f"[{severity}] {environment}: {count} after quiet hours: {shown}"),
        headline=f"{first} {shown}",
        text="\n\n".join(blocks) + "\n",
        sms=f"{first} {shown}",
    )


def _entry(page: Page) -> str:
    about = f"Incident: {page.incident}   Owner: {page.owner}   Since: {say_moment(page.since)}"
    link = f"\n  Acknowledge: {page.links['acknowledge']}" if "acknowledge" in page.links else ""
    return f"{headline(page)}{link}\n  {about}"
