"""An environment file as it was read, and the `Environment` it stands for."""

from dataclasses import dataclass, field, replace
from typing import Any

from pipewarden.registry import channel_types
from pipewarden.retry_policy import BreakerPolicy
from pipewarden.route_settings import Channel, Flapping, Repeat, Rung, Severity, Stakeholders
from pipewarden.window import Maintenance, QuietHours
from pipewarden_plan.finding import Finding, finding
from pipewarden_plan.grammar import Grammar
from pipewarden_plan.interpolation import SAMPLE, Fill, filler, needs_filling
from pipewarden_plan.local_time import seconds_between
from pipewarden_plan.marked import MarkedDict, mark_of
from pipewarden_plan.model import Ceiling, CostAnomaly, Environment, Mark, Spending
from pipewarden_plan.reading import Reading

PARTITIONS = (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("us-iso-", "aws-iso"), ("us-isob-", "aws-iso-b"))


@dataclass(slots=True)
class EnvironmentReading:
    """`read` is None when the file does not fit; `channels` holds those that do. `overrides` are raw."""

    name: str
    file: str
    raw: MarkedDict
    read: dict[str, Any] | None
    channels: dict[str, dict[str, Any] | None] = field(default_factory=dict)

    @property
    def overrides(self) -> MarkedDict:
        found = self.raw.get("overrides")
        return found if isinstance(found, MarkedDict) else MarkedDict(self.raw.mark)

    @property
    def fill(self) -> Fill:
        """Fills interpolations as in this environment; with samples where account or region do not fit."""
        places = {"account": self.read["account"], "region": self.read["region"]} if self.read else {}
        return filler({**SAMPLE, **places, "env": self.name})

    def place(self, *path: str | int) -> Mark:
        return mark_of(self.raw, path, Mark(self.file, 1))


def read_environment(
    name: str, file: str, raw: MarkedDict, grammar: Grammar
) -> tuple[EnvironmentReading, list[Finding]]:
    """One environment file with everything in it that does not fit."""
    reading = Reading(grammar, filler({**SAMPLE, "env": name}))
    found = EnvironmentReading(name, file, raw, reading.read("environment", raw, raw, (), Mark(file, 1)))
    for key in ("account", "region"):
        if isinstance(written := raw.get(key), str) and needs_filling(written):
            message = f"{key} cannot be an interpolation: $({key}) is made of it"
            reading.findings.append(finding("PW112", found.place(key), message, path=key))
    channels = raw.get("channels")
    if isinstance(channels, MarkedDict):
        for key, value in channels.items():
            path = ("channels", key)
            found.channels[key] = reading.read("channel", value, value, path, channels.marks[key])
    return found, reading.findings


def environment_of(reading: EnvironmentReading) -> Environment:
    """The model of an environment whose file fits. Raises TypeError when it does not."""
    read = reading.read
    if read is None:
        raise TypeError(f"{reading.file} has errors")
    optional = {
        "tracing_percent": read.get("tracing", {}).get("sampling"),
        "tracing_groups": read.get("tracing", {}).get("groups"),
        "transaction_search_percent": read.get("tracing", {}).get("transaction_search"),
        "remediation_mode": read.get("remediation", {}).get("mode"),
        "retries_per_hour": read.get("remediation", {}).get("retries_per_hour"),
        "breaker": breaker_of(breaker) if (breaker := read.get("remediation", {}).get("breaker")) is not None else None,
    }
    return Environment(
        name=reading.name,
        account=read["account"],
        region=read["region"],
        partition=partition_of(read["region"]),
        log_retention_days=read["log_retention"],
        probe_every_seconds=read["probe_every"],
        reconcile_every_seconds=read["reconcile_every"],
        encryption=read["encryption"],
        protected=read["protected"],
        severities={name: _severity(read["severities"][name]) for name in sorted(read["severities"])},
        channels={name: _channel(row) for name, row in reading.channels.items() if row is not None},
        maintenance=tuple(_maintenance(row) for row in read.get("maintenance", ())),
        monitoring_ceiling=_ceiling(read.get("budget", {})),
        spending=tuple(_spending(row) for row in read.get("spending", ())),
        cost_anomalies=tuple(_cost_anomaly(row) for row in read.get("cost_anomalies", ())),
        flapping=_flapping(read["flapping"]) if "flapping" in read else Flapping(),
        stakeholders=tuple(
            Stakeholders(above_usd=row["above"], notify=tuple(row["notify"])) for row in read.get("stakeholders", ())
        ),
        alarm_mode=read.get("alarms", {}).get("mode", "pipeline"),
        pipeline_composites=read.get("alarms", {}).get("pipeline_composites", False),
        whole_account=read.get("alarms", {}).get("whole_account", False),
        tags=read.get("tags", {}),
        mark=reading.raw.mark,
        **{key: value for key, value in optional.items() if value is not None},
    )


