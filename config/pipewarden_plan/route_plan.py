"""Topics and queues: how alarms and events reach the responder, and how people are reached."""

from collections.abc import Iterable, Sequence

from pipewarden.dead_letter_watch import UNLIMITED
from pipewarden.drain_policy import DrainPolicy
from pipewarden.listener import page_listeners
from pipewarden.names import Names
from pipewarden.registry import channel_types
from pipewarden.template import look_up
from pipewarden_plan.model import Environment, Pipeline
from pipewarden_plan.planned_delivery import ChatPlan, QueuePlan, TopicPlan
from pipewarden_plan.spending_plan import spending_publishers
from pipewarden_plan.watched import Watched

CLOUDWATCH = "cloudwatch.amazonaws.com"
DAY_SECONDS = 86_400
SIGNALS_RETENTION_SECONDS = 4 * DAY_SECONDS
RECEIVES = 5
VISIBILITY_FACTOR = 6  # Lambda guide, "Using Lambda with Amazon SQS": at least six times the function's timeout


def plan_topics(environment: Environment, names: Names, pipelines: Iterable[Pipeline] = ()) -> tuple[TopicPlan, ...]:
    """Two topics per severity, and one for each channel that SNS reaches and a rung of an escalation calls."""
    topics = []
    for severity, route in sorted(environment.severities.items()):
        subscriptions = _subscriptions(environment, page_listeners(route, environment.channels))
        title = f"Pipewarden {environment.name} {severity}"
        topics += [
            TopicPlan(
                name=names.alarm_topic(severity),
                purpose="alarm",
                display_name=f"{title} alarms",
                publishers=(CLOUDWATCH,),
                subscriptions=(("sqs", names.queue_arn(names.signals_queue())),),
            ),
            TopicPlan(
                name=names.page_topic(severity),
                purpose="page",
                display_name=title,
                publishers=(CLOUDWATCH, *spending_publishers(environment, severity)),
                subscriptions=subscriptions,
            ),
        ]
    for channel in _called(environment, pipelines):
        if channel_types()[environment.channels[channel].type].by_sns:
            title = f"Pipewarden {environment.name} {channel}"
            subscriptions = _subscriptions(environment, (channel,))
            name = names.channel_topic(channel)
            topics.append(TopicPlan(name=name, purpose="channel", display_name=title, subscriptions=subscriptions))
    return tuple(topics)


def plan_chats(environment: Environment, names: Names, pipelines: Iterable[Pipeline] = ()) -> tuple[ChatPlan, ...]:
    """The channels of AWS's own chat service, with the topics that each hears: those of the severities that name it,
    and its own where a rung calls it."""
    chats, called = [], _called(environment, pipelines)
    for name, channel in sorted(environment.channels.items()):
        chat = channel_types()[channel.type].chat
        routes = sorted(environment.severities.items())
        heard = [names.page_topic(key) for key, route in routes if name in page_listeners(route, environment.channels)]
        heard += [names.channel_topic(name)] if name in called else []
        if chat and heard:
            properties = {given: str(channel.fields[declared]) for given, declared in chat.properties.items()}
            plan = ChatPlan(name=names.chat(name), resource=chat.resource, properties=properties, topics=tuple(heard))
            chats.append(plan)
    return tuple(chats)


def told_of_success(pipeline: Pipeline, environment: Environment) -> tuple[str, ...]:
    """The channels that hear of each success of a pipeline: those it names, else those of its severity that make no
    case of it."""
    if pipeline.completion is None or pipeline.completion:
        return pipeline.completion or ()
    route = environment.severities.get(pipeline.severity)
    types = {name: channel_types()[channel.type] for name, channel in environment.channels.items()}
    return tuple(name for name in (route.notify if route else ()) if not types[name].makes_cases)


def _called(environment: Environment, pipelines: Iterable[Pipeline]) -> list[str]:
    """Channels that are called by themselves: by rungs, for stakeholders, and of successes."""
    rungs = {rung.to for route in environment.severities.values() for rung in route.escalate}
    told = {channel for row in environment.stakeholders for channel in row.notify}
    return sorted(rungs | told | {channel for one in pipelines for channel in told_of_success(one, environment)})


def _subscriptions(environment: Environment, channels: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """(protocol, endpoint) of the channels that SNS reaches by itself; the others are called by our functions."""
    found = (environment.channels[name] for name in channels)
    reached = [(channel_types()[channel.type].protocol, channel.address) for channel in found if channel.address]
    return tuple(dict.fromkeys(reached))


def plan_core_queues(names: Names, responder_timeout_seconds: int) -> tuple[QueuePlan, ...]:
    """The signals queue and the queue of what could not be delivered or handled, which keeps things longer: a message
    moved there keeps its age."""
    return (
        QueuePlan(
            name=names.signals_queue(),
            purpose="signals",
            retention_seconds=SIGNALS_RETENTION_SECONDS,
            visibility_seconds=VISIBILITY_FACTOR * responder_timeout_seconds,
            dead_letters=names.signals_dead_letters(),
            receives=RECEIVES,
        ),
        QueuePlan(name=names.signals_dead_letters(), purpose="dead-letters"),
    )


def plan_quarantine(everything: Iterable[Watched], names: Names) -> tuple[QueuePlan, ...]:
    """One queue per drained resource for messages that fail again and again."""
    policies = (drain_policy(watched, names) for watched in everything)
    return tuple(
        QueuePlan(name=policy.quarantine_queue, purpose="quarantine", fifo=policy.fifo)
        for policy in policies
        if policy and policy.quarantine_queue
    )


def drain_policy(watched: Watched, names: Names) -> DrainPolicy | None:
    """What the declaration says about the resource's dead-letter queue; None where nothing is drained."""
    drain = look_up(watched.resource.fields, "dead_letter.drain")
    if not drain:
        return None
    queue = str(look_up(watched.resource.fields, "dead_letter.queue"))
    fifo = queue.endswith(".fifo")
    attempts = drain.get("attempts", 3)
    then = str(drain.get("then", "quarantine"))
    is_quarantined = "quarantine" in (then, drain.get("to"))
    return DrainPolicy(
        dead_letter_queue=queue,
        source_queue=str(watched.resource.fields.get("queue", "")),
        quarantine_queue=names.quarantine_queue(watched.pipeline.name, watched.resource.name, fifo)
        if is_quarantined
        else "",
        to=str(drain.get("to", "source")),
        rate_per_second=float(drain.get("rate", 10)),
        attempts=None if attempts == UNLIMITED else int(attempts),
        then=then,
        archive=bool(drain.get("archive", True)),
        fifo=fifo,
        source=str(watched.values.get(watched.technology.identity, "")),
        where=str(drain.get("where", "")),
        most_returned=float(drain.get("most_returned", 50)),
        holds=str(look_up(watched.resource.fields, "dead_letter.holds") or ""),
    )
