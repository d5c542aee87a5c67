"""Plain YAML values that remember where they were written: a dict and a list that carry marks beside their content."""

from collections.abc import Sequence
from typing import Any

from pipewarden_plan.model import Mark


class MarkedDict(dict[str, Any]):
    """A mapping; `mark` is where it starts and `marks` where each of its keys stands."""

    __slots__ = ("mark", "marks")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: dict[str, Mark] = {}


class MarkedList(list[Any]):
    """A sequence; `marks` holds the place of each item."""

    __slots__ = ("mark", "marks")

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: list[Mark] = []


def mark_of(value: Any, path: Sequence[str | int], fallback: Mark) -> Mark:
    """Where the value at `path` below `value` stands: the line of its key, or of the deepest part that was written;
    `fallback` is where `value` itself stands."""
    found = fallback
    for step in path:
        if isinstance(value, MarkedDict) and step in value.marks:
            found, value = value.marks[str(step)], value[str(step)]
        elif isinstance(value, MarkedList) and isinstance(step, int) and step < len(value):
            found, value = value.marks[step], value[step]
        else:
            break
    return found


def value_at(value: Any, path: Sequence[str | int]) -> Any:
    """The value at `path` below `value`. Raises KeyError or IndexError when nothing stands there."""
    for step in path:
        value = value[step]
    return value


def dotted(path: Sequence[str | int]) -> str:
    """The path as messages write it: `pipelines.load.after[0]`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
