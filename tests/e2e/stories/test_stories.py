"""The demo's stories hold: each step is an assertion about real runs, real alarms and real messages."""

from collections.abc import Mapping

import pytest

from pipewarden_cli.demo.story import STORIES
from pipewarden_cli.demo.telling import Story, Telling
from pipewarden_cli.demo.world import World

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
