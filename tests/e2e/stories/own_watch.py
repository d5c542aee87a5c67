"""What is broken about ourselves in the deployed environment, and how it is mended."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pipewarden_cli.demo.world import World

KEPT = ("Runtime", "Handler", "Description", "Timeout", "MemorySize", "Role", "Architectures", "LoggingConfig")


@contextmanager
def gone(world: World, role: str) -> Iterator[None]:
    """Without the function of a role; made again as it was."""
    functions, name = world.client("lambda"), world.names.function(role)
    found = functions.get_function(FunctionName=name)
    was = found["Configuration"]
    with urllib.request.urlopen(found["Code"]["Location"], timeout=20) as answer:
        code = answer.read()
    sources = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    functions.delete_function(FunctionName=name)
    try:
        yield
    finally:
        variables = {"Environment": {"Variables": was["Environment"]["Variables"]}}
        kept = {key: was[key] for key in KEPT if key in was}
        functions.create_function(FunctionName=name, Code={"ZipFile": code}, **kept, **variables)
        known = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
        for source in sources if not known else ():
            functions.create_event_source_mapping(
                FunctionName=name,
                EventSourceArn=source["EventSourceArn"],
                BatchSize=source["BatchSize"],
                FunctionResponseTypes=source["FunctionResponseTypes"],
            )


@contextmanager
def broken(world: World, role: str) -> Iterator[None]:
    """With a function whose code cannot be imported."""
    functions, name = world.client("lambda"), world.names.function(role)
    was = functions.get_function_configuration(FunctionName=name)["Handler"]
    functions.update_function_configuration(FunctionName=name, Handler="pipewarden.handlers.nothing.handler")
    try:
        yield
    finally:
        functions.update_function_configuration(FunctionName=name, Handler=was)


@contextmanager
def behind(world: World) -> Iterator[None]:
    """With signals that nobody reads."""
    functions, name = world.client("lambda"), world.names.function("responder")
    (source,) = functions.list_event_source_mappings(FunctionName=name)["EventSourceMappings"]
    functions.update_event_source_mapping(UUID=source["UUID"], Enabled=False)
    try:
        yield
    finally:
        functions.update_event_source_mapping(UUID=source["UUID"], Enabled=True)


@contextmanager
def deaf_listener(world: World, topic: str) -> Iterator[None]:
    """With a listener at a topic that does not admit SNS."""
    queues, topics = world.client("sqs"), world.client("sns")
    url = queues.create_queue(QueueName="deaf")["QueueUrl"]
    arn: Any = topics.subscribe(
        TopicArn=world.names.topic_arn(topic),
        Protocol="sqs",
        Endpoint=world.names.queue_arn("deaf"),
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    try:
        yield
    finally:
        topics.unsubscribe(SubscriptionArn=arn)
        queues.delete_queue(QueueUrl=url)


def forget_what_waits(world: World) -> None:
    """Empty the signals queue: what a broken function has taken would come back after six minutes by the machine's
    clock, and be old until then."""
    world.client("sqs").purge_queue(QueueUrl=world.queue_url(world.names.signals_queue()))
