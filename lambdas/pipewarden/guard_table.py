"""All guards of remediation, in the order in which they are asked.

They are asked when a run has failed and again before a planned retry starts. An objection that names a time is waited
for, but no longer than the severity gives people to respond: after that somebody must know.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from pipewarden import guard
from pipewarden.duration import say_seconds
from pipewarden.guard import Asked, Guard, Moment, Objection


def first_objection(asked: Asked) -> Objection | None:
    """What the first guard that objects says; None when the retry may start."""
    moment: Moment = "start" if asked.attempt else "failure"
    for row in GUARDS:
        if asked.act and row.for_actions is None:
            continue
        found = row.objects(asked) if moment in row.asked else None
        if isinstance(found, str):
            return Objection(why=found)
        if found:
            return _within_patience(found, asked)
    return None


def _within_patience(objection: Objection, asked: Asked) -> Objection:
    planned = asked.attempt.planned if asked.attempt else None
    patience = asked.policy.respond_within_seconds
    if objection.until is None or objection.until <= (planned or asked.now) + timedelta(seconds=patience):
        return objection
    why = f"{asked.refused}: {objection.why}, and {asked.policy.severity} waits {say_seconds(patience)} at most"
    return replace(objection, why=why, until=None)


GUARDS: Final[tuple[Guard, ...]] = (
    Guard(
        id="declared",
        key="retry.attempts",
        promise="Only what has attempts is retried.",
        reason="Two: one more than an unlucky retry needs; what fails three times in a row is not bad luck.",
        objects=guard.declared,
        asked=("failure",),
    ),
    Guard(
        id="startable",
        key="",
        promise="Only runs that the service can start again are retried.",
        reason="",
        objects=guard.startable,
        asked=("failure",),
    ),
    Guard(
        id="classes",
        key="retry.classes",
        promise="Only failures of these classes are retried; `resource` also where `retry.scale` makes the run larger.",
        reason="Trying again what fails for its code or its data costs money and time and cures nothing.",
        objects=guard.classes,
        asked=("failure",),
    ),
    Guard(
        id="attempts",
        key="retry.attempts",
        promise="No more attempts in one incident than declared.",
        reason="As above.",
        objects=guard.attempts,
        asked=("failure",),
        for_actions="actions.attempts",
    ),
    Guard(
        id="unknown",
        key="",
        promise="A failure of unknown class is retried once.",
        reason="A wrong guess then costs one run, and spares a page where the guess is right.",
        objects=guard.unknown,
        asked=("failure",),
    ),
    Guard(
        id="incident",
        key="",
        promise=f"No more than {guard.MOST_RETRIES} retries in one incident.",
        reason="An incident is one item of the table, and items have limits.",
        objects=guard.incident,
        asked=("failure",),
        for_actions="",
    ),
    Guard(
        id="kill-switch",
        key="remediation.mode",
        promise="Nothing starts while the environment's parameter, or its declaration, says `observe` or `off`.",
        reason="`act`; a parameter that is missing or cannot be read counts as `observe`.",
        objects=guard.switched_off,
        for_actions="remediation.mode",
    ),
    Guard(
        id="observe",
        key="remediation.mode",
        promise="A retry that was planned does not start when observe mode was switched on meanwhile.",
        reason="As above.",
        objects=guard.switched_over,
        asked=("start",),
        for_actions="remediation.mode",
    ),
    Guard(
        id="owner",
        key="retry.owned",
        promise="A run that a workflow or a state machine started is not retried beside it, but through it.",
        reason="A single retry would cure the run and leave what waits for it in the workflow undone.",
        objects=guard.owner,
        asked=("failure",),
    ),
    Guard(
        id="scale",
        key="retry.scale",
        promise="A run that is as large as allowed already, or whose size is not known, is not made larger.",
        reason="None: a larger run costs more, so it must be asked for.",
        objects=guard.scale,
        asked=("failure",),
    ),
    Guard(
        id="cooldown",
        key="retry.cooldown",
        promise="After its retries have ended, well or not, a resource is not retried for this time.",
        reason="As long as the longest default backoff: two failures closer than that are one problem.",
        objects=guard.cooldown,
        for_actions="actions.cooldown",
    ),
    Guard(
        id="pipeline-breaker",
        key="retry.breaker",
        promise="After so many failed retries of a pipeline none starts for a while, then one.",
        reason="Three incidents of two attempts: retries do not help here, whatever the class says.",
        objects=guard.pipeline_breaker,
        for_actions="retry.breaker",
    ),
    Guard(
        id="environment-breaker",
        key="remediation.breaker",
        promise="The same for all pipelines of the environment together.",
        reason="Failures all over have one cause (a network, a permission), which retries would only load.",
        objects=guard.environment_breaker,
        for_actions="remediation.breaker",
    ),
    Guard(
        id="retries-per-hour",
        key="remediation.retries_per_hour",
        promise="No more retries of the whole environment in one hour.",
        reason="Far above what a healthy hundred pipelines need, and far below what a storm would start.",
        objects=guard.budget,
        for_actions="remediation.retries_per_hour",
    ),
    Guard(
        id="cost",
        key="retry.cost_per_day",
        promise="Retries of a pipeline take no more than this in one UTC day; what the next one will take counts.",
        reason="About 44 USD of Glue at list price, or one run all day long.",
        objects=guard.cost,
    ),
    Guard(
        id="window",
        key="retry.window",
        promise="Retries start within this time of day only.",
        reason="None: most pipelines may run at any time.",
        objects=guard.window,
        for_actions="retry.window",
    ),
    Guard(
        id="turn",
        key="retry.one_at_a_time",
        promise="A second resource of a pipeline waits until the retry of the first has ended.",
        reason="They often fail for one cause, and the first retry tells whether it is gone.",
        objects=guard.turn,
        asked=("start",),
        for_actions="retry.one_at_a_time",
    ),
    Guard(
        id="alone",
        key="retry.alone",
        promise="A retry does not start beside a run of the same resource that is going on.",
        reason="Two runs of one job may write the same data; the one that goes on may cure the failure by itself.",
        objects=guard.alone,
        asked=("start",),
    ),
)
