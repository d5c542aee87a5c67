"""The demo's stories hold: each step is an assertion about real runs, real alarms and real messages. Then, in the same
environment: what is broken about ourselves reaches people by alarms alone."""

import time
from collections.abc import Mapping

import pytest

from pipewarden_cli.demo.story import STORIES
from pipewarden_cli.demo.telling import Story, Telling
from pipewarden_cli.demo.world import World
from pipewarden_cli.local.privilege import calls
from tests.e2e.stories import own_watch
from tests.e2e.stories.deployments import POLL_SECONDS, WAIT_SECONDS, deploy, deployments
from tests.e2e.stories.minutes import Minutes

pytestmark = pytest.mark.e2e


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.key)
def test_story(story: Story, told: Mapping[str, Telling]) -> None:
    telling = told[story.key]
    assert telling.failure == ""
    assert telling.steps
    assert [step.title for step in telling.steps if step.state != "done"] == []


def test_only_what_was_declared_raises_alarms(told: Mapping[str, Telling], world: World) -> None:
    """Alarms of pipelines that nothing happened to stay quiet: no default alarm cries wolf."""
    alarms = world.client("cloudwatch").describe_alarms(StateValue="ALARM")["MetricAlarms"]
    noisy = [alarm["AlarmName"] for alarm in alarms if alarm["AlarmName"].startswith("local/crm/")]
    assert noisy == []


def test_nobody_is_paged_twice_for_one_incident(told: Mapping[str, Telling], world: World) -> None:
    seen = [(mail.address, mail.subject) for mail in world.mails() if mail.channel == "email"]
    assert sorted(seen) == sorted(set(seen))


def test_each_deployment_is_counted_once(told: Mapping[str, Telling], world: World) -> None:
    for number, days in enumerate((7, 14), start=1):
        deploy(world, days)
        deadline = time.monotonic() + WAIT_SECONDS
        while deployments(world) < number and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
        assert deployments(world) == number


MEANT_TO_BE_RAISED = {"alive", "responding"}
TEN_MINUTES = 10


@pytest.fixture(scope="session")
def minutes(told: Mapping[str, Telling], world: World) -> Minutes:
    """A quarter of an hour in which all is well, after the stories."""
    passing = Minutes(world)
    passing.go(15)
    return passing


def test_while_all_is_well_nothing_tells_of_ourselves(minutes: Minutes, world: World) -> None:
    """The team's composite is in ALARM, for the catalogue is stale; it acts on nothing, so nobody is told twice."""
    assert minutes.raised() == MEANT_TO_BE_RAISED
    assert [key for key in MEANT_TO_BE_RAISED if minutes.heard(minutes.own(key))] == []
    stale = world.incident("catalogue")
    composite = world.names.composite("shop", stale.severity if stale else "")
    (found,) = world.client("cloudwatch").describe_alarms(AlarmNames=[composite], AlarmTypes=["CompositeAlarm"])[
        "CompositeAlarms"
    ]
    assert found["StateValue"] == "ALARM"
    assert found["ActionsSuppressedBy"] == "Alarm"
    assert minutes.heard(composite) == []


def test_without_the_responder_a_page_arrives_within_ten_minutes(minutes: Minutes, world: World) -> None:
    stale = world.incident("catalogue")
    composite = world.names.composite("shop", stale.severity if stale else "")
    with own_watch.gone(world, "responder"):
        start = minutes.passed
        while not (minutes.heard(minutes.own("heartbeat.missing")) and minutes.heard(composite)):
            assert minutes.passed < start + TEN_MINUTES, f"nobody was told: {minutes.raised()}"
            minutes.go(1, answered=False)
            time.sleep(0.2)
        assert "responding" not in minutes.raised()
        assert len(minutes.heard(composite)) == 1
    own_watch.forget_what_waits(world)
    minutes.go(4)
    minutes.until(lambda: minutes.raised() >= MEANT_TO_BE_RAISED, f"it responds again: {minutes.raised()}")


def test_a_responder_that_cannot_start_pages(minutes: Minutes, world: World) -> None:
    with own_watch.broken(world, "responder"):
        minutes.go(1, answered=False)
        minutes.until_heard("responder.errors")
    own_watch.forget_what_waits(world)
    minutes.go(4)


def test_signals_that_wait_page_and_let_the_alarms_page_directly(minutes: Minutes, world: World) -> None:
    with own_watch.behind(world):
        minutes.go(7, answered=False)
        minutes.until_heard("signals.age")
        assert "responding" not in minutes.raised()
    minutes.go(4)


def test_what_a_page_topic_cannot_deliver_is_told_by_another_one(minutes: Minutes, world: World) -> None:
    for severity, other in (("P2", "P0"), ("P0", "P1")):
        topic = world.names.page_topic(severity)
        before = len(world.mails())
        with own_watch.deaf_listener(world, topic):
            world.client("sns").publish(TopicArn=world.names.topic_arn(topic), Message="to nobody")
            minutes.until_heard(f"page-{severity}.undelivered")
        told = [mail.topic for mail in world.mails()[before:] if ".undelivered" in mail.subject]
        assert [topic.rpartition(":")[2] for topic in told] == [world.names.page_topic(other)]


def test_what_is_mended_is_quiet_again(minutes: Minutes) -> None:
    """CloudWatch looks back two periods further than it judges, so five-minute alarms take a quarter of an hour."""
    minutes.go(21)
    minutes.until(lambda: minutes.raised() == MEANT_TO_BE_RAISED, f"all is well again: {minutes.raised()}")


def test_nothing_of_ours_was_refused(minutes: Minutes, world: World) -> None:
    """A call that is refused would be missing where it is passed over, as log lines in a page are."""
    assert [call for call in calls(world.aws, world.names.core_stack()) if not call.sid] == []
