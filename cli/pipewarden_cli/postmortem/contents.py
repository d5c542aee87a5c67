"""Everything that is known of one incident, as plain data, and what stood around it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipewarden.incident import Entry, Incident
from pipewarden.page import Page


@dataclass(frozen=True, kw_only=True)
class Record:
    """An incident with its timeline and its pages, from the table or from the archive."""

    incident: Incident
    timeline: Sequence[Entry] = ()
    pages: Sequence[Page] = ()


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Something that happened around the incident and is none of its own: a deployment, a maintenance window."""

    time: datetime
    kind: Literal["deployment", "maintenance"]
    text: str


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """`marks` in any order; `unknown` says what could not be read and why; `respond_within_seconds` is what the
    severity asks for (0: not declared any more); `now` is the end of an incident that has none."""

    environment: str
    now: datetime
    respond_within_seconds: float = 0.0
    marks: Sequence[Mark] = ()
    unknown: Sequence[str] = ()
