"""Splitting names into parts that a limit allows, so that a name more or less changes one part only."""

import hashlib
from collections.abc import Callable, Sequence


def split_by_hash(names: Sequence[str], fits: Callable[[Sequence[str]], bool]) -> list[list[str]]:
    """The fewest parts, a power of two, of which each fits; a name's hash says which part it goes to."""
    count = 1
    while True:
        parts: list[list[str]] = [[] for _ in range(count)]
        for name in names:
            parts[int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % count].append(name)
        if all(fits(part) for part in parts):
            return parts
        count *= 2
