"""YAML text → values that remember file, line and column.

Reads the parser's events (libyaml's where PyYAML has it) instead of composing nodes: anchors, tags and further
documents are seen where they stand, nothing is expanded, and depth is counted before anything is built.
"""

from typing import Any, NamedTuple

import yaml
from yaml import events as ev

from pipewarden_plan.finding import FINDINGS_LIMIT, Finding, finding
from pipewarden_plan.marked import MarkedDict, MarkedList
from pipewarden_plan.model import Mark
from pipewarden_plan.scalars import read_plain
from pipewarden_plan.syntax import explain_syntax

DEPTH_LIMIT = 40
VALUES_LIMIT = 400_000


class Parsed(NamedTuple):
    """`value` is None when the findings leave nothing to go on with: the text is not YAML, or parts were not read."""

    value: Any
    findings: list[Finding]


class _StopError(Exception):
    """What was found makes reading on pointless."""


def parse(text: str, name: str) -> Parsed:
    """The one document of a YAML text. Scalars are read by `scalars`; keys are words. Never raises."""
    reading = _Reading(text, name)
    try:
        value = reading.document()
    except _StopError:
        value = None
    except yaml.MarkedYAMLError as error:
        found = explain_syntax(error, text, name)
        if not any(other.mark.line == found.mark.line for other in reading.findings):
            reading.findings.append(found)
        value = None
    return Parsed(None if reading.torn else value, reading.findings)


def _parser(text: str) -> Any:
    try:
        from yaml._yaml import CParser
    except ImportError:
        return yaml.Loader(text)
    return CParser(text)


class _Reading:
    """One pass over the events of one text."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.findings: list[Finding] = []
        self.next = _parser(text).get_event
        self.depth = 0
        self.count = 0
        self.torn = False

    def mark(self, event: Any) -> Mark:
        start = event.start_mark
        return Mark(self.name, start.line + 1, start.column + 1)

    def stop(self, rule: str, event: Any, message: str, cure: str) -> _StopError:
        self.findings.append(finding(rule, self.mark(event), message, cure=cure))
        return _StopError()

    def document(self) -> Any:
        self.next()
        event = self.next()
        if isinstance(event, ev.StreamEndEvent):
            raise self.stop("PW005", event, "is empty", "write at least version, owner and pipelines")
        value = self.value(self.next())
        self.next()
        if not isinstance(event := self.next(), ev.StreamEndEvent):
            raise self.stop(
                "PW009", event, "a second document starts here", "one file holds one document: delete `---`"
            )
        return value

    def value(self, event: Any) -> Any:
        """The value that starts with `event`."""
        kind = type(event)
        self.count += 1
        if self.count > VALUES_LIMIT:
            cure = "split it: one file is one team"
            raise self.stop("PW002", event, f"holds more than {VALUES_LIMIT:,} values", cure)
        if kind is ev.ScalarEvent:
            if event.anchor or event.tag:
                self.refuse_extras(event)
            return read_plain(event.value) if not event.style else event.value
        if kind is ev.AliasEvent:
            self.refuse_extras(event)
            return None
        if event.anchor or event.tag:
            self.refuse_extras(event)
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise self.stop("PW010", event, f"is nested deeper than {DEPTH_LIMIT} levels", "flatten it")
        value = self.mapping(event) if kind is ev.MappingStartEvent else self.sequence(event)
        self.depth -= 1
        return value

    def sequence(self, start: Any) -> MarkedList:
        items = MarkedList(self.mark(start))
        while type(event := self.next()) is not ev.SequenceEndEvent:
            items.marks.append(self.mark(event))
            items.append(self.value(event))
        return items

    def mapping(self, start: Any) -> MarkedDict:
        start_mark = start.start_mark
        entries = MarkedDict(Mark(self.name, start_mark.line + 1, start_mark.column + 1))
        marks, name, following = entries.marks, self.name, self.next
        while type(event := following()) is not ev.MappingEndEvent:
            if type(event) is not ev.ScalarEvent or event.anchor or event.tag or not event.style:
                key = self.key(event)
            else:
                key = event.value
            place = event.start_mark
            value = self.value(following())
            if key is None:
                self.check_patience(event)
                continue
            if key in marks:
                self.duplicate(event, key, marks[key])
                self.check_patience(event)
                continue
            marks[key] = Mark(name, place.line + 1, place.column + 1)
            entries[key] = value
        return entries

    def key(self, event: Any) -> str | None:
        """The key that an event writes, or None with a finding when it cannot be one."""
        if type(event) is not ev.ScalarEvent:
            self.torn = True
            cure = "interpolations are written $(env), without braces" if "Mapping" in type(event).__name__ else ""
            self.findings.append(finding("PW008", self.mark(event), "a key must be a word", cure=cure))
            self.value(event)
            return None
        if event.anchor or event.tag:
            self.refuse_extras(event)
        key: str = event.value
        if key == "<<":
            cure = "write the keys out, or set them once under `defaults:`"
            self.torn = True
            self.findings.append(finding("PW007", self.mark(event), "merge keys (`<<`) are not read", cure=cure))
            return None
        if not isinstance(read_plain(key), str):
            self.torn = True
            shown = key or "an empty key"
            cure = f'quote it: "{key}"' if key else ""
            self.findings.append(finding("PW008", self.mark(event), f"a key must be a word, got {shown}", cure=cure))
            return None
        return key

    def duplicate(self, event: Any, key: str, first: Mark) -> None:
        message = f"key {key[:60]} stands here a second time, first in line {first.line}"
        self.findings.append(finding("PW006", self.mark(event), message, cure="keep one of them"))

    def check_patience(self, event: Any) -> None:
        if len(self.findings) >= FINDINGS_LIMIT:
            raise self.stop("PW016", event, "there are too many errors to go on", "correct those above first")

    def refuse_extras(self, event: Any) -> None:
        """Anchors, aliases and tags: legal YAML that this declaration does without."""
        self.check_patience(event)
        mark = self.mark(event)
        cure = "write the value out, or set it once under `defaults:`"
        if isinstance(event, ev.AliasEvent):
            alias = f"aliases (`*{str(event.anchor)[:60]}`) are not read"
            self.torn = True
            if not any(other.message == alias and other.mark.line == mark.line for other in self.findings[-1:]):
                self.findings.append(finding("PW007", mark, alias, cure=cure))
            return
        if event.anchor:
            self.findings.append(finding("PW007", mark, f"anchors (`&{event.anchor[:60]}`) are not read", cure=cure))
        if event.tag and event.tag != "!":
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")[:60]
            cure = "delete it, and quote the value if it is text"
            self.findings.append(finding("PW011", mark, f"tags (`{tag}`) are not read", cure=cure))
