"""How long to wait before a retry."""

import hashlib
import random


def backoff_seconds(attempt: int, range_seconds: tuple[float, float], seed: str) -> float:
    """Exponential backoff with full jitter, never outside the declared range.

    The n-th attempt waits a random time between the lower end and 2^n times it, at most the upper end. The same seed
    and attempt give the same time, so a decision that is made twice is the same decision.
    """
    low, high = range_seconds
    ceiling = max(low, min(high, low * 2**attempt))
    chance = random.Random(hashlib.sha256(f"{seed}/{attempt}".encode()).digest())
    return chance.uniform(low, ceiling)
