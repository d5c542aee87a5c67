"""Tables out of logs: the decisions of the responder, and what the declared resources wrote."""

from collections.abc import Iterable, Sequence

from pipewarden.names import Names
from pipewarden_plan.limits import QUERY_CHARACTERS, QUERY_LOG_GROUPS
from pipewarden_plan.widget_layout import FULL_WIDTH, GRAPH_HEIGHT, Drawn

HALF = 12
ERROR_FILTER = "filter @message like /(?i)(error|exception|fail|denied)/"


def table(
    title: str, query: str, region: str, *, width: int = HALF, height: int = GRAPH_HEIGHT, view: str = "table"
) -> Drawn:
    return Drawn("log", {"title": title, "region": region, "query": query, "view": view}, width, height)


def decisions(pipelines: Iterable[str], names: Names) -> list[Drawn]:
    """Failed runs with what was decided about each, and how often what was done: of pages, those because retries are
    exhausted are counted by themselves."""
    group, concerned = source([responder_log(names)]), _one_of(pipelines)
    of_whom = "" if concerned else " of all teams"
    columns = "fields @timestamp, pipeline, resource, message, run_id"
    failed = f"{group} | {columns} | filter signal = 'run-failed'{concerned} | sort @timestamp desc | limit 20"
    done = (
        f"{group} | filter ispresent(signal){concerned} | parse message /^(?:page: retries )?(?<action>[a-z]+):/ "
        "| stats count(*) as times by action | sort times desc"
    )
    return [
        table(f"Failed runs{of_whom} and what was decided, the latest first", failed, names.region, width=16),
        table(f"How often what was done{of_whom}", done, names.region, width=8, view="bar"),
    ]


def incidents(pipelines: Iterable[str], names: Names) -> list[Drawn]:
    """Each incident with the last that was decided or done about it, since when it is, and what hangs below."""
    groups = source([responder_log(names), f"/aws/lambda/{names.function('acknowledge')}"])
    columns = "fields @timestamp, since, pipeline, message, hangs_below, incident"
    wanted = f"filter ispresent(since){_one_of(pipelines)} | sort @timestamp desc | dedup incident | limit 20"
    title = "Incidents: what is broken, since when, what was done about it last, and what hangs below"
    return [table(title, f"{groups} | {columns} | {wanted}", names.region, width=FULL_WIDTH, height=4)]


def _one_of(pipelines: Iterable[str]) -> str:
    """The condition that names the pipelines; "" where one query would be too long for their names."""
    named = ", ".join(f"'{name}'" for name in pipelines)
    condition = f" and pipeline in [{named}]"
    return condition if len(condition) < QUERY_CHARACTERS - 1_000 else ""


def errors(log_groups: Sequence[str], region: str, of: str = "") -> list[Drawn]:
    """The last lines that look like errors, and the patterns that most of them follow; `of` says whose in the title."""
    if not log_groups:
        return []
    lines = f"{source(log_groups)} | fields @timestamp, @log, @message | {ERROR_FILTER}"
    patterns = f"{source(log_groups)} | {ERROR_FILTER} | pattern @message | sort @sampleCount desc | limit 20"
    left = len(log_groups) - QUERY_LOG_GROUPS
    of_which = f" ({QUERY_LOG_GROUPS} of {len(log_groups)} log groups)" if left > 0 else ""
    whose = f"{of}: " if of else ""
    return [
        table(f"{whose}Recent errors{of_which}", f"{lines} | sort @timestamp desc | limit 20", region),
        table(f"{whose}Error patterns, the most frequent first{of_which}", patterns, region),
    ]


def asked(title: str, query: str, log_groups: Sequence[str], region: str) -> Drawn:
    """The rows that an alarm on a query counts."""
    return table(title, f"{source(log_groups)} | {query} | limit 50", region, width=FULL_WIDTH)


def source(log_groups: Sequence[str]) -> str:
    """The log groups of a query, as many as one takes."""
    return " | ".join(f"SOURCE '{group}'" for group in log_groups[:QUERY_LOG_GROUPS])


def responder_log(names: Names) -> str:
    return f"/aws/lambda/{names.function('responder')}"
