"""All stacks of one environment."""

from aws_cdk import App, DefaultStackSynthesizer, Environment, Stack

from pipewarden_cdk.core import PipewardenCore
from pipewarden_cdk.team import TeamMonitoring
from pipewarden_plan.plan import Plan


def add_stacks(app: App, plan: Plan) -> list[Stack]:
    """The core stack, then one stack per declaration file; the teams lean on the core."""
    core = _stack(app, plan.core.stack, "Pipewarden: routes, functions, state", plan.core.tags, plan)
    PipewardenCore(core, "Core", plan=plan)
    teams = []
    for team in plan.teams:
        stack = _stack(app, team.stack, f"Pipewarden: pipelines of {team.team}", team.tags, plan)
        TeamMonitoring(stack, "Team", plan=plan, team=team)
        stack.add_stack_dependency(core)
        teams.append(stack)
    return [core, *teams]


def _stack(app: App, name: str, description: str, tags: object, plan: Plan) -> Stack:
    environment = plan.environment
    return Stack(
        app,
        name,
        stack_name=name,
        description=description,
        env=Environment(account=environment.account, region=environment.region),
        tags=dict(tags),  # type: ignore[call-overload]
        termination_protection=environment.protected,
        synthesizer=DefaultStackSynthesizer(),
        # A template indented by the CDK is a third larger, and CloudFormation counts the blanks too.
        suppress_template_indentation=True,
    )
