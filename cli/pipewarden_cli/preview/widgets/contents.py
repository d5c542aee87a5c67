"""What the page is given to draw: plain JSON values."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Contents = dict[str, Any]


def rounded(value: float | None) -> float | int | None:
    """A value with six significant digits: more are never seen, and would make the page longer."""
    if value is None:
        return None
    short = float(f"{value:.6g}")
    return int(short) if short == int(short) and abs(short) < 1e15 else short


def points(values: Iterable[float | None]) -> list[float | int | None]:
    """The values of a line, rounded."""
    return [rounded(value) for value in values]


def note(heading: str, sentences: Sequence[str], title: str = "", tone: str = "info") -> Contents:
    """A card that says in words what is not drawn, and why."""
    return {"kind": "note", "title": title, "heading": heading, "sentences": list(sentences), "tone": tone}


def unknown_properties(properties: Mapping[str, Any], known: frozenset[str]) -> list[str]:
    """A sentence about the properties that the preview does not know; none where it knows them all."""
    unknown = sorted(set(properties) - known)
    return [f"Not supported by the preview: {', '.join(unknown)}."] if unknown else []
