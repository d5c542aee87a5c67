"""A post-mortem as Markdown. Pure: the same record gives the same document."""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from pipewarden.duration import say_moment, say_seconds
from pipewarden.escalation import called_rungs
from pipewarden.impact import say_impact
from pipewarden.incident import Incident, Reason
from pipewarden.masking import mask
from pipewarden.message import tell_story
from pipewarden.page import order_reasons
from pipewarden_cli.postmortem.contents import Record, Surroundings

DUE_DAYS = {"P0": 7, "P1": 14, "P2": 30, "P3": 30}
"""How soon an action item is due after the end, by severity: a proposal, for people to change."""
FILL_IN = "_to be filled in_"


def render_postmortem(record: Record, around: Surroundings) -> str:
    """The document; ends with a newline. What only people know is marked to be filled in."""
    incident = record.incident
    title = f"# Post-mortem: {incident.pipeline} ({around.environment}), {incident.since:%Y-%m-%d}"
    sections = (
        ("Summary", _summary(record, around)),
        ("Impact", _impact(record, around)),
        ("Response", _response(incident, around)),
        ("Causes and evidence", _causes(incident)),
        ("What was tried", _attempts(incident)),
        ("Timeline", _timeline(record, around)),
        ("Five whys", _whys(incident)),
        ("Action items", _actions(record, around)),
    )
    lines = [title, "", *_introduction(incident, around)]
    for name, section in sections:
        lines += ["", f"## {name}", "", *section]
    return "\n".join(lines) + "\n"


def _introduction(incident: Incident, around: Surroundings) -> Iterator[str]:
    yield f"Drafted from the record of `{incident.id}` at {say_moment(around.now)}."
    if not incident.over:
        yield "**The incident is still open: draft it anew when it has ended.**"


def _summary(record: Record, around: Surroundings) -> Iterator[str]:
    incident = record.incident
    owner = record.pages[-1].owner if record.pages else ""
    if incident.reasons:
        story = tell_story(incident) if incident.over else f"failing since {say_moment(incident.since)}"
        yield f"{incident.pipeline}: {_inline(_main(incident).text)}; {story}."
        yield ""
    yield from _table(
        ("", ""),
        (
            ("Severity", incident.severity),
            ("State", f"{incident.state.value}{', cured before anybody was told' * incident.auto_remediated}"),
            ("Owner", owner),
            ("Began", say_moment(incident.since)),
            ("Ended", say_moment(incident.ended) if incident.ended else ""),
            ("Lasted", say_seconds((_end(incident, around) - incident.since).total_seconds())),
            ("Came and went", f"{incident.flaps} times" if incident.flaps else ""),
        ),
    )


def _impact(record: Record, around: Surroundings) -> Iterator[str]:
    incident = record.incident
    seconds = (_end(incident, around) - incident.since).total_seconds()
    lines = say_impact(incident.impact, seconds, over=incident.over)
    yield from (f"- {_inline(line)}" for line in lines)
    if not lines:
        yield f"- The pipeline declares no `impact`: {FILL_IN}"
    below = record.pages[-1].below if record.pages else ()
    if below:
        yield f"- Hangs below it: {_inline(', '.join(below))}"
    if incident.informed:
        yield f"- Stakeholders were told from {', '.join(f'{above:,.0f} USD' for above in incident.informed)} on"


def _response(incident: Incident, around: Surroundings) -> Iterator[str]:
    asked = around.respond_within_seconds
    taken = _between(incident.last_paged, incident.acknowledged)
    within = f" (asked for within {say_seconds(asked)})" if asked else ""
    by = f" by {_inline(incident.acknowledged_by)}" if incident.acknowledged_by else ""
    taken_row = f"{taken}{by}{within}" if taken else (f"never{within}" if incident.pages else "")
    yield from _table(
        ("", ""),
        (
            ("Time to page", _between(incident.since, incident.paged)),
            ("Time to acknowledge", taken_row),
            ("Time to recover", _between(incident.since, incident.ended)),
            ("Pages", str(incident.pages) if incident.pages else "none"),
            ("Rungs called", ", ".join(str(rung + 1) for rung in sorted(called_rungs(incident)))),
            ("Reminders", str(incident.reminders) if incident.reminders else ""),
            ("Held back", _inline(incident.hold.text) if incident.hold else ""),
        ),
    )


