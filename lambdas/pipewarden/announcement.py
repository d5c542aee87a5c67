"""Pages and recovered messages on their way out: facts gathered, rendered, delivered, the chain of rungs laid out."""

from datetime import datetime, timedelta

from pipewarden.channel_message import Event, Notice
from pipewarden.delivery import Delivery
from pipewarden.duration import say_moment, say_time
from pipewarden.escalation import Call, Reminder, called_rungs, next_repeat, plan_calls
from pipewarden.incident import Effect, Entry, Incident, IncidentState, Reason
from pipewarden.link import alarm_link, dashboard_link, log_link, sign_link
from pipewarden.listener import page_listeners
from pipewarden.log_excerpt import read_log
from pipewarden.measurement import Measurement
from pipewarden.message import Message, render_acknowledged, render_page, render_recovered, say_flapping
from pipewarden.metric_snapshot import read_snapshot
from pipewarden.page import Page, compose_page, order_reasons, page_item
from pipewarden.registry import channel_types
from pipewarden.route_settings import Severity
from pipewarden.secret import signing_key
from pipewarden.template import fill
from pipewarden.workplace import Workplace

NO_ROUTE = Severity(respond_within_seconds=0, notify=())


class Announcements:
    """Sends what an incident's `page` and `recovered` effects ask for."""

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._delivery = Delivery(workplace)

    def page(self, incident: Incident, effect: Effect, now: datetime) -> tuple[Entry, ...]:
        """Send one page. Later rungs are scheduled first: whatever fails after that, the chain goes on."""
        number, settings = int(effect.detail["number"]), self._workplace.settings
        page = self.compose(incident, number, str(effect.detail["why"]), effect.at or now)
        self._workplace.store.put_page(incident.id, number, page_item(page), now)
        route = settings.severities.get(incident.severity, NO_ROUTE)
        at_once = self._lay_out(incident, route, number, page.sent, now)
        if effect.detail.get("in_digest"):
            self._workplace.measure(Measurement(name="PagesSent"))
            lines = [f"page {number} sent among others that were held back", *self._open_cases(page, route)]
            return tuple(Entry(time=now, kind="sent", text=line) for line in lines)
        notice = make_notice(page, render_page(page), "page")
        lines = self._delivery.announce(notice, route.notify)
        listening = {*route.notify, *page_listeners(route, settings.channels)}
        for call in at_once:
            channel = route.escalate[call.rung].to
            if channel not in listening:
                lines += self._delivery.send_to(channel, notice)
            lines.append(f"rung {call.rung + 1}: {channel}")
        self._workplace.measure(Measurement(name="PagesSent"))
        told = ", ".join(route.notify) or "the page topic"
        return tuple(Entry(time=now, kind="sent", text=line) for line in (f"page {number} sent to {told}", *lines))

    def _open_cases(self, page: Page, route: Severity) -> list[str]:
        """Tell the services that make a case of whatever they are told: each incident is a case of its own, which is
        taken and ends by itself."""
        kinds, channels = channel_types(), self._workplace.settings.channels
        notice, lines = make_notice(page, render_page(page), "page"), []
        for name in route.notify:
            if kinds[channels[name].type].makes_cases:
                lines += [f"case opened by {name}", *self._delivery.send_to(name, notice)]
        return lines

    def recovered(self, incident: Incident, effect: Effect, now: datetime) -> tuple[Entry, ...]:
        """Tell those who were told, and the page topic, that it is over."""
        return self._tell_those_told(incident, "recovered", now, str(effect.detail.get("besides", "")))

    def acknowledged(self, incident: Incident, _effect: Effect, now: datetime) -> tuple[Entry, ...]:
        """Tell those who were told that somebody has it, so that nobody gets up for nothing. Told late, it may have
        recovered or been paged anew: then that is the news."""
        if incident.state == IncidentState.RECOVERED or not incident.acknowledged:
            return ()
        return self._tell_those_told(incident, "closed" if incident.over else "acknowledged", now)

    def _tell_those_told(self, incident: Incident, event: Event, now: datetime, besides: str = "") -> tuple[Entry, ...]:
        settings = self._workplace.settings
        if event == "recovered":
            message = render_recovered(incident, settings.environment, self._held_below(incident), besides)
        else:
            message = render_acknowledged(incident, settings.environment)
        notice = Notice(
            event=event,
            key=incident.id,
            pipeline=incident.pipeline,
            environment=settings.environment,
            severity=incident.severity,
            message=message,
            sent=incident.ended or incident.acknowledged or now,
            number=incident.pages,
        )
        route = settings.severities.get(incident.severity, NO_ROUTE)
        lines = self._delivery.announce(notice, route.notify)
        for channel in sorted(_reached(incident, route) - set(page_listeners(route, settings.channels))):
            lines += self._delivery.send_to(channel, notice)
        return tuple(Entry(time=now, kind="sent", text=line) for line in (message.headline, *lines))

    def _lay_out(self, incident: Incident, route: Severity, number: int, sent: datetime, now: datetime) -> list[Call]:
        """Schedule every rung that is not due at once, the first repetition of a last rung that is, and the first
        reminder; return the rungs that are due at once."""
        at_once = []
        if route.repeat.times and route.respond_within_seconds:
            due = sent + timedelta(seconds=route.respond_within_seconds)
            schedule_reminder(self._workplace, incident.id, Reminder(page=number, number=1), due, now)
        for call, moment in plan_calls(route, number, sent):
            if moment > sent:
                schedule_call(self._workplace, incident.id, call, moment, now)
                continue
            at_once.append(call)
            if again := next_repeat(route, call, sent):
                schedule_call(self._workplace, incident.id, again[0], again[1], now)
        return at_once

    def compose(self, incident: Incident, number: int, why: str, sent: datetime) -> Page:
        """The facts of one page, gathered from the table, the logs and the settings."""
        main = order_reasons(incident)[0]
        why = say_flapping(incident, why) if incident.flaps else why
        logged = next((reason for reason in order_reasons(incident)[::-1] if reason.log_group), main)
        lines: tuple[str, ...] = ()
        if logged.log_group:
            logs = self._workplace.clients("logs")
            lines = read_log(logs, logged.log_group, logged.log_stream, logged.run_id, logged.since)
        source = " ".join(part for part in (logged.log_group, logged.log_stream) if part)
        return compose_page(
            incident,
            self._workplace.settings,
            number=number,
            why=why,
            sent=sent,
            links=self._links(incident, main, logged, number, sent),
            log=(source, lines),
            last_good=self._last_good(incident, main),
            below=self._below(incident),
            metric=self._metric(main, sent),
            layers=self._layers(incident, main),
        )

    def _metric(self, main: Reason, sent: datetime) -> tuple[str, ...]:
        watched = main.detail.get("watched") if main.kind == "alarm" else None
        if not watched:
            return ()
        alarm = self._workplace.settings.alarms.get(str(main.detail.get("alarm", "")))
        return read_snapshot(self._workplace.clients("cloudwatch"), watched, alarm.unit if alarm else "", sent)

    def _layers(self, incident: Incident, main: Reason) -> str:
        found = self._workplace.settings.pipelines[incident.pipeline].resources.get(main.resource)
        technology = self._workplace.technologies.get(found.type) if found else None
        if not found or not found.retry or not technology or not technology.retry or not technology.retry.layers:
            return ""
        return technology.retry.layers(found.fields, found.retry.attempts)

    def _links(self, incident: Incident, main: Reason, logged: Reason, number: int, sent: datetime) -> dict[str, str]:
        """Acknowledge first; the others in the order in which one opens them."""
        workplace, settings = self._workplace, self._workplace.settings
        declared = settings.pipelines[incident.pipeline]
        links = {}
        if workplace.acknowledge_url:
            key = signing_key(workplace)
            links["acknowledge"] = sign_link(workplace.acknowledge_url, incident.id, number, sent, key)
        if main.resource in declared.resources:
            links |= self._console_links(incident.pipeline, main)
        if logged.log_group:
            links["log"] = log_link(settings, logged.log_group, logged.log_stream)
        if alarm := str(main.detail.get("alarm", "")):
            links["alarm"] = alarm_link(settings, alarm)
        if declared.dashboard:
            links["dashboard"] = dashboard_link(settings, declared.dashboard)
        if runbook := str(main.detail.get("runbook", "")) or declared.runbook:
            links["runbook"] = runbook
        return links

    def _console_links(self, pipeline: str, main: Reason) -> dict[str, str]:
        settings = self._workplace.settings
        technology = self._workplace.technologies.get(settings.pipelines[pipeline].resources[main.resource].type)
        if technology is None:
            return {}
        values = {**technology.values(settings.target(pipeline, main.resource)), "run_id": main.run_id}
        links = {"run": technology.run_console} if main.run_id else {}
        links["console"] = technology.console
        return {name: fill(template, values) for name, template in links.items() if template}

    def _below(self, incident: Incident) -> tuple[str, ...]:
        """Every pipeline that hangs below, and which of them fail already without a page of their own."""
        held = {line.partition(":")[0]: line for line in self._held_below(incident)}
        return tuple(held.get(name, name) for name in self._workplace.settings.pipelines[incident.pipeline].downstream)

    def _held_below(self, incident: Incident) -> tuple[str, ...]:
        downstream = self._workplace.settings.pipelines[incident.pipeline].downstream
        found = self._workplace.store.load_open(downstream) if downstream else []
        held = (one for one in found if one.hold and one.hold.incident == incident.id)
        return tuple(f"{one.pipeline}: fails since {say_time(one.since)}, its page is held back" for one in held)

    def _last_good(self, incident: Incident, main: Reason) -> str:
        if not main.resource:
            return ""
        runs = self._workplace.store.load_runs(incident.pipeline, main.resource)
        if runs.last_good is None:
            return "none known" if main.kind == "run" else ""
        return f"{say_moment(runs.last_good)} ({runs.last_good_run})"


