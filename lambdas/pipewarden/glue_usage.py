"""What a Glue run is billed for, from what GetJobRun and GetJobRuns tell of it."""

from collections.abc import Mapping
from typing import Any

WORKER_DPUS = {"Standard": 1.0, "G.025X": 0.25, "Z.2X": 2.0} | {
    f"{family}.{size}X": float(size) for family in "GR" for size in (1, 2, 4, 8, 12, 16)
}
"""https://docs.aws.amazon.com/glue/latest/dg/worker-types.html; the R and Z types count in memory-optimized DPUs."""
LEAST_BILLED_SECONDS = 60


def glue_usage(found: Mapping[str, Any]) -> dict[str, float]:
    """DPU-hours as they are billed: by the second of execution, at least a minute (Glue 2.0 and later).

    Glue tells the DPU-seconds of flexible and auto-scaled runs only; of the others it tells capacity and time. A run
    that never got to execute is not billed.
    """
    worker = str(found.get("WorkerType") or "")
    seconds = float(found.get("ExecutionTime") or 0)
    capacity = found.get("MaxCapacity") or WORKER_DPUS.get(worker, 0.0) * float(found.get("NumberOfWorkers") or 0)
    billed = found.get("DPUSeconds") or (max(seconds, LEAST_BILLED_SECONDS) * float(capacity) if seconds else 0.0)
    unit = "flex_dpu_hours" if found.get("ExecutionClass") == "FLEX" else "dpu_hours"
    if worker.startswith(("R.", "Z.")):
        unit = "m_dpu_hours"
    return {unit: round(float(billed) / 3600, 6)} if billed else {}
