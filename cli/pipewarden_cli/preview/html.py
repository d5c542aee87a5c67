"""The preview as one self-contained HTML page: no request leaves it, and only its own scripts run."""

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from typing import Literal

from pipewarden_cli.preview.library import chart_library
from pipewarden_cli.preview.widgets.contents import Contents
from pipewarden_cli.report.markup import Markup, element

Theme = Literal["auto", "light", "dark"]
SCRIPTS = ("words.js", "look.js", "chart.js", "figures.js", "cards.js", "dashboard.js", "page.js")
"""In this order in one function: later files use what earlier ones define."""


@dataclass(frozen=True)
class Page:
    """What the head of the page says. `origin` names where the data is from, in a few words."""

    title: str
    origin: str
    now: int
    theme: Theme = "auto"


def render_page(page: Page, dashboards: Sequence[Contents]) -> str:
    """The page as text, to be written as UTF-8."""
    library, script = chart_library(), _script()
    data = {
        "title": page.title,
        "origin": page.origin,
        "now": datetime.fromtimestamp(page.now, UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "dashboards": list(dashboards),
    }
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(library, script)),
        element("title", f"{page.title} · dashboards"),
        element("style", Markup(_read("page.css"))),
    )
    body = element(
        "body",
        element("noscript", "This page draws its graphs with a script; allow scripts to see them."),
        element("div", id="page"),
        element("script", Markup(_json(data)), type="application/json", id="data"),
        element("script", Markup(library)),
        element("script", Markup(script)),
    )
    return f"<!doctype html>\n{element('html', head, body, lang='en', data_theme=page.theme)}\n"


def _script() -> str:
    return "(() => {\n'use strict';\n" + "\n".join(_read(name) for name in SCRIPTS) + "\n})();\n"


def _policy(*scripts: str) -> str:
    """Only these very scripts run, nothing is fetched; ECharts sets style attributes, hence `unsafe-inline` there."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _json(value: object) -> str:
    # "<" could end the script element; the two separators end a line in older JavaScript.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # JSON may hold half a surrogate pair ("\\ud83d"), which no encoding can write.
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _read(name: str) -> str:
    return files("pipewarden_cli.preview").joinpath("page", name).read_text(encoding="utf-8")
