"""Pages and recovered messages as text: e-mail, SMS, subject. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from pipewarden.duration import say_moment, say_seconds, say_time
from pipewarden.impact import say_impact
from pipewarden.incident import Incident
from pipewarden.page import Cause, Page, order_reasons

SUBJECT_CHARACTERS = 100
SMS_CHARACTERS = 153
"""What one part of a longer SMS holds in GSM's own alphabet (3GPP TS 23.040): the first one says it all."""
ERROR_IN_HEADLINE = 140
HELD_BELOW = "HELD BACK BELOW IT, paged in 15m if it still fails"
COUNTS = {1: "once", 2: "twice"}


@dataclass(frozen=True, kw_only=True)
class Message:
    """`headline` says everything in one line; `subject` is that for SNS: ASCII, at most 100 characters."""

    subject: str
    headline: str
    text: str
    sms: str


def headline(page: Page) -> str:
    """Severity, pipeline, what failed, why, what was done about it."""
    error = page.cause.error.splitlines()[0].strip() if page.cause.error else ""
    error = f": {_cut(error, ERROR_IN_HEADLINE)}" if error else ""
    return f"{page.severity} {page.pipeline} ({page.environment}): {page.cause.text}{error}. {_sentence(page.why)}"


def render_page(page: Page, preface: str = "") -> Message:
    """One page. `preface` comes before everything else: that nobody acknowledged, that a channel failed."""
    first = headline(page)
    blocks = [preface, first, _what_to_do(page), *(_cause_block(page, cause) for cause in page.causes)]
    blocks += [
        _block("METRIC", page.metric),
        _block("IMPACT", page.impact),
        _block("TRIED", page.tried),
        _block("FIRST STEPS", page.first_steps),
        _block(f"LAST LOG LINES  {page.log_source}", tuple(f"| {line}" for line in page.log_lines)),
        _block("SAMPLES", page.samples),
        _block("LAST GOOD RUN", (page.last_good,) if page.last_good else ()),
        _block("HANGS BELOW IT", page.below),
        _block("LINKS", tuple(f"{name}: {url}" for name, url in page.links.items() if name != "acknowledge")),
        f"{page.pipeline}: {page.description}" if page.description else "",
    ]
    again = "Again: " if preface else ""
    error = f": {page.cause.error.splitlines()[0]}" if page.cause.error else ""
    return Message(
        subject=fit_subject(f"{again}[{page.severity}] {page.environment}/{page.pipeline}: {page.cause.text}{error}"),
        headline=f"{preface} {first}".strip(),
        text="\n\n".join(block for block in blocks if block) + "\n",
        sms=_sms(page, preface),
    )


def render_recovered(incident: Incident, environment: str, below: tuple[str, ...] = (), besides: str = "") -> Message:
    """`failed 02:10, retried twice, recovered 02:41`: what those who were told, or who noticed, need to know. `below`
    are the pipelines that it has held back, `besides` is what else came of it (a circuit breaker that closed)."""
    story = tell_story(incident)
    first = f"Recovered: {incident.pipeline} ({environment}): {story}"
    reasons = tuple(f"{say_time(r.since)} {r.text}" for r in sorted(incident.reasons, key=lambda r: r.since))
    paged = f"It was paged {_times(incident.pages)}; nobody needs to act any more." if incident.pages else ""
    blocks = [
        first,
        paged or "Nobody was paged.",
        f"{besides[0].upper()}{besides[1:]}." if besides else "",
        _block("WHAT IT WAS", reasons),
        _block("IMPACT", say_impact(incident.impact, _lasted_seconds(incident), over=True)),
        _block(HELD_BELOW, below),
        f"Incident {incident.id}",
    ]
    return Message(
        subject=fit_subject(f"[recovered] {environment}/{incident.pipeline}: {story}"),
        headline=first,
        text="\n\n".join(block for block in blocks if block) + "\n",
        sms=fit_sms(first),
    )


def render_acknowledged(incident: Incident, environment: str) -> Message:
    """That somebody has it, or has ended it: one line, for everybody who was told."""
    by, moment = incident.acknowledged_by or "somebody", incident.acknowledged or incident.opened
    word = "Closed" if incident.over else "Acknowledged"
    rest = "nothing of it is left to wait for" if incident.over else "nobody else is called for this page"
    first = f"{word} by {by}: {incident.severity} {incident.pipeline} ({environment}), {say_time(moment)}"
    return Message(
        subject=fit_subject(f"[{word.lower()}] {environment}/{incident.pipeline}: by {by}"),
        headline=first,
        text=f"{first}\n\n{rest[:1].upper()}{rest[1:]}.\n\nIncident {incident.id}\n",
        sms=fit_sms(first),
    )


