"""Asks the services what another resource of the pipeline has started, where nobody declared it with `within:`.

A run that another one waits for is the reason of that one's failure, and is retried only through it.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from botocore.exceptions import BotoCoreError, ClientError

from pipewarden.incident import Incident
from pipewarden.ownership import possible_owners
from pipewarden.place import Place
from pipewarden.run import Run
from pipewarden.signal import Signal, SignalKind
from pipewarden.workplace import Workplace


@dataclass(frozen=True, kw_only=True)
class Owner:
    """The resource that started a run, and which of its runs did."""

    resource: str = ""
    run_id: str = ""


Lookup = Callable[[], Owner]


def find_owner(workplace: Workplace, signal: Signal, place: Place, run: Run | None) -> Owner:
    """Who started the run that has failed; nobody where that does not matter, because nothing would retry it alone.

    A service that does not answer says nothing: then the run counts as one of its own.
    """
    policy = place.policy
    retried = policy.retryable and policy.retry and policy.retry.attempts and not policy.retry.owned
    if signal.kind != SignalKind.RUN_FAILED or run is None or run.owner or not retried:
        return Owner()
    resources = workplace.settings.pipelines[policy.pipeline].resources
    for name in possible_owners(resources, workplace.technologies, policy.resource):
        owning_run = workplace.technologies[resources[name].type].owning_run
        assert owning_run is not None, "only those are possible owners"
        try:
            found = owning_run(workplace.clients, workplace.settings.target(policy.pipeline, name), run)
        except (ClientError, BotoCoreError, KeyError) as error:
            workplace.log.warning("nobody says who started it", extra={"run_id": run.run_id, "error": str(error)})
            continue
        if found:
            return Owner(resource=name, run_id=found)
    return Owner()


def as_owned(place: Place, signal: Signal, incident: Incident | None, find: Lookup) -> Place:
    """The place as if what the services told were declared.

    Of a run that has failed they are asked; for everything that comes later the incident remembers what they said.
    """
    policy = place.policy
    reasons = incident.open_reasons if incident else ()
    told = {reason.resource: str(reason.detail["within"]) for reason in reasons if reason.detail.get("within")}
    inner = (name for name, owner in told.items() if owner == policy.resource)
    policy = replace(policy, inner=tuple(dict.fromkeys((*policy.inner, *inner))))
    if not policy.within and signal.kind == SignalKind.RUN_FAILED:
        owner = find()
        policy = replace(policy, within=owner.resource, started_by=owner.run_id)
    elif not policy.within:
        policy = replace(policy, within=told.get(policy.resource, ""))
    return replace(place, policy=policy)
