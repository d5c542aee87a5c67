"""Takes the pictures of the documentation: `python tests/browser/pictures.py docs/images`.

They show samples, so the same code gives the same pictures wherever the same fonts are.
"""

import contextlib
import io
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from chromium import Chromium, find_chromium

from pipewarden_cli.main import main

PROJECT = Path(__file__).resolve().parents[2]
BODY = str(Path(__file__).with_name("every_widget.json"))


class Picture(NamedTuple):
    """`tab` begins the title of the dashboard; `height` 0 is the whole page."""

    name: str
    arguments: tuple[str, ...]
    tab: str
    dark: bool = False
    width: int = 1440
    height: int = 0


PICTURES = (
    Picture("executive-light", ("prod",), "prod executive"),
    Picture("executive-dark", ("prod",), "prod executive", dark=True),
    Picture("operations-light", ("prod",), "shop operations", height=1900),
    Picture("operations-dark", ("prod",), "shop operations", dark=True, height=1900),
    Picture("diagnostic-light", ("prod",), "prod diagnostic", height=1900),
    Picture("diagnostic-dark", ("prod",), "prod diagnostic", dark=True, height=1900),
    Picture("widgets-light", ("--body", BODY), ""),
    Picture("widgets-dark", ("--body", BODY), "", dark=True),
    Picture("phone-dark", ("prod",), "shop operations", dark=True, width=390, height=1500),
)


def take(folder: Path) -> None:
    """Write every picture into the folder."""
    binary = find_chromium()
    if binary is None:
        raise SystemExit("There is no Chromium on PATH.")
    browser = Chromium(binary)
    try:
        with tempfile.TemporaryDirectory() as pages:
            for picture in PICTURES:
                _take(browser, picture, Path(pages), folder)
    finally:
        browser.close()


def _take(browser: Chromium, picture: Picture, pages: Path, folder: Path) -> None:
    path = pages / f"{picture.arguments[-1].replace('/', '_')}.html"
    if not path.exists():
        with contextlib.redirect_stdout(io.StringIO()):
            if main(["--root", str(PROJECT), "preview", *picture.arguments, "--output", str(path)]):
                raise SystemExit(f"pipewarden preview {' '.join(picture.arguments)} failed")
    page = browser.page(path, width=picture.width, dark=picture.dark)
    if picture.tab:
        page.run(f"[...document.querySelectorAll('.tab')].find((tab) => tab.textContent === '{picture.tab}').click()")
        page.wait(f"document.querySelector('.tab[aria-current=true]').textContent === '{picture.tab}'")
        page.wait("document.documentElement.dataset.ready === 'true'")
    page.picture(folder / f"{picture.name}.png", picture.height)
    page.close()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    take(target)
