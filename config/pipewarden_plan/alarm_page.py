"""docs/alarms.md: every alarm that there is, with everything that decides when it fires."""

from collections.abc import Iterable, Iterator, Mapping

from pipewarden.alarm_rule import MISSING_REASONS, AlarmRule
from pipewarden.registry import technologies
from pipewarden.route_settings import Channel, Severity
from pipewarden.technology import Technology
from pipewarden_plan.model import Environment, Mark
from pipewarden_plan.own_watch_plan import plan_own_alarms
from pipewarden_plan.plan_view import condition
from pipewarden_plan.planned_alarm import AlarmPlan
from pipewarden_plan.route_plan import plan_topics
from pipewarden_plan.vocabulary import show_duration
from pipewarden_plan.watched import names_of

COLUMNS = ("Alarm", "Fires when", "Metric", "Dimensions", "Periods", "Missing data", "Why so")
INTRODUCTION = (
    "A technology's alarms exist for each resource of its `type:` without a word of configuration; one whose threshold "
    "is an expectation exists where that is declared under `expect:`, one that needs a field where the field is. "
    "`alarms:` changes each by its key, `<resource>.<alarm>`, or switches it off with a reason that the plan keeps:\n\n"
    "```yaml\n"
    "    alarms:\n"
    "      extract.failed: {severity: P0, missing: ignore}\n"
    "      load.duration: {threshold: 2h, period: 15m, periods: 2, datapoints: 1}\n"
    '      customers.freshness: {steps: ["Ask the partner for the file."], runbook: "https://wiki.example.com/late"}\n'
    '      ingest.depth: {enabled: false, reason: "bursts are normal until the new consumer is live"}\n'
    "```\n\n"
    "A limit of a `metric`, a `log-metric`, an `sqs` queue or a band may be graded by severity: one alarm for each, "
    "the warning before the page. Their keys end in the severity (`ingest.depth-p1`):\n\n"
    "```yaml\n"
    "      ingest: {type: sqs, queue: ingest, expect: {depth: {P3: 1000, P1: 10000}}}\n"
    "      orders: {type: metric, namespace: Shop, metric: Orders, expect: {anomaly: {P3: 2, P2: 3, P1: 4}}}\n"
    "```\n\n"
    "Names say where and what: `prod/crm/customer-import/extract.failed`. Descriptions are Markdown with the meaning, "
    "the first steps, the runbook and the owner; `steps:` and `runbook:` replace those of one alarm, and what is said "
    "about the failure of a run (severity, steps, runbook) holds whether its event or its alarm comes first. "
    "Each alarm carries the tags `pipeline`, `owner`, `severity` and "
    "`runbook`.\n\n"
    "Every row here has been seen to fire and to clear: `tests/e2e/default_alarms` deploys them all and feeds points. "
    "What could never fire is an error ([can it fire?](can-it-fire.md))."
)
COMPOSITES = (
    "While the responder answers it tells people, once and with evidence. The path without our functions are composite "
    "alarms, silent while `<env>/pipewarden/responding` is in ALARM: one per team and severity, or, with "
    "`alarms: {pipeline_composites: true}` in the environment, one per pipeline (`prod/crm/customer-import`), which "
    "is also silent while a pipeline above it (`depends_on`) is raised, never at P0 ([why so]"
    "(adr/0011-pipeline-composites.md)). Each has parts where it would have more than a hundred children. `prod/crm` "
    "is then red while any pipeline of the team is, and acts on nothing. Dashboards show these in place of the "
    "severities; `pipewarden cost` counts them with their pipeline."
)
NOT_PROPAGATED = (
    "CloudWatch can copy an alarm's tags into its notifications (`ActionConfiguration.AlarmTagsPropagation`). The "
    "template does not ask for it: the validator of the pinned CDK does not know the property yet and fails the "
    "synthesis. The responder does not need it, for it knows each alarm by its name."
)


def alarms_page(head: str) -> str:
    """Every technology's alarms, and those over Pipewarden itself."""
    parts = [head, "# Alarms", INTRODUCTION]
    for technology in sorted(technologies().values(), key=lambda found: found.type):
        if technology.alarms:
            parts += [f"## {technology.type}", technology.summary, _table(_rows(technology))]
    parts += ["## Pipewarden itself", "They page without any function of ours.", _table(_own_rows())]
    parts += ["## Composite alarms", COMPOSITES, "## Tags in notifications", NOT_PROPAGATED]
    return "\n\n".join(parts) + "\n"


def _rows(technology: Technology) -> Iterator[tuple[str, ...]]:
    for rule in technology.alarms:
        yield (
            f"`{rule.key}`{_needs(rule)}",
            f"{rule.meaning} {_condition(rule)}",
            _metric(rule, technology),
            _dimensions(rule.dimensions),
            _periods(rule.datapoints, rule.periods, rule.period_seconds, rule.period_field),
            rule.missing,
            rule.reason or MISSING_REASONS[rule.missing],
        )


def _metric(rule: AlarmRule, technology: Technology) -> str:
    """The metric, or the metric math over it and its inputs; or the query of log groups in its place."""
    if technology.log_query:
        return f"the field `query`, [asked of the log groups]({rule.source})"
    metric = f"{rule.namespace} [{rule.metric}]({rule.source})"
    if not rule.expression:
        return metric
    inputs = "".join(f", `{name}` {other}" for name, other in rule.inputs.items())
    return f"`{rule.expression}`; `m` is {metric}{inputs}"


def _own_rows() -> Iterator[tuple[str, ...]]:
    environment, names = _environment(), names_of(_environment())
    for alarm in plan_own_alarms(environment, names, plan_topics(environment, names)):
        yield (
            f"`{alarm.key}`",
            f"{alarm.meaning} {condition(alarm).partition(' in ')[0]}",
            f"{alarm.metric.namespace} {alarm.metric.name}",
            _dimensions(alarm.metric.dimensions),
            _periods(alarm.datapoints, alarm.periods, alarm.period_seconds),
            alarm.missing,
            _own_reason(alarm),
        )


def _own_reason(alarm: AlarmPlan) -> str:
    warm_up = f" It waits {alarm.warm_up_minutes} minutes after it is made." if alarm.warm_up_minutes else ""
    return MISSING_REASONS[alarm.missing] + warm_up  # type: ignore[index]


def _condition(rule: AlarmRule) -> str:
    limit = f"`expect.{rule.threshold}`" if isinstance(rule.threshold, str) else f"{rule.threshold:g}"
    if rule.comparison == "outside-band":
        return f"{rule.statistic} outside the band that CloudWatch learnt ({limit})"
    return f"{rule.statistic} {rule.comparison} {limit}"


def _needs(rule: AlarmRule) -> str:
    return f" (with `{rule.needs}`)" if rule.needs else ""


def _dimensions(dimensions: Mapping[str, str]) -> str:
    if "*" in dimensions:
        return "as declared"
    return ", ".join(f"{name}={value}" for name, value in dimensions.items())


def _periods(datapoints: int, periods: int, seconds: int, period_field: str = "") -> str:
    length = show_duration(seconds) + (f", or `{period_field}`" if period_field else "")
    return f"{datapoints} of {periods} x {length}"


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    cells = [COLUMNS, tuple("---" for _ in COLUMNS), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in cells)


def _environment() -> Environment:
    return Environment(
        name="$(env)",
        account="$(account)",
        region="$(region)",
        severities={"P0": Severity(respond_within_seconds=3_600, notify=("mail",))},
        channels={"mail": Channel(type="email", address="data@example.com")},
        mark=Mark("config/environments/prod.yaml", 1),
    )
