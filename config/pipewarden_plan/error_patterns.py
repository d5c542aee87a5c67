"""Rows of `error_patterns:` as run time takes them."""

from collections.abc import Iterable, Mapping
from typing import Any

from pipewarden.error_pattern import ErrorPattern

SHOWN_CHARACTERS = 60


def declared_patterns(*lists: Iterable[Mapping[str, Any]]) -> tuple[ErrorPattern, ...]:
    """All rows in the order in which they are tried: the nearest list goes first. Their ids quote what they match."""
    return tuple(
        ErrorPattern(
            row["match"], row["class"], row.get("advice", ""), id=f"declared:{row['match'][:SHOWN_CHARACTERS]}"
        )
        for rows in lists
        for row in rows
    )
