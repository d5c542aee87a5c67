"""The metric exists: with this name, with these dimensions, without anybody having to switch it on."""

import re
from collections.abc import Iterator

from pipewarden_plan.can_fire.catalogue import catalogue, has_dimensions, is_of_a_service, nearest_metric
from pipewarden_plan.can_fire.subject import Objection, Subject

WORD = re.compile(r"(?<![\w.])[a-z]\w*")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
VOUCH = "write `emitted: true` if you saw it in the console"


def metric_is_known(subject: Subject) -> Iterator[Objection]:
    """PW501. Namespaces of the user's own hold whatever the user writes; those of services do not."""
    for metric in subject.alarm.metrics:
        if subject.emitted or (metric.namespace, metric.name) in catalogue() or not is_of_a_service(metric.namespace):
            continue
        near = nearest_metric(metric.namespace, metric.name)
        meant = f"did you mean {near}? If not, " if near else ""
        message = f"could never fire: the metric catalogue has no {metric.name} in {metric.namespace}"
        yield Objection("PW501", message, f"{meant}{VOUCH}")


def dimensions_are_known(subject: Subject) -> Iterator[Objection]:
    """PW502. CloudWatch finds nothing under a part of a metric's dimensions."""
    for metric in subject.alarm.metrics:
        row = catalogue().get((metric.namespace, metric.name))
        names = frozenset(metric.dimensions)
        if row is None or subject.emitted or has_dimensions(row, names):
            continue
        sets = " or ".join(f"{{{', '.join(found)}}}" for found in row["dimensions"])
        given = f"{{{', '.join(sorted(names))}}}"
        message = f"could never fire: {metric.namespace} writes {metric.name} with {sets}, not with {given}"
        yield Objection("PW502", message, f"name exactly these dimensions, or {VOUCH}")


def metric_is_switched_on(subject: Subject) -> Iterator[Objection]:
    """PW503. The declaration says so with `emitted`, or with the field that the technology's alarm needs."""
    for metric in subject.alarm.metrics:
        row = catalogue().get((metric.namespace, metric.name))
        if row and "switch" in row and not subject.emitted and not subject.switched_on:
            message = f"could never fire: {metric.name} is written only with {row['switch']}"
            yield Objection("PW503", message, "switch it on, then write `emitted: true`")


def expression_names_its_metrics(subject: Subject) -> Iterator[Objection]:
    """PW517. Ids begin in lower case, functions of metric math do not."""
    alarm = subject.alarm
    if not alarm.expression:
        if alarm.inputs:
            yield Objection("PW517", "has metrics beside its own and no expression over them", "add `expression`")
        return
    words = set(WORD.findall(QUOTED.sub("", alarm.expression)))
    known = {"m", *alarm.inputs}
    if unknown := sorted(words - known):
        listed = ", ".join(sorted(known))
        message = f"has an expression over {', '.join(unknown)}, and there is no such metric: known are {listed}"
        yield Objection("PW517", message, "`m` is the metric of the resource; add the others under `metrics`")
    elif "METRICS(" not in alarm.expression and (unused := sorted(known - words)):
        message = f"has an expression that does not use {', '.join(unused)}"
        yield Objection("PW517", message, "use it, or leave it out")
