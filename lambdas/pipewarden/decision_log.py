"""One line in our own log for each decision."""

from pipewarden.place import Place
from pipewarden.signal import Signal
from pipewarden.situation import Decision, History
from pipewarden.workplace import Workplace

UNRELATED = ("ignore", "busy")
"""Actions that say nothing about an incident."""


def log_decision(workplace: Workplace, signal: Signal, place: Place, decision: Decision, history: History) -> None:
    """One line for each decision; with what a dashboard needs to say what is broken, since when, and what hangs
    below it (`log_widget.incidents`)."""
    facts = {"signal": signal.kind.value, "pipeline": place.policy.pipeline, "resource": place.policy.resource}
    facts |= {"run_id": signal.run_id, "alarm": signal.alarm, "incident": signal.incident}
    if decision.action not in UNRELATED:
        since = history.incident.since if history.incident else signal.time
        below = workplace.settings.pipelines[place.policy.pipeline].downstream
        facts |= {
            "incident": history.incident_id,
            "since": f"{since:%Y-%m-%d %H:%M:%S}",
            "hangs_below": ", ".join(below),
        }
    known = {name: value for name, value in facts.items() if value}
    workplace.log.info(f"{decision.action}: {decision.why}", extra=known)
