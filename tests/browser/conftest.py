"""Pages in a headless Chromium: one browser for all tests of a worker."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from pipewarden_cli.main import main

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends", "--quiet", "chromium", "fonts-liberation")


def _load(name: str) -> Any:
    # Test folders are no packages (tests/constructs would shadow PyPI's), so a neighbour is loaded by its path.
    spec = spec_from_file_location(name, HERE / f"{name}.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


chromium = _load("chromium")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder needs the browser, and shares one worker: two browsers are slower than one."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.xdist_group("browser"))


@lru_cache(maxsize=1)
def find_browser() -> tuple[str | None, str]:
    """A Chromium, installed from Debian where that is allowed and none is there; otherwise why there is none."""
    if found := chromium.find_chromium():
        return found, ""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return None, "no Chromium on PATH, and it may not be installed here (apt-get as root is needed)"
    try:
        subprocess.run(("apt-get", "update", "--quiet"), check=True, capture_output=True, timeout=300)
        subprocess.run(INSTALL, check=True, capture_output=True, timeout=900)
    except (subprocess.SubprocessError, OSError) as failed:
        return None, f"no Chromium on PATH, and Debian's could not be installed: {failed}"
    return chromium.find_chromium(), "Debian's Chromium was installed, but is not on PATH"


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The browser. Where there can be none, tests are skipped with the reason, unless CI demands them."""
    binary, reason = find_browser()
    if binary is None:
        if os.environ.get("PIPEWARDEN_BROWSER_TESTS") == "required":
            pytest.fail(f"browser tests cannot run: {reason}")
        pytest.skip(f"browser tests could not run: {reason}")
    running = chromium.Chromium(binary)
    yield running
    running.close()


@pytest.fixture(scope="session")
def write_page(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Write a page with the command; the same arguments give the same page."""
    folder = tmp_path_factory.mktemp("pages")

    @lru_cache(maxsize=16)
    def write(*arguments: str) -> Path:
        path = folder / f"{len(list(folder.iterdir()))}.html"
        assert main(["--root", str(PROJECT), "preview", *arguments, "--output", str(path)]) == 0
        return path

    return write


@pytest.fixture
def open_page(browser: Any, write_page: Callable[..., Path]) -> Iterator[Callable[..., Any]]:
    """Open the page that the command writes for these arguments; it is closed after the test."""
    pages = []

    def show(*arguments: str, dark: bool = False, width: int = 1440) -> Any:
        pages.append(browser.page(write_page(*arguments), width=width, dark=dark))
        return pages[-1]

    yield show
    for page in pages:
        page.close()
