"""A consumer's database goes down; good messages and poison end in the dead-letter queue, which is then drained."""

import gzip
import json
from collections.abc import Mapping
from datetime import datetime
from itertools import pairwise

from pipewarden_cli.demo.telling import Story, Telling
from pipewarden_cli.demo.world import ENVIRONMENT, World

GOOD, POISON = 12, 3
SOURCE, DEAD = f"order-events-{ENVIRONMENT}", f"order-events-dlq-{ENVIRONMENT}"
TABLE = f"orders-{ENVIRONMENT}"
LEAST_WAIT_SECONDS = 4
"""Until poison is back: the source queue's visibility timeout for its one receive, and the drainer's 2 s more."""


def tell(telling: Telling, world: World) -> None:
    queues = world.client("sqs")
    quarantine = world.names.quarantine_queue("order-events", "events")
    switch(world, "down")
    with telling.step(f"{GOOD} orders and {POISON} malformed ones arrive while the orders database is down"):
        for number in range(GOOD + POISON):
            amount = "9.90" if number < GOOD else "broken"
            body = json.dumps({"order": number, "amount": amount})
            queues.send_message(QueueUrl=world.queue_url(SOURCE), MessageBody=body)
    telling.wait(
        "all fail; the alarm on the dead-letter queue starts a drain",
        lambda: world.incident("order-events", state="remediating") and world.depth(SOURCE) == 0,
        seen=lambda: f"{world.depth(SOURCE)} in the source queue, incident {world.incident('order-events')}",
    )
    with telling.step("the database is back"):
        switch(world, "up")
    telling.wait(
        "the drainer brings the good ones back and they succeed",
        lambda: processed(world) == GOOD or None,
        seconds=90,
        seen=lambda: f"{processed(world)} processed, {world.depth(DEAD)} in the dead-letter queue",
    )
    telling.wait(
        "poison ends in quarantine",
        lambda: world.depth(quarantine) == POISON or None,
        seconds=90,
        seen=lambda: f"{world.depth(quarantine)} in quarantine, {world.depth(DEAD)} in the dead-letter queue",
    )
    telling.wait("both queues are empty", lambda: world.depth(DEAD) + world.depth(SOURCE) == 0)
    kept = archived(world)
    telling.check("the archive has every message", len(kept) == GOOD + POISON, f"{len(kept)} of {GOOD + POISON}")
    gaps = [(after - before).total_seconds() for times in kept.values() for before, after in pairwise(times)]
    waited = bool(gaps) and min(gaps) >= LEAST_WAIT_SECONDS
    telling.check("each pass waited for what could come back", waited, f"at least {min(gaps, default=0):.0f} s")
    total = processed(world) + world.depth(quarantine)
    telling.check("nothing is lost", total == GOOD + POISON, f"{GOOD} processed + {POISON} in quarantine")
    telling.wait("the page says what is in quarantine", lambda: world.mails("order-events", "quarantine"))


def switch(world: World, state: str) -> None:
    """Turn the consumer's database off or on."""
    item = {"id": {"S": "database"}, "state": {"S": state}}
    world.client("dynamodb").put_item(TableName=TABLE, Item=item)


def processed(world: World) -> int:
    """Orders that the consumer has written down."""
    items = world.client("dynamodb").scan(TableName=TABLE, ConsistentRead=True)["Items"]
    return sum(item["id"]["S"].startswith("order-") for item in items)


def archived(world: World) -> Mapping[str, list[datetime]]:
    """The message bodies in the archive of the dead-letter queue, each with the times it was taken out, in order."""
    s3, bucket = world.client("s3"), world.names.archive_bucket()
    found = s3.list_objects_v2(Bucket=bucket, Prefix="dead-letters/order-events/").get("Contents", [])
    texts = (gzip.decompress(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()) for entry in found)
    taken: dict[str, list[datetime]] = {}
    for row in (json.loads(line) for text in texts for line in text.decode().splitlines()):
        taken.setdefault(row["body"], []).append(datetime.fromisoformat(row["archived"]))
    return {body: sorted(times) for body, times in taken.items()}


STORY = Story(
    key="dead-letters",
    title="A dead-letter queue is drained",
    summary="Good messages return to their queue and succeed, poison goes to quarantine, all of it is archived.",
    pipeline="order-events",
    tell=tell,
)
