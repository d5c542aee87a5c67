"""Cron expressions of five fields: what is wrong with one, by the name of the field."""

import re
from typing import NamedTuple

from pipewarden.cron import DAYS, MONTHS

LONGEST_MONTHS = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
PART = re.compile(r"(?:(\*)|(\w+)(?:-(\w+))?)(?:/(\d+))?", re.ASCII)


class Field(NamedTuple):
    """One of the five; `names` are the abbreviations it knows."""

    title: str
    article: str
    least: int
    most: int
    names: dict[str, int]


FIELDS = (
    Field("minute", "a", 0, 59, {}),
    Field("hour", "an", 0, 23, {}),
    Field("day of month", "a", 1, 31, {}),
    Field("month", "a", 1, 12, MONTHS),
    Field("day of week", "a", 0, 7, DAYS),
)


def cron_problem(text: str) -> str:
    """What is wrong with a cron expression, as the end of a sentence; "" when it is right."""
    parts = text.split()
    if len(parts) != len(FIELDS):
        hint = "" if len(parts) != 6 else " (leave out the year or the seconds)"
        return f"must have 5 fields (minute, hour, day of month, month, day of week), has {len(parts)}{hint}"
    values = []
    for field, part in zip(FIELDS, parts, strict=True):
        found = _values(field, part)
        if isinstance(found, str):
            return found
        values.append(found)
    days, months = values[2], values[3]
    if parts[4] == "*" and all(min(days) > LONGEST_MONTHS.get(month, 31) for month in months):
        return f"never comes: no such month has a day {min(days)}"
    return ""


def _values(field: Field, text: str) -> set[int] | str:
    """The values that one field stands for, or what is wrong with it."""
    found: set[int] = set()
    for part in text[:200].split(","):
        match = PART.fullmatch(part.upper())
        if not match:
            examples = f"{field.least}, {field.least}-{field.most} or *"
            return f"must have {field.article} {field.title} such as {examples}, has `{part[:20]}`"
        every, first, last, step = match.groups()
        ends = [field.least, field.most] if every else [_number(field, word) for word in (first, last or first)]
        if not all(field.least <= end <= field.most for end in ends):
            wrong = first if not field.least <= ends[0] <= field.most else last
            return f"must have {field.article} {field.title} {field.least}-{field.most}, has {wrong[:20]}"
        if ends[0] > ends[1]:
            return f"must have {field.article} {field.title} range that ascends, has {part[:20]}"
        if step and not 0 < int(step[:4]) <= field.most:
            return f"must have {field.article} {field.title} step 1-{field.most}, has {step[:20]}"
        most = field.most if step and not last else ends[1]
        found.update(range(ends[0], most + 1, int(step or 1)))
    return found


def _number(field: Field, word: str) -> int:
    if word in field.names:
        return field.names[word]
    return int(word) if word.isdigit() and len(word) < 5 else -1
