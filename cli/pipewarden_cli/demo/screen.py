"""The demo on a terminal: a live table of the stories, or plain lines where there is no terminal."""

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console, Group
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from pipewarden_cli.demo.telling import Step, Telling

MARKS = {"waiting": ("…", "dim"), "running": ("▸", "cyan"), "done": ("✓", "green"), "failed": ("✗", "bold red")}


class Screen:
    """Shows what is being prepared and how far each story is."""

    def __init__(self, console: Console, tellings: Sequence[Telling]) -> None:
        self.console = console
        self.tellings = tellings
        self.phases: list[Step] = []
        self._spinner = Spinner("dots")
        self._told: dict[str, int] = {}

    @contextmanager
    def showing(self) -> Iterator[None]:
        """Keep the screen up to date while the block runs."""
        if self.console.is_terminal:
            with Live(console=self.console, get_renderable=self._picture, refresh_per_second=8):
                yield
            return
        over = threading.Event()
        teller = threading.Thread(target=self._tell_lines, args=(over,), daemon=True, name="demo-lines")
        teller.start()
        try:
            yield
        finally:
            over.set()
            teller.join(timeout=5)

    @contextmanager
    def phase(self, title: str) -> Iterator[Step]:
        """Something to be prepared before the stories, with its seconds."""
        step = Step(title)
        self.phases.append(step)
        began = time.monotonic()
        try:
            yield step
        except BaseException:
            step.state = "failed"
            raise
        finally:
            step.seconds = time.monotonic() - began
        step.state = "done"

    def _picture(self) -> Group:
        table = Table.grid(padding=(0, 1))
        table.add_column(width=2)
        table.add_column(no_wrap=True)
        table.add_column(overflow="fold", style="dim")
        for phase in self.phases:
            table.add_row(self._mark(phase.state), phase.title, f"{phase.seconds:.1f} s" if phase.seconds else "")
        for telling in self.tellings:
            if telling.state == "waiting":
                continue
            table.add_row()
            table.add_row(self._mark(telling.state), Text(telling.title, style="bold"), "")
            for step in telling.steps:
                table.add_row(self._mark(step.state), f"  {step.title}", _beside(step))
            if telling.failure:
                table.add_row("", "", Text(telling.failure, style="red"))
        return Group(table)

    def _mark(self, state: str) -> Text | Spinner:
        if state == "running" or state == "waiting":
            return self._spinner
        sign, style = MARKS[state]
        return Text(sign, style=style)

    def _tell_lines(self, over: threading.Event) -> None:
        while not over.is_set():
            self._new_lines()
            over.wait(0.3)
        self._new_lines()

    def _new_lines(self) -> None:
        groups = [("", self.phases), *((telling.title, telling.steps) for telling in self.tellings)]
        for title, steps in groups:
            told = self._told.get(title, 0)
            while told < len(steps) and steps[told].state != "waiting":
                step = steps[told]
                head = f"[{title}] " if title else ""
                self.console.print(f"{MARKS[step.state][0]} {head}{step.title}  {_beside(step)}", markup=False)
                told += 1
            self._told[title] = told


def _beside(step: Step) -> str:
    if step.state == "waiting":
        return ""
    return f"{step.seconds:5.1f} s  {step.note}".rstrip()
