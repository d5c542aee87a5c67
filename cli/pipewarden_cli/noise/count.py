"""Incidents counted by what opened them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median

from pipewarden.incident import Incident, IncidentState, Reason
from pipewarden_cli.noise.advice import advise


@dataclass(frozen=True, kw_only=True)
class Source:
    """What opens incidents: `key` is an alarm's key under `alarms:`, or a resource with its part ("extract runs")."""

    pipeline: str
    key: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class Noise:
    """What one source did. `by_itself` counts incidents that ended without a person, `paged_for_nothing` those of them
    that were paged; `taken` and `never_taken` divide the paged ones by whether anybody acknowledged."""

    source: Source
    incidents: int
    pages: int
    by_itself: int
    paged_for_nothing: int
    flaps: int
    taken: int
    never_taken: int
    seconds_to_acknowledge: float | None
    advice: tuple[str, ...] = ()

    @property
    def share_by_itself(self) -> float:
        return self.by_itself / self.incidents


def count_noise(incidents: Iterable[Incident], respond_within: Mapping[str, float]) -> list[Noise]:
    """Each source with what it did, the one that paged most first. `respond_within` has seconds by severity."""
    by_source: dict[Source, list[Incident]] = {}
    for incident in incidents:
        if incident.reasons:
            by_source.setdefault(source_of(incident), []).append(incident)
    counted = [_count(source, found, respond_within) for source, found in by_source.items()]
    return sorted(counted, key=lambda row: (-row.pages, -row.incidents, row.source.pipeline, row.source.key))


def source_of(incident: Incident) -> Source:
    """What opened the incident: the first reason that is not mere evidence."""
    first = min(incident.reasons, key=lambda reason: (reason.evidence, reason.since))
    return Source(pipeline=incident.pipeline, key=_key(first), kind=first.kind)


def _key(reason: Reason) -> str:
    """Names of alarms end in `/<pipeline>/<key>`; dead letters are told by an alarm too."""
    alarm = str(reason.detail.get("alarm", "")) or reason.key.partition(":")[2]
    if reason.kind == "alarm":
        return alarm.rpartition("/")[2]
    return f"{reason.resource} {'runs' if reason.kind == 'run' else reason.kind}"


def _count(source: Source, found: list[Incident], respond_within: Mapping[str, float]) -> Noise:
    paged = [incident for incident in found if incident.pages]
    alone = [incident for incident in found if _ended_by_itself(incident)]
    waits = [
        (incident.acknowledged - incident.last_paged).total_seconds()
        for incident in paged
        if incident.acknowledged and incident.last_paged
    ]
    noise = Noise(
        source=source,
        incidents=len(found),
        pages=sum(incident.pages for incident in found),
        by_itself=len(alone),
        paged_for_nothing=sum(bool(incident.pages) for incident in alone),
        flaps=sum(incident.flaps for incident in found),
        taken=len(waits),
        never_taken=len(paged) - len(waits),
        seconds_to_acknowledge=median(waits) if waits else None,
    )
    asked = min((respond_within[i.severity] for i in paged if i.severity in respond_within), default=None)
    return Noise(**{**noise.__dict__, "advice": tuple(advise(noise, found, asked))})


def _ended_by_itself(incident: Incident) -> bool:
    """Recovered, and nobody had taken it: whatever cured it was no person who had been called."""
    return incident.state == IncidentState.RECOVERED and incident.acknowledged is None
