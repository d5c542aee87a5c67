"""A storm: many runs of many pipelines fail at once, and the responder handles what their events say.

Real throughout: executions of state machines fail on the embedded AWS, an EventBridge rule brings their events to the
signals queue, the table, schedules, topics and redrives are the emulation's. The handler runs in this process, in
several threads, as Lambda would call it: batches of ten, what it reports as failed is delivered again.
"""

from __future__ import annotations

import io
import json
import os
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any
from unittest.mock import patch

from pipewarden.execution import read_execution
from pipewarden.handlers import clients, outset, responder
from pipewarden.incident_record import read_incident
from pipewarden.run_signal import told_of
from tests.storm.estate import ATTEMPTS, Estate
from tests.storm.meter import Meter

BATCH = 10
TWICE = 0.1
"""The part of the events that the queue delivers twice."""
QUIET_LOOKS = 3
LOOK_SECONDS = 0.5
MOST_SECONDS = 1_800.0
"""Then what is left undone is reported."""
PAGE_SIZE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, kw_only=True)
class Report:
    """`missed` are failures that nobody handled; `twice` retries beyond one for each attempt number; `pages` by
    pipeline; `memory` the process's own, in MB, when each quarter of the messages was handled."""

    failures: int
    messages: int
    seconds: float
    missed: int
    retries: int
    twice: int
    unfinished: int
    pages: Counter[str]
    dead: int
    memory: tuple[float, ...]
    meter: Meter


@dataclass(frozen=True)
class Context:
    """What Lambda hands to a handler."""

    aws_request_id: str = "storm"
    function_name: str = "responder"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class Nowhere(io.TextIOBase):
    """Takes what is printed; never closed, because a logger may keep it."""

    def write(self, text: str) -> int:
        return len(text)


