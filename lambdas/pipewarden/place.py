"""Where a signal belongs: the declared pipeline and resource, and what was declared for them."""

from dataclasses import dataclass

from pipewarden.policy import make_policy
from pipewarden.run_signal import alarm_of_failure
from pipewarden.signal import Signal
from pipewarden.situation import Policy
from pipewarden.target import Target
from pipewarden.technology import Technology
from pipewarden.workplace import Workplace


@dataclass(frozen=True, kw_only=True)
class Place:
    """`target` and `technology` are None for signals about a pipeline as a whole."""

    policy: Policy
    target: Target | None = None
    technology: Technology | None = None

    @property
    def run_prefix(self) -> str:
        """What the ids of this resource's runs are kept under."""
        return f"{self.policy.pipeline}#{self.policy.resource}"


def find_place(workplace: Workplace, signal: Signal) -> Place | None:
    """None when nobody declared what the signal is about, or does no longer."""
    settings = workplace.settings
    alarm = settings.alarms.get(signal.alarm) if signal.alarm else None
    if signal.alarm:
        named = (alarm.pipeline, alarm.resource) if alarm else None
    elif signal.identity:
        named = settings.find(signal.technology, signal.identity)
    else:
        named = (signal.pipeline, signal.resource)
    if named is None or named[0] not in settings.pipelines:
        return None
    pipeline, resource = named
    failure = alarm_of_failure(settings, signal, pipeline, resource)
    if not resource:
        return Place(policy=make_policy(settings, workplace.technologies, pipeline, "", alarm))
    if resource not in settings.pipelines[pipeline].resources:
        return None
    return Place(
        policy=make_policy(settings, workplace.technologies, pipeline, resource, alarm, failure),
        target=settings.target(pipeline, resource),
        technology=workplace.technologies.get(settings.pipelines[pipeline].resources[resource].type),
    )
