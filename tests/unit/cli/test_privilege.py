"""Grants beside the record of calls."""

from pipewarden_cli.local.privilege import Call, Granted, never_used

QUEUE = "arn:aws:sqs:us-east-1:123456789012:a"


def grant(sid: str, *actions: str, resource: str = QUEUE) -> Granted:
    return Granted("drainer", "stack-DrainerRole", "own", sid, actions, (resource,))


def call(sid: str, action: str, times: int = 1) -> Call:
    return Call("stack-DrainerRole", sid, action, QUEUE, times)


def test_an_action_is_used_only_through_the_statement_that_allowed_it() -> None:
    grants = [grant("One", "sqs:SendMessage", "sqs:GetQueueUrl"), grant("Two", "sqs:SendMessage")]
    assert never_used(grants, [call("One", "sqs:SendMessage")]) == [
        ("drainer", "One", "sqs:GetQueueUrl"),
        ("drainer", "Two", "sqs:SendMessage"),
    ]


def test_a_refused_call_uses_nothing() -> None:
    assert never_used([grant("One", "sqs:SendMessage")], [call("", "sqs:SendMessage")]) == [
        ("drainer", "One", "sqs:SendMessage")
    ]


def test_a_statement_covers_what_its_patterns_name() -> None:
    wide = grant("Two", "sqs:Send*", resource="arn:aws:sqs:*")
    assert wide.covers("sqs:SendMessage", QUEUE)
    assert not wide.covers("sqs:GetQueueUrl", QUEUE)
    assert not grant("One", "sqs:SendMessage").covers("sqs:SendMessage", f"{QUEUE}-other")
