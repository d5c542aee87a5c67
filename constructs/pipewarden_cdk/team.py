"""The construct of one team's stack."""

from constructs import Construct

from pipewarden_cdk.include import include
from pipewarden_cdk.rendering.alarms import render_alarms, render_composites, render_mutes
from pipewarden_cdk.rendering.events import render_schedules
from pipewarden_cdk.rendering.fragment import Fragment
from pipewarden_cdk.rendering.log_alarms import render_log_query_role
from pipewarden_cdk.rendering.messaging import render_queues
from pipewarden_cdk.rendering.observing import render_dashboards, render_log_filters, render_queries, render_tracing
from pipewarden_plan.plan import Plan, TeamPlan


class TeamMonitoring(Construct):
    """What one declaration file gets: alarms, composites, dashboards, quarantine, deadlines, traces."""

    def __init__(self, scope: Construct, construct_id: str, *, plan: Plan, team: TeamPlan) -> None:
        super().__init__(scope, construct_id)
        include(self, team_fragment(plan, team))


def team_fragment(plan: Plan, team: TeamPlan) -> Fragment:
    """The team stack's resources. Pure. It names the key by its alias, so no value passes between the stacks."""
    environment, names = plan.environment, plan.settings.names
    key = names.key_alias() if environment.encryption == "customer-managed" else None
    alarms = render_alarms(team.alarms, names)
    return {
        **render_log_query_role(team.team, team.log_query_statements, names),
        **alarms,
        **render_composites(team.composites, names, after=alarms),
        **render_mutes(team.mutes),
        **render_queues(team.queues, names, key, protected=environment.protected),
        **render_schedules(team.schedules, names, in_core=False),
        **render_dashboards(team.dashboards),
        **render_tracing(team.tracing, environment.name),
        **render_queries(team.queries),
        **render_log_filters(team.log_filters),
    }