def breaker_of(row: dict[str, Any]) -> BreakerPolicy:
    """A circuit breaker as it is declared."""
    return BreakerPolicy(failures=row["failures"], within_seconds=row["within"], open_seconds=row["open"])


def partition_of(region: str) -> str:
    """The ARN partition that a region belongs to."""
    return next((partition for start, partition in PARTITIONS if region.startswith(start)), "aws")


def _severity(row: dict[str, Any]) -> Severity:
    rungs = tuple(Rung(after_seconds=rung["after"], to=rung["to"]) for rung in row.get("escalate", ()))
    found = Severity(respond_within_seconds=row["respond_within"], notify=tuple(row["notify"]), escalate=rungs)
    if "repeat" in row:
        found = replace(found, repeat=Repeat(every_seconds=row["repeat"]["every"], times=row["repeat"]["times"]))
    if "quiet_hours" in row:
        hours = row["quiet_hours"]
        quiet = QuietHours(start=hours["from"], end=hours["to"], timezone=hours["timezone"])
        found = replace(found, quiet_hours=quiet)
    return found


def _flapping(row: dict[str, Any]) -> Flapping:
    return Flapping(cycles=row["cycles"], within_seconds=row["within"], calm_seconds=row["calm"])


def _channel(row: dict[str, Any]) -> Channel:
    kind = channel_types()[row["type"]]
    named = {"type", kind.address, kind.secret}
    rest = {name: value for name, value in row.items() if name not in named}
    return Channel(type=kind.type, address=row.get(kind.address, ""), secret=row.get(kind.secret, ""), fields=rest)


def _maintenance(row: dict[str, Any]) -> Maintenance:
    """A window that comes once lasts from its start to its end, whatever the clock does between them."""
    at = row.get("start", "")
    return Maintenance(
        name=row["name"],
        cron=row.get("cron", ""),
        at=at,
        duration_seconds=row["duration"] if "duration" in row else seconds_between(at, row["end"], row["timezone"]),
        timezone=row["timezone"],
        pipelines=tuple(row["pipelines"]),
        retries=row["retries"],
        hold_p0=row["hold_p0"],
    )


def _ceiling(row: dict[str, Any]) -> Ceiling | None:
    if "monitoring" not in row:
        return None
    usd, per_pipeline = row["monitoring"]
    return Ceiling(usd=usd, per_pipeline=per_pipeline)


def _spending(row: dict[str, Any]) -> Spending:
    return Spending(
        name=row["name"],
        limit_usd=row["limit"],
        services=tuple(row.get("services", ())),
        tag=_tag(row),
        warn_at=tuple(row["warn_at"]),
        severity=row["severity"],
    )


def _cost_anomaly(row: dict[str, Any]) -> CostAnomaly:
    return CostAnomaly(name=row["name"], above_usd=row["above"], tag=_tag(row), severity=row["severity"])


def _tag(row: dict[str, Any]) -> tuple[str, str] | None:
    return next(iter(row.get("tag", {}).items()), None)
