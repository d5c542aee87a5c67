"""Chance that is the same for everybody: seeded by what a value is for, never by the clock."""

import math
import random
import zlib

from pipewarden_cli.preview.timeframe import DAY


def generator(*words: object) -> random.Random:
    """A generator of its own for these words."""
    return random.Random(zlib.crc32("\x1f".join(map(str, words)).encode()))


def share(*words: object) -> float:
    """A number from 0 to 1 that belongs to these words."""
    return generator(*words).random()


def daily(at: float, shift: float = 0.0) -> float:
    """How busy a time of day is, from 0.2 at night to 1 in the afternoon; weekends are quieter."""
    hour = at % DAY / 3600 - shift
    wave = 0.6 + 0.4 * math.sin((hour - 8.5) / 24 * 2 * math.pi)
    return wave * (0.7 if int(at // DAY + 4) % 7 in (0, 6) else 1.0)
