"""Our own metrics, from the catalogue, by what there is one of each for."""

import json
from functools import cache
from pathlib import Path
from typing import Literal

Per = Literal["environment", "pipeline", "run", "dataset", "queue", "stack", "usage", "target", "requests"]
"""`run`: each resource that runs; `dataset`: each that the probe looks at; `queue`: each with dead letters; `stack`:
each that deploys a pipeline; `usage`: each whose runs are billed in that unit; `target`: each with an `slo`;
`requests`: each with one over requests."""

CATALOGUE = Path(__file__).with_name("metric_catalogue.json")


@cache
def own_metrics(per: Per) -> tuple[str, ...]:
    """Names of the metrics that Pipewarden writes once for each such thing."""
    rows = json.loads(CATALOGUE.read_text(encoding="utf-8"))
    return tuple(row["metric"] for row in rows if row["namespace"] == "Pipewarden" and row["per"] == per)
