"""Our Lambda functions: size, time, concurrency, and what each may do."""

from collections.abc import Mapping, Sequence

from pipewarden.drain_policy import NO_QUEUES, DrainPolicy
from pipewarden.names import FUNCTIONS, Names
from pipewarden_plan import own_grant_plan as own
from pipewarden_plan.action_grant_plan import action_statements
from pipewarden_plan.grant_plan import declared_statements, pack
from pipewarden_plan.model import Environment
from pipewarden_plan.planned_delivery import TopicPlan
from pipewarden_plan.planned_function import ACKNOWLEDGE_URL, FunctionPlan, StatementPlan
from pipewarden_plan.remarks import Remarks
from pipewarden_plan.route_plan import drain_policy
from pipewarden_plan.watched import Watched

DESCRIPTIONS = {
    "responder": "Decides about every signal: retry, hold, page or ignore.",
    "drainer": "Moves dead letters to their source, to quarantine and into the archive.",
    "escalator": "Calls the next rung unless somebody has acknowledged.",
    "acknowledge": "Takes the signed links of pages.",
    "probe": "Measures datasets, and how fast failing requests spend the budgets of targets.",
    "reconciler": "Feeds in the runs that no event told of.",
    "retention": "Sets how long log groups of declared resources are kept, while a stack is deployed.",
}
TIMEOUT_SECONDS = {
    "responder": 60,
    "drainer": 300,
    "escalator": 30,
    "acknowledge": 30,
    "probe": 60,
    "reconciler": 300,
    "retention": 600,
}
MEMORY_MB = 256
"""Waits on API calls nearly all of its time; boto3 alone takes about 100 MB."""
BIG_SETTINGS_MEMORY_MB = 512
BIG_SETTINGS_RESOURCES = 1_000

INCIDENTS, COVERAGE, DRAINS = ("INCIDENT#", "PIPELINE#"), ("PIPELINE#", "SEEN#"), ("DRAIN#",)
"""How the partition keys begin of what a role has to do with."""

RESERVED = {
    "acknowledge": 5,  # its URL is open to the internet: nobody can use up the account's concurrency through it
}


def plan_functions(
    everything: Sequence[Watched],
    environment: Environment,
    names: Names,
    topics: Sequence[TopicPlan],
    log_groups: Sequence[str],
    remarks: Remarks,
) -> tuple[FunctionPlan, ...]:
    """The functions in `names.FUNCTIONS`' order."""
    statements = _statements(everything, environment, names, topics, log_groups)
    memory = BIG_SETTINGS_MEMORY_MB if len(everything) > BIG_SETTINGS_RESOURCES else MEMORY_MB
    return tuple(_function(role, statements[role], memory, names, remarks) for role in FUNCTIONS)


def _function(
    role: str, statements: Sequence[StatementPlan], memory: int, names: Names, remarks: Remarks
) -> FunctionPlan:
    granted = [statement for statement in [*own.every_function(names, role), *statements] if statement.resources]
    inline, managed = pack(role, granted, remarks)
    return FunctionPlan(
        role=role,
        name=names.function(role),
        handler=f"pipewarden.handlers.{role}.handler",
        description=DESCRIPTIONS[role],
        memory_mb=memory,
        timeout_seconds=TIMEOUT_SECONDS[role],
        # No POWERTOOLS_SERVICE_NAME: Powertools would add it to every metric as a dimension, and an alarm without that
        # dimension would look at another metric, one that never comes.
        environment={
            "POWERTOOLS_METRICS_NAMESPACE": "Pipewarden",
            **({"PIPEWARDEN_ACKNOWLEDGE_URL": ACKNOWLEDGE_URL} if role in ("responder", "escalator") else {}),
        },
        statements=inline,
        managed=managed,
        reserved_concurrency=RESERVED.get(role),
    )


def _statements(
    everything: Sequence[Watched],
    environment: Environment,
    names: Names,
    topics: Sequence[TopicPlan],
    log_groups: Sequence[str],
) -> Mapping[str, Sequence[StatementPlan]]:
    channel_topics = [topic.name for topic in topics if topic.purpose == "channel"]
    pages = own.pages(environment, names, channel_topics)
    schedules = own.schedules(names)
    failed = own.failed_invocations(names)
    return {
        "responder": [
            own.signals_source(names),
            own.table(names, "BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            own.secrets(environment, names, links=True, channels=True),
            *(*schedules, pages, own.start_drainer(names), own.kill_switch(names)),
            own.log_lines(names, log_groups),
            own.alarm_metrics(),
            own.exports(names),
            *declared_statements(everything, ("read", "retry", "owner")),
            *action_statements(everything, names),
        ],
        "drainer": [*_drainer(everything, names), *schedules, failed],
        "escalator": [
            own.table(names, "GetItem", "PutItem", "Query", begins=INCIDENTS),
            own.secrets(environment, names, channels=True),
            *(pages, *schedules, failed, own.exports(names)),
        ],
        "acknowledge": [
            own.table(names, "DeleteItem", "GetItem", "PutItem", begins=INCIDENTS),
            own.secrets(environment, names, links=True),
            own.tell_acknowledged(names),
        ],
        "probe": [failed, own.request_counts(everything), *declared_statements(everything, ("probe",))],
        "reconciler": [
            own.table(names, "BatchGetItem", "GetItem", "PutItem", begins=COVERAGE),
            own.recovered_signals(names),
            failed,
            *declared_statements(everything, ("list",)),
        ],
        "retention": [own.retention(names, log_groups)],
    }


def _drainer(everything: Sequence[Watched], names: Names) -> list[StatementPlan]:
    drained = [policy for watched in everything if (policy := drain_policy(watched, names))]
    drains_into = [queue for policy in drained for queue in (policy.quarantine_queue, _named_queue(policy)) if queue]
    return [
        own.table(names, "DeleteItem", "GetItem", "UpdateItem", begins=DRAINS),
        own.signals_out(names, drains_into),
        own.archive(names),
        own.message_moves(names, [policy.dead_letter_queue for policy in drained if policy.is_plain]),
        *declared_statements(everything, ("drain",)),
    ]


def _named_queue(policy: DrainPolicy) -> str:
    return "" if policy.to in NO_QUEUES else policy.to
