"""Expectations about time that no event and no metric can break: each is a row that judges one resource. Pure.

The reconciler judges them at every pass, over the runs that it has listed anyway.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pipewarden.coverage import Coverage
from pipewarden.duration import say_moment, say_seconds
from pipewarden.outlasting import EARLY, outlasts
from pipewarden.pipeline_settings import PipelineSettings
from pipewarden.run import Run
from pipewarden.run_history import RunHistory
from pipewarden.schedule_time import starts_between

Expectation = Literal["still-running", "not-started", "no-success", "too-few-runs"]

GRACE = timedelta(minutes=30)
"""How late a run may start where nothing else is declared; the interval between two starts where that is shorter."""


@dataclass(frozen=True, kw_only=True)
class Miss:
    """One expectation that was missed at `due`: the same for every pass that finds it. What succeeds after `since`
    makes it good."""

    expectation: Expectation
    due: datetime
    since: datetime
    text: str
    run: Run | None = None


@dataclass(frozen=True, kw_only=True)
class Watch:
    """One resource as a pass sees it. `entry`: it is started by the schedule, not by another resource; `inner`: another
    resource starts it and is asked in its place.

    Due times after `coverage.until` and up to `horizon` are judged now; `runs` reach as far back as
    `needed_since` asks.
    """

    resource: str
    expect: Mapping[str, Any]
    schedule: Mapping[str, str]
    entry: bool
    coverage: Coverage
    horizon: datetime
    inner: bool = False
    runs: Sequence[Run] = ()
    history: RunHistory = field(default_factory=RunHistory)

    @property
    def starts(self) -> list[datetime]:
        return [run.started for run in self.runs if run.started]


def expectations_of(pipeline: PipelineSettings, resource: str) -> dict[str, Any]:
    """What is expected of one resource's runs: the pipeline's expectations, and its own before them. Those of the
    pipeline do not hold for what runs within another resource."""
    declared = pipeline.resources[resource]
    return {**({} if declared.within else pipeline.expect), **declared.expect}


def is_entry(pipeline: PipelineSettings, resource: str) -> bool:
    """Whether the schedule starts it: it neither runs within another resource nor after one."""
    declared = pipeline.resources[resource]
    return not declared.within and not declared.after


def needed_since(watch: Watch) -> datetime:
    """How far back runs must be listed to judge everything that is due now."""
    before = watch.coverage.until
    needed = [before]
    if _expects_starts(watch):
        needed.append(before - _grace(watch) - EARLY)
    if ends := _window_ends(watch):
        needed.append(ends[0] - _per(watch))
    return max(min(needed), watch.coverage.first - EARLY)


def has_outlasted_schedule(watch: Watch) -> bool:
    """Whether a run goes on for longer than its schedule leaves it, and nothing declared says how long it may take:
    then what is usual decides."""
    return any(_outlasting(watch, run, 0.0) for run in watch.runs)


def judge(watch: Watch) -> list[Miss]:
    """Everything that is missed now."""
    return [miss for row in ROWS for miss in row(watch)]


def _still_running(watch: Watch) -> Iterator[Miss]:
    """A run that is going on for longer than `duration` allows; without a limit, than schedule and habit explain."""
    limits, mean = _limits(watch), _usual_seconds(watch)
    for run in watch.runs:
        if not limits:
            yield from _outlasted(watch, run, mean)
            continue
        due = run.started + timedelta(seconds=min(limits)) if run.started and run.state == "running" else None
        if due and run.started and due < watch.horizon:
            longest = say_seconds(min(limits))
            text = f"{watch.resource} is still running since {say_moment(run.started)}, at most {longest} is expected"
            yield Miss(expectation="still-running", due=due, since=run.started, text=text, run=run)


def _outlasted(watch: Watch, run: Run, mean: float) -> Iterator[Miss]:
    if run.started and (due := _outlasting(watch, run, mean)):
        usual = f", and {say_seconds(mean)} is usual" if mean else ""
        text = f"{watch.resource} is still running since {say_moment(run.started)}: the next run is due{usual}"
        yield Miss(expectation="still-running", due=due, since=run.started, text=text, run=run)


def _outlasting(watch: Watch, run: Run, mean: float) -> datetime | None:
    """Where a time of day is declared, that is what is judged; what runs within another is judged with it."""
    if run.state != "running" or run.started is None or watch.inner or "finished_by" in watch.expect or _limits(watch):
        return None
    return outlasts(watch.schedule, run.started, watch.horizon, mean)


def _limits(watch: Watch) -> list[float]:
    """Seconds that `duration` allows; none where only a ratio is declared and no good run is known yet."""
    expected, mean = watch.expect.get("duration") or {}, _usual_seconds(watch)
    limits = [float(expected["max"])] if "max" in expected else []
    return limits + ([float(expected["ratio"]) * mean] if "ratio" in expected and mean else [])


def _usual_seconds(watch: Watch) -> float:
    durations = watch.history.durations
    return sum(durations) / len(durations) if durations else 0.0


def _not_started(watch: Watch) -> Iterator[Miss]:
    """A time of the schedule at which no run started, not even `started_within` later."""
    if not _expects_starts(watch):
        return
    if "cron" not in watch.schedule:
        yield from _not_started_by_rate(watch)
        return
    most, coverage = _grace(watch), watch.coverage
    for moment in starts_between(watch.schedule, max(coverage.first, coverage.until - most), watch.horizon):
        following = starts_between(watch.schedule, moment, moment + most)
        due = moment + (following[0] - moment if following and "started_within" not in watch.expect else most)
        if not coverage.until < due <= watch.horizon:
            continue
        if not any(moment - EARLY <= started <= due for started in watch.starts):
            yield Miss(
                expectation="not-started",
                due=due,
                since=moment,
                text=f"{watch.resource} has not started: its run of {_local(moment, watch)} was due "
                f"{say_seconds((due - moment).total_seconds())} ago at {say_moment(due)}",
            )


def _not_started_by_rate(watch: Watch) -> Iterator[Miss]:
    seconds = float(watch.schedule["rate"].removesuffix("s"))
    known = [started for started in (*watch.starts, watch.coverage.started) if started]
    last = max([*known, watch.coverage.first])
    due = last + timedelta(seconds=seconds) + min(_grace(watch), timedelta(seconds=seconds))
    if due <= watch.horizon:
        every = say_seconds(seconds)
        text = f"{watch.resource} has not started since {say_moment(last)}: a run every {every} is expected"
        yield Miss(expectation="not-started", due=due, since=last, text=text)


def _no_success(watch: Watch) -> Iterator[Miss]:
    """No good run for longer than `success_within`."""
    if "success_within" not in watch.expect:
        return
    within = float(watch.expect["success_within"])
    last = watch.history.last_good or watch.coverage.first
    due = last + timedelta(seconds=within)
    if due <= watch.horizon:
        text = f"{watch.resource} has not succeeded since {say_moment(last)}: once in {say_seconds(within)} is expected"
        yield Miss(expectation="no-success", due=due, since=last, text=text)


def _too_few_runs(watch: Watch) -> Iterator[Miss]:
    """Fewer runs started in a whole window than `runs` says. Windows follow one another from midnight UTC on."""
    for end in _window_ends(watch):
        start = end - _per(watch)
        count, least = sum(start <= started < end for started in watch.starts), int(watch.expect["runs"]["min"])
        if count < least:
            window = say_seconds(_per(watch).total_seconds())
            text = f"{watch.resource} started {count} of at least {least} runs in the {window} before {say_moment(end)}"
            yield Miss(expectation="too-few-runs", due=end, since=start, text=text)


ROWS: tuple[Callable[[Watch], Iterator[Miss]], ...] = (_still_running, _not_started, _no_success, _too_few_runs)


def _expects_starts(watch: Watch) -> bool:
    """A schedule alone is enough; where a time of day is declared, that is what is judged."""
    by_time = "finished_by" in watch.expect or "started_by" in watch.expect
    return bool(watch.schedule) and watch.entry and ("started_within" in watch.expect or not by_time)


def _grace(watch: Watch) -> timedelta:
    declared = watch.expect.get("started_within")
    return timedelta(seconds=float(declared)) if declared else GRACE


def _per(watch: Watch) -> timedelta:
    return timedelta(seconds=float(watch.expect["runs"]["per"]))


def _window_ends(watch: Watch) -> list[datetime]:
    """Ends of whole windows that are judged now."""
    if "runs" not in watch.expect:
        return []
    per = _per(watch).total_seconds()
    first, last = watch.coverage.until.timestamp() // per + 1, watch.horizon.timestamp() // per
    ends = [datetime.fromtimestamp(number * per, UTC) for number in range(int(first), int(last) + 1)]
    return [end for end in ends if end - _per(watch) >= watch.coverage.first]


def _local(moment: datetime, watch: Watch) -> str:
    zone = watch.schedule.get("timezone") or "UTC"
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"
