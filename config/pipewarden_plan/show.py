"""Values as messages show them."""

import json
from collections.abc import Mapping
from typing import Any

from pipewarden_plan.formats import looks_secret

SHOWN_CHARACTERS = 60
STARTS_OTHERWISE = "+*&!%@`\"'#?-[]{},|>0123456789"


def show(value: Any) -> str:
    """A value as it was written: short, printable, and never a secret."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    text = str(value)
    if isinstance(value, str) and looks_secret(text):
        return "a value that looks like a secret (not shown)"
    shown = text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}..."
    return shown if shown.isprintable() and shown else json.dumps(shown, ensure_ascii=False)


def flow(value: Any) -> str:
    """A value as YAML writes it on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str):
        return str(value)
    plain = value and (value[0] not in STARTS_OTHERWISE or (value.rstrip("smhd%").isdigit() and not value.isdigit()))
    return value if plain and ": " not in value and " #" not in value else json.dumps(value, ensure_ascii=False)
