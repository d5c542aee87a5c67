"""X-Ray: one group per team, one per pipeline where that is asked for and fits, one sampling rule per environment."""

from collections.abc import Iterable

from pipewarden.names import FUNCTIONS, Names, shorten
from pipewarden_plan.limits import TRACING_NAME_CHARACTERS
from pipewarden_plan.model import Environment, Model
from pipewarden_plan.plan import TracingPlan
from pipewarden_plan.remarks import Remarks
from pipewarden_plan.watched import Watched

FILTER_CHARACTERS = 2_000
"""No limit is documented for a filter expression; this much is known to work, and what does not fit is left to the
annotation of the team."""


def pipelines_have_groups(model: Model, remarks: Remarks) -> bool:
    """Whether each pipeline gets a group of its own: only where all of them fit beside the teams' and the core's, so
    that one more pipeline never takes another one's group away without a word."""
    allowed = model.environment.tracing_groups
    needed = 1 + len({pipeline.team for pipeline in model.pipelines}) + len(model.pipelines)
    if allowed and needed > allowed:
        remarks.notice(
            f"X-Ray groups: {needed} are needed for one a pipeline, tracing.groups is {allowed}: there is one a team."
        )
    return needed <= allowed


def plan_team_tracing(team: str, everything: Iterable[Watched], names: Names, each: bool = False) -> TracingPlan:
    """A group of the traces that name the team or a pipeline of it, or pass through a declared function; with `each`,
    one for each pipeline besides."""
    by_pipeline: dict[str, list[str]] = {}
    for found in everything:
        functions = by_pipeline.setdefault(found.pipeline.name, [])
        if found.declares("function"):
            functions.append(f'service("{found.values["function"]}")')
    named = {pipeline: f'annotation[pipeline] = "{pipeline}"' for pipeline in by_pipeline}
    functions = list(dict.fromkeys(term for terms in by_pipeline.values() for term in terms))
    groups = [(_name(names, team), _any_of(f'annotation[team] = "{team}"', [*named.values(), *functions]))]
    if each:
        groups += [(_name(names, f"{team}.{name}"), _any_of(named[name], by_pipeline[name])) for name in by_pipeline]
    return TracingPlan(groups=tuple(groups), sampling_rule=None)


def plan_core_tracing(environment: Environment, names: Names) -> TracingPlan:
    """A group of our own functions, and the sampling rule (docs/deployed.md says whom it binds)."""
    first, *others = (f'service("{names.function(role)}")' for role in FUNCTIONS)
    rule = (shorten(names.prefix, TRACING_NAME_CHARACTERS), environment.tracing_percent / 100)
    return TracingPlan(
        groups=((_name(names, "core"), _any_of(first, others)),),
        sampling_rule=rule,
        transaction_search=environment.transaction_search_percent,
    )


def _name(names: Names, part: str) -> str:
    return shorten(f"{names.prefix}-{part}", TRACING_NAME_CHARACTERS)


def _any_of(first: str, others: Iterable[str]) -> str:
    text = first
    for term in others:
        if len(text) + len(term) + len(" OR ") > FILTER_CHARACTERS:
            break
        text = f"{text} OR {term}"
    return text
