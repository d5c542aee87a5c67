"""The variables of a dashboard: what they replace, and which values may be chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pipewarden_cli.preview import loose

FIRST = "__FIRST"
"""The default value that means: whichever comes first."""


@dataclass(frozen=True)
class Choice:
    """One value and how it is shown."""

    value: str
    label: str


@dataclass(frozen=True)
class Variable:
    """`target` is a property's name or a pattern; choices are the given ones, or found by `search` and `populate`."""

    id: str
    kind: Literal["property", "pattern"]
    target: str
    input: Literal["select", "radio", "input"]
    label: str
    default: str = ""
    visible: bool = True
    choices: tuple[Choice, ...] = ()
    search: str = ""
    populate: str = ""


def read_variables(rows: Sequence[Any]) -> tuple[tuple[Variable, ...], tuple[str, ...]]:
    """The variables that can be shown, and a sentence about each one that cannot."""
    variables: list[Variable] = []
    remarks = []
    for number, value in enumerate(rows, 1):
        row = loose.mapping(value)
        kind, target = row.get("type"), ""
        if kind in ("property", "pattern"):
            target = loose.text(row.get(kind))
        if not target:
            remarks.append(
                f"Variable {number} is not shown: it needs a type, property or pattern, and what it replaces."
            )
            continue
        variables.append(_variable(row, "property" if kind == "property" else "pattern", target, number))
    return tuple(variables), tuple(remarks)


def _variable(row: Mapping[str, Any], kind: Literal["property", "pattern"], target: str, number: int) -> Variable:
    wanted = row.get("inputType")
    return Variable(
        id=loose.text(row.get("id")) or f"variable{number}",
        kind=kind,
        target=target,
        input="radio" if wanted == "radio" else "input" if wanted == "input" else "select",
        label=loose.text(row.get("label")) or target,
        default=loose.text(row.get("defaultValue")),
        visible=loose.flag(row.get("visible"), True),
        choices=tuple(_choices(loose.listed(row.get("values")))),
        search=loose.text(row.get("search")),
        populate=loose.text(row.get("populateFrom")),
    )


def _choices(rows: Sequence[Any]) -> list[Choice]:
    found = []
    for row in rows:
        value = loose.text(loose.mapping(row).get("value")) if isinstance(row, Mapping) else loose.text(row)
        found.append(Choice(value, loose.text(loose.mapping(row).get("label")) or value))
    return found
