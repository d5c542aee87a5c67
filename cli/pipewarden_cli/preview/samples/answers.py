"""Answers from samples: the evaluator calculates, the world of the samples has the data."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pipewarden_cli.evaluator.calculation import Calculation
from pipewarden_cli.evaluator.errors import EvaluatorError
from pipewarden_cli.evaluator.query import Metric
from pipewarden_cli.evaluator.series import Series
from pipewarden_cli.preview.request import AlarmStatus, LogAnswer, LogRequest, MetricAnswer, MetricRequest
from pipewarden_cli.preview.samples.alarms import planned_alarm, planned_composite, unplanned_alarm
from pipewarden_cli.preview.samples.logs import answer_query
from pipewarden_cli.preview.samples.search import declared_metrics, found_metrics, searches_in
from pipewarden_cli.preview.samples.source import SampleMetrics
from pipewarden_cli.preview.samples.world import World
from pipewarden_cli.preview.widgets.alarm import alarm_name


@dataclass
class SampleAnswers:
    """A source that needs nothing but a plan, or not even that."""

    world: World
    source: SampleMetrics = field(init=False)
    _alarms: dict[str, AlarmStatus | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.source = SampleMetrics(self.world, declared_metrics(self.world))

    def prepare(self, metrics: Iterable[MetricRequest], alarms: Iterable[str], logs: Iterable[LogRequest] = ()) -> None:
        """Nothing has to be fetched."""

    def metric(self, request: MetricRequest) -> MetricAnswer:
        """Each query that is returned; what cannot be calculated is named, the others are there."""
        self._find(request)
        calculation = Calculation(request.queries, self.source, request.grid)
        series: dict[str, list[Series]] = {}
        errors = []
        for query in request.queries:
            if not query.return_data:
                continue
            try:
                series[query.id] = self._until_now(calculation.result(query.id), request)
            except EvaluatorError as wrong:
                errors.append(str(wrong))
        found = {_label(metric): metric for metric in self.source.known} if self._searches(request) else {}
        return MetricAnswer(series, "; ".join(dict.fromkeys(errors)), found)

    def alarms(self, arns: Sequence[str]) -> Sequence[AlarmStatus]:
        """The state of planned alarms; those that no plan knows have one by chance, unless a plan is there."""
        found = [self._alarm(alarm_name(arn)) for arn in arns]
        return [alarm for alarm in found if alarm is not None]

    def logs(self, request: LogRequest) -> LogAnswer:
        """Rows with the columns that the query asks for."""
        return answer_query(request, self.world)

    def search(self, text: str, region: str) -> Sequence[Metric]:  # noqa: ARG002
        """What is declared, or examples."""
        try:
            return found_metrics(text, self.source.known)
        except EvaluatorError:
            return []

    def _alarm(self, name: str) -> AlarmStatus | None:
        if name not in self._alarms:
            self._alarms[name] = self._judge(name)
        return self._alarms[name]

    def _judge(self, name: str) -> AlarmStatus | None:
        if name in self.world.alarms:
            return planned_alarm(self.world.alarms[name], self.source)
        plan = self.world.plan
        if plan is None:
            return unplanned_alarm(name, self.world.now)
        composites = [*plan.core.composites, *(composite for team in plan.teams for composite in team.composites)]
        found = next((composite for composite in composites if composite.name == name), None)
        return planned_composite(found, self.alarms(found.children), self.world) if found else None

    def _searches(self, request: MetricRequest) -> list[str]:
        return [text for query in request.queries for text in searches_in(query.expression or "")]

    def _find(self, request: MetricRequest) -> None:
        """Make what the request searches for known, so that the evaluator finds it."""
        for text in self._searches(request):
            self.source.known.update(self.search(text, request.region))

    def _until_now(self, found: Sequence[Series], request: MetricRequest) -> list[Series]:
        """Without the periods that have not begun: expressions fill those too."""
        ended = max(0, -(-(self.world.now - request.start) // request.period))
        count = len(request.grid)
        return [Series(s.label, [*s.values[:ended], *[None] * (count - min(ended, count))]) for s in found]


def _label(metric: Metric) -> str:
    """As the evaluator labels what a search finds."""
    return " ".join([metric.name, *(value for _, value in metric.dimensions)])
