"""The bill of an environment as tables."""

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table

from pipewarden_cli.printable import printable
from pipewarden_cli.tree.words import counted, number
from pipewarden_plan.cost_plan import Bill, CostLine
from pipewarden_plan.price_table import price_table


def print_bill(bill: Bill, console: Console) -> None:
    """What is shared line by line, each pipeline in one, and the sum."""
    table = _table("For", "What", "USD a month")
    for line in _merged(bill.lines_of("")):
        table.add_row(printable(line.team or "all"), line.what, f"{line.usd:,.2f}")
    table.add_section()
    teams = {line.pipeline: line.team for line in bill.lines}
    for name in bill.pipelines:
        table.add_row(printable(teams.get(name, "")), printable(name), f"{bill.by_pipeline.get(name, 0.0):,.2f}")
    table.add_section()
    count = len(bill.pipelines)
    average = f", {bill.total / count:,.2f} each" if count > 1 else ""
    table.add_row("", f"{counted(count, 'pipeline')}{average}", f"{bill.total:,.2f}", style="bold")
    console.print(table)
    _print_notes(bill, console)


def print_pipeline(bill: Bill, pipeline: str, console: Console) -> None:
    """Every line of one pipeline: how much of what."""
    table = _table("What", "Of", "Quantity", "USD a month")
    prices = price_table().prices
    for line in bill.lines_of(pipeline):
        quantity = number(round(line.quantity, 6 if line.quantity < 1 else 2))
        table.add_row(line.what, prices[line.item].per, quantity, f"{line.usd:,.4f}")
    table.add_section()
    table.add_row(printable(pipeline), "", "", f"{bill.by_pipeline.get(pipeline, 0.0):,.4f}", style="bold")
    console.print(table)
    _print_notes(bill, console)


def _table(*titles: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for title in titles:
        table.add_column(title, justify="right" if title.startswith(("USD", "Quantity")) else "left", overflow="fold")
    return table


def _merged(lines: Iterable[CostLine]) -> list[CostLine]:
    """One line for each thing, whatever items it is made of; less than a cent is left to the sum."""
    sums: dict[tuple[str, str], float] = {}
    for line in lines:
        sums[line.team, line.what] = sums.get((line.team, line.what), 0.0) + line.usd
    return [
        CostLine(what=what, item="", quantity=1, usd=usd, team=team)
        for (team, what), usd in sums.items()
        if usd >= 0.01
    ]


def _print_notes(bill: Bill, console: Console) -> None:
    elsewhere = "" if bill.region == bill.priced_in else f"; {bill.region} may differ"
    console.print(
        f"List prices of {bill.priced_in}, read {bill.read}{elsewhere}. No free tiers, no taxes.", style="dim"
    )
    if bill.unknown:
        shown = ", ".join(bill.unknown[:5]) + (f" and {len(bill.unknown) - 5} more" if len(bill.unknown) > 5 else "")
        text = f"Without a schedule ({shown}): metrics taken to have data in every hour, runs not counted."
        console.print(printable(text), style="dim")
