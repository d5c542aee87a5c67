"""Exercises about people: called, called again, answering by the signed link, and incidents kept for good."""

from __future__ import annotations

import re
import urllib.parse
import urllib.request

from tests.e2e.privilege.run_exercises import fail_for_good
from tests.e2e.privilege.stage import Stage

LINK = re.compile(r"https://[a-z0-9]+\.lambda-url\.\S+")


def a_page_that_nobody_answers_reaches_the_next_person(stage: Stage) -> None:
    fail_for_good(stage)
    page = stage.mail("job", address="first@example.com")
    assert LINK.search(page.body), "the page has no link to acknowledge"
    called = stage.mail("NOT ACKNOWLEDGED", address="second@example.com")
    assert LINK.search(called.body), "the call has no link to acknowledge"


def the_secret_of_a_channel_is_read(stage: Stage) -> None:
    """It holds no address, and so it is told; a secret that cannot be read is told in other words."""
    fail_for_good(stage)
    stage.until("the third rung is called", lambda: _says(stage, "its address is no https address"))


def the_page_of_an_alarm_has_its_metric(stage: Stage) -> None:
    stage.raise_alarm("rights/all/data/set.freshness")
    page = stage.mail("Pipewarden DataAgeSeconds, Maximum of each", address="team@example.com")
    assert "could not be read" not in page.body


def who_was_told_hears_at_once_who_has_it(stage: Stage) -> None:
    """No rung and no reminder comes for an hour: whoever acknowledges has them told."""
    stage.raise_alarm("rights/all/data/set.freshness")
    stage.mail("Pipewarden DataAgeSeconds", address="team@example.com")
    acknowledge(stage, "data")
    stage.mail("Ada", address="team@example.com")


def pressing_the_link_stops_the_chain(stage: Stage) -> None:
    """Through the function's address, as a browser does; the call that was planned meanwhile is not made."""
    fail_for_good(stage)
    page = stage.mail("job", address="first@example.com")
    link = LINK.search(page.body)
    assert link, "the page has no link to acknowledge"
    post(stage, link[0])
    stage.mail("acknowledged", address="team@example.com")
    found = stage.ends("job", "acknowledged")
    assert found.acknowledged_by == "Ada"
    stage.until("the rung says why it is not called", lambda: _says(stage, "rung 3 not called"))
    assert not _says(stage, "rung 3: third")


def what_is_acknowledged_and_still_fails_is_called_to_mind(stage: Stage) -> None:
    fail_for_good(stage)
    stage.mail("job", address="first@example.com")
    acknowledge(stage, "job")
    stage.mail("STILL FAILING", "Reminder 1", address="team@example.com")
    stage.mail("STILL FAILING", "Reminder 2", address="team@example.com")


def acknowledge(stage: Stage, pipeline: str) -> None:
    """As the command does."""
    found = stage.until("there is an incident", lambda: stage.incident(pipeline))
    answer = stage.invoke("acknowledge", {"incident": found.incident, "by": "Ada"})
    assert answer["result"] == "acknowledged", answer


def post(stage: Stage, link: str) -> None:
    query = urllib.parse.urlsplit(link).query
    address = f"{stage.world.local.function_url(stage.world.names.function('acknowledge'))}?{query}"
    with urllib.request.urlopen(urllib.request.Request(address, data=b"by=Ada"), timeout=20) as answer:
        assert answer.status == 200, answer.read().decode()


def _says(stage: Stage, words: str) -> bool:
    return any(words in moment.text for moment in stage.timeline("job"))


EXERCISES = (
    a_page_that_nobody_answers_reaches_the_next_person,
    the_secret_of_a_channel_is_read,
    the_page_of_an_alarm_has_its_metric,
    who_was_told_hears_at_once_who_has_it,
    pressing_the_link_stops_the_chain,
    what_is_acknowledged_and_still_fails_is_called_to_mind,
)
