"""The construct of the core stack."""

import tempfile
from pathlib import Path

from aws_cdk import aws_s3_assets
from constructs import Construct

from pipewarden_cdk.asset import stage
from pipewarden_cdk.include import include
from pipewarden_cdk.rendering.alarms import render_alarms, render_composites
from pipewarden_cdk.rendering.chat import render_chats
from pipewarden_cdk.rendering.events import (
    render_rules,
    render_schedule_group,
    render_scheduler_role,
    render_schedules,
)
from pipewarden_cdk.rendering.fragment import Fragment, reference
from pipewarden_cdk.rendering.functions import ASSET_BUCKET, ASSET_KEY, render_functions
from pipewarden_cdk.rendering.messaging import render_queues, render_topics
from pipewarden_cdk.rendering.observing import (
    render_dashboards,
    render_retention,
    render_tracing,
    render_transaction_search,
)
from pipewarden_cdk.rendering.policies import KEY_ID
from pipewarden_cdk.rendering.spending import render_anomalies, render_budgets
from pipewarden_cdk.rendering.storage import (
    render_archive,
    render_key,
    render_kill_switch,
    render_secret,
    render_table,
)
from pipewarden_plan.plan import Plan


class PipewardenCore(Construct):
    """Everything that the teams of one environment share: routes, functions, state, and the watch over them."""

    def __init__(self, scope: Construct, construct_id: str, *, plan: Plan) -> None:
        super().__init__(scope, construct_id)
        with tempfile.TemporaryDirectory(prefix="pipewarden-asset-") as folder:
            staged = stage(Path(folder), plan.settings.to_json())
            asset = aws_s3_assets.Asset(self, "Functions", path=str(staged), display_name="Pipewarden functions")
        include(self, core_fragment(plan), {ASSET_BUCKET: asset.s3_bucket_name, ASSET_KEY: asset.s3_object_key})


def core_fragment(plan: Plan) -> Fragment:
    """The core stack's resources. Pure."""
    environment, core, names = plan.environment, plan.core, plan.settings.names
    has_key = environment.encryption == "customer-managed"
    key = reference(KEY_ID) if has_key else None
    alarms = render_alarms([*core.alarms, *(fleet.alarm for fleet in core.fleets)], names)
    return {
        **render_key(environment, names),
        **render_table(environment, names),
        **render_archive(environment, names, core.archive_days),
        **render_secret(environment, names),
        **render_kill_switch(names),
        **render_queues(core.queues, names, key, protected=environment.protected),
        **render_topics(core.topics, names, key),
        **render_chats(core.chats, core.chat_statements, names, has_key=has_key),
        **render_functions(
            core.functions, names, core.retention_days, has_key=has_key, protected=environment.protected
        ),
        **render_rules(core.rules, names),
        **render_schedule_group(names),
        **render_scheduler_role(core.scheduler_statements, names, has_key=has_key),
        **render_schedules(core.schedules, names, in_core=True),
        **alarms,
        **render_composites(core.composites, names, after=alarms),
        **render_retention(core.retention),
        **render_tracing(core.tracing, environment.name),
        **render_transaction_search(core.tracing, names),
        **render_dashboards(core.dashboards),
        **render_budgets(core.budgets, names),
        **render_anomalies(core.anomalies),
    }
