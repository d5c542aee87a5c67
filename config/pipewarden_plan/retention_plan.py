"""How long the logs of declared resources are kept."""

from collections.abc import Sequence

from pipewarden_plan.model import Environment
from pipewarden_plan.plan import RetentionPlan
from pipewarden_plan.remarks import Remarks
from pipewarden_plan.settings_plan import log_groups_of
from pipewarden_plan.watched import Watched


def plan_retention(
    everything: Sequence[Watched], environment: Environment, remarks: Remarks
) -> tuple[RetentionPlan, ...]:
    """All log groups of declared resources, each once and by how long it is kept: two stacks that set one group's
    retention would disagree. Where pipelines that write to one group differ, the longest time counts: nobody loses a
    line that was to be there."""
    wanted: dict[str, dict[int, None]] = {}
    own: set[str] = set()
    for watched in everything:
        days = watched.pipeline.log_retention_days or environment.log_retention_days
        identity = str(watched.values.get(watched.technology.identity, ""))
        for group in log_groups_of(watched):
            wanted.setdefault(group, {})[days] = None
            if identity and identity in group:
                own.add(group)
    _notice(wanted, own, remarks)
    by_days: dict[int, list[str]] = {}
    for group, asked in wanted.items():
        by_days.setdefault(max(asked), []).append(group)
    return tuple(RetentionPlan(days=days, groups=tuple(sorted(groups))) for days, groups in sorted(by_days.items()))


def _notice(wanted: dict[str, dict[int, None]], own: set[str], remarks: Remarks) -> None:
    shared: dict[int, list[str]] = {}
    for group in sorted(wanted.keys() - own):
        shared.setdefault(max(wanted[group]), []).append(group)
    for days, groups in sorted(shared.items()):
        remarks.notice(
            f"Log groups that other work of the account may share are kept for {days} days from now on: "
            f"{', '.join(groups)}."
        )
    differing = sorted(group for group, asked in wanted.items() if len(asked) > 1)
    if differing:
        remarks.notice(f"Pipelines ask for different retention of {', '.join(differing)}: the longest counts.")
