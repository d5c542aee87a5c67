"""How fast a dead-letter queue is drained, beside a plain loop of batched receive, send and delete calls.

`python benchmarks/drain.py [messages]` prints a table. Both use one thread and the same embedded AWS, in turns, each
with a queue of its own; the drainer has its rate limit out of the way and archives every message, which the loop does
not. The loop ends at the first empty answer of a short poll, which costs it nothing here (on AWS a short poll may miss
messages). The drainer's pass, which another one follows, ends by the queue's count. The target is 0.8 of the loop's
messages per second: the median of the rounds' ratios, each of runs side by side, since machines are noisy. The first
round is not counted.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

from pipewarden.drain_policy import DrainPolicy
from pipewarden.drainer import Drainer, DrainEvent
from pipewarden.failure import classify
from pipewarden.pipeline_settings import PipelineSettings, ResourceSettings
from pipewarden.settings import Settings
from pipewarden.workplace import Workplace
from pipewarden_cli.local import control

ROUNDS = 5
MESSAGES = 5_000
BODY = '{"order": %d, "customer": "0123456789", "lines": [1, 2, 3]}'
TARGET = 0.8


class NoLog:
    def info(self, msg: object, /, *, extra: Any) -> None: ...

    def warning(self, msg: object, /, *, extra: Any) -> None: ...


def settings_for(local: control.LocalAws, number: int, archive: bool) -> Settings:
    drain = DrainPolicy(
        dead_letter_queue=f"dlq-{number}",
        source_queue=f"source-{number}",
        source=f"source-{number}",
        quarantine_queue="",
        to="source",
        rate_per_second=1e9,
        attempts=3,
        then="leave",
        archive=archive,
    )
    resources = {"ingest": ResourceSettings(type="sqs", fields={"queue": f"source-{number}"}, drain=drain)}
    return Settings(
        environment="bench",
        account=local.account,
        region=local.region,
        partition="aws",
        mode="act",
        retries_per_hour=1,
        pipelines={"import": PipelineSettings(team="crm", owner="crm", severity="P2", resources=resources)},
        alarms={},
        severities={},
        channels={},
    )


def build(local: control.LocalAws) -> None:
    """What the core stack would hold, as far as the drainer needs it."""
    names = settings_for(local, 0, True).names
    keys = ("pk", "sk")
    local.client("dynamodb").create_table(
        TableName=names.table(),
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key in keys],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
    )
    local.client("s3").create_bucket(Bucket=names.archive_bucket())
    local.client("sqs").create_queue(QueueName=names.signals_queue())
    local.client("scheduler").create_schedule_group(Name=names.schedule_group())
    trust = {"Effect": "Allow", "Principal": {"Service": "scheduler.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    local.client("iam").create_role(RoleName=names.scheduler_role(), AssumeRolePolicyDocument=document)


def fill(sqs: Any, number: int, messages: int) -> tuple[str, str]:
    """A dead-letter queue with so many messages, and the queue they are for; their addresses."""
    dead, source = (sqs.create_queue(QueueName=f"{kind}-{number}")["QueueUrl"] for kind in ("dlq", "source"))
    for start in range(0, messages, 10):
        rows = [{"Id": str(n), "MessageBody": BODY % n} for n in range(start, min(start + 10, messages))]
        sqs.send_message_batch(QueueUrl=dead, Entries=rows)
    return dead, source


def plain_loop(sqs: Any, dead: str, source: str) -> None:
    """What people write by hand: receive ten, send ten, delete ten."""
    while True:
        found = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10).get("Messages", [])
        if not found:
            return
        rows = [{"Id": str(n), "MessageBody": message["Body"]} for n, message in enumerate(found)]
        sqs.send_message_batch(QueueUrl=source, Entries=rows)
        receipts = [{"Id": str(n), "ReceiptHandle": message["ReceiptHandle"]} for n, message in enumerate(found)]
        sqs.delete_message_batch(QueueUrl=dead, Entries=receipts)


def drained_by_us(local: control.LocalAws, number: int, archive: bool) -> Callable[[], None]:
    clients: dict[str, Any] = {name: local.client(name) for name in ("sqs", "s3", "dynamodb", "scheduler")}
    place = Workplace(
        settings=settings_for(local, number, archive),
        technologies={},
        classify=classify,
        clients=clients.__getitem__,
        now=lambda: datetime.now(UTC),
        measure=lambda _: None,
        log=NoLog(),
    )

    def drain() -> None:
        over = datetime.now(UTC) + timedelta(minutes=10)
        ended = Drainer(place, DrainEvent(pipeline="import", resource="ingest"), over, "bench", time.sleep).run()
        assert ended == "looks again", ended

    return drain


def depth(sqs: Any, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    return sum(map(int, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"].values()))


def main(messages: int) -> int:
    """Print the table; 1 when the drainer misses its target."""
    rates: dict[str, list[float]] = {"plain loop": [], "drainer": [], "drainer, without copies": []}
    with tempfile.TemporaryDirectory() as folder:
        local = control.start(Path(folder), parent_pid=os.getpid())
        try:
            build(local)
            sqs = local.client("sqs")
            for number in range((ROUNDS + 1) * len(rates)):
                kind = list(rates)[number % len(rates)]
                dead, source = fill(sqs, number, messages)
                work = drained_by_us(local, number, kind == "drainer")
                began = time.perf_counter()
                if kind == "plain loop":
                    plain_loop(sqs, dead, source)
                else:
                    work()
                took = time.perf_counter() - began
                if number >= len(rates):
                    rates[kind].append(messages / took)
                assert (depth(sqs, dead), depth(sqs, source)) == (0, messages), "messages are missing"
                for url in (dead, source):
                    sqs.delete_queue(QueueUrl=url)
        finally:
            control.stop(Path(folder))
    shares = {
        kind: median(ours / plain for ours, plain in zip(found, rates["plain loop"], strict=True))
        for kind, found in rates.items()
    }
    print(f"| {messages:,} messages, one thread | messages/s (median of {ROUNDS}) | of the plain loop |\n|---|--:|--:|")
    for kind, found in rates.items():
        print(f"| {kind} | {median(found):,.0f} | {shares[kind]:.2f} |")
    return 0 if shares["drainer"] >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES))
