"""What a page says, as facts: composed once, rendered for each way of telling, kept for the rungs that say it again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pipewarden.attempt import Attempt
from pipewarden.duration import say_time
from pipewarden.impact import say_impact
from pipewarden.incident import Incident, Reason
from pipewarden.item import Item, from_item, to_item
from pipewarden.masking import mask
from pipewarden.settings import Settings

MOST_CAUSES = 10
MOST_ERROR_CHARACTERS = 1_000
MOST_SAMPLES = 3
LISTS = ("tried", "first_steps", "log_lines", "samples", "below", "impact", "metric")


@dataclass(frozen=True, kw_only=True)
class Cause:
    """One reason in words. `times` counts how often it happened, `within` says that it explains another one."""

    text: str
    since: datetime
    times: int = 1
    error: str = ""
    failure_class: str = ""
    why_class: str = ""
    advice: str = ""
    within: bool = False


@dataclass(frozen=True, kw_only=True)
class Page:
    """Everything that on-call needs to act, masked. `links` are in the order in which they are shown."""

    incident: str
    environment: str
    pipeline: str
    owner: str
    severity: str
    number: int
    why: str
    since: datetime
    sent: datetime
    respond_within_seconds: float
    causes: tuple[Cause, ...]
    description: str = ""
    tried: tuple[str, ...] = ()
    first_steps: tuple[str, ...] = ()
    log_source: str = ""
    log_lines: tuple[str, ...] = ()
    samples: tuple[str, ...] = ()
    last_good: str = ""
    below: tuple[str, ...] = ()
    impact: tuple[str, ...] = ()
    metric: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def cause(self) -> Cause:
        """The one that the first line names."""
        return self.causes[0]


def compose_page(
    incident: Incident,
    settings: Settings,
    *,
    number: int,
    why: str,
    sent: datetime,
    links: Mapping[str, str],
    log: tuple[str, tuple[str, ...]] = ("", ()),
    last_good: str = "",
    below: tuple[str, ...] = (),
    metric: tuple[str, ...] = (),
    layers: str = "",
) -> Page:
    """The facts of one page of an incident. `log` is (where the lines are from, the lines), `below` what hangs on the
    pipeline; its names where nothing more is known. `layers` says what its service has tried by itself."""
    declared = settings.pipelines[incident.pipeline]
    reasons = order_reasons(incident)
    tried = [_tried(attempt) for attempt in incident.attempts if attempt.state != "cancelled"]
    route = settings.severities.get(incident.severity)
    return Page(
        incident=incident.id,
        environment=settings.environment,
        pipeline=incident.pipeline,
        owner=declared.owner,
        description=declared.description,
        severity=incident.severity,
        number=number,
        why=mask(why),
        since=incident.since,
        sent=sent,
        respond_within_seconds=route.respond_within_seconds if route else 0.0,
        causes=tuple(_cause(reason) for reason in reasons[:MOST_CAUSES]),
        tried=(*tried, layers) if tried and layers else tuple(tried),
        first_steps=tuple(dict.fromkeys(step for r in reasons for step in r.detail.get("first_steps", ()))),
        log_source=log[0],
        log_lines=log[1],
        samples=_samples(reasons),
        last_good=last_good,
        below=below or declared.downstream,
        metric=metric,
        impact=say_impact(incident.impact, (sent - incident.since).total_seconds()),
        links=links,
    )


def order_reasons(incident: Incident) -> list[Reason]:
    """What is open, or all of it when nothing is; what is not mere evidence first, then the latest first."""
    reasons = incident.open_reasons or incident.reasons
    return sorted(reasons, key=lambda reason: (reason.evidence, -reason.since.timestamp()))


def page_item(page: Page) -> Item:
    return to_item(page.__dict__)


def read_page(item: Item) -> Page:
    values = from_item(item)
    causes = tuple(
        Cause(**{"text": "", **cause, "since": datetime.fromisoformat(cause["since"])}) for cause in values["causes"]
    )
    moments = {name: datetime.fromisoformat(values[name]) for name in ("since", "sent")}
    rows = {name: tuple(values.get(name, ())) for name in LISTS}
    defaults = {"owner": "", "why": "", "number": 0, "respond_within_seconds": 0.0}
    return Page(**{**defaults, **values, **moments, **rows, "causes": causes})


def _cause(reason: Reason) -> Cause:
    return Cause(
        text=mask(reason.text),
        since=reason.since,
        times=reason.times,
        error=mask(reason.error)[:MOST_ERROR_CHARACTERS],
        failure_class=reason.failure_class,
        why_class=mask(str(reason.detail.get("why", ""))),
        advice=reason.advice,
        within=reason.evidence,
    )


def _samples(reasons: list[Reason]) -> tuple[str, ...]:
    """Messages of users may be large: the beginning of a few."""
    samples = [str(sample) for reason in reasons for sample in reason.detail.get("samples", ())]
    return tuple(mask(sample)[:MOST_ERROR_CHARACTERS] for sample in samples[:MOST_SAMPLES])


def _tried(attempt: Attempt) -> str:
    """`02:12 UTC retry 1 of extract: failed (jr_1)`, or `02:12 UTC load.fix called the function mend`."""
    moment = say_time(attempt.started or attempt.due)
    if attempt.action:
        return f"{moment} {attempt.action} {_action_words(attempt)}"
    words = {"planned": "is planned", "starting": "is being started", "started": "is running"}
    run = f" ({attempt.run_id}{', not started by us' if attempt.adopted else ''})" if attempt.run_id else ""
    return f"{moment} retry {attempt.number} of {attempt.resource} {words.get(attempt.state, attempt.state)}{run}"


def _action_words(attempt: Attempt) -> str:
    if attempt.state in ("planned", "starting"):
        return "is planned" if attempt.state == "planned" else "is being done"
    text = mask(attempt.text)
    if attempt.result == "failed":
        return f"failed: {text}"
    return f"{text}; it did not help" if attempt.state == "failed" else text
