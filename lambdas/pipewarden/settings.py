"""The declared pipelines of one environment as the functions read them: `settings.json` in their asset.

The plan writes it (`config/pipewarden_plan`), nothing else. Plain JSON types only; times in seconds, rates per second,
percentages 0-100. Small on purpose: what only templates need stays in the plan.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pipewarden.fleet import FleetSettings, read_fleet
from pipewarden.names import Names
from pipewarden.pipeline_settings import AlarmSettings, PipelineSettings
from pipewarden.retry_policy import BreakerPolicy
from pipewarden.route_settings import Channel, Flapping, Severity, Stakeholders
from pipewarden.settings_json import read_pipeline, read_severity, with_tuples, without_defaults
from pipewarden.target import Target
from pipewarden.window import Maintenance

ENVIRONMENT_BREAKER = BreakerPolicy(failures=30, within_seconds=3_600.0, open_seconds=1_800.0)
"""That of the whole environment, where none is declared."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything the functions know about what was declared."""

    environment: str
    account: str
    region: str
    partition: str
    mode: str
    retries_per_hour: int
    pipelines: Mapping[str, PipelineSettings]
    alarms: Mapping[str, AlarmSettings]
    severities: Mapping[str, Severity]
    channels: Mapping[str, Channel]
    maintenance: tuple[Maintenance, ...] = ()
    breaker: BreakerPolicy = ENVIRONMENT_BREAKER
    flapping: Flapping = field(default_factory=Flapping)
    fleets: Mapping[str, FleetSettings] = field(default_factory=dict)
    stakeholders: tuple[Stakeholders, ...] = ()
    """By what they are told from, the lowest first."""

    @property
    def names(self) -> Names:
        return Names(self.environment, self.account, self.region, self.partition)

    @cached_property
    def _by_identity(self) -> dict[tuple[str, str], tuple[str, str]]:
        return {
            (resource.type, identity): (pipeline_name, resource_name)
            for pipeline_name, pipeline in self.pipelines.items()
            for resource_name, resource in pipeline.resources.items()
            for identity in resource.identities
        }

    @cached_property
    def run_alarms(self) -> Mapping[tuple[str, str], Mapping[str, AlarmSettings]]:
        """By pipeline and resource the alarms that repeat what events of runs tell, by their key within it."""
        found: dict[tuple[str, str], dict[str, AlarmSettings]] = {}
        for alarm in self.alarms.values():
            if alarm.role == "run":
                key = alarm.key.partition(".")[2]
                found.setdefault((alarm.pipeline, alarm.resource), {})[key] = alarm
        return found

    @cached_property
    def fleet_of(self) -> Mapping[str, str]:
        """The fleet alarm that watches in place of an alarm, by the name of the latter."""
        return {alarm: name for name, fleet in self.fleets.items() for alarm in fleet.members}

    def find(self, technology: str, identity: str) -> tuple[str, str] | None:
        """(pipeline, resource) that declared the AWS resource an event names; None when nobody did."""
        return self._by_identity.get((technology, identity))

    def target(self, pipeline: str, resource: str) -> Target:
        """The declared resource as technologies take it. Raises KeyError when it is not declared any more."""
        found = self.pipelines[pipeline].resources[resource]
        return Target(
            pipeline=pipeline,
            resource=resource,
            technology=found.type,
            fields=found.fields,
            environment=self.environment,
            account=self.account,
            region=self.region,
            partition=self.partition,
        )

    def to_json(self) -> str:
        """Sorted, compact JSON: the same settings give the same bytes, so the asset's hash moves only when they do."""
        return json.dumps(without_defaults(self), sort_keys=True, separators=(",", ":")) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Settings":
        """Read what `to_json` wrote. Raises ValueError, KeyError or TypeError for anything else."""
        values = json.loads(text)
        return cls(
            **{
                **values,
                "pipelines": {name: read_pipeline(row) for name, row in values.get("pipelines", {}).items()},
                "alarms": {name: AlarmSettings(**with_tuples(row)) for name, row in values.get("alarms", {}).items()},
                "severities": {name: read_severity(row) for name, row in values.get("severities", {}).items()},
                "channels": {name: Channel(**row) for name, row in values.get("channels", {}).items()},
                "flapping": Flapping(**values.get("flapping", {})),
                "fleets": {name: read_fleet(row) for name, row in values.get("fleets", {}).items()},
                "stakeholders": tuple(Stakeholders(**with_tuples(row)) for row in values.get("stakeholders", ())),
                "maintenance": tuple(Maintenance(**with_tuples(row)) for row in values.get("maintenance", ())),
                **({"breaker": BreakerPolicy(**values["breaker"])} if "breaker" in values else {}),
            }
        )
