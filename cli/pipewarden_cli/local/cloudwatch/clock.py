"""The time by which alarms are judged: the machine's, or some seconds ahead of it.

Whoever wants to see an alarm clear without waiting for its periods sends `POST /_pipewarden/alarms/ahead?seconds=N`.
What the embedded AWS records by itself (metrics of services, metrics out of logs) has this time as well, so that a
minute of the alarms can be filled with what happens in it. Everything else (schedules, mute windows, time stamps) keeps
the machine's time.
"""

from __future__ import annotations

import time

from pipewarden_cli.local import hooks

_ahead = 0.0


def now() -> float:
    """Seconds since 1970, as alarms count them."""
    return time.time() + _ahead


def ahead() -> float:
    """Seconds between the machine's time and the alarms'."""
    return _ahead


def install() -> None:
    """Serve the route; a reset puts the clock back."""
    hooks.route("POST", "alarms/ahead", _set)
    hooks.on_reset(lambda: _move(0.0))


def _set(query: hooks.Query) -> hooks.Answer:
    try:
        seconds = float(query.get("seconds", [""])[0])
    except ValueError:
        return 400, {"message": "seconds must be a number"}
    if seconds < _ahead:
        return 400, {"message": f"alarms are judged {_ahead:g} s ahead already; time does not go back"}
    _move(seconds)
    from pipewarden_cli.local.cloudwatch import watch  # which asks this module for the time

    watch.tick()
    return 200, {"now": now()}


def _move(seconds: float) -> None:
    global _ahead
    _ahead = seconds
