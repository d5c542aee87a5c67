"""The nearest known word, for whoever misspelt one."""

import difflib
import heapq
from collections.abc import Collection, Iterable

WORD_LIMIT = 64
CHOICES_LIMIT = 500


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that was probably meant, or "". Long lists are narrowed first: the time is bounded."""
    if not word or len(word) > WORD_LIMIT:
        return ""
    choices = list(known)
    if len(choices) > CHOICES_LIMIT:
        choices = [choice for choice in choices if choice[:2] == word[:2] and abs(len(choice) - len(word)) <= 3]
    choices.sort()
    folded = {choice.casefold().replace("_", "-"): choice for choice in reversed(choices[:CHOICES_LIMIT])}
    found = difflib.get_close_matches(word.casefold().replace("_", "-"), folded, 1, 0.6)
    return folded[found[0]] if found else ""


def listing(known: Collection[str], limit: int = 12) -> str:
    """Known words for a message, shortened where they are many."""
    more = f" and {len(known) - limit} more" if len(known) > limit else ""
    return ", ".join(heapq.nsmallest(limit, known)) + more


def cure_for(word: str, known: Iterable[str], kind: str = "known") -> str:
    """`did you mean X?`, or what there is to choose from."""
    words = list(known)
    if near := nearest(word, words):
        return f"did you mean {near}?"
    return f"{kind}: {listing(words)}" if words else ""
