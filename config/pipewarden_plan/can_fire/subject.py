"""What the rules look at: a planned alarm beside the parts of the declaration that decide whether it can fire."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from pipewarden_plan.model import Mark, Schedule
from pipewarden_plan.planned_alarm import AlarmPlan


class Subject(NamedTuple):
    """`path` and `mark` name the line that can be changed.

    `emitted` says that the declaration vouches for the metric and its dimensions, `switched_on` that a field of it
    says what the metric needs; `schedule` is that of the runs which the alarm is about, where there is one.
    """

    alarm: AlarmPlan
    path: str
    mark: Mark
    emitted: bool = False
    switched_on: bool = False
    schedule: Schedule | None = None


class Objection(NamedTuple):
    """Why an alarm cannot fire: the id of the rule, what goes on after the path, and the cure."""

    rule: str
    message: str
    cure: str


Rule = Callable[[Subject], Iterator[Objection]]
