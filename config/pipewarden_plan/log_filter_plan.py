"""Metric filters of declared log groups, and whether CloudWatch Logs takes so many."""

from collections.abc import Iterable, Sequence

from pipewarden.names import Names
from pipewarden_plan.limits import LOG_GROUP_FILTERS
from pipewarden_plan.plan import LogFilterPlan
from pipewarden_plan.remarks import Remarks
from pipewarden_plan.watched import Watched


def plan_log_filters(everything: Iterable[Watched], names: Names) -> tuple[LogFilterPlan, ...]:
    """One filter for each resource whose technology reads its metric out of a log group."""
    return tuple(_filter(watched, names) for watched in everything if watched.technology.log_filter)


def check_log_filters(everything: Sequence[Watched], remarks: Remarks) -> None:
    """Refuse what goes beyond the filters that one log group takes, in all teams together."""
    found: dict[str, list[Watched]] = {}
    for watched in everything:
        if watched.technology.log_filter:
            found.setdefault(watched.fill(watched.technology.log_filter.log_group), []).append(watched)
    for group, filters in found.items():
        if len(filters) > LOG_GROUP_FILTERS:
            last = filters[LOG_GROUP_FILTERS]
            path = f"pipelines.{last.pipeline.name}.resources.{last.resource.name}"
            message = f"is one of {len(filters)} metrics out of {group}; a log group takes {LOG_GROUP_FILTERS} filters"
            remarks.refuse(last.resource.mark, path, message, "count several patterns in one, or log elsewhere")


def _filter(watched: Watched, names: Names) -> LogFilterPlan:
    rule = watched.technology.log_filter
    if rule is None:
        raise TypeError(f"{watched.technology.type} has no log filter")
    return LogFilterPlan(
        name=f"{names.prefix}-{watched.pipeline.name}-{watched.resource.name}",
        log_group=watched.fill(rule.log_group),
        pattern=watched.fill(rule.pattern),
        namespace=watched.fill(rule.namespace),
        metric=watched.fill(rule.metric),
        value=watched.fill(rule.value),
        unit=watched.fill(rule.unit),
    )
