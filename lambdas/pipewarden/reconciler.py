"""The reconciler: compares the runs that services list with the signals that were handled, and feeds in the others.

Events are best effort on AWS. A run that no event told of gets the very signal that its event would have given, with
the same key: an event that comes later is a duplicate of it, and the other way round.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zlib import crc32

from botocore.exceptions import BotoCoreError, ClientError

from pipewarden.coverage import Coverage, CoverageStore
from pipewarden.expectation import Miss, Watch, expectations_of, has_outlasted_schedule, is_entry, judge, needed_since
from pipewarden.measurement import Measurement
from pipewarden.run import MOST_RUNS, Run
from pipewarden.run_history import RunHistory
from pipewarden.run_signal import tell_of
from pipewarden.signal import Signal, SignalKind
from pipewarden.signal_queue import SignalQueue
from pipewarden.technology import Technology
from pipewarden.workplace import Workplace

SETTLE = timedelta(minutes=2)
"""A run that ended just now is left to its event, which is still on its way."""
OVERLAP = timedelta(minutes=10)
"""Each pass looks again at the end of the one before it: lists of runs are eventually consistent."""
AT_ONCE = 8
MARGIN = timedelta(seconds=20)
ERRORS = (ClientError, BotoCoreError, KeyError, ValueError)


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What one pass did. `missed` counts expectations of time that were found to be missed. `failed` counts resources
    whose runs are not known for certain now; the next pass looks at them again, from where they were left."""

    listed: int = 0
    recovered: int = 0
    missed: int = 0
    failed: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            listed=self.listed + other.listed,
            recovered=self.recovered + other.recovered,
            missed=self.missed + other.missed,
            failed=self.failed + other.failed,
        )


def reconcile(workplace: Workplace, deadline: datetime, part: int = 0, parts: int = 1, at_once: int = AT_ONCE) -> Tally:
    """One pass over a part of the pipelines; what fails for one resource does not stop the others.

    What the time does not suffice for is counted as failed. Each pass begins at another pipeline, so that it is not
    always the same ones.
    """
    names = [name for name in workplace.settings.pipelines if crc32(name.encode()) % parts == part]
    begin = int(workplace.now().timestamp()) // 60 % len(names) if names else 0
    store = CoverageStore(workplace.clients("dynamodb"), workplace.settings.names.table())
    one = _Pass(workplace, store, SignalQueue(workplace.clients("sqs"), workplace.settings.names), deadline - MARGIN)
    ordered = [*names[begin:], *names[:begin]]
    if at_once > 1:
        with ThreadPoolExecutor(max_workers=at_once) as pool:
            tally = sum(pool.map(one.reconcile_pipeline, ordered), Tally())
    else:
        tally = sum(map(one.reconcile_pipeline, ordered), Tally())
    for name, count in (
        ("RunsListed", tally.listed),
        ("SignalsRecovered", tally.recovered),
        ("ExpectationsMissed", tally.missed),
        ("ReconcileErrors", tally.failed),
        ("Reconciled", 1),
    ):
        workplace.measure(Measurement(name=name, value=float(count)))
    return tally


