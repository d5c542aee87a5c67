"""Messages that are about no single incident: maintenance starts and ends, quiet hours end, a run succeeded."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from pipewarden.announcement import NO_ROUTE, Announcements
from pipewarden.channel_message import Notice
from pipewarden.completion import render_completion
from pipewarden.delivery import Delivery
from pipewarden.digest import render_digest
from pipewarden.effect import Effects
from pipewarden.exercise import render_exercise
from pipewarden.hold_decision import is_due
from pipewarden.incident import Incident
from pipewarden.incident_store import ConflictError
from pipewarden.incident_write import Write
from pipewarden.item import to_text
from pipewarden.maintenance_notice import render_end, render_start
from pipewarden.message import Message
from pipewarden.page import Page
from pipewarden.page_transition import page_again
from pipewarden.policy import make_policy
from pipewarden.registry import channel_types
from pipewarden.restraint import find_hold
from pipewarden.signal import Signal, SignalKind
from pipewarden.situation import History
from pipewarden.window import OpenWindow, open_window
from pipewarden.workplace import Workplace

FEWEST_IN_DIGEST = 2


class Notices:
    """Handles the signals of the calendar. Told first, remembered after: a crash in between tells twice."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._delivery, self._announcements = Delivery(workplace), Announcements(workplace)
        self._effects = Effects(workplace)
        self.doers: dict[SignalKind, Callable[[Signal, datetime, datetime], str]] = {
            SignalKind.MAINTENANCE_STARTED: self._start,
            SignalKind.MAINTENANCE_ENDED: self._end,
            SignalKind.DIGEST_DUE: self._digest,
            SignalKind.COMPLETED: self._complete,
            SignalKind.EXERCISED: self._exercise,
        }

    def handle(self, signal: Signal, deadline: datetime) -> str:
        """Tell what the signal is about; one word for what was done. `state` names the window or the severity."""
        store, now = self._workplace.store, self._workplace.now()
        if store.read(now, signal_key=signal.key).seen:
            return "duplicate"
        done = self.doers[signal.kind](signal, now, deadline)
        try:
            store.write(Write(signal_key=signal.key, signal_time=to_text(signal.time)), now)
        except ConflictError:
            return "duplicate"
        return done

    def _start(self, signal: Signal, now: datetime, _deadline: datetime) -> str:
        window = self._window(signal)
        if window is None or window.end <= now:
            return "over"
        settings = self._workplace.settings
        ended = Signal(kind=SignalKind.MAINTENANCE_ENDED, time=window.start, state=signal.state)
        name = f"maintenance-{signal.state}-{window.end:%Y%m%d%H%M}"
        self._workplace.one_shots.signal_at(window.end, now, name, ended)
        self._tell(window, render_start(window, settings.environment))
        return "told"

    def _end(self, signal: Signal, _now: datetime, _deadline: datetime) -> str:
        window = self._window(signal)
        if window is None:
            return "undeclared"
        store = self._workplace.store
        held = [store.load(one) for one in store.load_held("maintenance", signal.state, window.end)]
        known = [incident for incident in held if incident]
        self._tell(window, render_end(window, known, self._workplace.settings.environment))
        return "told"

    def _window(self, signal: Signal) -> OpenWindow | None:
        """The occurrence that had started at the signal's time."""
        declared = self._workplace.settings.maintenance
        named = next((window for window in declared if window.name == signal.state), None)
        return open_window(named, signal.time + timedelta(seconds=1)) if named else None

    def _tell(self, window: OpenWindow, message: Message) -> None:
        """Those who are told of the least severe failures: nobody has to act."""
        settings = self._workplace.settings
        severity = max(settings.severities)
        notice = Notice(
            event="notice",
            key=f"maintenance-{window.maintenance.name}",
            pipeline=window.maintenance.name,
            environment=settings.environment,
            severity=severity,
            message=message,
            sent=self._workplace.now(),
        )
        notify = settings.severities[severity].notify
        self._delivery.announce(notice, self._readers(notify))

    def _readers(self, notify: Iterable[str]) -> list[str]:
        """Those of the channels that do not make a case of whatever they are told."""
        channels, kinds = self._workplace.settings.channels, channel_types()
        return [name for name in notify if not kinds[channels[name].type].makes_cases]

    def _complete(self, signal: Signal, now: datetime, _deadline: datetime) -> str:
        """That a run succeeded, to the channels that the pipeline names."""
        settings = self._workplace.settings
        declared = settings.pipelines.get(signal.pipeline)
        if declared is None or not declared.completion:
            return "undeclared"
        notice = Notice(
            event="notice",
            key=f"completed-{signal.key}",
            pipeline=signal.pipeline,
            environment=settings.environment,
            severity=declared.severity,
            message=render_completion(signal, settings.environment),
            sent=now,
        )
        for channel in declared.completion:
            self._delivery.send_to(channel, notice)
        return "told"

    def _exercise(self, signal: Signal, now: datetime, _deadline: datetime) -> str:
        """To those whom an alarm of the severity reaches, but for channels that make cases."""
        settings = self._workplace.settings
        route = settings.severities.get(signal.state)
        if route is None:
            return "undeclared"
        notice = Notice(
            event="notice",
            key=f"exercise-{signal.key}",
            pipeline="pipewarden-exercise",
            environment=settings.environment,
            severity=signal.state,
            message=render_exercise(signal, settings.environment, now),
            sent=now,
        )
        told = [name for name in route.notify if not channel_types()[settings.channels[name].type].makes_cases]
        self._delivery.announce(notice, told)
        return "told"

    def _digest(self, signal: Signal, now: datetime, deadline: datetime) -> str:
        """Page everything that quiet hours held back in one message, and open a case for each where a channel makes
        cases; a single incident is paged by itself."""
        settings, store = self._workplace.settings, self._workplace.store
        found = [store.load(one) for one in store.load_held("quiet", signal.state, signal.time)]
        due = [incident for incident in found if incident and self._is_due(incident, now)]
        if len(due) < FEWEST_IN_DIGEST:
            return "left to its own page"
        due.sort(key=lambda incident: incident.since)
        pages = [self._compose(incident, now) for incident in due]
        message = render_digest(signal.state, settings.environment, pages)
        notice = Notice(
            event="page",
            key=due[0].id,
            pipeline=due[0].pipeline,
            environment=settings.environment,
            severity=signal.state,
            message=message,
            sent=now,
        )
        route = settings.severities.get(signal.state, NO_ROUTE)
        self._delivery.announce(notice, self._readers(route.notify))
        self._mark(due, now, deadline)
        return "told"

    def _compose(self, incident: Incident, now: datetime) -> Page:
        why = incident.hold.why if incident.hold else "held back"
        return self._announcements.compose(incident, incident.pages + 1, why, now)

    def _mark(self, due: Iterable[Incident], now: datetime, deadline: datetime) -> None:
        """Write that people were told, and lay out the rungs. What changed meanwhile is left to its own page."""
        for incident in due:
            why = incident.hold.why if incident.hold else "held back"
            after = page_again(incident, why, incident.severity, now, in_digest=True)
            mine = frozenset(effect.key for effect in after.pending)
            try:
                written = self._workplace.store.write(Write(incident=replace(after, leased_until=deadline)), now)
            except ConflictError:
                continue
            if written:
                self._effects.perform(written, mine)

    def _is_due(self, incident: Incident, now: datetime) -> bool:
        """Whether quiet hours were all that held it back."""
        settings = self._workplace.settings
        if incident.pipeline not in settings.pipelines or not is_due(incident, now):
            return False
        policy = make_policy(settings, self._workplace.technologies, incident.pipeline, "")
        upstream = self._workplace.store.load_open(policy.upstream)
        history = History(incident_id=incident.id, incident=incident, upstream=tuple(upstream))
        return find_hold(incident.severity, history, policy, now) is None
