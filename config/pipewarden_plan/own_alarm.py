"""One alarm over Pipewarden itself, and what all of them have in common."""

from collections.abc import Mapping, Sequence

from pipewarden.names import Names
from pipewarden_plan.model import Environment
from pipewarden_plan.planned_alarm import AlarmPlan, MetricPlan

OWNER = "pipewarden"
MOST_WARM_UP_MINUTES = 2_880  # CloudWatch API, WarmUpConfiguration


def gravest(environment: Environment, without: str = "") -> str:
    """The first severity in alphabetical order, P0 before P1; another one than `without` where there is another."""
    others = [severity for severity in environment.severities if severity != without]
    return min(others or environment.severities)


def metric(namespace: str, name: str, dimensions: Mapping[str, str], statistic: str, unit: str) -> MetricPlan:
    return MetricPlan(namespace=namespace, name=name, dimensions=dimensions, statistic=statistic, unit=unit)


class OwnAlarms:
    """Fills what all alarms over ourselves have in common."""

    def __init__(self, environment: Environment, names: Names) -> None:
        self.environment = environment
        self.severity = gravest(environment)
        self.names = names

    def alarm(
        self,
        key: str,
        meaning: str,
        measured: MetricPlan,
        *,
        comparison: str,
        threshold: float,
        steps: Sequence[str] = (),
        period_seconds: int = 60,
        periods: int = 1,
        datapoints: int = 1,
        missing: str = "notBreaching",
        warm_up_minutes: int = 0,
        pages: bool = True,
        topic: str = "",
    ) -> AlarmPlan:
        """It pages the gravest severity; `topic` names another topic to act on."""
        listed = "".join(f"\n{number}. {step}" for number, step in enumerate(steps, 1))
        return AlarmPlan(
            name=self.names.own_alarm(key),
            key=key,
            team=OWNER,
            pipeline="",
            resource="",
            severity=self.severity,
            role="own",
            meaning=meaning,
            description=f"**{meaning}**" + (f"\n\nFirst steps:{listed}" if steps else ""),
            metric=measured,
            comparison=comparison,
            threshold=threshold,
            period_seconds=period_seconds,
            periods=periods,
            datapoints=datapoints,
            missing=missing,
            action_topic=(topic or self.names.page_topic(self.severity)) if pages else "",
            warm_up_minutes=min(warm_up_minutes, MOST_WARM_UP_MINUTES),
            tags={"owner": OWNER, "severity": self.severity},
        )
