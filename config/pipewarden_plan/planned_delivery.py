"""What carries signals and pages, as the plan has it: rules, topics, chats, queues and schedules."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class RulePlan:
    """An EventBridge rule whose only target is the signals queue. `open_pattern` says that the pattern names no
    resources because they would not fit, and the responder drops what nobody declared."""

    name: str
    technology: str
    kind: str
    pattern: Mapping[str, Any]
    open_pattern: bool = False


@dataclass(frozen=True, kw_only=True)
class TopicPlan:
    """`subscriptions` are (SNS protocol, endpoint); `publishers` service principals that may publish."""

    name: str
    purpose: Literal["alarm", "page", "channel"]
    display_name: str
    publishers: tuple[str, ...] = ()
    subscriptions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class ChatPlan:
    """A channel of AWS's own chat service, by its CloudFormation type; it listens to `topics` (names)."""

    name: str
    resource: str
    properties: Mapping[str, str]
    topics: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class QueuePlan:
    """`dead_letters` names the queue that takes a message after `receives` failed deliveries."""

    name: str
    purpose: Literal["signals", "dead-letters", "quarantine"]
    fifo: bool = False
    retention_seconds: int = 1_209_600
    visibility_seconds: int = 30
    dead_letters: str = ""
    receives: int = 0


@dataclass(frozen=True, kw_only=True)
class SchedulePlan:
    """An EventBridge Scheduler schedule: `expression` is its own syntax (`rate(5 minutes)`, six-field cron). Scheduler
    tries to deliver for `retry_seconds` (at least 60), then the signals' dead-letter queue has it."""

    name: str
    expression: str
    timezone: str
    target: Literal["signals", "probe", "reconciler", "drainer"]
    input: Mapping[str, Any]
    description: str = ""
    retry_seconds: int = 3_600
