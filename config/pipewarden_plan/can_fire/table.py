"""All rules of the can-it-fire check in the order of their ids."""

from collections.abc import Iterable, Sequence

from pipewarden.names import Names
from pipewarden_plan.can_fire.metric_rules import (
    dimensions_are_known,
    expression_names_its_metrics,
    metric_is_known,
    metric_is_switched_on,
)
from pipewarden_plan.can_fire.reach_rules import reach_of, unheard
from pipewarden_plan.can_fire.subject import Rule, Subject
from pipewarden_plan.can_fire.timing_rules import (
    datapoints_fit_into_the_periods,
    period_is_taken,
    range_is_taken,
    runs_fill_the_datapoints,
)
from pipewarden_plan.can_fire.value_rules import silence_is_not_health, statistic_is_meant, threshold_can_be_passed
from pipewarden_plan.model import Environment, Mark
from pipewarden_plan.plan import CorePlan, TeamPlan
from pipewarden_plan.planned_alarm import AlarmPlan, FleetPlan
from pipewarden_plan.remarks import Remarks

RULES: tuple[Rule, ...] = (
    metric_is_known,
    dimensions_are_known,
    metric_is_switched_on,
    range_is_taken,
    period_is_taken,
    datapoints_fit_into_the_periods,
    runs_fill_the_datapoints,
    threshold_can_be_passed,
    silence_is_not_health,
    expression_names_its_metrics,
    statistic_is_meant,
)


def check_alarm(subject: Subject, remarks: Remarks) -> None:
    """Refuse the alarm if it could never fire. One that is switched off is not deployed and not looked at."""
    if not subject.alarm.disabled_reason:
        for rule in RULES:
            for found in rule(subject):
                remarks.refuse(subject.mark, subject.path, found.message, found.cure, found.rule)


def check_fleets(fleets: Iterable[FleetPlan], environment: Environment, remarks: Remarks) -> None:
    """Refuse a fleet alarm that CloudWatch would not take; what its members judge was looked at by `check_alarm`."""
    for fleet in fleets:
        subject = Subject(alarm=fleet.alarm, path=fleet.alarm.name, mark=environment.mark)
        for rule in (range_is_taken, period_is_taken, datapoints_fit_into_the_periods):
            for found in rule(subject):
                remarks.refuse(subject.mark, subject.path, found.message, found.cure, found.rule)


def check_reach(
    core: CorePlan, teams: Sequence[TeamPlan], environment: Environment, names: Names, remarks: Remarks
) -> None:
    """Refuse what would fire unheard."""
    reach = reach_of(core, teams, environment, names)
    for name, found in unheard(reach):
        alarm = reach.alarms.get(name)
        remarks.refuse(_mark(alarm, environment), name, found.message, found.cure, found.rule)


def _mark(alarm: AlarmPlan | None, environment: Environment) -> Mark:
    """The line that declares an alarm; the environment's file for what no declaration asks for by itself."""
    file, _, line = alarm.where.rpartition(":") if alarm else ("", "", "")
    return Mark(file, int(line)) if file else environment.mark
