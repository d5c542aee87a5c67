"""A page that is held back: by what, since when, and when it is looked at again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

HoldKind = Literal["maintenance", "upstream", "after", "quiet"]


@dataclass(frozen=True, kw_only=True)
class Hold:
    """`name` is the window, the pipeline or resource above, or the severity; `why` what the page would have said,
    `text` what people read about the hold.

    Looked at again at `until`, which is always scheduled: no hold outlasts what it waits for. `incident` is the one of
    the pipeline above.
    """

    by: HoldKind
    name: str
    since: datetime
    until: datetime
    why: str
    text: str
    incident: str = ""

    def goes_on_from(self, other: "Hold | None") -> bool:
        """Whether it holds back for the same cause as another one."""
        return other is not None and (self.by, self.name) == (other.by, other.name)
