"""What people would have received: every e-mail and text message that SNS delivered on the embedded AWS."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

ROUTE = "inbox"
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Delivery:
    """One message as its reader gets it.

    ``channel`` is the SNS protocol (email, email-json, sms). ``topic`` is the topic's ARN, empty for a direct text
    message. ``body`` of email-json is the whole JSON notification, as on AWS.
    """

    channel: str
    address: str
    subject: str
    body: str
    delivered_at: datetime
    topic: str
    message_id: str

    def to_json(self) -> dict[str, str]:
        """The delivery as plain JSON values."""
        return {**asdict(self), "delivered_at": self.delivered_at.isoformat()}


def read_delivery(value: Mapping[str, Any]) -> Delivery:
    """The delivery that ``to_json`` wrote."""
    at = datetime.fromisoformat(value["delivered_at"]).astimezone(UTC)
    return Delivery(**{**value, "delivered_at": at})


class Inbox:
    """The deliveries of one embedded AWS, oldest first; every look asks the server again."""

    def __init__(self, fetch: Callable[[], list[Mapping[str, Any]]], clear: Callable[[], None]) -> None:
        self._fetch = fetch
        self._clear = clear

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self.deliveries())

    def deliveries(self, address: str | None = None) -> tuple[Delivery, ...]:
        """All deliveries, or those to one address."""
        return tuple(d for d in map(read_delivery, self._fetch()) if address in (None, d.address))

    def wait_for(self, wanted: Callable[[Delivery], bool], seconds: float) -> Delivery | None:
        """The first delivery for which ``wanted`` holds, or None when none arrives within ``seconds``."""
        deadline = time.monotonic() + seconds
        while True:
            found = next((delivery for delivery in self if wanted(delivery)), None)
            if found is not None or time.monotonic() > deadline:
                return found
            time.sleep(POLL_SECONDS)

    def clear(self) -> None:
        """Forget every delivery so far."""
        self._clear()
