"""The small vocabulary of durations, rates, percentages and ranges, read into base units.

Base units: seconds, percent 0-100, per second. Each reader takes text that its `$defs` entry (schema/vocabulary.json)
has let through. A time of day stays text: it is a wall-clock time, which seconds since midnight are not on the two
days a year that have 23 or 25 hours.
"""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

UNIT_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
PART = re.compile(r"(\d+)([dhms])", re.ASCII)


@lru_cache(maxsize=4096)
def read_duration(text: str) -> int:
    """Seconds of `1h30m`."""
    return sum(int(number) * UNIT_SECONDS[unit] for number, unit in PART.findall(text))


@lru_cache(maxsize=1024)
def read_duration_range(text: str) -> tuple[int, int]:
    """Seconds of both ends of `1m..15m`."""
    shortest, longest = text.split("..")
    return read_duration(shortest), read_duration(longest)


@lru_cache(maxsize=1024)
def read_rate(text: str) -> float:
    """Per second of `100/m`."""
    number, unit = text.split("/")
    return float(number) / UNIT_SECONDS[unit]


@lru_cache(maxsize=1024)
def read_factor(text: str) -> float:
    """2 of `x2`."""
    return float(text[1:])


@lru_cache(maxsize=1024)
def read_percentage(text: str) -> float:
    """Percent of `98.5%`."""
    return float(text[:-1])


@lru_cache(maxsize=1024)
def read_number_range(text: str) -> tuple[float, float]:
    """Both ends of `1..10`."""
    smallest, largest = text.split("..")
    return float(smallest), float(largest)


def read_days(text: str) -> int:
    """Days of `90d`."""
    return int(text[:-1])


def read_money(text: str) -> float:
    """US dollars of `12.50 USD`."""
    return float(text.split(" ", 1)[0])


def read_ceiling(text: str) -> tuple[float, bool]:
    """US dollars of `2 USD per pipeline`, and whether they are for each pipeline."""
    return read_money(text), text.endswith("per pipeline")


READERS: Mapping[str, Callable[[Any], Any]] = {
    "duration": read_duration,
    "duration_range": read_duration_range,
    "rate": read_rate,
    "factor": read_factor,
    "percentage": read_percentage,
    "number_range": read_number_range,
    "log_retention": read_days,
    "money": read_money,
    "ceiling": read_ceiling,
    "account": str,
}


def show_duration(seconds: float) -> str:
    """The shortest way to write a duration: 5400 → `1h30m`."""
    rest, text = int(seconds), ""
    for unit, length in UNIT_SECONDS.items():
        if rest >= length:
            text += f"{rest // length}{unit}"
            rest %= length
    return text or "0s"
