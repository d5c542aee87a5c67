"""Times and lengths of time as people read them."""

from datetime import UTC, datetime


def say_seconds(seconds: float) -> str:
    """The largest two units, rounded: `45s`, `2m 30s`, `3h`, `1d 4h`."""
    left = round(seconds)
    parts: list[str] = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"


def say_time(moment: datetime) -> str:
    """`02:10 UTC`: what is read at night is from today."""
    return f"{moment.astimezone(UTC):%H:%M} UTC"


def say_moment(moment: datetime) -> str:
    """`2026-03-01 02:10 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