def make_notice(page: Page, message: Message, event: Event, call: str = "") -> Notice:
    """A page as channels take it; `call` names the call of the rung that sends it again."""
    return Notice(
        event=event,
        key=page.incident,
        pipeline=page.pipeline,
        environment=page.environment,
        severity=page.severity,
        message=message,
        sent=page.sent,
        number=page.number,
        call=call,
        links=page.links,
        page=page,
    )


def schedule_call(workplace: Workplace, incident: str, call: Call, moment: datetime, now: datetime) -> None:
    """Have the escalator make one call of one rung at its time."""
    event = {"incident": incident, "page": call.page, "rung": call.rung, "repeat": call.repeat}
    # The name says when: a call that is put off must not be taken for the one that asked for it.
    name = f"{incident}-call-{call.name}-{moment:%d%H%M}"
    workplace.one_shots.call_at(moment, now, name, "escalator", event)


def schedule_reminder(workplace: Workplace, incident: str, reminder: Reminder, moment: datetime, now: datetime) -> None:
    """Have the escalator look at its time whether an acknowledged incident still fails."""
    event = {"incident": incident, "page": reminder.page, "reminder": reminder.number, "look": reminder.look}
    name = f"{incident}-remind-{reminder.page}.{reminder.number}.{reminder.look}"
    workplace.one_shots.call_at(moment, now, name, "escalator", event)


def _reached(incident: Incident, route: Severity) -> set[str]:
    """Channels that rungs have called, besides those that are notified anyway."""
    if not incident.paged or not incident.last_paged:
        return set()
    at_once = {rung.to for rung in route.escalate if rung.after_seconds <= 0}
    called = {route.escalate[rung].to for rung in called_rungs(incident) if rung < len(route.escalate)}
    return (at_once | called) - set(route.notify)
