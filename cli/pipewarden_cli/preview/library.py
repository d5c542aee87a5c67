"""Apache ECharts, which draws the graphs: from the checkout's node_modules, or the copy in the installed package."""

from importlib.resources import files
from pathlib import Path

from pipewarden_cli.errors import CommandError

BUILD = "echarts.common.min.js"
"""Lines, bars and pies with both renderers; two thirds of the size of the full build."""


def chart_library() -> str:
    """The script. Raises CommandError where neither copy is there."""
    packaged = files("pipewarden_cli.preview").joinpath("vendor", BUILD)
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    checkout = Path(__file__).resolve().parents[3] / "node_modules" / "echarts" / "dist" / BUILD
    if checkout.is_file():
        return checkout.read_text(encoding="utf-8")
    raise CommandError(
        "The preview draws with Apache ECharts, which is not here; "
        "fetch it with: make setup (or npm ci in the checkout)."
    )
