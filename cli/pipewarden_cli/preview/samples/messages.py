"""Log lines of the samples: errors of the runs that failed, and of what landed in a dead-letter queue."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from pipewarden_cli.preview.samples.chance import share
from pipewarden_cli.preview.samples.decisions import Decided, decisions_of, is_ours
from pipewarden_cli.preview.samples.world import World

LEVELS = ("ERROR", "WARN", "INFO", "DEBUG")
CLASSES = ("transient", "throttled", "data", "code", "permission")


class _Failure(NamedTuple):
    error: str
    kind: str
    message: str


RESCUED = _Failure(
    "Py4JJavaError",
    "transient",
    "An error occurred while calling o112.parquet. Connection reset by peer: the source closed the connection",
)
BROKEN = _Failure(
    "AnalysisException",
    "code",
    "cannot resolve 'vat_rate' given input columns: [id, partner, amount, currency, issued_at]",
)
POISONED = _Failure("KeyError", "data", "'customer_id': message {id} was received 3 times and could not be handled")
ANYWHERE = (
    _Failure("TimeoutError", "transient", "the upstream service did not answer within 30 s"),
    _Failure("ThrottlingException", "throttled", "Rate exceeded"),
    _Failure("ValidationError", "data", "field 'amount' must be a number, got 'n/a'"),
    _Failure("AccessDenied", "permission", "User is not authorized to perform: s3:GetObject"),
)


@dataclass(frozen=True)
class Line:
    """One log event; `values` are found by a part of a column's name, in this order."""

    at: int
    values: dict[str, str]


def lines_of(world: World, groups: Sequence[str], start: int, end: int) -> Iterator[Line]:
    """Error lines within the time, newest first; decisions where the groups are those of our own functions."""
    if is_ours(groups):
        lines = [_decision_line(world, decided, number, groups) for number, decided in enumerate(decisions_of(world))]
    else:
        lines = [*_failed_runs(world, groups), *_dead_letters(world, groups)]
    if not lines and world.plan is None:
        lines = [
            _line(world.now - 900 * number**2, ANYWHERE[number % len(ANYWHERE)], "", "", groups, number)
            for number in range(1, 15)
        ]
    lines.sort(key=lambda line: -line.at)
    return (line for line in lines if start <= line.at < end)


def _failed_runs(world: World, groups: Sequence[str]) -> Iterator[Line]:
    for pipeline, (trouble, resource) in world.troubles.items():
        failure = RESCUED if trouble == "recovered" else BROKEN
        own = list(world.pipelines[pipeline].resources[resource].log_groups)
        if groups and own and not any(_same(group, name) for group in own for name in groups):
            continue
        shown = [name for name in groups if any(_same(group, name) for group in own)] or own or list(groups)
        for number, run in enumerate(run for run in world.runs(pipeline, resource) if not run.succeeded):
            yield _line(run.end, failure, pipeline, resource, shown[:1], number)
            yield _line(run.end - 2, _tasks(failure), pipeline, resource, shown[:1], number)


def _dead_letters(world: World, groups: Sequence[str]) -> Iterator[Line]:
    for name, pipeline in world.pipelines.items():
        for resource, settings in pipeline.resources.items():
            if settings.drain and not groups:
                for number in range(6):
                    at = world.burst[0] + 240 * number
                    failure = POISONED._replace(message=POISONED.message.replace("{id}", f"m-{4180 + number}"))
                    yield _line(at, failure, name, resource, ["/aws/lambda/consumer"], number)


def _tasks(failure: _Failure) -> _Failure:
    return failure._replace(message=f"Task 17 in stage 4.0 failed 4 times; aborting job ({failure.error})")


def _line(at: int, failure: _Failure, pipeline: str, resource: str, groups: Sequence[str], number: int) -> Line:
    run = f"jr_{int(share('run', pipeline, resource, number) * 16**12):012x}"
    values = {
        "logstream": run,
        "message": f"ERROR {failure.error}: {failure.message}",
        "level": "ERROR",
        "logger": "loader",
        "log": groups[number % len(groups)] if groups else "/aws/lambda/example",
        "pipeline": pipeline or "example",
        "resource": resource or "job",
        "class": failure.kind,
        "errortype": failure.error,
        "error": f"{failure.error}: {failure.message}",
        "severity": "ERROR",
        "run": run,
        "requestid": run,
        "id": run,
        "count": "1",
        "duration": f"{300 + 20 * number}",
        "status": "FAILED",
        "state": "FAILED",
    }
    return Line(at, values)


def _decision_line(world: World, decided: Decided, number: int, groups: Sequence[str]) -> Line:
    pipeline, resource = decided.pipeline, decided.resource
    line = _line(decided.at, BROKEN, pipeline, resource, groups[:1], number)
    of_alarm = decided.signal.startswith("alarm")
    facts = {
        "since": f"{datetime.fromtimestamp(decided.since, UTC):%Y-%m-%d %H:%M:%S}",
        "hangs_below": ", ".join(world.pipelines[pipeline].downstream),
        "signal": decided.signal,
        "alarm": f"{resource}.dead-letter" if of_alarm else "",
        "incident": f"{int(share('incident', pipeline, resource) * 16**8):08x}",
        "run": "" if of_alarm else line.values["run"],
    }
    others = {name: value for name, value in line.values.items() if name not in facts}
    return Line(decided.at, {**facts, **others, "message": decided.message})


def _same(pattern: str, name: str) -> bool:
    return name == pattern or name.startswith(pattern.rstrip("*"))
