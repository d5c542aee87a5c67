"""What retries cost: DPU-hours where the service bills them, else seconds of run time. Pure."""

from typing import Final, NamedTuple

from pipewarden.duration import say_seconds
from pipewarden.run import Run
from pipewarden.run_history import RunHistory

UNITS: Final = ("dpu_hours", "seconds")


class Cost(NamedTuple):
    """An amount of one of the UNITS."""

    unit: str
    amount: float

    def __str__(self) -> str:
        return f"{self.amount:.4g} DPU-hours" if self.unit == "dpu_hours" else say_seconds(self.amount)


def cost_of(run: Run | None) -> Cost | None:
    """What a run that has ended took; None when its service does not tell."""
    if run is None:
        return None
    if run.usage:
        return Cost("dpu_hours", sum(run.usage.values()))
    return Cost("seconds", run.duration_seconds) if run.duration_seconds is not None else None


def expected_cost(runs: RunHistory, factor: float = 1.0) -> Cost | None:
    """What the next run will take, by the mean of the latest good runs; None while there are none."""
    for unit, amounts in (("dpu_hours", runs.dpu_hours), ("seconds", runs.durations)):
        if amounts:
            return Cost(unit, factor * sum(amounts) / len(amounts))
    return None
