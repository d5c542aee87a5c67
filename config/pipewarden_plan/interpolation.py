"""`$(env)`, `$(account)` and `$(region)` inside texts: the only interpolations there are."""

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from pipewarden_plan.nearest import nearest

NAMES = ("env", "account", "region")
SAMPLE: Mapping[str, str] = {"env": "dev", "account": "123456789012", "region": "us-east-1"}
"""What stands for the environment while a declaration is checked without one."""

MEANT = {
    **{name: name for name in NAMES},
    "environment": "env",
    "stage": "env",
    "account-id": "account",
    "aws-region": "region",
}
"""What people write for them elsewhere."""

PLACE = re.compile(r"\$\(([^()]*)\)")
BRACES = re.compile(r"\$?\{\{?\s*([a-z_.]*)[^}]*\}?\}?|\$(env|account|region)\b")

Fill = Callable[[str], str]


class UnfitError(Exception):
    """The value does not fit its schema; `explain` says why."""


class Trouble(NamedTuple):
    """What is wrong with the interpolations of a text."""

    message: str
    cure: str


def needs_filling(text: str) -> bool:
    """Whether a text has, or seems to have, interpolations."""
    return "$" in text or "{{" in text


def trouble_with(text: str) -> Trouble | None:
    """Why a text cannot be filled in; None when it can."""
    if (braces := BRACES.search(text)) and (braces[0].startswith(("$", "{{"))):
        meant = next((group for group in braces.groups() if group), "env")
        written = MEANT.get(nearest(meant.rsplit(".", 1)[-1], MEANT), "env")
        seen = " ".join(braces[0].split())[:40]
        return Trouble(f"has `{seen}`, which is not an interpolation", f"interpolations are written $({written})")
    for place in PLACE.finditer(text):
        if place[1] not in NAMES:
            near = MEANT.get(nearest(place[1], MEANT), "")
            cure = f"did you mean $({near})?" if near else "there are $(env), $(account) and $(region)"
            return Trouble(f"has an unknown interpolation `$({place[1][:40]})`", cure)
    if "$(" in PLACE.sub("", text):
        return Trouble("has an interpolation that is not closed", "write $(env)")
    return None


def filler(values: Mapping[str, str]) -> Fill:
    """A function that fills texts from `values`. It raises `UnfitError` for a text that has trouble."""

    def fill(text: str) -> str:
        if trouble_with(text):
            raise UnfitError
        return PLACE.sub(lambda place: values[place[1]], text)

    return fill


def fill_all(value: Any, fill: Fill) -> Any:
    """The value with every text in it filled."""
    if isinstance(value, str):
        return fill(value) if needs_filling(value) else value
    if isinstance(value, dict):
        return {key: fill_all(item, fill) for key, item in value.items()}
    if isinstance(value, list):
        return [fill_all(item, fill) for item in value]
    return value
