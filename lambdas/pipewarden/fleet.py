"""Fleet alarms at run time: one alarm over many resources, and which of them a contributor is.

A contributor's change is read from EventBridge ("Alarm events and EventBridge" in the CloudWatch user guide). Its
signal then goes on under the name of the alarm for which the fleet stands: nothing else knows of fleets.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from pipewarden.signal import Signal, SignalKind

CONTRIBUTOR_CHANGED = "CloudWatch Alarm Contributor State Change"
KINDS = {"ALARM": SignalKind.ALARM_RAISED, "OK": SignalKind.ALARM_CLEARED}


@dataclass(frozen=True, kw_only=True)
class FleetSettings:
    """`members` are the values of the labels `group_by`, by the name of each alarm that the fleet alarm stands for."""

    group_by: tuple[str, ...]
    members: Mapping[str, tuple[str, ...]]

    def member(self, attributes: Mapping[str, str]) -> str:
        """The alarm that a contributor stands for; "" for what nobody declared."""
        values = tuple(attributes.get(label, "") for label in self.group_by)
        return next((name for name, found in self.members.items() if found == values), "")


class HasFleets(Protocol):
    """The settings, as far as fleets need them."""

    @property
    def fleets(self) -> Mapping[str, FleetSettings]: ...


def read_contributor(event: Mapping[str, Any]) -> Signal | None:
    """The signal of one contributor's change; None for a state that says nothing. Raises KeyError or ValueError when
    the event is not what CloudWatch sends."""
    detail = event["detail"]
    kind = KINDS.get(detail["state"]["value"])
    if kind is None:
        return None
    contributor = detail["alarmContributor"]
    return Signal(
        kind=kind,
        time=datetime.fromisoformat(detail["state"]["timestamp"]).astimezone(UTC),
        identity=contributor["id"],
        alarm=detail["alarmName"],
        detail={
            "reason": detail["state"].get("reason", ""),
            "region": event.get("region", ""),
            "contributor": dict(contributor["attributes"]),
        },
    )


def as_member(signal: Signal, settings: HasFleets) -> Signal:
    """The signal under the name of the alarm that the contributor stands for; unchanged for every other signal, and for
    a contributor that nobody declared."""
    fleet = settings.fleets.get(signal.alarm)
    name = fleet.member(signal.detail.get("contributor") or {}) if fleet else ""
    return replace(signal, alarm=name, detail={**signal.detail, "fleet": signal.alarm}) if name else signal


def read_fleet(row: Mapping[str, Any]) -> FleetSettings:
    """From the settings' JSON."""
    members = {name: tuple(values) for name, values in row["members"].items()}
    return FleetSettings(group_by=tuple(row["group_by"]), members=members)
