"""The one normalized form in which anything that happened reaches a decision."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any


class SignalKind(StrEnum):
    """What a signal says. Values travel in queue messages: never rename one."""

    RUN_FAILED = "run-failed"
    RUN_SUCCEEDED = "run-succeeded"
    RUN_STOPPED = "run-stopped"
    ALARM_RAISED = "alarm-raised"
    ALARM_CLEARED = "alarm-cleared"
    DEADLINE_REACHED = "deadline-reached"
    RETRY_DUE = "retry-due"
    ACTION_DUE = "action-due"
    CHECK_DUE = "check-due"
    DRAIN_FINISHED = "drain-finished"
    HOLD_DUE = "hold-due"
    MAINTENANCE_STARTED = "maintenance-started"
    MAINTENANCE_ENDED = "maintenance-ended"
    DIGEST_DUE = "digest-due"
    COMPLETED = "completed"
    EXERCISED = "exercised"
    EXPECTATION_MISSED = "expectation-missed"
    HEARTBEAT = "heartbeat"
    DEPLOYED = "deployed"
    CHANGED = "changed"


RUN_KINDS = (SignalKind.RUN_FAILED, SignalKind.RUN_SUCCEEDED, SignalKind.RUN_STOPPED)
"""What tells how a run ended."""


@dataclass(frozen=True, kw_only=True)
class Signal:
    """One fact about one resource, pipeline or alarm.

    Run signals name the AWS resource by `technology` and `identity` (the value in service events, e.g. a Glue job name
    or a state machine ARN); who declared it is looked up in the settings. Signals that Pipewarden sends to itself
    (retry due, drain finished, deadline reached) name `pipeline`, `resource`, `incident` and `attempt` instead, those
    of the calendar the window or the severity in `state`, those
    of an action its name.
    """

    kind: SignalKind
    time: datetime
    technology: str = ""
    identity: str = ""
    run_id: str = ""
    redrive: int = 0
    state: str = ""
    error: str = ""
    alarm: str = ""
    pipeline: str = ""
    resource: str = ""
    incident: str = ""
    attempt: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """The same for every delivery of the same fact, whatever the transport's message id; 32 hex digits."""
        moment = "" if self.run_id and self.kind != SignalKind.RETRY_DUE else self.time.isoformat()
        facts = (self.kind, self.technology, self.identity, self.run_id, self.redrive, self.state, self.alarm)
        ours = (self.pipeline, self.resource, self.incident, self.attempt, moment)
        return hashlib.sha256(json.dumps([*facts, *ours]).encode()).hexdigest()[:32]

    def to_json(self) -> str:
        """Compact JSON that `from_json` reads back to an equal signal."""
        values = {name: value for name, value in asdict(self).items() if value not in ("", 0, {})}
        return json.dumps({**values, "time": self.time.isoformat()}, separators=(",", ":"), default=str)

    @classmethod
    def from_json(cls, text: str) -> "Signal":
        """Read what `to_json` wrote. Raises ValueError, KeyError or TypeError when the text is no signal."""
        values = json.loads(text)
        moment = datetime.fromisoformat(values.pop("time"))
        return cls(kind=SignalKind(values.pop("kind")), time=moment.astimezone(UTC), **values)
