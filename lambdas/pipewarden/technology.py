"""What Pipewarden must know about one kind of AWS resource: a frozen row of data plus a few functions.

One file in `pipewarden.technologies` holds one `TECHNOLOGY = Technology(...)`. Templates are strings with `$(name)`
placeholders, filled from the resource's fields and `env`, `account`, `region`, `partition`, `console` (the console's
domain), `pipeline`, `resource`; `Technology.values` gives them all.
"""

import math
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
Ground = Literal["flag", "name", "message", "hint"]
RunState = Literal["running", "succeeded", "failed", "stopped"]

MOST_RUNS = 1_000
"""What `recent_runs` reads at most: the newest. Whoever gets as many must think that there were more."""

MISSING_REASONS: Mapping[Missing, str] = {
    "notBreaching": "The metric has points only when something happens; silence is health.",
    "ignore": "Between two points the last answer stands.",
    "breaching": "Silence is the failure.",
    "missing": "Silence is shown as such.",
}
"""What each treatment of missing data says about the metric."""

CONSOLES = {"aws-cn": "console.amazonaws.cn", "aws-us-gov": "console.amazonaws-us-gov.com"}


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Replace each `$(name)`; dotted names reach into mappings. Raises KeyError for a name that has no value."""

    def value(match: re.Match[str]) -> str:
        found: Any = values
        for part in match[1].split("."):
            found = found[part]
        return str(found)

    return PLACEHOLDER.sub(value, template)


def fill_dimensions(dimensions: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, str]:
    """Fill the templates of a dimension set. The key `*` spreads the mapping that its template names, so that
    `{"*": "$(dimensions)"}` takes the declared `dimensions` field as it is. Raises KeyError as `fill` does."""
    filled: dict[str, str] = {}
    for name, template in dimensions.items():
        if name == "*":
            found = look_up(values, template[2:-1])
            if not isinstance(found, Mapping):
                raise KeyError(template)
            filled.update({key: str(item) for key, item in found.items()})
        else:
            filled[name] = fill(template, values)
    return filled


def look_up(values: Mapping[str, Any], path: str) -> Any:
    """What a dotted path leads to (`volume.min`); None when nothing is there."""
    found: Any = values
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


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
        console = CONSOLES.get(self.partition, "console.aws.amazon.com")
        return {**self.fields, **places, "console": console, "pipeline": self.pipeline, "resource": self.resource}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a resource as its service records it. Times are UTC; `redrive` counts restarts of the same run id.

    `usage` is what the run is billed for, amount by unit; the units are those of `usage.METRICS`. Empty while it is
    not known.
    """

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
    usage: Mapping[str, float] = field(default_factory=dict)
    score: float | None = None
    """What the run found of the quality of data, in percent; None for runs that judge nothing."""
    size: Mapping[str, float] = field(default_factory=dict)
    """How large it was, by what a retry can have more of (`Retry.scalable`)."""
    owner: str = ""
    """What started it and can be resumed instead, in words ("the workflow nightly, run wr_1"); "" for nothing."""
    current: bool = False
    """Read from its service a moment ago, when nobody had started it again: a retry need not look once more."""

    @property
    def duration_seconds(self) -> float | None:
        """Wall-clock seconds from start to end; None while running or when the service does not tell."""
        return (self.ended - self.started).total_seconds() if self.started and self.ended else None

    def touches(self, since: datetime) -> bool:
        """True when it is going on, or started or ended at or after that time."""
        return self.state == "running" or any(moment and moment >= since for moment in (self.started, self.ended))


@dataclass(frozen=True, kw_only=True)
class Scale:
    """A larger retry: `factor` times the size that the failed run had (a key of `Run.size`), `most` at most."""

    of: str
    factor: float
    most: float

    def larger(self, size: float) -> float:
        """The size of the next run; whole, because workers are."""
        return float(min(self.most, math.ceil(size * self.factor)))


