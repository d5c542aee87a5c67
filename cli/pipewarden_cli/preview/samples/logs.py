"""Rows for Logs Insights queries: the columns that the query asks for, filled with what happened in the samples."""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from pipewarden_cli.preview.request import LogAnswer, LogRequest
from pipewarden_cli.preview.samples.chance import daily, generator, share
from pipewarden_cli.preview.samples.decisions import ACTIONS, is_ours
from pipewarden_cli.preview.samples.messages import ANYWHERE, CLASSES, LEVELS, Line, lines_of
from pipewarden_cli.preview.samples.world import World

_BIN = re.compile(r"bin\(\s*(\d+)\s*(s|m|h|d|w)\w*\s*\)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_ALIAS = re.compile(r"^(.*?)(?:\s+as\s+`?([\w.@ -]+?)`?)?$", re.IGNORECASE | re.DOTALL)
_LIMIT = re.compile(r"^(?:limit|head|tail)\s+(\d+)", re.IGNORECASE)
_DEDUP = re.compile(r"^dedup\s+([\w.@]+)", re.IGNORECASE)
_PIPELINES = re.compile(r"\bpipeline\s*(?:in\s*\[|=)\s*((?:['\"][^'\"]*['\"][,\s]*)+)")
_SIGNAL = re.compile(r"\bsignal\s*=\s*['\"]([\w-]+)['\"]")
DEFAULT_ROWS = 20
CATEGORIES = ("extract", "load", "merge", "publish")


def answer_query(request: LogRequest, world: World) -> LogAnswer:
    """What a query could find. It is not run: its columns and its grouping are read."""
    commands = [command.strip() for command in _split(request.query, "|")]
    groups = request.groups or tuple(re.findall(r"SOURCE\s+'([^']+)'", request.query))
    limit = next((int(match[1]) for command in commands if (match := _LIMIT.match(command))), DEFAULT_ROWS)
    if not any(commands):
        return LogAnswer(error="The widget has no query.")
    stats = next((command[6:] for command in commands if command.lower().startswith("stats ")), "")
    if stats:
        return _grouped(stats, request, limit, groups, world)
    if any(command.lower().startswith(("pattern ", "anomaly")) for command in commands):
        return _patterns(request, world, groups)
    shown = [command for command in commands if command.lower().startswith(("fields ", "display "))]
    columns = _columns(shown) or ["@timestamp", "@message"]
    found: Iterator[Line] = (
        line for line in lines_of(world, groups, request.start, request.end) if _is_wanted(line, request.query)
    )
    once = next((match[1] for command in commands if (match := _DEDUP.match(command))), "")
    if once:
        latest = {_cell(once, line): line for line in reversed(list(found))}
        found = iter(sorted(latest.values(), key=lambda line: -line.at))
    lines = list(itertools.islice(found, min(limit, 100)))
    return LogAnswer(tuple(columns), tuple(tuple(_cell(column, line) for column in columns) for line in lines))


def _is_wanted(line: Line, query: str) -> bool:
    """Whether a line passes the filters that matter to the samples: those on our own fields."""
    pipelines = _PIPELINES.search(query)
    signal = _SIGNAL.search(query)
    return (not pipelines or line.values["pipeline"] in re.findall(r"['\"]([^'\"]+)['\"]", pipelines[1])) and (
        not signal or line.values.get("signal") == signal[1]
    )


def _columns(commands: Sequence[str]) -> list[str]:
    displayed = [command for command in commands if command.lower().startswith("display ")]
    chosen = displayed[-1:] or commands
    columns = [_name(part) for command in chosen for part in _split(command.split(None, 1)[1], ",")]
    return list(dict.fromkeys(column for column in columns if column))


def _name(part: str) -> str:
    match = _ALIAS.match(part.strip())
    return (match[2] or match[1]).strip() if match else part.strip()


def _cell(column: str, line: Line) -> str:
    name = column.lower().lstrip("@")
    if name in ("timestamp", "time", "ingestiontime") or "time" in name:
        return datetime.fromtimestamp(line.at, UTC).strftime("%Y-%m-%d %H:%M:%S.000")
    stem = re.sub(r"\W+", "-", name).strip("-") or "value"
    invented = f"{stem}-{int(share(name, line.at) * 65536):04x}"
    return next((value for key, value in line.values.items() if key in name), invented)


def _grouped(stats: str, request: LogRequest, limit: int, groups: Sequence[str], world: World) -> LogAnswer:
    values_text, _, by_text = re.sub(r"\s+", " ", stats).partition(" by ")
    values = [_name(part) for part in _split(values_text, ",")]
    keys = [part.strip() for part in _split(by_text, ",") if part.strip()]
    bins = [(key, match) for key in keys if (match := _BIN.search(key))]
    others = [key for key in keys if not _BIN.search(key)]
    columns = [*(_name(key) for key, _ in bins), *map(_name, others), *values]
    if is_ours(groups) and not bins and [_name(other) for other in others] == ["action"]:
        return LogAnswer(tuple(columns), _by_action(request, world, groups))
    names = list(_categories(others, groups))
    rows: list[tuple[str, ...]] = []
    for at in _bins(bins[0][1], request) if bins else [None]:
        for category in names:
            moment = [] if at is None else [datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S.000")]
            rows.append((*moment, *category, *(_count(value, request.query, category, at) for value in values)))
    return LogAnswer(tuple(columns), tuple(rows if bins else rows[: max(1, limit)]))


def _by_action(request: LogRequest, world: World, groups: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Our own decisions are few enough to be counted."""
    lines = [line for line in lines_of(world, groups, request.start, request.end) if _is_wanted(line, request.query)]
    counts = Counter(line.values["message"].removeprefix("page: retries ").partition(":")[0] for line in lines)
    return tuple((action, str(count)) for action, count in counts.most_common())


def _bins(match: re.Match[str], request: LogRequest) -> list[int]:
    step = max(int(match[1]), 1) * _SECONDS[match[2]]
    step *= max(1, -(-(request.end - request.start) // step // 400))
    return list(range(request.start - request.start % step, request.end, step))


def _categories(others: Sequence[str], groups: Sequence[str]) -> Iterator[tuple[str, ...]]:
    if not others:
        yield ()
        return
    found = (tuple(_category(_name(other).lower(), number, groups) for other in others) for number in range(5))
    yield from dict.fromkeys(found)


def _category(name: str, number: int, groups: Sequence[str]) -> str:
    if name == "action":
        return ACTIONS[number % len(ACTIONS)]
    if name in ("@log", "log", "@logstream") and groups:
        return groups[number % len(groups)]
    if "level" in name or "severity" in name:
        return LEVELS[number % len(LEVELS)]
    if "message" in name:
        return f"{ANYWHERE[number % len(ANYWHERE)].error}: {ANYWHERE[number % len(ANYWHERE)].message}"
    if "error" in name or "class" in name or "exception" in name or "type" in name:
        return CLASSES[number % len(CLASSES)]
    return CATEGORIES[number % len(CATEGORIES)] + ("" if number < len(CATEGORIES) else f"-{number}")


def _count(value: str, query: str, category: Sequence[str], at: int | None) -> str:
    size = 3 + 60 * share(value, query, *category)
    if at is None:
        return str(round(size * 4))
    return str(round(size * daily(at) * generator(value, query, *category, at).uniform(0.6, 1.4)))


def _patterns(request: LogRequest, world: World, groups: Sequence[str]) -> LogAnswer:
    counts: dict[str, int] = {}
    for line in lines_of(world, groups, request.start, request.end):
        pattern = re.sub(r"\b[\w-]*\d[\w:.-]*\b", "<*>", line.values["message"])
        counts[pattern] = counts.get(pattern, 0) + 1
    total = sum(counts.values()) or 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows = [(pattern, str(count), f"{100 * count / total:.1f}%", "ERROR") for pattern, count in ordered]
    return LogAnswer(("@pattern", "@sampleCount", "@ratio", "@severityLabel"), tuple(rows))


def _split(text: str, separator: str) -> list[str]:
    """Parts between separators that stand in no quotes, brackets or regular expression."""
    parts, depth, quote, current = [], 0, "", ""
    for before, letter in zip(" " + text, text, strict=False):
        if quote:
            quote = "" if letter == quote and before != "\\" else quote
        elif letter in "'\"`" or (letter == "/" and before.isspace()):
            quote = letter
        elif letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter == separator and depth <= 0:
            parts.append(current)
            current = ""
            continue
        current += letter
    return [*parts, current]
