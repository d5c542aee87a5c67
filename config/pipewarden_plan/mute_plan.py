"""Maintenance windows as CloudWatch mute rules over a team's alarms."""

from collections.abc import Iterable

from pipewarden.names import Names
from pipewarden.window import Maintenance
from pipewarden_plan.limits import MUTED_ALARMS
from pipewarden_plan.model import Environment
from pipewarden_plan.parts import split_by_hash
from pipewarden_plan.planned_alarm import AlarmPlan, MutePlan

PAGED_ANYHOW = "P0"


def plan_mutes(team: str, alarms: Iterable[AlarmPlan], environment: Environment, names: Names) -> tuple[MutePlan, ...]:
    """One rule per window that covers a pipeline of the team, in parts of at most 100 alarms.

    Alarms of severity P0 are left out unless the window holds them back too. Composites are never muted: they act only
    while our functions are dead, which no maintenance of a pipeline explains.
    """
    deployed = [alarm for alarm in alarms if alarm.deployed]
    mutes: list[MutePlan] = []
    for window in environment.maintenance:
        muted = [
            alarm.name
            for alarm in deployed
            if window.covers(alarm.pipeline) and (window.hold_p0 or alarm.severity != PAGED_ANYHOW)
        ]
        parts = split_by_hash(sorted(muted), lambda part: len(part) <= MUTED_ALARMS)
        for number, part in enumerate(parts, 1):
            if part:
                name = names.mute(team, window.name, number if len(parts) > 1 else 0)
                mutes.append(_mute(window, name, part))
    return tuple(mutes)


def mute_expression(window: Maintenance) -> str:
    """CloudWatch's own words: five-field cron, or one local time."""
    return f"cron({window.cron})" if window.cron else f"at({window.at})"


def iso_duration(seconds: int) -> str:
    """`P1DT2H30M`. Mute rules count in whole minutes: seconds are rounded up."""
    minutes = -(-seconds // 60)
    days, rest = divmod(minutes, 1_440)
    hours, minutes = divmod(rest, 60)
    clock = "".join(f"{count}{unit}" for count, unit in ((hours, "H"), (minutes, "M")) if count)
    return f"P{days}D" * bool(days) + f"{'' if days else 'P'}T{clock}" * bool(clock)


def _mute(window: Maintenance, name: str, alarms: list[str]) -> MutePlan:
    return MutePlan(
        name=name,
        description=f"Maintenance {window.name}: the responder holds back pages for as long.",
        expression=mute_expression(window),
        duration=iso_duration(window.duration_seconds),
        timezone=window.timezone,
        alarms=tuple(alarms),
    )
