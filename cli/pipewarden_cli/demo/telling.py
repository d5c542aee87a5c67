"""How a story is told: steps that wait for something to become true, and fail with what was seen instead."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from pipewarden_cli.demo.world import World

T = TypeVar("T")

POLL_SECONDS = 0.25


class StoryError(Exception):
    """A step did not happen in time; the text says which, and what was seen."""


class InterruptedStoryError(Exception):
    """The demo is ending: waiting steps give up at once."""


@dataclass
class Step:
    """One thing that has to happen. `seconds` counts from the story's start to its end."""

    title: str
    state: Literal["waiting", "done", "failed"] = "waiting"
    note: str = ""
    seconds: float = 0.0


@dataclass
class Telling:
    """One story while it is told. The screen and the report read it; only the story's own thread writes."""

    key: str
    title: str
    stop: threading.Event = field(default_factory=threading.Event)
    steps: list[Step] = field(default_factory=list)
    started: float = 0.0
    ended: float = 0.0
    failure: str = ""

    @property
    def state(self) -> Literal["waiting", "running", "done", "failed"]:
        if self.failure:
            return "failed"
        return "done" if self.ended else "running" if self.started else "waiting"

    @contextmanager
    def step(self, title: str) -> Iterator[Step]:
        """Do something that counts as a step of its own; an exception marks it as failed."""
        step = Step(title)
        self.steps.append(step)
        try:
            yield step
        except BaseException:
            step.state = "failed"
            raise
        finally:
            step.seconds = time.monotonic() - self.started
        step.state = "done"

    def wait(
        self,
        title: str,
        look: Callable[[], T | None],
        seconds: float = 60,
        note: Callable[[T], str] | None = None,
        seen: Callable[[], object] | None = None,
    ) -> T:
        """Wait until `look` gives something true and return it.

        `note` says what was found. Raises StoryError after `seconds`, with what `seen` shows at that moment.
        """
        with self.step(title) as step:
            until = time.monotonic() + seconds
            while not (found := look()):
                if self.stop.is_set():
                    raise InterruptedStoryError(title)
                if time.monotonic() > until:
                    sight = f"; seen instead: {seen()}" if seen else ""
                    raise StoryError(f"{title}: did not happen within {seconds:.0f} s{sight}")
                self.stop.wait(POLL_SECONDS)
            step.note = note(found) if note else ""
        return found

    def check(self, title: str, holds: bool, note: str = "") -> None:
        """A fact that must hold now."""
        with self.step(title) as step:
            step.note = note
            if not holds:
                raise StoryError(f"{title}: it does not hold ({note})" if note else f"{title}: it does not hold")


@dataclass(frozen=True, kw_only=True)
class Story:
    """One of the demo's stories: what it is about, and the function that tells it."""

    key: str
    title: str
    summary: str
    pipeline: str
    tell: Callable[[Telling, "World"], None]
