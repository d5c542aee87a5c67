"""The metric exists: with this name, with these dimensions, without anybody having to switch it on."""

from collections.abc import Iterator

from pipewarden_plan.can_fire.catalogue import catalogue, has_dimensions, is_of_a_service, nearest_metric
from pipewarden_plan.can_fire.subject import Objection, Subject

VOUCH = "write `emitted: true` if you saw it in the console"


def metric_is_known(subject: Subject) -> Iterator[Objection]:
    """PW501. Namespaces of the user's own hold whatever the user writes; those of services do not."""
    metric = subject.alarm.metric
    if subject.emitted or (metric.namespace, metric.name) in catalogue() or not is_of_a_service(metric.namespace):
        return
    near = nearest_metric(metric.namespace, metric.name)
    meant = f"did you mean {near}? If not, " if near else ""
    message = f"could never fire: the metric catalogue has no {metric.name} in {metric.namespace}"
    yield Objection("PW501", message, f"{meant}{VOUCH}")


def dimensions_are_known(subject: Subject) -> Iterator[Objection]:
    """PW502. CloudWatch finds nothing under a part of a metric's dimensions."""
    metric = subject.alarm.metric
    row = catalogue().get((metric.namespace, metric.name))
    names = frozenset(metric.dimensions)
    if row is None or subject.emitted or has_dimensions(row, names):
        return
    sets = " or ".join(f"{{{', '.join(found)}}}" for found in row["dimensions"])
    given = f"{{{', '.join(sorted(names))}}}"
    message = f"could never fire: {metric.namespace} writes {metric.name} with {sets}, not with {given}"
    yield Objection("PW502", message, f"name exactly these dimensions, or {VOUCH}")


def metric_is_switched_on(subject: Subject) -> Iterator[Objection]:
    """PW503. The declaration says so with `emitted`, or with the field that the technology's alarm needs."""
    metric = subject.alarm.metric
    row = catalogue().get((metric.namespace, metric.name))
    if row and "switch" in row and not subject.emitted and not subject.switched_on:
        message = f"could never fire: {metric.name} is written only with {row['switch']}"
        yield Objection("PW503", message, "switch it on, then write `emitted: true`")
