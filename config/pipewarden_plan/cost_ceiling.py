"""`budget.monitoring`: a plan whose watching would cost more is refused, with what it is made of."""

from collections.abc import Sequence

from pipewarden_plan.cost_plan import Bill, CostLine
from pipewarden_plan.model import Model
from pipewarden_plan.remarks import Remarks

TOO_DEAR = "PW421"
PARTS_TOLD = 3


def hold_ceiling(bill: Bill, model: Model, remarks: Remarks) -> None:
    """Refuse what is above the ceiling, where one is declared."""
    ceiling = model.environment.monitoring_ceiling
    if ceiling is None:
        return
    if not ceiling.per_pipeline:
        if bill.total > ceiling.usd:
            path = "budget.monitoring"
            message = (
                f"allows {ceiling.usd:.2f} USD a month, and this plan costs {bill.total:.2f}: {_made_of(bill.lines)}"
            )
            remarks.refuse(model.environment.mark, path, message, _cure(model), TOO_DEAR)
        return
    for pipeline in model.pipelines:
        usd = bill.by_pipeline.get(pipeline.name, 0.0)
        if usd > ceiling.usd:
            path = f"pipelines.{pipeline.name}"
            message = (
                f"costs {usd:.2f} USD a month to watch, and budget.monitoring allows {ceiling.usd:.2f}: "
                f"{_made_of(bill.lines_of(pipeline.name))}"
            )
            remarks.refuse(pipeline.mark, path, message, _cure(model), TOO_DEAR)


def _made_of(lines: Sequence[CostLine]) -> str:
    """The dearest parts, by what they are for."""
    sums: dict[str, float] = {}
    for line in lines:
        sums[line.what] = sums.get(line.what, 0.0) + line.usd
    dearest = sorted(sums.items(), key=lambda part: -part[1])[:PARTS_TOLD]
    return ", ".join(f"{what} {usd:.2f}" for what, usd in dearest)


def _cure(model: Model) -> str:
    return f"`pipewarden cost {model.environment.name}` shows every line"
