"""Takes the preview's chart library into what is built, with its licences; it is in npm's folder, not in git."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE = "pipewarden_cli/preview/vendor"
SOURCES = f"cli/{PACKAGE}"
FILES = {
    "echarts/dist/echarts.common.min.js": "echarts.common.min.js",
    "echarts/LICENSE": "LICENSE-echarts",
    "echarts/NOTICE": "NOTICE-echarts",
    "zrender/LICENSE": "LICENSE-zrender",
    "tslib/LICENSE.txt": "LICENSE-tslib",
}


class ChartLibrary(BuildHookInterface):  # type: ignore[misc, type-arg, unused-ignore]
    """An editable installation reads npm's folder itself; an sdist carries the files for the wheel made from it."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        root = Path(self.root)
        if version == "editable" or (root / SOURCES).is_dir():
            return
        modules = root / "node_modules"
        missing = [name for name in FILES if not (modules / name).is_file()]
        if missing:
            self.app.display_warning(
                f"What is built cannot draw previews: {', '.join(missing)} not in {modules}; run npm ci first."
            )
            return
        target = SOURCES if self.target_name == "sdist" else PACKAGE
        build_data["force_include"] |= {str(modules / name): f"{target}/{kept}" for name, kept in FILES.items()}
