"""A declared environment on services in memory, with a technology whose runs the test controls."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from pipewarden.drain_policy import DrainPolicy
from pipewarden.error_pattern import ErrorPattern
from pipewarden.failure import Failure
from pipewarden.impact import Impact
from pipewarden.incident import Incident
from pipewarden.measurement import Measurement
from pipewarden.pipeline_settings import AlarmSettings, PipelineSettings, ResourceSettings
from pipewarden.responder import Responder
from pipewarden.retry_policy import RetryPolicy
from pipewarden.route_settings import Channel, Rung, Severity, Stakeholders
from pipewarden.run import Run
from pipewarden.settings import Settings
from pipewarden.signal import Signal, SignalKind
from pipewarden.target import Target
from pipewarden.technology import Clients, EventRule, Retry, Technology
from pipewarden.window import Maintenance
from pipewarden.workplace import Workplace
from tests.unit.runtime.memory_aws import MemoryAws

START = datetime(2026, 3, 1, 2, 10, tzinfo=UTC)


class Jobs:
    """The service of the technology `job`: runs in memory, started by client token when `idempotent`."""

    def __init__(self, *, idempotent: bool) -> None:
        self.idempotent = idempotent
        self.runs: dict[str, Run] = {}
        self.tokens: dict[str, str] = {}
        self.now: Callable[[], datetime] = lambda: START
        self.refuse: Exception | None = None

    def get(self, run_id: str) -> Run:
        return self.runs[run_id]

    def start(self, retry_of: str, token: str) -> Run:
        if self.refuse:
            raise self.refuse
        if self.idempotent and token in self.tokens:
            return self.runs[self.tokens[token]]
        run = Run(run_id=f"r{len(self.runs) + 1}", state="running", retry_of=retry_of, started=self.now())
        self.runs[run.run_id] = run
        self.tokens[token] = run.run_id
        return run

    def find_all(self) -> "list[Run]":
        return list(self.runs.values())

    @property
    def started(self) -> list[Run]:
        return [run for run in self.runs.values() if run.retry_of]


def job_technology(*, idempotent: bool) -> Technology:
    def describe(clients: Clients, target: Target, signal: Signal) -> Run:
        found: Run = clients("jobs").get(run_id=signal.run_id)
        return found

    def recent(clients: Clients, target: Target, since: datetime) -> list[Run]:
        found: list[Run] = clients("jobs").find_all()
        return found

    def start(clients: Clients, target: Target, failed: Run, token: str) -> Run:
        found: Run = clients("jobs").start(retry_of=failed.run_id, token=token)
        return found

    def find(clients: Clients, target: Target, failed: Run, since: datetime) -> Run | None:
        return next((run for run in clients("jobs").find_all() if run.retry_of == failed.run_id), None)

    return Technology(
        type="job",
        title="Job",
        summary="",
        example={},
        fields={},
        required=(),
        identity="name",
        arn="",
        console="https://console.example.com/$(name)",
        run_console="https://console.example.com/$(name)/$(run_id)",
        runs=True,
        events=(
            EventRule(
                kind="failed",
                source=("aws.job",),
                detail_type=("Job State Change",),
                detail={},
                identity_path="detail.name",
                identity="$(name)",
            ),
        ),
        read_event=lambda event: (
            Signal(
                kind=SignalKind(event["detail"]["kind"]),
                time=datetime.fromisoformat(event["time"]),
                technology="job",
                identity=event["detail"]["name"],
                run_id=event["detail"]["run"],
            )
            if event["detail"].get("kind")
            else None
        ),
        describe_run=describe,
        recent_runs=recent,
        retry=Retry(calls=(), idempotent=idempotent, start=start, find=find),
    )


def classify(_technology: Technology, run: Run, _declared: tuple[ErrorPattern, ...] = ()) -> Failure:
    for word in ("transient", "deterministic", "resource"):
        if word in run.error:
            return Failure(failure_class=word, reason=f'the error says "{word}"', advice="", confidence="high")  # type: ignore[arg-type]
    return Failure(failure_class="unknown", reason="no known pattern", advice="", confidence="low")


def resource(name: str, **more: Any) -> ResourceSettings:
    return ResourceSettings(type="job", fields={"name": name}, identities=(name,), **more)


RETRY = RetryPolicy(attempts=2, backoff_seconds=(60.0, 900.0))
DRAIN = DrainPolicy(
    dead_letter_queue="in-dlq",
    source_queue="in",
    source="in",
    quarantine_queue="in-quarantine",
    to="source",
    rate_per_second=1000.0,
    attempts=2,
    then="quarantine",
    archive=True,
)


def make_settings(
    severity: str = "P1",
    mode: str = "act",
    retries_per_hour: int = 100,
    maintenance: tuple[Maintenance, ...] = (),
    failed: Mapping[str, Any] | None = None,
    impact: Impact | None = None,
    stakeholders: tuple[Stakeholders, ...] = (),
) -> Settings:
    """`failed` is what differs in the alarm over failed runs of `extract`."""
    pipeline = PipelineSettings(
        team="crm",
        owner="crm-data",
        severity=severity,
        description="Loads the CRM export.",
        runbook="https://wiki.example.com/import",
        downstream=("report",),
        dashboard="pipewarden-test-crm",
        impact=impact,
        resources={
            "extract": resource("extract", retry=RETRY),
            "load": resource("load", retry=RETRY, after=("extract",)),
            "merge": resource("merge", within="load"),
            "ingest": ResourceSettings(type="queue", fields={"queue": "in"}, drain=DRAIN),
        },
    )
    alarms = {
        "stale": AlarmSettings(
            pipeline="import", resource="extract", key="extract.stale", severity="P2", role="health", meaning="Stale."
        ),
        "failed": AlarmSettings(
            pipeline="import",
            resource="extract",
            key="extract.failed",
            role="run",
            meaning="A run failed.",
            **{"severity": severity, **(failed or {})},
        ),
        "dead": AlarmSettings(
            pipeline="import",
            resource="ingest",
            key="ingest.dead",
            severity="P1",
            role="drain",
            meaning="Dead letters.",
        ),
    }
    rungs = (Rung(after_seconds=0, to="primary"), Rung(after_seconds=900, to="secondary"))
    return Settings(
        environment="test",
        account="123456789012",
        region="eu-west-1",
        partition="aws",
        mode=mode,
        retries_per_hour=retries_per_hour,
        pipelines={"import": pipeline, "other": replace(pipeline, resources={"job": resource("other", retry=RETRY)})},
        alarms=alarms,
        severities={
            "P0": Severity(respond_within_seconds=900, notify=("team",), escalate=rungs),
            "P1": Severity(respond_within_seconds=3600, notify=("team",), escalate=rungs),
            "P2": Severity(respond_within_seconds=14400, notify=("team",)),
        },
        channels={
            "team": Channel(type="email", address="team@example.com"),
            "primary": Channel(type="email", address="first@example.com"),
            "secondary": Channel(type="sms", address="+15555550100"),
            "board": Channel(type="email", address="board@example.com"),
        },
        maintenance=maintenance,
        stakeholders=stakeholders,
    )


class NoLog:
    def info(self, msg: object, /, *, extra: Mapping[str, Any]) -> None: ...

    def warning(self, msg: object, /, *, extra: Mapping[str, Any]) -> None: ...


class Scene:
    """What a test drives: time, runs, signals; and what it looks at."""

    def __init__(self, *, idempotent: bool = True, **settings: Any) -> None:
        self.time = START + timedelta(seconds=5)
        self.aws, self.jobs = MemoryAws(), Jobs(idempotent=idempotent)
        self.jobs.now = lambda: self.time
        self.aws.services["jobs"] = self.jobs
        self.measured: list[Measurement] = []
        self.slept: list[float] = []
        self.workplace = Workplace(
            settings=make_settings(**settings),
            technologies={"job": job_technology(idempotent=idempotent)},
            classify=classify,
            clients=self.aws.clients,
            now=lambda: self.time,
            measure=self.measured.append,
            log=NoLog(),
            acknowledge_url="https://ack.example.com/",
            sleep=self.slept.append,
            loopback=True,
        )
        self.responder = Responder(self.workplace)

    @property
    def store(self) -> Any:
        return self.workplace.store

    def handle(self, signal: Signal, receives: int = 1) -> str:
        return self.responder.handle(signal, self.time + timedelta(seconds=60), receives)

    def deliver_until_done(self, signal: Signal, tries: int = 5) -> None:
        """As the queue does: again, after the visibility timeout, until it is handled."""
        for receives in range(1, tries + 1):
            try:
                self.handle(signal, receives)
            except BaseException:  # noqa: BLE001 crashes too
                self.aws.revive()
                self.time += timedelta(seconds=360)
            else:
                return
        raise AssertionError("the signal went to the dead-letter queue")

    def run(self, run_id: str, state: str, error: str = "", started: datetime = START, **more: Any) -> Run:
        """A run as the service knows it from now on."""
        run = Run(
            run_id=run_id,
            state=state,  # type: ignore[arg-type]
            word=state.upper(),
            error=error,
            started=started,
            ended=None if state == "running" else self.time,
            log_group="/logs/job",
            log_stream=run_id,
            **more,
        )
        self.jobs.runs[run_id] = run
        return run

    def ended(self, identity: str, run_id: str, state: str, error: str = "", redrive: int = 0) -> Signal:
        """The event that tells of the end of a run which the service knows."""
        old = self.jobs.runs.get(run_id)
        self.run(run_id, state, error, old.started or START if old else START, retry_of=old.retry_of if old else "")
        kinds = {
            "failed": SignalKind.RUN_FAILED,
            "succeeded": SignalKind.RUN_SUCCEEDED,
            "stopped": SignalKind.RUN_STOPPED,
        }
        return Signal(
            kind=kinds[state], time=self.time, technology="job", identity=identity, run_id=run_id, redrive=redrive
        )

    def due(self, kind: SignalKind = SignalKind.RETRY_DUE) -> list[Signal]:
        """The scheduled signals of one kind, oldest first."""
        inputs = [row for row in self.aws.scheduler.inputs("signals") if row["kind"] == kind.value]
        return [Signal.from_json(json.dumps(row)) for row in inputs]

    @property
    def incident(self) -> Incident:
        (incident,) = self.store.recent()
        assert isinstance(incident, Incident)
        return incident

    @property
    def subjects(self) -> list[str]:
        return [f"{row['topic']}: {row['subject']}" for row in self.aws.sns.published]

    def metric(self, name: str) -> list[float]:
        return [measured.value for measured in self.measured if measured.name == name]
