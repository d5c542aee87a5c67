"""What an alarm says to whoever it wakes: its description and its tags."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pipewarden.alarm_rule import AlarmRule
from pipewarden_plan.limits import DESCRIPTION_CHARACTERS, TAG_CHARACTERS
from pipewarden_plan.model import AlarmOverride, Pipeline
from pipewarden_plan.planned_alarm import AlarmPlan
from pipewarden_plan.watched import Watched

NOT_IN_TAGS = re.compile(r"[^\w\s.:/=+\-@]")


class Words(NamedTuple):
    """What a rule says by itself, or what `alarms:` says in its place."""

    meaning: str
    steps: tuple[str, ...]
    runbook: str


def words_of(rule: AlarmRule, override: AlarmOverride, watched: Watched) -> Words:
    """The words of one alarm; its runbook is its pipeline's unless it has one of its own."""
    return Words(
        override.meaning or watched.fill(rule.meaning),
        override.steps or tuple(map(watched.fill, rule.first_steps)),
        override.runbook or watched.pipeline.runbook,
    )


def describe_alarm(words: Words, severity: str, watched: Watched) -> str:
    """Markdown for the console and the notification; where it is too long the last steps go first."""
    pipeline, resource = watched.pipeline, watched.resource
    head = f"**{words.meaning}**\n\nPipeline `{pipeline.name}`, {resource.type} `{resource.name}`, {severity}."
    tail = f"\n\nRunbook: {words.runbook}" if words.runbook else ""
    tail += f"\n\nOwner: {pipeline.owner}"
    for count in range(len(words.steps), -1, -1):
        text = head + _numbered(words.steps[:count]) + tail
        if len(text) <= DESCRIPTION_CHARACTERS:
            return text
    return f"{head[: DESCRIPTION_CHARACTERS - len(tail) - 1]}…{tail}"[:DESCRIPTION_CHARACTERS]


def left_out(alarm: AlarmPlan, override: AlarmOverride) -> Iterator[str]:
    """What the reader of the plan should know: what `alarms:` says and CloudWatch does not get."""
    steps = [f"\n{number}. {step}" for number, step in enumerate(override.steps, 1)]
    if left := sum(step not in alarm.description for step in steps):
        room = f"an alarm's description takes {DESCRIPTION_CHARACTERS:,} characters"
        yield f"{room}: the last {left} of {len(steps)} steps stand in pages only"
    if override.low_samples and not is_percentile(alarm):
        yield f"low_samples changes nothing: it is about percentiles, and the alarm judges {alarm.metric.statistic}"


def is_percentile(alarm: AlarmPlan) -> bool:
    """Whether CloudWatch has a say in how few values make a percentile: of a metric alone, not of metric math."""
    return alarm.metric.statistic.startswith("p") and not alarm.expression and alarm.comparison != "outside-band"


def tags_of(pipeline: Pipeline) -> dict[str, str]:
    """They travel with the notifications. A runbook whose address is no valid tag stands in the description only."""
    tags = {"pipeline": pipeline.name, "owner": pipeline.owner, "severity": pipeline.severity}
    tags = {key: tag_value(value) for key, value in tags.items() if value}
    return {**tags, **runbook_tag(pipeline.runbook)}


def own_tags(tags: Mapping[str, str], override: AlarmOverride, severity: str, pipeline: Pipeline) -> Mapping[str, str]:
    """Those of the pipeline, which its alarms share, unless the alarm's own severity or runbook differs."""
    if severity == pipeline.severity and not override.runbook:
        return tags
    shared = {key: value for key, value in tags.items() if key != "runbook"}
    return {**shared, "severity": severity, **runbook_tag(override.runbook or pipeline.runbook)}


def runbook_tag(runbook: str) -> dict[str, str]:
    return {"runbook": runbook} if runbook and tag_value(runbook) == runbook else {}


def tag_value(text: str) -> str:
    """The text with a blank for every character that AWS takes in no tag."""
    return NOT_IN_TAGS.sub(" ", text)[:TAG_CHARACTERS]


def _numbered(steps: Sequence[str]) -> str:
    listed = "".join(f"\n{number}. {step}" for number, step in enumerate(steps, 1))
    return f"\n\nFirst steps:{listed}" if steps else ""