def _causes(incident: Incident) -> Iterator[str]:
    for number, reason in enumerate(sorted(incident.reasons, key=lambda reason: (reason.evidence, reason.since))):
        if number:
            yield ""
        times = f", {reason.times} times" if reason.times > 1 else ""
        role = " (evidence)" if reason.evidence else ""
        yield f"**{_inline(reason.text)}**{role}, {say_moment(reason.since)}{times}"
        rows = {
            "class": f"{reason.failure_class}: {reason.detail.get('why', '')}".rstrip(": "),
            "advice": reason.advice,
            "run": reason.run_id,
            "alarm": str(reason.detail.get("alarm", "")),
            "log": f"{reason.log_group} {reason.log_stream}".strip(),
        }
        known = [f"- {name}: {_inline(value)}" for name, value in rows.items() if value]
        yield from ["", *known] if known else []
        if reason.error:
            yield from ("", *_quoted(mask(reason.error)))


def _attempts(incident: Incident) -> Iterator[str]:
    if not incident.attempts:
        yield "Nothing was retried."
        return
    rows = [
        (str(a.number), a.resource, a.state, say_moment(a.started or a.due), a.run_id, "larger" if a.larger else "")
        for a in incident.attempts
    ]
    yield from _table(("Retry", "Of", "Outcome", "Started or due", "Run", ""), rows, keep_empty=True)


def _timeline(record: Record, around: Surroundings) -> Iterator[str]:
    rows = [(entry.time, entry.kind.replace("-", " "), mask(entry.text)) for entry in record.timeline]
    rows += [(mark.time, f"**{mark.kind}**", mark.text) for mark in around.marks]
    rows.sort(key=lambda row: row[0])
    cells = [(f"{time:%Y-%m-%d %H:%M:%S}", kind, text) for time, kind, text in rows]
    yield from _table(("Time (UTC)", "", "What"), cells, keep_empty=True)
    if around.unknown:
        yield ""
        yield from (f"Not known: {_inline(text)}." for text in around.unknown)


def _whys(incident: Incident) -> Iterator[str]:
    main = _main(incident) if incident.reasons else None
    cause = f"{main.text}{': ' + main.error.splitlines()[0] if main.error else ''}" if main else ""
    for number, why in enumerate(guide(main)["whys"], start=1):
        yield f"{number}. {_inline(mask(why.replace('{cause}', cause).strip()))}"
        yield f"   - {FILL_IN}"


def _actions(record: Record, around: Surroundings) -> Iterator[str]:
    incident = record.incident
    owner = record.pages[-1].owner if record.pages else FILL_IN
    due = _end(incident, around) + timedelta(days=DUE_DAYS.get(incident.severity, 30))
    actions = guide(_main(incident) if incident.reasons else None)["actions"]
    rows = [(str(n), action, owner, f"{due:%Y-%m-%d}", done) for n, (action, done) in enumerate(actions, start=1)]
    rows.append((str(len(rows) + 1), FILL_IN, FILL_IN, FILL_IN, FILL_IN))
    yield from _table(("#", "Action", "Owner", "Due", "Done when"), rows, keep_empty=True)


def guide(reason: Reason | None) -> dict[str, Any]:
    """The questions and action items to begin with, by the class of a failed run or the kind of anything else."""
    if reason is None:
        return _guides()["unknown"]
    return _guides()[reason.failure_class or "unknown" if reason.kind == "run" else reason.kind]


@cache
def _guides() -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = json.loads(Path(__file__).with_name("guide.json").read_text(encoding="utf-8"))
    return loaded


def _main(incident: Incident) -> Reason:
    """What opened it: the first reason that is not mere evidence."""
    return min(incident.reasons or order_reasons(incident), key=lambda reason: (reason.evidence, reason.since))


def _end(incident: Incident, around: Surroundings) -> datetime:
    return incident.ended or around.now


def _between(start: datetime | None, end: datetime | None) -> str:
    return say_seconds(max(0.0, (end - start).total_seconds())) if start and end else ""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, keep_empty: bool = False) -> Iterator[str]:
    """Rows whose last cell is empty are left out, but where they are kept."""
    yield f"|{'|'.join(f' {name} ' if name else ' ' for name in head)}|"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        if keep_empty or row[-1]:
            yield f"| {' | '.join(_inline(cell) for cell in row)} |"


def _quoted(text: str) -> Iterator[str]:
    yield "```text"
    yield from (line.replace("```", "'''") for line in text.splitlines())
    yield "```"


def _inline(text: str) -> str:
    """One line that no table cell is broken by."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")
