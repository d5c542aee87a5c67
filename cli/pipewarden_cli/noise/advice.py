"""What to do about a source of noise: rules with numbers, so that the same counts give the same advice. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from pipewarden.duration import say_seconds
from pipewarden.incident import Incident

if TYPE_CHECKING:
    from pipewarden_cli.noise.count import Noise

ENOUGH = 3
"""Fewer pages than this say nothing about an alarm."""
MOST = 0.5


def advise(noise: Noise, incidents: Sequence[Incident], respond_within: float | None) -> Iterator[str]:
    """In the order in which to think of it; nothing for a source that pages seldom and is answered."""
    alarm = noise.source.kind == "alarm"
    key = noise.source.key
    if noise.flaps:
        yield (
            f"It comes and goes: move its threshold away from normal values, or ask for more bad points "
            f"(alarms: {{{key}: {{periods: 5, datapoints: 3}}}})."
            if alarm
            else "It fails again after each recovery: look for the cause that the incidents have in common."
        )
    elif alarm and noise.pages >= ENOUGH and noise.paged_for_nothing / noise.incidents >= MOST:
        yield (
            f"{noise.paged_for_nothing} of {noise.incidents} ended without anybody: ask for more bad points before it "
            f"fires (alarms: {{{key}: {{periods: 5, datapoints: 3}}}}), or raise its threshold."
        )
    elif noise.source.kind == "run" and noise.pages >= ENOUGH and _not_retried(incidents) / noise.incidents >= MOST:
        yield (
            "A later run cures most of these, and nothing was retried: allow retries (retry.attempts), or teach their "
            "errors (error_patterns)."
        )
    if noise.pages >= ENOUGH and noise.never_taken / (noise.taken + noise.never_taken) >= MOST:
        lower = f"alarms: {{{key}: {{severity: P3}}}}" if alarm else "severity: P3"
        yield f"Nobody took {noise.never_taken} of {noise.taken + noise.never_taken}: lower it ({lower}), or drop it."
    elif respond_within and noise.seconds_to_acknowledge and noise.seconds_to_acknowledge > respond_within:
        yield (
            f"It is taken after {say_seconds(noise.seconds_to_acknowledge)} and asks for "
            f"{say_seconds(respond_within)}: its severity promises more than its route keeps."
        )


def _not_retried(incidents: Sequence[Incident]) -> int:
    return sum(bool(i.pages) and not i.remediated and i.acknowledged is None and i.over for i in incidents)
