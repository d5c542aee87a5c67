"""Exercises about dead letters: back to their queue or function, into quarantine, into the archive."""

from __future__ import annotations

import gzip
import json

from pipewarden.drain_store import DrainStore
from tests.e2e.privilege.page_exercises import acknowledge
from tests.e2e.privilege.stage import Stage, unique

ALARM = "rights/all/messages/queue.dead-letter"
OTHER = '{"kind": "other"}'


def an_alarm_starts_a_drain_that_ends_with_poison_in_quarantine(stage: Stage) -> None:
    """Nobody handles what goes back to the queue; what comes back is poison. Taking note of it closes the incident,
    and the escalator keeps it in the archive."""
    number = unique("order")
    stage.send("messages-dlq-rights", _order(number))
    stage.raise_alarm(ALARM)
    quarantine = stage.world.names.quarantine_queue("messages", "queue")
    stage.until("poison is in quarantine", lambda: _fails_again(stage) or stage.depth(quarantine) == 1)
    assert any(number in _text(stage, key) for key in stage.archived("dead-letters/"))
    stage.mail("messages", "quarantine", address="team@example.com")
    stage.clear_alarm(ALARM)  # so that no later signal brings the incident to the responder, which would keep it
    acknowledge(stage, "messages")
    stage.is_kept(stage.ends("messages", "closed"))


def sqs_moves_what_needs_no_more(stage: Stage) -> None:
    stage.send("moved-dlq-rights", "1", "2")
    stage.invoke("drainer", {"pipeline": "moved", "resource": "queue"})
    stage.until("both are moved", lambda: stage.depth("moved-rights") == 2)


def a_move_stops_when_somebody_says_so(stage: Stage) -> None:
    stage.send("moved-dlq-rights", *map(str, range(30)))
    stage.invoke("drainer", {"pipeline": "moved", "resource": "queue"}, wait=False)
    stage.until("the move has begun", lambda: stage.depth("moved-rights"))
    store = DrainStore(stage.client("dynamodb"), stage.world.names.table(), "moved-dlq-rights")
    assert store.ask_to_stop("Ada")
    stage.until("the drain is over", lambda: store.load() is None)
    assert stage.depth("moved-dlq-rights") > 0


def a_function_is_given_its_dead_letters_again(stage: Stage) -> None:
    stage.send("function-dlq-rights", _order("1"))
    before = invocations(stage)
    stage.invoke("drainer", {"pipeline": "function", "resource": "run"})
    stage.until("the function has handled it", lambda: invocations(stage) > before)
    stage.until("the queue is empty", lambda: stage.depth("function-dlq-rights") == 0)


def what_a_drain_is_not_about_can_be_seen_again_at_once(stage: Stage) -> None:
    for pipeline, resource, queue in (
        ("function", "run", "function-dlq-rights"),
        ("messages", "queue", "messages-dlq-rights"),
    ):
        stage.send(queue, OTHER)
        assert stage.invoke("drainer", {"pipeline": pipeline, "resource": resource}) == {"done": "finished"}
        assert stage.visible(queue) == 1


def _fails_again(stage: Stage) -> None:
    """Receive what is there as a consumer that fails: SQS then moves it to the dead-letter queue."""
    stage.client("sqs").receive_message(QueueUrl=stage.url("messages-rights"))


def _order(number: str) -> str:
    return json.dumps({"kind": "order", "number": number})


def _text(stage: Stage, key: str) -> str:
    body = stage.client("s3").get_object(Bucket=stage.world.names.archive_bucket(), Key=key)["Body"].read()
    return gzip.decompress(body).decode()


def invocations(stage: Stage, function: str = "function-rights") -> int:
    """How often a function of the team has been called so far, by its log."""
    logs, group = stage.client("logs"), f"/aws/lambda/{function}"
    if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
        return 0
    events = logs.filter_log_events(logGroupName=group, filterPattern="REPORT")["events"]
    return len(events)


EXERCISES = (
    an_alarm_starts_a_drain_that_ends_with_poison_in_quarantine,
    sqs_moves_what_needs_no_more,
    a_move_stops_when_somebody_says_so,
    a_function_is_given_its_dead_letters_again,
    what_a_drain_is_not_about_can_be_seen_again_at_once,
)
