"""The watch over Pipewarden itself: alarms that reach people without any function of ours."""

from collections.abc import Sequence
from math import ceil

from pipewarden.names import FUNCTIONS, Names
from pipewarden_plan.composite_plan import RESPONDING
from pipewarden_plan.model import Environment
from pipewarden_plan.own_alarm import OwnAlarms, metric
from pipewarden_plan.own_delivery_plan import plan_deliveries
from pipewarden_plan.planned_alarm import AlarmPlan, CompositePlan
from pipewarden_plan.planned_delivery import TopicPlan

ALIVE = "alive"
YOUNG_SECONDS = 300
WARM_UP_MINUTES = 10
"""Between the first deployment and the first heartbeat nothing is wrong yet."""


def plan_own_alarms(environment: Environment, names: Names, topics: Sequence[TopicPlan] = ()) -> tuple[AlarmPlan, ...]:
    """They act on the page topic of the gravest severity there is, and on no function of ours."""
    own = OwnAlarms(environment, names)
    functions = (
        alarm for role in FUNCTIONS for alarm in (_errors_of(role, own, names), _throttles_of(role, own, names))
    )
    return (
        *_heartbeat(environment, own),
        *_signals(names, own),
        *functions,
        *plan_deliveries(topics, own),
        *_told_by_functions(environment, own),
    )


def plan_own_composites(environment: Environment, names: Names) -> tuple[CompositePlan, ...]:
    """The suppressor of every team's composite: in ALARM exactly while signals are answered in time."""
    alive, age = names.own_alarm(ALIVE), names.own_alarm("signals.age")
    return (
        CompositePlan(
            name=names.own_alarm(RESPONDING),
            description=f"Pipewarden responds in {environment.name}. This alarm is meant to be in ALARM: while it is, "
            "alarms reach people through the responder only, once and with evidence.",
            children=(alive, age),
            rule=f'ALARM("{alive}") AND NOT ALARM("{age}")',
        ),
    )


def _heartbeat(environment: Environment, own: OwnAlarms) -> tuple[AlarmPlan, ...]:
    heartbeat = metric("Pipewarden", "Heartbeat", {"Environment": environment.name}, "Sum", "Count")
    return (
        own.alarm(
            ALIVE,
            "The heartbeat arrives. This alarm is meant to be in ALARM; it silences the path without functions.",
            heartbeat,
            comparison=">=",
            threshold=1,
            periods=3,
            pages=False,
        ),
        own.alarm(
            "heartbeat.missing",
            "The responder has not seen a heartbeat for five minutes. Alarms page people directly meanwhile.",
            heartbeat,
            steps=("Read the responder's log for errors.", "Look at the signals queue and the schedule `heartbeat`."),
            comparison="<",
            threshold=1,
            periods=5,
            datapoints=5,
            missing="breaching",
            warm_up_minutes=WARM_UP_MINUTES,
        ),
    )


def _signals(names: Names, own: OwnAlarms) -> tuple[AlarmPlan, ...]:
    signals, dead_letters = {"QueueName": names.signals_queue()}, {"QueueName": names.signals_dead_letters()}
    return (
        own.alarm(
            "signals.age",
            "Signals wait for more than five minutes: the responder is down or too slow.",
            metric("AWS/SQS", "ApproximateAgeOfOldestMessage", signals, "Maximum", "Seconds"),
            steps=("Look for errors and throttles of the responder.",),
            comparison=">",
            threshold=YOUNG_SECONDS,
        ),
        own.alarm(
            "signals.dead-letters",
            "A signal could not be delivered or handled.",
            metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", dead_letters, "Maximum", "Count"),
            steps=("Read the messages of the queue; their attributes say what failed.",),
            comparison=">",
            threshold=0,
        ),
    )


def _errors_of(role: str, own: OwnAlarms, names: Names) -> AlarmPlan:
    return own.alarm(
        f"{role}.errors",
        f"Pipewarden's function {role} failed.",
        metric("AWS/Lambda", "Errors", {"FunctionName": names.function(role)}, "Sum", "Count"),
        steps=(f"Read the log group /aws/lambda/{names.function(role)}.",),
        comparison=">",
        threshold=0,
        period_seconds=300,
    )


def _throttles_of(role: str, own: OwnAlarms, names: Names) -> AlarmPlan:
    """Lambda tries what it throttled again, so only throttles that last are somebody's business."""
    return own.alarm(
        f"{role}.throttles",
        f"Pipewarden's function {role} is throttled: it waits for the account's or its own concurrency.",
        metric("AWS/Lambda", "Throttles", {"FunctionName": names.function(role)}, "Sum", "Count"),
        steps=(
            "See in the console of Lambda which function takes the account's concurrency.",
            "Ask for a higher quota of concurrent executions, or bound that function with reserved concurrency.",
        ),
        comparison=">",
        threshold=0,
        period_seconds=300,
        periods=2,
        datapoints=2,
    )


def _told_by_functions(environment: Environment, own: OwnAlarms) -> tuple[AlarmPlan, ...]:
    """What a function goes on after, and therefore does not fail for."""
    where = {"Environment": environment.name}
    # One period holds at least one look of the probe; three in a row are no hiccup.
    probe_period = max(300, 60 * ceil(environment.probe_every_seconds / 60))
    reconcile_period = 60 * ceil(environment.reconcile_every_seconds / 60)
    return (
        own.alarm(
            "probe.unmeasured",
            "The probe cannot measure a dataset, so nobody knows how old it is.",
            metric("Pipewarden", "ProbeErrors", where, "Sum", "Count"),
            steps=("Read the probe's log: it names the dataset and the error.",),
            comparison=">",
            threshold=0,
            period_seconds=probe_period,
            periods=3,
            datapoints=3,
        ),
        own.alarm(
            "probe.silent",
            "The probe has not come to an end three times running: nobody knows how old the datasets are.",
            metric("Pipewarden", "Probed", where, "Sum", "Count"),
            steps=("Read the probe's log for errors.", "Look at the schedule `probe`."),
            comparison="<",
            threshold=1,
            period_seconds=probe_period,
            periods=3,
            datapoints=3,
            missing="breaching",
            warm_up_minutes=3 * probe_period // 60 + WARM_UP_MINUTES,
        ),
        own.alarm(
            "reconciler.silent",
            "The reconciler has not come to an end three times running: runs whose event is lost go unseen.",
            metric("Pipewarden", "Reconciled", where, "Sum", "Count"),
            steps=("Read the reconciler's log for errors.", "Look at the schedule `reconciler`."),
            comparison="<",
            threshold=1,
            period_seconds=3 * reconcile_period,
            missing="breaching",
            warm_up_minutes=3 * reconcile_period // 60,
        ),
        own.alarm(
            "reconciler.blind",
            "The runs of a resource cannot be listed: one whose event is lost would go unseen.",
            metric("Pipewarden", "ReconcileErrors", where, "Sum", "Count"),
            steps=("Read the reconciler's log: it names the resource and the error.",),
            comparison=">",
            threshold=0,
            period_seconds=max(300, reconcile_period),
            periods=3,
            datapoints=3,
        ),
        own.alarm(
            "channels.failed",
            "A channel did not take a page after several tries; it went to the page topic instead.",
            metric("Pipewarden", "ChannelFailures", where, "Sum", "Count"),
            steps=(
                "Read the responder's and the escalator's log: they name the channel.",
                "Send a test message: pipewarden notify ENV --channel NAME; it says what the service answers.",
                "Check the channel's secret: an address or a key that was replaced is read again within 5 minutes.",
            ),
            comparison=">",
            threshold=0,
            period_seconds=300,
        ),
    )
