"""What stands in words on the dashboards: Markdown with owners, routes, runbooks and links."""

from collections.abc import Iterable, Mapping, Sequence

from pipewarden.route_settings import Severity
from pipewarden.window import Maintenance
from pipewarden_plan.model import Environment, Pipeline
from pipewarden_plan.vocabulary import show_duration
from pipewarden_plan.watched import Watched
from pipewarden_plan.widget_layout import FULL_WIDTH, Drawn

MOST_NAMED = 8
ROW_PIXELS, TEXT_PADDING_PIXELS = 52, 16
LINE_PIXELS = {"# ": 36, "## ": 28, "| ---": 0, "|": 28, "": 20}
"""What a line takes, by how it begins; the first that fits counts."""
SEVERITY_ROWS = ("| Severity | Answer within | Told | Called |", "| --- | --- | --- | --- |")


def text(markdown: str, height: int = 0, width: int = FULL_WIDTH) -> Drawn:
    """A text as high as its lines ask for, where no height is given."""
    return Drawn("text", {"markdown": markdown}, width, height or _height(markdown))


def _height(markdown: str) -> int:
    """Rows of the grid that the lines take, each on one line; a row has about 52 pixels."""
    pixels = sum(map(_pixels, filter(None, markdown.splitlines())))
    return -(-(TEXT_PADDING_PIXELS + pixels) // ROW_PIXELS)


def _pixels(line: str) -> int:
    return next(pixels for start, pixels in LINE_PIXELS.items() if line.startswith(start))


def header(team: str, owner: str, pipelines: Sequence[Pipeline], environment: Environment) -> Drawn:
    """Who owns the team's pipelines, where the runbooks are, how fast which severity is answered and by whom."""
    runbooks = [f"[{pipeline.name}]({pipeline.runbook})" for pipeline in pipelines if pipeline.runbook]
    facts = [f"Owner: {owner}", *([f"Runbooks: {listed(runbooks)}"] if runbooks else [])]
    lines = [f"# {team} in {environment.name}: what is broken, since when, and is it being handled", " · ".join(facts)]
    lines += ["", *SEVERITY_ROWS, *(severity_row(*route) for route in sorted(environment.severities.items())), ""]
    lines += maintenance(environment, {pipeline.name for pipeline in pipelines})
    return text("\n".join(lines))


def severity_row(name: str, route: Severity) -> str:
    """One line of the severity matrix."""
    called = ", ".join(f"{rung.to} {_after(rung.after_seconds)}" for rung in route.escalate)
    told = ", ".join(route.notify)
    return f"| {name} | {show_duration(route.respond_within_seconds)} | {told} | {called or 'nobody'} |"


def _after(seconds: float) -> str:
    return f"after {show_duration(seconds)}" if seconds else "at once"


def maintenance(environment: Environment, pipelines: Iterable[str]) -> list[str]:
    """The windows that concern the pipelines, in words: a line in a graph would need a date, and a plan knows none."""
    concerned = {"*", *pipelines}
    return [
        f"Maintenance: {window.name}, {window_words(window)}"
        for window in environment.maintenance
        if concerned & set(window.pipelines)
    ]


def window_words(window: Maintenance) -> str:
    """`0 1 1 * *` UTC, for 2h: when a window comes and how long it lasts."""
    when = f"`{window.cron}`" if window.cron else f"once, {window.at}"
    return f"{when} {window.timezone}, for {show_duration(window.duration_seconds)}"


def listed(names: Sequence[str]) -> str:
    """The names, or the first of them and how many more there are."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def pipeline_head(everything: Sequence[Watched], below: Mapping[str, Sequence[str]]) -> Drawn:
    """What the pipeline is, whose it is, what it hangs on and what hangs on it, and where its resources open."""
    pipeline = everything[0].pipeline
    runbook = f" · [runbook]({pipeline.runbook})" if pipeline.runbook else ""
    lines = [f"## {pipeline.name} · {pipeline.severity} · {pipeline.owner}{runbook}"]
    if pipeline.description:
        lines.append(pipeline.description)
    around = [("Needs", pipeline.depends_on), ("Feeds", below.get(pipeline.name, ()))]
    facts = [f"{word}: {listed(names)}" for word, names in around if names]
    links = [f"[{watched.resource.name}]({address})" for watched in everything if (address := console(watched))]
    if links:
        facts.append(f"Open: {listed(links)}")
    if facts:
        lines += ["", " · ".join(facts)]
    return text("\n".join(lines))


def console(watched: Watched) -> str:
    """The page of the resource in the AWS console; "" where that asks for a run."""
    template = watched.technology.console
    return "" if "$(run_id)" in template else watched.fill(template)
