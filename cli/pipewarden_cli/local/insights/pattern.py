"""`pattern`: texts that differ in numbers, ids and quoted values only are one pattern.

AWS clusters by machine learning; here what usually varies is replaced by tokens, numbered from the left.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from pipewarden_cli.local.insights.value import Row, show

_VARIES = re.compile(
    r"""\d{4}-\d\d-\d\d[T ][\d:.,]+Z?
    | [0-9a-f]{8}-[0-9a-f-]{27}
    | \b(?=\w*\d)\w{8,}\b
    | "[^"]*" | '[^']*'
    | \b\d+(?:\.\d+)*\b""",
    re.VERBOSE | re.IGNORECASE,
)
_SEVERITIES = ("FATAL", "ERROR", "WARN", "INFO", "DEBUG")


def find_patterns(texts: Iterable[Any]) -> list[Row]:
    """A row for each pattern, the most frequent first."""
    counted = Counter(_pattern(show(text)) for text in texts if text is not None)
    everything = counted.total()
    return [
        {
            "@pattern": pattern,
            "@ratio": times / everything,
            "@sampleCount": times,
            "@severityLabel": _severity(pattern, _SEVERITIES),
        }
        for pattern, times in counted.most_common()
    ]


def _pattern(text: str) -> str:
    seen = 0

    def token(_match: re.Match[str]) -> str:
        nonlocal seen
        seen += 1
        return f"<Token-{seen}>"

    return _VARIES.sub(token, text.strip())


def _severity(pattern: str, severities: Sequence[str]) -> str | None:
    return next((severity for severity in severities if severity in pattern.upper()), None)
