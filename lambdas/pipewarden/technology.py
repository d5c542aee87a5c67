"""What Pipewarden must know about one kind of AWS resource: a frozen row of data plus a few functions.

One file in `pipewarden.technologies` holds one `TECHNOLOGY = Technology(...)`. Templates are strings with `$(name)`
placeholders, filled from the resource's fields and `env`, `account`, `region`, `partition`, `console` (the console's
domain), `pipeline`, `resource`; `Technology.values` gives them all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from pipewarden.alarm_rule import AlarmRule, Requests
from pipewarden.error_pattern import ErrorPattern
from pipewarden.run import Run, Scale
from pipewarden.signal import Signal
from pipewarden.target import Target

Clients = Callable[[str], Any]
"""Gives the boto3 client of a service by its boto3 name; handlers make and cache them."""


@dataclass(frozen=True, kw_only=True)
class Grant:
    """IAM statement: actions on resource ARN templates. `purpose` says which of our functions needs it and when.

    `conditions` is IAM's own shape (operator -> key -> value templates). `needs` as in `AlarmRule`.
    """

    purpose: Literal["read", "list", "retry", "act", "drain", "probe", "owner"]
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    needs: str = ""


@dataclass(frozen=True, kw_only=True)
class EventRule:
    """One EventBridge rule per technology and kind of event.

    `detail` is the pattern below `detail` without the resource; `identity_path` is where the event names the resource
    (`detail.jobName`), and `identity` is the template of that value for one declared resource.
    """

    kind: Literal["failed", "succeeded", "deployed", "changed"]
    source: tuple[str, ...]
    detail_type: tuple[str, ...]
    detail: Mapping[str, Any]
    identity_path: str
    identity: str
    prefix: bool = False
    """Whether the event's value only begins with `identity` (a stack's id ends in a number that nobody declares)."""


@dataclass(frozen=True, kw_only=True)
class Widget:
    """A graph: title template and metrics as (namespace, metric, dimension templates,
    statistic, label); dimension templates as in `AlarmRule`."""

    title: str
    metrics: tuple[tuple[str, str, Mapping[str, str], str, str], ...]
    unit: str
    needs: str = ""
    stacked: bool = False
    period_seconds: int = 300


@dataclass(frozen=True, kw_only=True)
class LogFilter:
    """A metric out of a log group: templates of what `AWS::Logs::MetricFilter` takes."""

    log_group: str
    pattern: str
    namespace: str
    metric: str
    value: str
    unit: str


@dataclass(frozen=True, kw_only=True)
class LogQuery:
    """What alarms judge in place of a metric: templates of a query of Logs Insights and of what its rows become, and
    the field with the log groups. How often it runs is the alarms' period."""

    query: str
    value: str
    log_groups_field: str


@dataclass(frozen=True, kw_only=True)
class Retry:
    """How to start a failed run again.

    `start(clients, target, failed_run, token)` returns the new run's id and redrive count as `Run`. `idempotent` is
    True when the service itself refuses to start twice for one token; otherwise `find(clients, target, failed_run,
    since)` looks for the run that an earlier, crashed call may have started. Of the failed run only the id and the
    redrive count are known for certain, unless it is `current`. `calls` lists every API operation used,
    as IAM actions. `token` has 1 to 64 characters of `A-Z a-z 0-9 - _`.
    """

    calls: tuple[str, ...]
    idempotent: bool
    start: Callable[[Clients, Target, Run, str], Run]
    find: Callable[[Clients, Target, Run, datetime], Run | None]
    scalable: tuple[str, ...] = ()
    """What `retry.scale` can give a retry more of; then `start_larger` is `start` with a scale."""
    start_larger: Callable[[Clients, Target, Run, str, Scale], Run] | None = None
    layers: Callable[[Mapping[str, Any], int], str] | None = None
    """What the service's own retries make of so many attempts, by the declared fields: one sentence for the plan and
    for pages, "" where nothing is known of any."""


@dataclass(frozen=True, kw_only=True)
class Redelivery:
    """How a dead letter is given again to a resource that is no queue.

    `read(body, holds)` is what the resource takes, made of what lies in the dead-letter queue in the declared form;
    ValueError when it is not of that form. `deliver(clients, target, payload)` hands it over and returns when the
    service has it safely. `calls` lists the API operations as IAM actions; after `back_seconds` what fails again is in
    the dead-letter queue again.
    """

    calls: tuple[str, ...]
    read: Callable[[str, str], str]
    deliver: Callable[[Clients, Target, str], None]
    back_seconds: float


@dataclass(frozen=True, kw_only=True)
class Technology:
    """Everything Pipewarden knows about one `type:`.

    `fields` are JSON Schema properties, `expectations` likewise for `expect:`; both may refer to the vocabulary with
    `{"$ref": "#/$defs/duration"}` (duration, rate, percentage, duration_range, name, count ...). `arn` is the template
    of the resource's ARN and `identity` names the field that is unique per AWS resource; both are "" where there is no
    such thing. A field whose schema has a `default` always has a value in templates. `derive` computes further
    template values from the fields (the bucket of a location). Fill templates from `values(target)`.
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
    """On the operations dashboard: what tells whether it goes well."""
    diagnostics: tuple[Widget, ...] = ()
    """On the diagnostic dashboard, beside those: what tells why it does not."""
    marks: tuple[tuple[str, str, Mapping[str, str], str, str], ...] = ()
    """Metrics as in `Widget` that say when something was changed: drawn over the pipeline's other graphs, on their
    right axis."""
    log_filter: LogFilter | None = None
    log_query: LogQuery | None = None
    usage: tuple[str, ...] = ()
    """The units of `usage.METRICS` that its runs are billed for."""
    scores: bool = False
    """Whether its runs have a score (`Run.score`)."""
    events: tuple[EventRule, ...] = ()
    grants: tuple[Grant, ...] = ()
    log_groups: tuple[str, ...] = ()
    log_groups_field: str = ""
    """Field with a list of further log groups."""
    queries: tuple[tuple[str, str], ...] = ()
    """Saved Logs Insights queries over those groups, as (name, text); RUN-ID stands where a reader types one."""
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
    owning_run: Callable[[Clients, Target, Run], str] | None = None
    """Which run of this resource started that run of another one and waits for it: its id, "" for none. What it calls
    is granted with the purpose `owner`, where the declaration leaves open who starts what."""
    redelivery: Redelivery | None = None
    requests: Requests | None = None
    """Where it serves requests: what its `slo` is judged by."""
    derive: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None

    @cached_property
    def kinds_of_events(self) -> frozenset[str]:
        """The kinds of its event rules."""
        return frozenset(rule.kind for rule in self.events)

    def with_defaults(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The declared fields, and the default of each field that is not declared and has one."""
        defaults = {name: schema["default"] for name, schema in self.fields.items() if "default" in schema}
        return {**defaults, **fields}

    def values(self, target: Target) -> dict[str, Any]:
        """Everything this technology's templates are filled from, for one declared resource."""
        fields = self.with_defaults(target.fields)
        derived = self.derive(fields) if self.derive else {}
        return {**fields, **derived, **target.values}