class _Pass:
    def __init__(self, workplace: Workplace, store: CoverageStore, queue: SignalQueue, deadline: datetime) -> None:
        self._workplace, self._store, self._queue, self._deadline = workplace, store, queue, deadline

    def reconcile_pipeline(self, pipeline: str) -> Tally:
        """List, compare, feed in, and only then write down how far the runs are known."""
        listable = dict(self._listable(pipeline))
        if not listable:
            return Tally()
        now = self._workplace.now()
        if now >= self._deadline:
            return Tally(failed=len(listable))
        try:
            return self._reconcile(pipeline, listable, now)
        except ERRORS as error:
            self._warn(pipeline, "", error)
            return Tally(failed=len(listable))

    def _reconcile(self, pipeline: str, listable: dict[str, Technology], now: datetime) -> Tally:
        known, tally = self._store.load(pipeline), Tally()
        covered: dict[str, Coverage] = {}
        signals: list[Signal] = []
        for name, technology in listable.items():
            before = covered[name] = known.get(name) or Coverage(first=now, until=now)
            since, horizon = max(before.first, before.until - OVERLAP), now - SETTLE
            try:
                watch = self._watch(pipeline, name, before, horizon)
                runs = self._list(pipeline, name, technology, min(since, needed_since(watch)))
                misses = judge(self._with_habit(replace(watch, runs=runs), pipeline))
            except ERRORS as error:
                self._warn(pipeline, name, error)
                tally += Tally(failed=1)
                continue
            tally += Tally(listed=len(runs))
            if len(runs) >= MOST_RUNS:
                self._warn(pipeline, name, ValueError(f"more than {MOST_RUNS} runs: the oldest were not listed"))
                tally += Tally(failed=1)
            signals += self._signals(pipeline, name, runs, since, horizon)
            signals += [self._missed(pipeline, name, miss) for miss in misses]
            latest = max((run.started for run in runs if run.started), default=before.started)
            covered[name] = replace(before, until=max(before.until, horizon), started=latest)
        unseen = self._store.unseen(signal.key for signal in signals)
        news = sorted((signal for signal in signals if signal.key in unseen), key=lambda signal: signal.time)
        self._queue.send(news)
        for signal in news:
            facts = {"pipeline": pipeline, "run_id": signal.run_id, "signal": signal.kind.value, "state": signal.state}
            self._workplace.log.info("fed in what no event told of", extra=facts)
        self._store.save(pipeline, covered, now)
        missed = sum(signal.kind == SignalKind.EXPECTATION_MISSED for signal in news)
        return tally + Tally(recovered=len(news) - missed, missed=missed)

    def _watch(self, pipeline: str, resource: str, coverage: Coverage, horizon: datetime) -> Watch:
        declared = self._workplace.settings.pipelines[pipeline]
        expect = expectations_of(declared, resource)
        remembers = "success_within" in expect or "ratio" in (expect.get("duration") or {})
        return Watch(
            resource=resource,
            expect=expect,
            schedule=declared.schedule,
            entry=is_entry(declared, resource),
            coverage=coverage,
            horizon=horizon,
            inner=bool(declared.resources[resource].within),
            history=self._workplace.store.load_runs(pipeline, resource) if remembers else RunHistory(),
        )

    def _with_habit(self, watch: Watch, pipeline: str) -> Watch:
        """With what is usual, where that decides; most passes need not read it."""
        if watch.history.durations or not has_outlasted_schedule(watch):
            return watch
        return replace(watch, history=self._workplace.store.load_runs(pipeline, watch.resource))

    def _missed(self, pipeline: str, resource: str, miss: Miss) -> Signal:
        return Signal(
            kind=SignalKind.EXPECTATION_MISSED,
            time=miss.due,
            pipeline=pipeline,
            resource=resource,
            run_id=miss.run.run_id if miss.run else "",
            redrive=miss.run.redrive if miss.run else 0,
            state=miss.expectation,
            detail={"text": miss.text, "since": miss.since.isoformat()},
        )

    def _listable(self, pipeline: str) -> Iterator[tuple[str, Technology]]:
        for name, resource in self._workplace.settings.pipelines[pipeline].resources.items():
            technology = self._workplace.technologies.get(resource.type)
            if technology and technology.runs and technology.recent_runs and resource.identities:
                yield name, technology

    def _list(self, pipeline: str, resource: str, technology: Technology, since: datetime) -> list[Run]:
        target = self._workplace.settings.target(pipeline, resource)
        return technology.recent_runs(self._workplace.clients, target, since) if technology.recent_runs else []

    def _signals(
        self, pipeline: str, resource: str, runs: list[Run], since: datetime, horizon: datetime
    ) -> Iterator[Signal]:
        for run in runs:
            moment = run.ended or run.started
            if moment and since <= moment <= horizon:
                signal = tell_of(run, self._workplace.settings, pipeline, resource, moment)
                if signal:
                    yield signal

    def _warn(self, pipeline: str, resource: str, error: Exception) -> None:
        facts = {"pipeline": pipeline, "resource": resource, "error": str(error)}
        self._workplace.log.warning("not reconciled", extra={name: text for name, text in facts.items() if text})
