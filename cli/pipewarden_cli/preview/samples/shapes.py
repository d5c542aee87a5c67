"""The table of shapes: the first row that fits a metric makes its samples."""

import re
from functools import lru_cache

from pipewarden_cli.preview.samples import flow_shapes as flow
from pipewarden_cli.preview.samples import incident_shapes as incident
from pipewarden_cli.preview.samples import run_shapes as run
from pipewarden_cli.preview.samples.shape import Ask, Point, Shape

OWN: tuple[tuple[str, Shape], ...] = (
    ("RunsSucceeded", run.succeeded),
    ("RunsFailed", run.failed),
    ("RunsRetried|RunsRecovered", run.retried),
    ("RunsStarted", run.started),
    ("RunDurationSeconds", run.duration_seconds),
    ("DurationRatio", run.duration_ratio),
    ("RunDPUHours", run.dpu_hours),
    ("Run(Flex|Memory)DPUHours", flow.nothing),
    ("SuccessRate", run.success_rate),
    ("ErrorBudgetLeft", run.budget_left),
    ("DataAgeSeconds", run.data_age),
    ("NewObjects|NewRows", run.new_objects),
    ("NewBytes", run.new_bytes),
    ("Heartbeat|SignalsHandled", flow.heartbeat),
    ("IncidentsOpened", incident.opened),
    ("IncidentsClosed|IncidentsRecovered", incident.closed),
    ("PagesSent", incident.paged),
    ("BreakerOpen", incident.breaker_open),
    ("Deployments", incident.deployed),
    ("InMaintenance", incident.in_maintenance),
    ("SecondsToAcknowledge", incident.seconds_to_acknowledge),
    ("SecondsToRecover", incident.seconds_to_recover),
    ("DrainedMessages|ArchivedMessages|RedrivenMessages", flow.drained),
    ("QuarantinedMessages", flow.quarantined),
    (r".*(Errors|Failures|Ignored|Open|Exhausted|Broken)\w*", flow.nothing),
)
"""Metrics of our own namespace, by their whole name."""

OF_RUNS: tuple[tuple[str, Shape], ...] = (
    (r"Fail|Error|error|Killed", run.failed),
    (r"TimedOut|Abort|Throttl|Redriven|Dropped", flow.nothing),
    (r"Succe", run.succeeded),
    (r"Started|Invocations|Triggered|Received", run.started),
    (r"(Duration|elapsedTime|ExecutionTime|RunTime|Milliseconds)$", run.duration_milliseconds),
    (r"", run.during_runs),
)
"""Metrics of a resource that runs, by a part of the name."""

OF_ANYTHING: tuple[tuple[str, Shape], ...] = (
    (r"(AgeOfOldest|IteratorAge|DataFreshness|Lag)", flow.oldest),
    (r"MessagesVisible|MessagesNotVisible|MessagesDelayed|[Qq]ueue|Backlog|Pending|[Ww]aiting", flow.waiting),
    (r"Error|Fail|Fault|Throttl|Reject|Dropped|TimedOut|Exceeded|5[xX]{2}|4[xX]{2}|Deadlock|Conflict", flow.errors),
    (r"Score|Completeness|Accuracy|Availability|SuccessRate|HitRate|Validity", run.scores),
    (r"Utilization|Percent|percentage|used_percent|Usage$", flow.percentage),
    (r"Latency|Duration|Time$|ResponseTime|Delay", flow.latency),
    (r"BucketSize|Stored|FreeStorage|DiskSpace|ItemCount|NumberOfObjects|FreeableMemory|TableSize", flow.stored),
    (r"[Bb]ytes|Network(In|Out)|Size", flow.size),
    (r"", flow.throughput),
)


def samples_of(ask: Ask) -> list[Point]:
    """The points of a metric, in the order of time as far as the shape knows it."""
    name = ask.metric.name
    if ask.subject is not None and ask.subject.dead:
        return flow.dead_letters(ask) if re.search(r"Visible|Sent", name) and "Not" not in name else flow.nothing(ask)
    if ask.metric.namespace == flow.UNKNOWN:
        return flow.of_an_unknown_alarm(ask)
    if ask.metric.namespace == "Pipewarden" and (own := _own(name)):
        return own(ask)
    if ask.is_run:
        return _of_runs(name)(ask)
    shape = _of_anything(name)
    if ask.limit and shape not in (flow.oldest, flow.waiting, flow.errors, run.scores):
        return flow.below_the_limit(ask)
    return shape(ask)


@lru_cache(maxsize=1024)
def _own(name: str) -> Shape | None:
    return next((shape for pattern, shape in OWN if re.fullmatch(pattern, name)), None)


@lru_cache(maxsize=1024)
def _of_runs(name: str) -> Shape:
    return next(shape for pattern, shape in OF_RUNS if re.search(pattern, name))


@lru_cache(maxsize=1024)
def _of_anything(name: str) -> Shape:
    return next(shape for pattern, shape in OF_ANYTHING if re.search(pattern, name))
