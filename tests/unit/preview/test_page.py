"""The page as text: complete, closed, and safe to open."""

import base64
import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from pipewarden_cli.errors import CommandError
from pipewarden_cli.preview import html, library
from pipewarden_cli.preview.html import Page, render_page

PAGE = Page(title="prod", origin="sample data", now=1_773_826_200)
LIBRARY = "window.echarts = {};"


@pytest.fixture(autouse=True)
def small_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "chart_library", lambda: LIBRARY)


def dashboard(**widget: Any) -> dict[str, Any]:
    contents = {"kind": "text", "title": "", "html": "", "transparent": False, **widget}
    place = {"x": 0, "y": 0, "w": 6, "h": 6}
    row = {"type": "text", **place, "varies": [], "variants": {"": contents}}
    return {"id": "dashboard-1", "name": "d", "title": "D", "widgets": [row]}


def test_only_the_pages_own_scripts_may_run() -> None:
    text = render_page(PAGE, [dashboard()])
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert policy
    allowed = set(re.findall(r"sha256-([A-Za-z0-9+/=]+)", policy[1]))
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert {base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts} == allowed
    assert len(scripts) == 2
    assert "default-src &#x27;none&#x27;" in policy[1]
    assert "script-src &#x27;unsafe-inline&#x27;" not in policy[1]


def test_nothing_is_loaded_from_anywhere() -> None:
    text = render_page(PAGE, [dashboard()])
    assert not re.search(r"<(?:link|img|iframe|script[^>]+src)\b", text)
    assert not re.search(r"url\(|@import", text)


@pytest.mark.parametrize(
    "nasty", ["</script><script>alert(1)</script>", "<!--<script>", "\u2028\u2029", "\"&<>'", "\x00"]
)
def test_whatever_a_body_says_stays_data(nasty: str) -> None:
    text = render_page(PAGE, [dashboard(title=nasty)])
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found
    assert "<" not in found[1]
    data = json.loads(found[1])
    assert data["dashboards"][0]["widgets"][0]["variants"][""]["title"] == nasty


def test_half_a_surrogate_pair_can_be_written() -> None:
    assert '"title":"?"' in render_page(PAGE, [dashboard(title="\ud83d")])


def test_the_head_is_escaped_and_the_theme_is_set() -> None:
    text = render_page(Page(title="<b>", origin="x", now=0, theme="dark"), [])
    assert "<title>&lt;b&gt; · dashboards</title>" in text
    assert '<html lang="en" data-theme="dark">' in text


def test_no_script_of_ours_makes_html_out_of_data() -> None:
    folder = Path(html.__file__).parent / "page"
    found = {
        path.name: re.findall(
            r"(?:innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\()[^\n]*", path.read_text()
        )
        for path in sorted(folder.glob("*.js"))
    }
    assert found["cards.js"] == ["innerHTML = contents.html;"]
    assert found["words.js"] == ["innerHTML;"]
    assert not [name for name, lines in found.items() if lines and name not in ("cards.js", "words.js")]
    assert sorted(found) == sorted(html.SCRIPTS)


def test_without_the_library_there_is_a_cure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(library, "files", lambda _: tmp_path)
    monkeypatch.setattr(library, "__file__", str(tmp_path / "a" / "b" / "c" / "d" / "library.py"))
    with pytest.raises(CommandError, match=r"make setup"):
        library.chart_library()


def test_the_packaged_copy_of_the_library_comes_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "vendor").mkdir()
    (tmp_path / "vendor" / library.BUILD).write_text("packaged", encoding="utf-8")
    monkeypatch.setattr(library, "files", lambda _: tmp_path)
    assert library.chart_library() == "packaged"
