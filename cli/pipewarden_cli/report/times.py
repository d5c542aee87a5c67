"""Times and durations as people read them; always UTC, so that text and page agree with logs and consoles."""

from datetime import UTC, datetime


def clock(moment: datetime) -> str:
    """`07:12:05`."""
    return moment.astimezone(UTC).strftime("%H:%M:%S")


def date_and_clock(moment: datetime) -> str:
    """`2026-11-21 07:12:05 UTC`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def duration(seconds: float) -> str:
    """At most two units: `0.4 s`, `12 s`, `2 min 5 s`, `3 h`, `1 d 2 h`."""
    if seconds < 9.95:
        text = f"{max(seconds, 0):.1f}".removesuffix(".0")
        return f"{text} s"
    rest = round(seconds)
    parts: list[str] = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        count, rest = divmod(rest, size)
        if count or parts:
            parts.append(f"{count} {unit}" if count else "")
    return " ".join(part for part in parts[:2] if part)


def offset(start: datetime, moment: datetime) -> str:
    """`+2.4 s` after `start`."""
    return f"+{duration((moment - start).total_seconds())}"
