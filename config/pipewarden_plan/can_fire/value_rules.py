"""The metric can pass the threshold, by a statistic that means something, and its silence is not health."""

from collections.abc import Iterator

from pipewarden_plan.can_fire.catalogue import catalogue, limits
from pipewarden_plan.can_fire.subject import Objection, Subject

BELOW = ("<", "<=")
JUDGED = frozenset({"Sum", "Average"})
"""Of these two one is often taken for the other; what the others mean is plain for any metric."""


def threshold_can_be_passed(subject: Subject) -> Iterator[Objection]:
    """PW508. A band is learnt from the metric itself, so it has no such limit; an expression can be anything."""
    alarm = subject.alarm
    if alarm.expression:
        return
    row = catalogue().get((alarm.metric.namespace, alarm.metric.name))
    lowest, highest = limits(row, alarm.metric.statistic) if row else (float("-inf"), float("inf"))
    if alarm.asks and alarm.asks.value.startswith("count"):
        lowest = 0.0
    never = {
        ">": alarm.threshold >= highest,
        ">=": alarm.threshold > highest,
        "<": alarm.threshold <= lowest,
        "<=": alarm.threshold < lowest,
    }
    if never.get(alarm.comparison, False):
        side, end = ("below", lowest) if alarm.comparison in BELOW else ("above", highest)
        what = alarm.asks.value if alarm.asks else alarm.metric.name
        message = f"could never fire: {what} is never {side} {end:g}, the threshold is {alarm.threshold:g}"
        yield Objection("PW508", message, "expect more" if side == "below" else "expect less")


def silence_is_not_health(subject: Subject) -> Iterator[Objection]:
    """PW509. Of a metric that is written only when something happens, nothing is too little."""
    alarm = subject.alarm
    row = catalogue().get((alarm.metric.namespace, alarm.metric.name), {})
    if (
        not alarm.expression
        and alarm.comparison in BELOW
        and (row.get("written") == "event" or alarm.asks)
        and alarm.missing != "breaching"
    ):
        what = "its query has no result where no event matches" if alarm.asks else f"{alarm.metric.name} is written"
        what = what if alarm.asks else f"{what} only when something happens"
        message = f"would not see the failure it is for: {what}, and silence counts as `{alarm.missing}`"
        yield Objection("PW509", message, "say `missing: breaching` for it under `alarms:`")


def statistic_is_meant(subject: Subject) -> Iterator[Objection]:
    """PW518. A row of the catalogue names the statistics that its source calls useful: the sum where it counts."""
    for metric in subject.alarm.metrics:
        row = catalogue().get((metric.namespace, metric.name))
        if row is None or subject.emitted or metric.statistic not in JUDGED or metric.statistic in row["statistics"]:
            continue
        counts = "Sum" in row["statistics"]
        if counts or metric.statistic == "Sum":
            message = f"judges the {metric.statistic} of {metric.name}, which "
            message += "counts what happens" if counts else "is a level, not a count"
            yield Objection("PW518", message, f"write `statistic: {row['statistics'][0]}`")
