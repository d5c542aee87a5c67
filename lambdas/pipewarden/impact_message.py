"""What stakeholders read: what it costs, since when, who has it; and what it came to. Pure."""

from datetime import datetime

from pipewarden.duration import say_moment, say_seconds, say_time
from pipewarden.impact import estimate_usd, say_impact, say_usd
from pipewarden.incident import Incident
from pipewarden.masking import mask
from pipewarden.message import Message, fit_sms, fit_subject
from pipewarden.page import order_reasons


def render_impact(incident: Incident, environment: str, above_usd: float, now: datetime) -> Message:
    """That the estimate has passed a bound. It asks nobody who reads it to act."""
    lasted = (now - incident.since).total_seconds()
    amount = say_usd(round(estimate_usd(incident.impact, lasted))) if incident.impact else ""
    first = (
        f"Business impact of {incident.pipeline} ({environment}) has passed {say_usd(above_usd)}: "
        f"about {amount} in {say_seconds(lasted)}"
    )
    subject = f"[impact] {environment}/{incident.pipeline}: about {amount} in {say_seconds(lasted)}"
    happened = tuple(f"{say_moment(r.since)} {mask(r.text)}" for r in order_reasons(incident)[:3] if not r.evidence)
    rest = "One message follows when it is over. Nobody who reads this has to act."
    return _message(subject, first, incident, lasted, ("WHAT HAPPENED", *happened), (_who_has_it(incident), rest))


def render_impact_over(incident: Incident, environment: str) -> Message:
    """What it came to."""
    ended = incident.ended or incident.since
    lasted = (ended - incident.since).total_seconds()
    amount = say_usd(round(estimate_usd(incident.impact, lasted))) if incident.impact else ""
    first = (
        f"Business impact of {incident.pipeline} ({environment}) is over since {say_time(ended)}: "
        f"about {amount} in {say_seconds(lasted)}"
    )
    subject = f"[impact over] {environment}/{incident.pipeline}: about {amount} in {say_seconds(lasted)}"
    return _message(subject, first, incident, lasted, (), ())


def _message(
    subject: str, first: str, incident: Incident, lasted: float, what: tuple[str, ...], rest: tuple[str, ...]
) -> Message:
    lines = say_impact(incident.impact, lasted, over=incident.over)
    blocks = [first, _block(("IMPACT", *lines)), _block(what), "\n".join(rest), f"Incident {incident.id}"]
    text = "\n\n".join(block for block in blocks if block) + "\n"
    return Message(subject=fit_subject(subject), headline=first, text=text, sms=fit_sms(first))


def _block(lines: tuple[str, ...]) -> str:
    return "\n  ".join(lines) if len(lines) > 1 else ""


def _who_has_it(incident: Incident) -> str:
    if incident.acknowledged:
        return f"{incident.acknowledged_by} has it since {say_time(incident.acknowledged)}."
    if incident.paged:
        return f"On-call was paged at {say_time(incident.paged)}; nobody has taken it yet."
    return "It is being retried; on-call has not been paged." if incident.remediated else "On-call was not paged yet."
