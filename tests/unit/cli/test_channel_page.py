"""docs/channels.md: fresh, and its example for receivers works."""

import re
import time
from pathlib import Path
from typing import Any

import pytest

from pipewarden.channels.webhook import sign
from pipewarden.registry import channel_types
from pipewarden_cli.channel_page import PAGE, render_page

ROOT = Path(__file__).parents[3]


def test_the_page_is_fresh() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == render_page(), "run: python -m pipewarden_cli.channel_page"


def test_every_type_has_a_section() -> None:
    assert re.findall(r"(?m)^## ([a-z-]+)$", render_page()) == list(channel_types())


NOW = int(time.time())


@pytest.mark.parametrize(
    ("change", "genuine"),
    [
        ({}, True),
        ({"body": b'{"x": 2}'}, False),
        ({"key": "other"}, False),
        ({"stamp": str(NOW - 1_000)}, False),
        ({"seen": {"i.page.1"}}, False),
    ],
    ids=["as sent", "changed", "another key", "too old", "played again"],
)
def test_the_receivers_example_works(change: dict[str, Any], genuine: bool) -> None:
    code = re.search(r"```python\n(.*?)```", render_page(), re.DOTALL)
    assert code
    names: dict[str, Any] = {}
    exec(code[1], names)
    stamp = change.get("stamp", str(NOW))
    headers = {
        "Pipewarden-Timestamp": stamp,
        "Pipewarden-Signature": sign(stamp, b'{"x": 1}', "k"),
        "Pipewarden-Id": "i.page.1",
    }
    body, key = change.get("body", b'{"x": 1}'), change.get("key", "k")
    assert names["is_genuine"](headers, body, key, change.get("seen", set())) == genuine
