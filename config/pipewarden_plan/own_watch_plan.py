"""The watch over Pipewarden itself: alarms that reach people without any function of ours."""

from collections.abc import Mapping, Sequence
from math import ceil

from pipewarden.names import FUNCTIONS, Names
from pipewarden_plan.composite_plan import RESPONDING
from pipewarden_plan.model import Environment
from pipewarden_plan.plan import AlarmPlan, CompositePlan, MetricPlan

OWNER = "pipewarden"
ALIVE = "alive"
YOUNG_SECONDS = 300
WARM_UP_MINUTES = 10
"""Between the first deployment and the first heartbeat nothing is wrong yet."""


def plan_own_alarms(environment: Environment, names: Names) -> tuple[AlarmPlan, ...]:
    """They act on the page topic of the gravest severity there is."""
    own = _OwnAlarms(environment, names)
    errors = (_errors_of(role, own, names) for role in FUNCTIONS)
    return (*_heartbeat(environment, own), *_signals(names, own), *errors, *_told_by_functions(environment, own))


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


def gravest(environment: Environment) -> str:
    """The first severity in alphabetical order: P0 before P1."""
    return min(environment.severities)


def _heartbeat(environment: Environment, own: "_OwnAlarms") -> tuple[AlarmPlan, ...]:
    heartbeat = _metric("Pipewarden", "Heartbeat", {"Environment": environment.name}, "Sum", "Count")
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


def _signals(names: Names, own: "_OwnAlarms") -> tuple[AlarmPlan, ...]:
    signals, dead_letters = {"QueueName": names.signals_queue()}, {"QueueName": names.signals_dead_letters()}
    return (
        own.alarm(
            "signals.age",
            "Signals wait for more than five minutes: the responder is down or too slow.",
            _metric("AWS/SQS", "ApproximateAgeOfOldestMessage", signals, "Maximum", "Seconds"),
            steps=("Look for errors and throttles of the responder.",),
            comparison=">",
            threshold=YOUNG_SECONDS,
        ),
        own.alarm(
            "signals.dead-letters",
            "A signal could not be delivered or handled.",
            _metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", dead_letters, "Maximum", "Count"),
            steps=("Read the messages of the queue; their attributes say what failed.",),
            comparison=">",
            threshold=0,
        ),
    )


def _errors_of(role: str, own: "_OwnAlarms", names: Names) -> AlarmPlan:
    return own.alarm(
        f"{role}.errors",
        f"Pipewarden's function {role} failed.",
        _metric("AWS/Lambda", "Errors", {"FunctionName": names.function(role)}, "Sum", "Count"),
        steps=(f"Read the log group /aws/lambda/{names.function(role)}.",),
        comparison=">",
        threshold=0,
        period_seconds=300,
    )


def _told_by_functions(environment: Environment, own: "_OwnAlarms") -> tuple[AlarmPlan, ...]:
    """What a function goes on after, and therefore does not fail for."""
    where = {"Environment": environment.name}
    # One period holds at least one look of the probe; three in a row are no hiccup.
    probe_period = max(300, 60 * ceil(environment.probe_every_seconds / 60))
    reconcile_period = 60 * ceil(environment.reconcile_every_seconds / 60)
    return (
        own.alarm(
            "probe.unmeasured",
            "The probe cannot measure a dataset, so nobody knows how old it is.",
            _metric("Pipewarden", "ProbeErrors", where, "Sum", "Count"),
            steps=("Read the probe's log: it names the dataset and the error.",),
            comparison=">",
            threshold=0,
            period_seconds=probe_period,
            periods=3,
            datapoints=3,
        ),
        own.alarm(
            "reconciler.silent",
            "The reconciler has not come to an end three times running: runs whose event is lost go unseen.",
            _metric("Pipewarden", "Reconciled", where, "Sum", "Count"),
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
            _metric("Pipewarden", "ReconcileErrors", where, "Sum", "Count"),
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
            _metric("Pipewarden", "ChannelFailures", where, "Sum", "Count"),
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


def _metric(namespace: str, name: str, dimensions: Mapping[str, str], statistic: str, unit: str) -> MetricPlan:
    return MetricPlan(namespace=namespace, name=name, dimensions=dimensions, statistic=statistic, unit=unit)


class _OwnAlarms:
    """Fills what all alarms over ourselves have in common."""

    def __init__(self, environment: Environment, names: Names) -> None:
        self.severity = gravest(environment)
        self.names = names

    def alarm(
        self,
        key: str,
        meaning: str,
        metric: MetricPlan,
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
    ) -> AlarmPlan:
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
            metric=metric,
            comparison=comparison,
            threshold=threshold,
            period_seconds=period_seconds,
            periods=periods,
            datapoints=datapoints,
            missing=missing,
            action_topic=self.names.page_topic(self.severity) if pages else "",
            warm_up_minutes=warm_up_minutes,
            tags={"owner": OWNER, "severity": self.severity},
        )
