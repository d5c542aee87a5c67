"""What the watching itself costs a month, from the plan and a price table; pure, no account is asked.

Each line is a quantity of a priced item. What belongs to one pipeline (its alarms, the metrics of its runs, the
handling of its signals) stands with it, what a team or the environment shares stands by itself.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pipewarden.registry import technologies as registered
from pipewarden.technology import Technology
from pipewarden_plan.model import Model, Pipeline
from pipewarden_plan.own_metrics import KINDS, Per, metrics_of, own_metrics
from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_alarm import AlarmPlan
from pipewarden_plan.planned_function import FunctionPlan
from pipewarden_plan.price_table import PriceTable, price_table
from pipewarden_plan.run_rate import MONTH_HOURS, hours_a_month, runs_a_month

GIGABYTE = 1e9
WRITTEN: Mapping[str, tuple[Per, ...]] = {
    "metrics of runs": ("run", "target", "usage", "score"),
    "metrics of requests": ("requests",),
    "metrics of datasets": ("dataset", "change"),
}
"""Metrics of ours that are paid for by the hour. What is written only when something rare happens is not counted."""


@dataclass(frozen=True, kw_only=True)
class CostLine:
    """`quantity` of the priced `item` in a month of 730 hours. `pipeline` and `team` are "" where it is shared."""

    what: str
    item: str
    quantity: float
    usd: float
    team: str = ""
    pipeline: str = ""


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What one environment costs a month, by line. `unknown` names pipelines without a schedule, whose metrics are
    taken to have data in every hour and whose runs are not counted."""

    lines: tuple[CostLine, ...]
    pipelines: tuple[str, ...]
    unknown: tuple[str, ...]
    region: str
    priced_in: str
    read: str

    @cached_property
    def by_pipeline(self) -> Mapping[str, float]:
        """Dollars of what belongs to each pipeline alone."""
        sums: dict[str, float] = {}
        for line in self.lines:
            if line.pipeline:
                sums[line.pipeline] = sums.get(line.pipeline, 0.0) + line.usd
        return sums

    @property
    def shared(self) -> float:
        """Dollars of what teams and the environment share."""
        return sum(line.usd for line in self.lines if not line.pipeline)

    @property
    def total(self) -> float:
        return sum(line.usd for line in self.lines)

    @property
    def rounded(self) -> Mapping[str, float]:
        """Dollars and cents by pipeline; what is shared stands under ""."""
        sums = {"": self.shared, **{name: self.by_pipeline.get(name, 0.0) for name in self.pipelines}}
        return {name: round(usd, 2) for name, usd in sums.items()}

    def lines_of(self, pipeline: str) -> tuple[CostLine, ...]:
        """The lines of one pipeline, or with "" those that are shared."""
        return tuple(line for line in self.lines if line.pipeline == pipeline)


def plan_costs(plan: Plan, model: Model, technologies: Mapping[str, Technology] | None = None) -> Bill:
    """The bill of a plan, which must have been made of that model."""
    clerk = _Clerk(price_table(), registered() if technologies is None else technologies)
    lines = [*clerk.shared(plan)]
    alarms: dict[str, list[AlarmPlan]] = {}
    composites: Counter[str] = Counter()
    for team in plan.teams:
        shared = sum(not composite.pipeline for composite in team.composites)
        lines += clerk.of_team(team.team, shared, len(team.dashboards))
        composites.update(composite.pipeline for composite in team.composites)
        for alarm in team.alarms:
            alarms.setdefault(alarm.pipeline, []).append(alarm)
    responder = next(function for function in plan.core.functions if function.role == "responder")
    for pipeline in model.pipelines:
        lines += clerk.of_pipeline(pipeline, alarms.get(pipeline.name, ()), responder)
        lines.append(clerk.of_composites(pipeline, composites[pipeline.name]))
    return Bill(
        lines=tuple(line for line in lines if line.quantity),
        pipelines=tuple(pipeline.name for pipeline in model.pipelines),
        unknown=tuple(pipeline.name for pipeline in model.pipelines if pipeline.schedule is None),
        region=model.environment.region,
        priced_in=price_table().region,
        read=price_table().read,
    )


