"""Values as messages show them."""

import json
import re
from collections.abc import Mapping
from typing import Any

from pipewarden_plan.formats import looks_secret
from pipewarden_plan.scalars import read_plain

SHOWN_CHARACTERS = 60
PLAIN = re.compile(r"[0-9][\w.%/]*|[^\W\d]([^:#{}\[\],\"]|:(?! )|\$\()*", re.ASCII)
"""What may stand without quotes anywhere, in the eyes of readers too: words, and numbers with a unit."""


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
    return value if PLAIN.fullmatch(value) and read_plain(value) == value else json.dumps(value, ensure_ascii=False)