@dataclass(frozen=True, kw_only=True)
class Grant:
    """IAM statement: actions on resource ARN templates. `purpose` says which of our functions needs it and when.

    `conditions` is IAM's own shape (operator -> key -> value templates). `needs` as in `AlarmRule`.
    """

    purpose: Literal["read", "list", "retry", "drain", "probe"]
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
class AlarmRule:
    """A default alarm: one row. `threshold` is a number, or the dotted name of the expectation that gives it, and then
    the alarm exists only where that expectation is declared (`freshness`, `volume.min`). Thresholds and expectations
    are in base units: seconds, percent 0-100, counts.

    `role` "run" repeats what run events tell already (it pages only when no event told it); "health" pages by itself;
    "drain" starts the drainer. `source` is where the metric is documented.

    `namespace`, `metric`, `statistic` and the values of `dimensions` are templates; `fill_dimensions` fills the latter
    and knows the key `*`. `period_field` names the field that gives the period where it is declared. An expectation in
    seconds is compared in the metric's `unit` (Milliseconds: times 1000), one in GB
    likewise (Bytes: times 10^9); one that is just `true` gives a band of two
    standard deviations.
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
    reason: str = ""
    """Why missing data is treated so, where it is not what `MISSING_REASONS` says of the treatment."""
    role: Literal["run", "health", "drain"] = "health"
    needs: str = ""
    """Field that must be declared for this alarm to exist, e.g. `dead_letter`."""
    given: str = ""
    """Expectation that must be declared for it to exist where the threshold is a number, e.g. `slo`."""
    severity: str = ""
    """That of the alarm, where it has a route, in place of its pipeline's; an override goes before both."""
    price: str = ""
    """Template of an item of the price table: the expectation is in US dollars, the metric counts that item."""
    period_field: str = ""
    expression: str = ""
    """Template of metric math that is judged in place of the metric, which is its `m`."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Further metrics of `expression` by id: names in the same namespace, with the same dimensions and statistic."""
    expression_field: str = ""
    """Field that holds such an expression, where it is declared."""
    inputs_field: str = ""
    """Field with the further metrics of that expression by their ids; what one leaves out is as in the metric."""

    def period_for(self, fields: Mapping[str, Any]) -> int:
        """Seconds of one period for one declared resource."""
        return int(fields.get(self.period_field) or self.period_seconds)


@dataclass(frozen=True, kw_only=True)
class Requests:
    """Where something that serves requests counts them: all and the failed ones, each as (metric, statistic), under
    one dimension set whose values are templates."""

    namespace: str
    dimensions: Mapping[str, str]
    total: tuple[str, str]
    bad: tuple[str, str]

    @property
    def counts(self) -> tuple[tuple[str, str], tuple[str, str]]:
        return self.total, self.bad


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


@dataclass(frozen=True)
class ErrorPattern:
    """A regular expression (searched, case-insensitive) over `error_name: error` and what a match means.

    `id` is stable and unique among the rows that hold for one technology; pages show it. `ground` says what the pattern
    recognizes, and so how far it is to be trusted: a category or reserved name by which the service itself sorts its
    errors (flag), an error's name (name), words of its text (message), or words that many errors share (hint).
    `source` is where the error is documented or was seen. Quantifiers are bounded: see `pipewarden_plan.safe_pattern`.
    """

    pattern: str
    failure_class: FailureClass
    advice: str
    id: str = ""
    ground: Ground = "message"
    source: str = ""


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
    usage: tuple[str, ...] = ()
    """The units of `usage.METRICS` that its runs are billed for."""
    scores: bool = False
    """Whether its runs have a score (`Run.score`)."""
    events: tuple[EventRule, ...] = ()
    grants: tuple[Grant, ...] = ()
    log_groups: tuple[str, ...] = ()
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
    redelivery: Redelivery | None = None
    requests: Requests | None = None
    """Where it serves requests: what its `slo` is judged by."""
    derive: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None

    def with_defaults(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The declared fields, and the default of each field that is not declared and has one."""
        defaults = {name: schema["default"] for name, schema in self.fields.items() if "default" in schema}
        return {**defaults, **fields}

    def values(self, target: Target) -> dict[str, Any]:
        """Everything this technology's templates are filled from, for one declared resource."""
        fields = self.with_defaults(target.fields)
        derived = self.derive(fields) if self.derive else {}
        return {**fields, **derived, **target.values}
