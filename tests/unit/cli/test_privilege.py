"""Grants beside the record of calls."""

from pipewarden_cli.demo.privilege import Call, Granted, never_used, refused_without

QUEUE = "arn:aws:sqs:us-east-1:123456789012:a"


def grant(sid: str, *actions: str, resource: str = QUEUE) -> Granted:
    return Granted("drainer", "stack-DrainerRole", sid, actions, (resource,))


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


def test_what_another_statement_allows_as_well_is_not_lost() -> None:
    one, two = grant("One", "sqs:SendMessage", "sqs:GetQueueUrl"), grant("Two", "sqs:Send*", resource="arn:aws:sqs:*")
    done = [call("One", "sqs:SendMessage", 3), call("One", "sqs:GetQueueUrl", 2)]
    assert refused_without(one, [one, two], done) == [call("One", "sqs:GetQueueUrl", 2)]
    assert refused_without(two, [one, two], done) == []


def test_a_statement_of_another_role_allows_nothing() -> None:
    one = grant("One", "sqs:SendMessage")
    other = Granted("probe", "stack-ProbeRole", "One", ("sqs:SendMessage",), (QUEUE,))
    assert refused_without(one, [one, other], [call("One", "sqs:SendMessage")]) == [call("One", "sqs:SendMessage")]
