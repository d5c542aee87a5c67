"""Which regular expressions may be searched for in error messages: those whose worst case is known and small.

Python's matcher backtracks: `(a+)+$` takes longer than a Lambda lives on 30 characters that nearly match. So every
quantifier has an upper bound, and the ways in which a pattern can be tried at one place, counted without looking at the
text, stay below `MOST_WAYS`. With the 16,000 characters of an error that run time looks at, the worst is
some 10^8 steps, and of a pattern that starts with plain text far fewer.
"""

import importlib
import re
from math import prod
from typing import Any

MOST_WAYS = 5_000


def pattern_problem(text: str) -> tuple[str, str]:
    """What is wrong with a pattern, as the end of a sentence, and the cure; ("", "") for one that may be used."""
    try:
        # The parser of `re` has no public name; the same module under its old one warns of its removal.
        parsed = importlib.import_module("re._parser").parse(text, re.IGNORECASE)
        if re.search(text, "", re.IGNORECASE):
            return "matches an empty text, and so every error", "say what the error must hold"
    except (re.error, RecursionError, OverflowError) as error:
        return f"must be a regular expression: {error}", "put a backslash before ( ) [ ] { } . * + ? | ^ $"
    try:
        ways = _ways(list(parsed))
    except _UnboundedError as found:
        return f"has {found}, which can take very long", "write how often at most: .{0,100} for .*, \\d{1,20} for \\d+"
    if ways > MOST_WAYS:
        return (
            f"can be tried in {ways:,} ways at one place, which can take very long",
            f"use fewer or smaller {{0,n}}; at most {MOST_WAYS:,} ways",
        )
    return "", ""


class _UnboundedError(ValueError):
    """A quantifier without an upper bound, or a reference to what was matched before."""


def _ways(items: list[Any]) -> int:
    """In how many ways the matcher can go through a sequence: the product over its items."""
    return prod(_ways_of(str(operation), arguments) for operation, arguments in items)


def _ways_of(operation: str, arguments: Any) -> int:
    if operation in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, inner = arguments
        if str(most) == "MAXREPEAT":
            raise _UnboundedError("a quantifier without an upper bound")
        once = _ways(list(inner))
        return int((most - least + 1) * min(once**most, 10 * MOST_WAYS)) if once > 1 else int(most - least + 1)
    if operation == "BRANCH":
        return sum(_ways(list(branch)) for branch in arguments[1])
    if operation == "SUBPATTERN":
        return _ways(list(arguments[3]))
    if operation in ("ASSERT", "ASSERT_NOT"):
        return _ways(list(arguments[1]))
    if operation == "ATOMIC_GROUP":
        return _ways(list(arguments))
    if operation.startswith("GROUPREF"):
        raise _UnboundedError("a reference to an earlier group")
    return 1
