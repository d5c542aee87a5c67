"""What fires is heard: every alarm acts, on a topic that is there, admits CloudWatch and has listeners."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from pipewarden.listener import heard_by_sns
from pipewarden.names import Names
from pipewarden_plan.can_fire.subject import Objection
from pipewarden_plan.composite_plan import RESPONDING
from pipewarden_plan.model import Environment
from pipewarden_plan.plan import CorePlan, TeamPlan
from pipewarden_plan.planned_alarm import AlarmPlan, CompositePlan
from pipewarden_plan.planned_delivery import TopicPlan
from pipewarden_plan.route_plan import CLOUDWATCH


class Reach(NamedTuple):
    """All that acts in one environment, by name, and the topics on which it acts."""

    alarms: Mapping[str, AlarmPlan]
    composites: Mapping[str, CompositePlan]
    topics: Mapping[str, TopicPlan]
    heard: frozenset[str]
    """Topics whose messages reach somebody."""
    overviews: frozenset[str]
    """Composites that are there to be looked at."""
    watchdog: str
    """The suppressor of every team's composite, also where no team has one."""


def reach_of(core: CorePlan, teams: Iterable[TeamPlan], environment: Environment, names: Names) -> Reach:
    """Alarms that are switched off are not deployed, so they are not here."""
    parts: tuple[CorePlan | TeamPlan, ...] = (core, *teams)
    alarms = {alarm.name: alarm for part in parts for alarm in part.alarms if alarm.deployed}
    composites = {composite.name: composite for part in parts for composite in part.composites}
    topics = {topic.name: topic for topic in core.topics}
    subscribed = {name for name, topic in topics.items() if topic.subscriptions}
    in_chats = {topic for chat in core.chats for topic in chat.topics}
    return Reach(
        alarms={**alarms, **{fleet.alarm.name: fleet.alarm for fleet in core.fleets}},
        composites=composites,
        overviews=frozenset(name for name, composite in composites.items() if composite.overview),
        topics=topics,
        heard=frozenset({*subscribed, *in_chats, *_announced(environment, names)}),
        watchdog=names.own_alarm(RESPONDING),
    )


def unheard(reach: Reach) -> Iterator[tuple[str, Objection]]:
    """What is wrong, each with the name of the alarm or composite."""
    named = {child for composite in reach.composites.values() for child in composite.children}
    named |= {composite.suppressor for composite in reach.composites.values()}
    named.add(reach.watchdog)
    actors: dict[str, AlarmPlan | CompositePlan] = {**reach.alarms, **reach.composites}
    for name, actor in actors.items():
        if actor.action_topic:
            yield from ((name, found) for found in _wrong_with(actor.action_topic, reach))
        elif name not in named and name not in reach.overviews:
            message = "would fire unheard: it acts on nothing, and no composite names it"
            yield name, Objection("PW510", message, "give it an action")
    for name, composite in reach.composites.items():
        for child in composite.children:
            if child not in reach.alarms and child not in reach.composites:
                message = f"names {child}, which is not deployed: it could never be in ALARM because of it"
                yield name, Objection("PW514", message, "leave it out")
        if composite.suppressor and composite.suppressor not in {*reach.alarms, *reach.composites}:
            message = f"is held back by {composite.suppressor}, which is not deployed: it would page beside what does"
            yield name, Objection("PW514", message, "leave it out")


def _wrong_with(topic: str, reach: Reach) -> Iterator[Objection]:
    found = reach.topics.get(topic)
    if found is None:
        yield Objection("PW511", f"acts on {topic}, which is not there", "add a route for its severity")
        return
    if topic not in reach.heard:
        yield Objection("PW512", f"acts on {topic}, to which nobody listens", "add a channel to its severity's route")
    if CLOUDWATCH not in found.publishers:
        message = f"acts on {topic}, whose policy and key do not admit CloudWatch"
        yield Objection("PW513", message, f"admit {CLOUDWATCH} to the topic and its key")


def _announced(environment: Environment, names: Names) -> Iterator[str]:
    """Page topics of severities whose channels are chats only: our functions tell those, which PW315 warns about."""
    for severity, route in environment.severities.items():
        if any(not heard_by_sns(environment.channels[name].type) for name in route.notify):
            yield names.page_topic(severity)
