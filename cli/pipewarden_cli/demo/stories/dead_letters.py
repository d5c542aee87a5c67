"""A consumer's database goes down; good messages and poison end in the dead-letter queue, which is then drained."""

import gzip
import json

from pipewarden_cli.demo.telling import Story, Telling
from pipewarden_cli.demo.world import ENVIRONMENT, World

GOOD, POISON = 12, 3
SOURCE, DEAD = f"order-events-{ENVIRONMENT}", f"order-events-dlq-{ENVIRONMENT}"
TABLE = f"orders-{ENVIRONMENT}"


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
        "all fail; the alarm on the dead-letter queue starts a drain, and what it replays fails again",
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


def archived(world: World) -> set[str]:
    """Different message bodies in the archive of the dead-letter queue."""
    s3, bucket = world.client("s3"), world.names.archive_bucket()
    found = s3.list_objects_v2(Bucket=bucket, Prefix="dead-letters/order-events/").get("Contents", [])
    texts = (gzip.decompress(s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()) for entry in found)
    return {json.loads(line)["body"] for text in texts for line in text.decode().splitlines()}


STORY = Story(
    key="dead-letters",
    title="A dead-letter queue is drained",
    summary="Good messages return to their queue and succeed, poison goes to quarantine, all of it is archived.",
    pipeline="order-events",
    tell=tell,
)