def say_flapping(incident: Incident, why: str) -> str:
    """Why the one page of a pipeline that comes and goes is sent."""
    return (
        f"It flaps: failed again after {incident.flaps} incidents that ended by themselves. This page stands for all "
        f"that follow; one message comes when it has calmed down. {_sentence(why)}"
    )


def tell_story(incident: Incident) -> str:
    """The incident in a dozen words, for its end."""
    ended = incident.ended or incident.opened
    reasons = order_reasons(incident)
    first = min(reasons, key=lambda reason: reason.since)
    if incident.flaps:
        length = say_seconds((ended - incident.opened).total_seconds())
        return f"flapped, {incident.flaps} times in all, calm since {say_time(ended)} ({length})"
    verb = {"run": "failed", "dead-letters": "dead letters", "deadline": "late", "alarm": "alarm"}[first.kind]
    started = [attempt for attempt in incident.attempts if attempt.state in ("started", "succeeded", "failed")]
    retries = sum(not attempt.action for attempt in started)
    acted = "".join(f", {name} done" for name in dict.fromkeys(attempt.action for attempt in started) if name)
    retried = acted + (f", retried {_times(retries)}" if retries else "")
    length = say_seconds((ended - first.since).total_seconds())
    replayed = int(first.detail.get("replayed", 0)) if first.kind == "dead-letters" else 0
    drained = f", {replayed} replayed" if replayed else ""
    return f"{verb} {first.since:%H:%M}{retried}{drained}, recovered {say_time(ended)} ({length})"


def _lasted_seconds(incident: Incident) -> float:
    return ((incident.ended or incident.since) - incident.since).total_seconds()


def unacknowledged(page: Page, now: datetime) -> str:
    """What a later rung begins with."""
    waited = say_seconds(max(0.0, (now - page.sent).total_seconds()))
    return f"NOT ACKNOWLEDGED since {say_time(page.sent)} ({waited})."


def fit_subject(text: str) -> str:
    """SNS takes subjects of up to 100 printable ASCII characters in one line that begin with no space."""
    plain = " ".join(text.split()).encode("ascii", "replace").decode()
    return _cut(plain, SUBJECT_CHARACTERS, "...") or "Pipewarden"


def fit_sms(text: str) -> str:
    """One line in one part. ASCII: another character would have the whole SMS sent in parts of 67."""
    plain = " ".join(text.split()).replace("…", "...").encode("ascii", "replace").decode()
    return _cut(plain, SMS_CHARACTERS, "...")


def _what_to_do(page: Page) -> str:
    due = page.sent + timedelta(seconds=page.respond_within_seconds)
    lines = [f"Acknowledge: {page.links['acknowledge']}"] if "acknowledge" in page.links else []
    lines.append(f"Respond within {say_seconds(page.respond_within_seconds)} (by {say_time(due)}).")
    lines.append(f"Owner: {page.owner}   Incident: {page.incident}   Since: {say_moment(page.since)}")
    return "\n".join(lines)


def _cause_block(page: Page, cause: Cause) -> str:
    title = f"{'BEHIND IT' if cause.within and cause is not page.cause else 'WHAT'}  {cause.text}"
    lines = [f"since {say_moment(cause.since)}" + (f", {_times(cause.times)}" if cause.times > 1 else "")]
    lines += [f"error: {line}" if not n else f"       {line}" for n, line in enumerate(cause.error.splitlines())]
    if cause.failure_class:
        lines.append(f"class: {cause.failure_class}" + (f", {cause.why_class}" if cause.why_class else ""))
    if cause.advice:
        lines.append(f"advice: {cause.advice}")
    return _block(title, tuple(lines))


def _block(title: str, lines: tuple[str, ...]) -> str:
    return "\n".join([title.rstrip(), *(f"  {line}" for line in lines)]) if lines else ""


def _sms(page: Page, preface: str) -> str:
    """What, why and what was done in the first part; the link, which is long, behind it."""
    link = f" Ack: {page.links['acknowledge']}" if "acknowledge" in page.links else ""
    error = f": {page.cause.error.splitlines()[0]}" if page.cause.error else ""
    text = (
        f"{preface} {page.severity} {page.environment}/{page.pipeline}: {page.cause.text}{error}. {_sentence(page.why)}"
    )
    return fit_sms(text) + link


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "." if text else ""


def _times(count: int) -> str:
    return COUNTS.get(count, f"{count} times")


def _cut(text: str, limit: int, end: str = "…") -> str:
    return text if len(text) <= limit else text[: limit - len(end)].rstrip() + end
