"""What people read when a maintenance window starts and ends. Pure."""

from collections.abc import Iterable

from pipewarden.duration import say_moment, say_seconds, say_time
from pipewarden.incident import Incident
from pipewarden.message import Message, fit_subject
from pipewarden.page import order_reasons
from pipewarden.window import ALL, OpenWindow


def render_start(window: OpenWindow, environment: str) -> Message:
    """What is held back, and until when."""
    declared = window.maintenance
    until = f"until {say_time(window.end)} ({_length(window)})"
    whose = "all pipelines" if ALL in declared.pipelines else ", ".join(declared.pipelines)
    p0 = "P0 too" if declared.hold_p0 else "P0 is paged as ever"
    retries = "Failed runs are retried as ever." if declared.retries else "Retries wait until it ends."
    first = f"Maintenance {declared.name} ({environment}) has started: {until}."
    lines = [
        first,
        f"Pages of {whose} are held back ({p0}). {retries}",
        f"What still fails at {say_moment(window.end)} is paged then. Nobody needs to act now.",
    ]
    return _message(f"[maintenance] {environment}: {declared.name} {until}", first, lines)


def render_end(window: OpenWindow, held: Iterable[Incident], environment: str) -> Message:
    """What was held back: what still fails, which is paged or retried now, and what has recovered."""
    declared, incidents = window.maintenance, sorted(held, key=lambda incident: incident.since)
    failing = [incident for incident in incidents if not incident.over]
    over = [incident for incident in incidents if incident.over]
    counts = [f"{len(failing)} still failing"] * bool(failing) + [f"{len(over)} recovered"] * bool(over)
    found = ", ".join(counts) or "nothing was held back"
    first = f"Maintenance {declared.name} ({environment}) is over after {_length(window)}: {found}."
    lines = [first]
    lines += _block("STILL FAILING, paged or retried now", failing)
    lines += _block("HELD BACK, and recovered meanwhile", over)
    return _message(f"[maintenance] {environment}: {declared.name} is over, {found}", first, lines)


def say_incident(incident: Incident) -> str:
    """`import: extract failed since 02:10 UTC (import-20260301-0210-ab12)`."""
    first = order_reasons(incident)[0].text if incident.reasons else "failed"
    return f"{incident.pipeline}: {first} since {say_time(incident.since)} ({incident.id})"


def _block(title: str, incidents: list[Incident]) -> list[str]:
    return ["\n".join([title, *(f"  {say_incident(incident)}" for incident in incidents)])] if incidents else []


def _length(window: OpenWindow) -> str:
    return say_seconds((window.end - window.start).total_seconds())


def _message(subject: str, first: str, blocks: list[str]) -> Message:
    return Message(subject=fit_subject(subject), headline=first, text="\n\n".join(blocks) + "\n", sms=first)
