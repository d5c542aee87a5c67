"""The labelled messages: what services wrote, and what a person took it for."""

from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import yaml

from pipewarden.failure import Failure, classify
from pipewarden.registry import technologies
from pipewarden.run import Run

FOLDER = Path(__file__).parent
CLASSES = ("transient", "resource", "deterministic", "unknown")
TYPES = {"glue": "glue-job", "spark": "glue-job", "step-functions": "step-functions", "lambda": "lambda"}
"""Services that are technologies of ours; of the others only the shared patterns judge."""

Part = Literal["tuning", "held_out"]


class Labelled(NamedTuple):
    """One message, its class in the eyes of a person, and the page or thread where it stands."""

    service: str
    error_name: str
    message: str
    failure_class: str
    source: str

    @property
    def failure(self) -> Failure:
        """What the patterns make of it."""
        run = Run(run_id="labelled", state="failed", error_name=self.error_name, error=self.message)
        return classify(technologies().get(TYPES.get(self.service, "")), run)


@cache
def messages(part: Part) -> tuple[Labelled, ...]:
    """All messages of one part."""
    rows: list[dict[str, Any]] = yaml.safe_load((FOLDER / f"{part}.yaml").read_text(encoding="utf-8"))
    return tuple(
        Labelled(row["service"], row.get("error_name", ""), row.get("message", ""), row["class"], row["source"])
        for row in rows
    )
