"""What each colour of a graph means: the same on every dashboard."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("colours.json")


def coloured(label: str) -> dict[str, str]:
    """The `color` of a line with this label; empty for one that stands for no meaning of its own (a pipeline's name),
    which CloudWatch colours as it likes."""
    colour = _colours().get(label)
    return {"color": colour} if colour else {}


@cache
def _colours() -> Mapping[str, str]:
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    return {label: table["meanings"][meaning] for label, meaning in table["labels"].items()}
