"""One retry or action of ours, from when it is planned to what came of it. Plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One retry or action by us: number `number` of `resource` in its incident. A number is started at most once.
    `depth` counts the retries of one failed run, its own and those of its retries.

    `planned` waits for `due`; `starting` was claimed at `claimed` by an invocation that must be over at
    `claimed_until`; `started` runs as `run_id`; `cancelled` will never start. `waits` counts how often a guard put it
    off since it was `planned`; `larger` asks for more than the failed run had; `cost` is what it is expected to take;
    `adopted` was not started by us.
    """

    resource: str
    number: int
    state: Literal["planned", "starting", "started", "succeeded", "failed", "cancelled"]
    due: datetime
    failed_run_id: str
    failed_redrive: int = 0
    depth: int = 1
    run_id: str = ""
    redrive: int = 0
    claimed: datetime | None = None
    claimed_until: datetime | None = None
    started: datetime | None = None
    planned: datetime | None = None
    waits: int = 0
    larger: bool = False
    cost_unit: str = ""
    cost: float = 0.0
    adopted: bool = False
    action: str = ""
    """The name of the action, which is done for the reason `reason` (and its `alarm`); "" for a retry."""
    reason: str = ""
    alarm: str = ""
    plan: Mapping[str, Any] = field(default_factory=dict)
    """What was settled at the claim, so that a second try does the same."""
    result: Literal["", "running", "succeeded", "failed", "dry"] = ""
    """What came of the action itself; `text` says it. It may have been done and not have helped."""
    text: str = ""
    looks: int = 0
    until: datetime | None = None
    """When the alarm must have cleared."""

    @property
    def lane(self) -> str:
        """What its numbers count: retries of the resource, or an action."""
        return f"{self.resource}#{self.action}" if self.action else self.resource

    @property
    def key(self) -> str:
        """Lane and number: unique in its incident."""
        return f"{self.lane}#{self.number}"

    @property
    def in_flight(self) -> bool:
        return self.state in ("planned", "starting", "started")