class _Clerk:
    """Writes lines by one price table."""

    def __init__(self, prices: PriceTable, technologies: Mapping[str, Technology]) -> None:
        self._prices = prices
        self._technologies = technologies

    def shared(self, plan: Plan) -> Iterator[CostLine]:
        """What the core stack costs whatever runs."""
        environment, usage = plan.environment, self._prices.usage
        deployed = [alarm for alarm in plan.core.alarms if not alarm.disabled_reason]
        yield self._line("alarms over Pipewarden itself", "alarm-metric", self._alarm_metrics(deployed))
        yield self._line("composite alarms of the environment", "composite-alarm", len(plan.core.composites))
        yield self._line("dashboards of the environment", "dashboard", len(plan.core.dashboards))
        yield self._line("metrics of the environment", "custom-metric", len(own_metrics("environment")))
        yield self._line("the environment's key", "kms-key", environment.encryption == "customer-managed")
        yield self._line("the key of acknowledge links", "secret", 1)
        polls = usage["pollers"] * MONTH_HOURS * 3_600 / usage["poll_seconds"]
        yield self._line("looking for signals", "queue-request", polls)
        calls = sum(_calls_a_month(schedule.expression) for schedule in plan.core.schedules)
        yield self._line("scheduled calls", "schedule-call", calls)
        yield from self._invocations("scheduled work", calls, usage["scheduled_seconds"], plan.core.functions[0])

    def of_team(self, team: str, composites: int, dashboards: int) -> Iterator[CostLine]:
        """What the pipelines of one file share."""
        yield self._line("composite alarms of the team", "composite-alarm", composites, team=team)
        yield self._line("dashboards of the team", "dashboard", dashboards, team=team)

    def of_composites(self, pipeline: Pipeline, count: int) -> CostLine:
        """A pipeline's own composite alarm, and the one that holds it back."""
        where = {"team": pipeline.team, "pipeline": pipeline.name}
        return self._line("its composite alarms", "composite-alarm", count, **where)

    def of_pipeline(
        self, pipeline: Pipeline, alarms: Sequence[AlarmPlan], responder: FunctionPlan
    ) -> Iterator[CostLine]:
        """What goes when the pipeline goes."""
        usage, where = self._prices.usage, {"team": pipeline.team, "pipeline": pipeline.name}
        deployed = [alarm for alarm in alarms if alarm.deployed]
        asking = [alarm for alarm in deployed if alarm.asks]
        judging = self._alarm_metrics(alarm for alarm in deployed if not alarm.asks)
        yield self._line("alarms", "alarm-metric", judging, **where)
        yield self._line("alarms on log queries", "log-alarm", len(asking), **where)
        asked = sum(MONTH_HOURS * 3_600 / alarm.period_seconds for alarm in asking)
        yield self._line("logs that their queries read", "log-scan-gigabyte", asked * usage["gigabytes_asked"], **where)
        in_fleets = sum(bool(alarm.fleet) for alarm in alarms)
        yield self._line("its part of fleet alarms", "insights-alarm-metric", in_fleets, **where)
        share = hours_a_month(pipeline.schedule) / MONTH_HOURS
        written: Counter[Per] = Counter()
        for resource in pipeline.resources:
            written.update(dict(metrics_of(resource, pipeline, self._technologies[resource.type])))
        for what, kinds in WRITTEN.items():
            quantity = sum(written[per] * (share if KINDS[per].at == "run" else 1.0) for per in kinds)
            yield self._line(what, "custom-metric", quantity, **where)
        running = written["run"] / len(own_metrics("run"))
        signals = running * (runs_a_month(pipeline.schedule) or 0.0)
        yield from self._invocations(
            "handling of runs", signals, usage["responder_seconds"], responder, pipeline.team, pipeline.name
        )
        yield self._line("history of runs", "table-write", signals * usage["table_writes_a_signal"], **where)
        yield self._line("history of runs", "table-read", signals * usage["table_reads_a_signal"], **where)
        logged = signals * usage["log_bytes_a_signal"] / GIGABYTE
        yield self._line("log of the responder", "log-gigabyte", logged, **where)

    def _invocations(
        self, what: str, calls: float, seconds: float, function: FunctionPlan, team: str = "", pipeline: str = ""
    ) -> Iterator[CostLine]:
        size = calls * seconds * function.memory_mb / 1_024
        yield self._line(what, "function-call", calls, team=team, pipeline=pipeline)
        yield self._line(what, "function-gigabyte-second", size, team=team, pipeline=pipeline)

    def _alarm_metrics(self, alarms: Iterable[AlarmPlan]) -> float:
        """CloudWatch asks for each metric that an alarm looks at; a band is three."""
        of_a_band = self._prices.usage["alarm_metrics_of_a_band"]
        return sum(len(alarm.inputs) + (of_a_band if alarm.comparison == "outside-band" else 1) for alarm in alarms)

    def _line(self, what: str, item: str, quantity: float, *, team: str = "", pipeline: str = "") -> CostLine:
        usd = self._prices.usd(item, quantity)
        return CostLine(what=what, item=item, quantity=quantity, usd=usd, team=team, pipeline=pipeline)


def _calls_a_month(expression: str) -> float:
    """How often Scheduler calls: `rate(5 minutes)`; a cron, used for rare things only, counts as once a day."""
    words = expression.removeprefix("rate(").removesuffix(")").split()
    if not expression.startswith("rate("):
        return MONTH_HOURS / 24
    unit_minutes = {"minute": 1, "hour": 60, "day": 1_440}[words[1].removesuffix("s")]
    return MONTH_HOURS * 60 / (float(words[0]) * unit_minutes)
