"""All checks in the order in which they run."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from pipewarden_plan.checks.actions import check_actions
from pipewarden_plan.checks.alarms import check_alarms
from pipewarden_plan.checks.channels import check_channels, check_completions
from pipewarden_plan.checks.daylight import check_daylight
from pipewarden_plan.checks.dead_letters import check_dead_letters
from pipewarden_plan.checks.error_patterns import check_error_patterns
from pipewarden_plan.checks.expectations import check_completion, check_expectations, check_gaps, check_windows
from pipewarden_plan.checks.grades import check_grades
from pipewarden_plan.checks.guards import check_environment_guards, check_guards
from pipewarden_plan.checks.identities import check_identities
from pipewarden_plan.checks.impacts import check_impacts, check_stakeholders
from pipewarden_plan.checks.maintenance import check_maintenance
from pipewarden_plan.checks.money import check_money
from pipewarden_plan.checks.names import check_names
from pipewarden_plan.checks.order import check_order
from pipewarden_plan.checks.owners import check_owners
from pipewarden_plan.checks.routes import check_routes
from pipewarden_plan.checks.schedules import check_schedules
from pipewarden_plan.checks.targets import check_targets
from pipewarden_plan.checks.upstream import check_upstream
from pipewarden_plan.environment import EnvironmentReading
from pipewarden_plan.finding import FINDINGS_LIMIT, Finding
from pipewarden_plan.reading import PipelineReading

OF_PIPELINES: tuple[Callable[[Sequence[PipelineReading]], Iterator[Finding]], ...] = (
    check_names,
    check_upstream,
    check_order,
    check_owners,
    check_guards,
    check_schedules,
    check_daylight,
    check_expectations,
    check_completion,
    check_impacts,
    check_targets,
    check_error_patterns,
    check_windows,
    check_gaps,
    check_alarms,
    check_grades,
    check_identities,
    check_dead_letters,
    check_actions,
)
OF_ENVIRONMENTS: tuple[Callable[[EnvironmentReading, Sequence[PipelineReading]], Iterator[Finding]], ...] = (
    check_channels,
    check_completions,
    check_routes,
    check_maintenance,
    check_money,
    check_stakeholders,
    check_environment_guards,
)


def check_pipelines(pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    """What is wrong with the pipelines of all files together."""
    for check in OF_PIPELINES:
        yield from islice(check(pipelines), FINDINGS_LIMIT)


def check_environments(environment: EnvironmentReading, pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    """What is wrong with an environment, given the pipelines as it has them."""
    if environment.read is not None:
        for check in OF_ENVIRONMENTS:
            yield from islice(check(environment, pipelines), FINDINGS_LIMIT)