class Storm:
    """One storm over one estate, which nobody has used before."""

    def __init__(self, estate: Estate, events: int, threads: int, most_seconds: float = MOST_SECONDS) -> None:
        self._estate, self._events, self._threads, self._most_seconds = estate, events, threads, most_seconds
        self._sqs = estate.client("sqs")
        self._queue = estate.url(estate.settings.names.signals_queue())
        self._meter, self._over = Meter(), Event()
        self._handled, self._memory = 0, list[float]()
        self._errors: list[BaseException] = []

    def run(self) -> Report:
        """Build, fail, respond until nothing is left to do, and look at what has become of it."""
        self._estate.build()
        self._estate.fail(self._events)
        messages = self._shuffle()
        with _deployed(self._estate), self._meter.watching():
            began = time.perf_counter()
            workers = [Thread(target=self._work, args=(messages,), daemon=True) for _ in range(self._threads)]
            for worker in workers:
                worker.start()
            self._wait(began)
            for worker in workers:
                worker.join()
            seconds = time.perf_counter() - began - QUIET_LOOKS * LOOK_SECONDS
            if self._errors:
                raise self._errors[0]
        return self._report(seconds)

    def _shuffle(self) -> int:
        """Put the backlog into another order, a part of it twice; the number of messages."""
        bodies: list[str] = []
        deadline = time.monotonic() + 60
        while len(bodies) < self._events and time.monotonic() < deadline:
            bodies += [message["Body"] for message in self._take()]
        chance = random.Random(self._events)
        bodies += chance.sample(bodies, int(len(bodies) * TWICE))
        chance.shuffle(bodies)
        for start in range(0, len(bodies), BATCH):
            entries = [{"Id": str(i), "MessageBody": body} for i, body in enumerate(bodies[start : start + BATCH])]
            self._sqs.send_message_batch(QueueUrl=self._queue, Entries=entries)
        return len(bodies)

    def _take(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self._receive()
        self._delete(messages)
        return messages

    def _receive(self) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=self._queue, MaxNumberOfMessages=BATCH, MessageSystemAttributeNames=["All"]
        )
        return list(answer.get("Messages", ()))

    def _delete(self, messages: list[dict[str, Any]]) -> None:
        entries = [{"Id": str(i), "ReceiptHandle": found["ReceiptHandle"]} for i, found in enumerate(messages)]
        if entries:
            self._sqs.delete_message_batch(QueueUrl=self._queue, Entries=entries)

    def _work(self, expected: int) -> None:
        """One Lambda environment: a batch after the other until the storm is over."""
        try:
            while not self._over.is_set():
                if messages := self._receive():
                    self._handle(messages, expected)
                else:
                    time.sleep(LOOK_SECONDS / 5)
        except BaseException as error:  # noqa: BLE001 told by the thread that waits
            self._errors.append(error)
            self._over.set()

    def _handle(self, messages: list[dict[str, Any]], expected: int) -> None:
        records = [_record(message, self._estate) for message in messages]
        with self._meter.own_time():
            answer = responder.handler({"Records": records}, Context())
        failed = {row["itemIdentifier"] for row in answer["batchItemFailures"]}
        done = [message for message in messages if message["MessageId"] not in failed]
        self._delete(done)
        self._handled += len(done)
        if self._handled >= expected * (len(self._memory) + 1) / 4 and len(self._memory) < 4:
            self._memory.append(_resident_mb())

    def _wait(self, began: float) -> None:
        """Until the queue is empty and no retry is going on; those that a guard has put off are not waited for."""
        quiet = 0
        while quiet < QUIET_LOOKS and not self._over.is_set() and time.perf_counter() - began < self._most_seconds:
            time.sleep(LOOK_SECONDS)
            quiet = quiet + 1 if self._is_quiet() else 0
        self._over.set()

    def _is_quiet(self) -> bool:
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        counts = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=names)["Attributes"]
        if any(int(count) for count in counts.values()):
            return False
        attempts = [one for incident in self._incidents() for one in incident.attempts]
        return not any(attempt.in_flight and not attempt.waits for attempt in attempts)

    def _incidents(self) -> list[Any]:
        return outset.workplace().store.recent(limit=2 * self._estate.pipelines)

    def _report(self, seconds: float) -> Report:
        executions = list(self._estate.executions())
        seen = {item["pk"]["S"].partition("#")[2] for item in self._estate.items("SEEN#")}
        incidents = [read_incident(item) for item in self._estate.items("INCIDENT#") if item["sk"]["S"] == "META"]
        attempts = [attempt for incident in incidents for attempt in incident.attempts]
        started = [attempt for attempt in attempts if attempt.run_id]
        redrives = sum(int(found.get("redriveCount") or 0) for found in executions)
        anew = sum(found["name"].startswith("retry-") for found in executions)
        return Report(
            failures=len(executions) + redrives,
            messages=self._handled,
            seconds=seconds,
            missed=sum(key not in seen for found in executions for key in self._keys(found)),
            retries=redrives + anew,
            twice=redrives + anew - len(started) + sum(attempt.number > ATTEMPTS for attempt in started),
            unfinished=sum(attempt.in_flight and not attempt.waits for attempt in attempts),
            pages=self._pages(),
            dead=self._count(self._estate.settings.names.signals_dead_letters()),
            memory=tuple(self._memory),
            meter=self._meter,
        )

    def _keys(self, execution: Any) -> Iterator[str]:
        """The keys of the signals that an execution's failures give: one for each time it was driven."""
        found = self._estate.settings.find("step-functions", execution["stateMachineArn"])
        if found is None:
            return
        declared = self._estate.settings.pipelines[found[0]].resources[found[1]]
        for redrive in range(int(execution.get("redriveCount") or 0) + 1):
            run = read_execution({**execution, "redriveCount": redrive})
            signal = told_of(run, declared, execution["stopDate"])
            assert signal, "an execution of the storm has failed"
            yield signal.key

    def _pages(self) -> Counter[str]:
        """What people got, by pipeline."""
        url, found = self._estate.url("pages"), Counter[str]()
        while messages := self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=BATCH).get("Messages"):
            for message in messages:
                subject = json.loads(message["Body"])["Subject"]
                found[re.findall(r"pipeline-\d+", subject)[0]] += 1
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def _count(self, queue: str) -> int:
        name = "ApproximateNumberOfMessages"
        found = self._sqs.get_queue_attributes(QueueUrl=self._estate.url(queue), AttributeNames=[name])
        return int(found["Attributes"][name])


@contextmanager
def _deployed(estate: Estate) -> Iterator[None]:
    """The environment in which Lambda would run the handler; its log goes nowhere."""
    kept = (clients.clients, outset.settings, outset.workplace, outset.logger)
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(Nowhere()):
        path = Path(folder) / "settings.json"
        path.write_text(estate.settings.to_json())
        variables = {
            **estate.local.environ(),
            "PIPEWARDEN_SETTINGS": str(path),
            "PIPEWARDEN_ACKNOWLEDGE_URL": "https://ack.example.com/",
            "POWERTOOLS_SERVICE_NAME": "storm",
            "POWERTOOLS_TRACE_DISABLED": "true",
        }
        with patch.dict(os.environ, variables):
            for cached in kept:
                cached.cache_clear()
            try:
                yield
            finally:
                for cached in kept:
                    cached.cache_clear()


def _record(message: dict[str, Any], estate: Estate) -> dict[str, Any]:
    """A message as Lambda hands it to a function."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": estate.settings.names.queue_arn(estate.settings.names.signals_queue()),
        "awsRegion": estate.settings.region,
    }


def _resident_mb() -> float:
    """Memory of this process that is in RAM now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_SIZE / 1e6
