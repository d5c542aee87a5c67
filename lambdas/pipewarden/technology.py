"""What Pipewarden must know about one kind of AWS resource: a frozen row of data plus a few functions.

One file in `pipewarden.technologies` holds one `TECHNOLOGY = Technology(...)`. Templates are strings with `$(name)`
placeholders, filled from the resource's fields and `env`, `account`, `region`, `partition`, `pipeline`, `resource`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from pipewarden.signal import Signal

PLACEHOLDER = re.compile(r"\$\(([a-z_.]+)\)")

Clients = Callable[[str], Any]
"""Gives the boto3 client of a service by its boto3 name; handlers make and cache them."""

Comparison = Literal[">", ">=", "<", "<=", "outside-band"]
Missing = Literal["notBreaching", "breaching", "ignore", "missing"]
FailureClass = Literal["transient", "resource", "deterministic", "unknown"]
RunState = Literal["running", "succeeded", "failed", "stopped"]


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Replace each `$(name)`; dotted names reach into mappings. Raises KeyError for a name that has no value."""

    def value(match: re.Match[str]) -> str:
        found: Any = values
        for part in match[1].split("."):
            found = found[part]
        return str(found)

    return PLACEHOLDER.sub(value, template)


@dataclass(frozen=True, kw_only=True)
class Target:
    """A declared resource as run-time code sees it: its fields with every interpolation done."""

    pipeline: str
    resource: str
    technology: str
    fields: Mapping[str, Any]
    environment: str
    account: str
    region: str
    partition: str = "aws"

    @property
    def values(self) -> dict[str, Any]:
        """What templates are filled from."""
        places = {"env": self.environment, "account": self.account, "region": self.region, "partition": self.partition}
        return {**self.fields, **places, "pipeline": self.pipeline, "resource": self.resource}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a resource as its service records it. Times are UTC; `redrive` counts restarts of the same run id."""

    run_id: str
    state: RunState
    word: str = ""
    redrive: int = 0
    started: datetime | None = None
    ended: datetime | None = None
    error_name: str = ""
    error: str = ""
    retry_of: str = ""
    log_group: str = ""
    log_stream: str = ""
    input: Mapping[str, Any] = field(default_factory=dict)

    @property
    def duration_seconds(self) -> float | None:
        """Wall-clock seconds from start to end; None while running or when the service does not tell."""
        return (self.ended - self.started).total_seconds() if self.started and self.ended else None


@dataclass(frozen=True, kw_only=True)
class Grant:
    """IAM statement: actions on resource ARN templates. `purpose` says which of our functions needs it and when."""

    purpose: Literal["read", "retry", "drain", "probe"]
    actions: tuple[str, ...]
    resources: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EventRule:
    """One EventBridge rule per technology and kind of event.

    `detail` is the pattern below `detail` without the resource; `identity_path` is where the event names the resource
    (`detail.jobName`), and `identity` is the template of that value for one declared resource.
    """

    kind: Literal["failed", "succeeded"]
    source: tuple[str, ...]
    detail_type: tuple[str, ...]
    detail: Mapping[str, Any]
    identity_path: str
    identity: str


@dataclass(frozen=True, kw_only=True)
class AlarmRule:
    """A default alarm: one row. `threshold` is a number, or the dotted name of the expectation that gives it, and then
    the alarm exists only where that expectation is declared (`freshness`, `volume.min`). Thresholds and expectations
    are in base units: seconds, percent 0-100, counts.

    `role` "run" repeats what run events tell already (it pages only when no event told it); "health" pages by itself;
    "drain" starts the drainer. `expression` is metric math over `m1` (the metric); `source` is where the metric is
    documented.
    """

    key: str
    meaning: str
    first_steps: tuple[str, ...]
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str
    comparison: Comparison
    threshold: float | str
    source: str
    unit: str = "Count"
    period_seconds: int = 300
    periods: int = 1
    datapoints: int = 1
    missing: Missing = "notBreaching"
    role: Literal["run", "health", "drain"] = "health"
    needs: str = ""
    """Field that must be declared for this alarm to exist, e.g. `dead_letter`."""


@dataclass(frozen=True, kw_only=True)
class Widget:
    """A graph on the operations dashboard: title template and metrics as (namespace, metric, dimension templates,
    statistic, label)."""

    title: str
    metrics: tuple[tuple[str, str, Mapping[str, str], str, str], ...]
    unit: str
    needs: str = ""
    stacked: bool = False


@dataclass(frozen=True, kw_only=True)
class ErrorPattern:
    """A regular expression (searched, case-insensitive) over `error_name: error` and what a match means."""

    pattern: str
    failure_class: FailureClass
    advice: str


@dataclass(frozen=True, kw_only=True)
class Retry:
    """How to start a failed run again.

    `start(clients, target, failed_run, token)` returns the new run's id and redrive count as `Run`. `idempotent` is
    True when the service itself refuses to start twice for one token; otherwise `find(clients, target, failed_run,
    since)` looks for the run that an earlier, crashed call may have started. `calls` lists every API operation used,
    as IAM actions.
    """

    calls: tuple[str, ...]
    idempotent: bool
    start: Callable[[Clients, Target, Run, str], Run]
    find: Callable[[Clients, Target, Run, datetime], Run | None]


@dataclass(frozen=True, kw_only=True)
class Technology:
    """Everything Pipewarden knows about one `type:`.

    `fields` are JSON Schema properties, `expectations` likewise for `expect:`; both may refer to the vocabulary with
    `{"$ref": "#/$defs/duration"}` (duration, rate, percentage, duration_range, name, count ...). `arn` is the template
    of the resource's ARN and `identity` names the field that is unique per AWS resource.
    """

    type: str
    title: str
    summary: str
    example: Mapping[str, Any]
    fields: Mapping[str, Mapping[str, Any]]
    required: tuple[str, ...]
    identity: str
    arn: str
    expectations: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    alarms: tuple[AlarmRule, ...] = ()
    widgets: tuple[Widget, ...] = ()
    events: tuple[EventRule, ...] = ()
    grants: tuple[Grant, ...] = ()
    log_groups: tuple[str, ...] = ()
    console: str = ""
    """Template of the console page of the resource; `$(run_id)` is filled too where a run is known."""
    run_console: str = ""
    errors: tuple[ErrorPattern, ...] = ()
    runs: bool = False
    """True when the resource starts, ends and fails in runs that Pipewarden can list."""
    read_event: Callable[[Mapping[str, Any]], Signal | None] | None = None
    describe_run: Callable[[Clients, Target, Signal], Run] | None = None
    recent_runs: Callable[[Clients, Target, datetime], list[Run]] | None = None
    retry: Retry | None = None
