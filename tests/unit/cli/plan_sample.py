"""A small plan made by hand: one of everything that the tree shows."""

from pipewarden.drain_policy import DrainPolicy
from pipewarden.pipeline_settings import AlarmSettings, PipelineSettings, ResourceSettings
from pipewarden.retry_policy import RetryPolicy
from pipewarden.route_settings import Channel, Rung, Severity
from pipewarden.settings import Settings
from pipewarden_plan.model import Environment, Mark
from pipewarden_plan.plan import CorePlan, DashboardPlan, Plan, QueryPlan, RetentionPlan, TeamPlan, TracingPlan
from pipewarden_plan.planned_alarm import AlarmPlan, MetricPlan
from pipewarden_plan.planned_delivery import QueuePlan, RulePlan, SchedulePlan, TopicPlan
from pipewarden_plan.planned_function import KEY, FunctionPlan, StatementPlan

SEVERITIES = {
    "P1": Severity(
        respond_within_seconds=3600,
        notify=("mail",),
        escalate=(Rung(after_seconds=0, to="mail"), Rung(after_seconds=900, to="phone")),
    ),
    "P2": Severity(respond_within_seconds=14_400, notify=()),
}
CHANNELS = {
    "mail": Channel(type="email", address="oncall@example.com"),
    "phone": Channel(type="sms", address="+15555550100"),
}
ENVIRONMENT = Environment(
    name="prod",
    account="123456789012",
    region="eu-west-1",
    severities=SEVERITIES,
    channels=CHANNELS,
    mark=Mark("config/environments/prod.yaml", 1),
)
TRACING = TracingPlan(groups=(), sampling_rule=None)


def alarm(key: str, resource: str, metric: MetricPlan, **values: object) -> AlarmPlan:
    defaults: dict[str, object] = {
        "name": f"prod/crm/import/{key}",
        "team": "crm",
        "pipeline": "import",
        "severity": "P1",
        "role": "health",
        "meaning": "",
        "description": "",
        "comparison": ">",
        "threshold": 0.0,
        "period_seconds": 300,
        "periods": 1,
        "datapoints": 1,
        "missing": "notBreaching",
        "action_topic": "pipewarden-prod-alarm-P1",
    }
    return AlarmPlan(key=key, resource=resource, metric=metric, **{**defaults, **values})  # type: ignore[arg-type]


AGE = MetricPlan(
    namespace="AWS/SQS", name="ApproximateAgeOfOldestMessage", dimensions={}, statistic="Maximum", unit="Seconds"
)
VISIBLE = MetricPlan(namespace="AWS/SQS", name="ApproximateNumberOfMessagesVisible", dimensions={}, statistic="Maximum")
FAILED = MetricPlan(namespace="Pipewarden", name="RunsFailed", dimensions={}, statistic="Sum", unit="Count")

DECLARED = {
    "reason": "the consumer is slow on Mondays",
    "runbook": "https://wiki.example.com/queue",
    "own_steps": True,
    "first_steps": ("Look at the consumer.", "Call the data desk."),
}
ALARMS = (
    alarm("load.failed", "load", FAILED, comparison=">=", threshold=1.0, role="run", severity="P1"),
    alarm(
        "queue.oldest-message", "queue", AGE, threshold=600.0, periods=3, datapoints=2, missing="breaching", **DECLARED
    ),
    alarm("queue.dead-letter", "queue", VISIBLE, role="drain"),
    alarm("queue.volume", "queue", VISIBLE, comparison="outside-band", threshold=2.0, disabled_reason="too noisy"),
)
PIPELINE = PipelineSettings(
    team="crm",
    owner="crm-data",
    severity="P1",
    description="Loads the export every night.",
    runbook="https://wiki.example.com/import",
    schedule={"cron": "0 2 * * *", "timezone": "Europe/London"},
    expect={"finished_by": "06:00", "duration": {"max": 2700}, "success_rate": {"min": 95.0}},
    upstream=("export",),
    downstream=("report",),
    resources={
        "load": ResourceSettings(
            type="glue-job",
            fields={"job_name": "import-prod"},
            retry=RetryPolicy(attempts=3, backoff_seconds=(60, 900), classes=("transient",)),
            log_groups=("/aws-glue/jobs/error",),
        ),
        "merge": ResourceSettings(
            type="glue-job", fields={"job_name": "merge-prod"}, within="load", after=("load",), retry=None
        ),
        "queue": ResourceSettings(
            type="sqs",
            fields={"queue": "import-prod", "dead_letter": {"queue": "import-dlq-prod"}},
            expect={"oldest_message": 600},
            drain=DrainPolicy(
                dead_letter_queue="import-dlq-prod",
                source_queue="import-prod",
                source="import-prod",
                quarantine_queue="pipewarden-prod-import-queue-quarantine",
                to="source",
                rate_per_second=20,
                attempts=3,
                then="quarantine",
                archive=True,
            ),
        ),
    },
)
TEAM = TeamPlan(
    team="crm",
    stack="pipewarden-prod-crm",
    owner="crm-data",
    alarms=ALARMS,
    composites=(),
    queues=(QueuePlan(name="pipewarden-prod-import-queue-quarantine", purpose="quarantine"),),
    schedules=(
        SchedulePlan(
            name="pipewarden-prod-import-finished-by",
            expression="cron(0 6 * * ? *)",
            timezone="Europe/London",
            target="signals",
            input={"kind": "deadline-reached", "pipeline": "import"},
            description="import must have finished by 06:00.",
        ),
    ),
    dashboards=(DashboardPlan(name="pipewarden-prod-eu-west-1-operations-crm", title="crm", body={}),),
    tracing=TRACING,
    queries=(QueryPlan(name="pipewarden/prod/crm/success per day", text="filter 1", log_groups=("/aws/lambda/a",)),),
    tags={},
)
RESPONDER = FunctionPlan(
    role="responder",
    name="pipewarden-prod-responder",
    handler="pipewarden.handlers.responder.handler",
    description="Decides about every signal.",
    memory_mb=256,
    timeout_seconds=60,
    environment={},
    statements=(
        StatementPlan(
            sid="Schedules",
            reason="delayed retries",
            actions=("scheduler:CreateSchedule",),
            resources=("arn:aws:scheduler:eu-west-1:123456789012:schedule/pipewarden-prod/*",),
        ),
        StatementPlan(
            sid="PassRole",
            reason="their role",
            actions=("iam:PassRole",),
            resources=("arn:aws:iam::123456789012:role/pipewarden-prod-scheduler",),
            conditions={"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
        ),
    ),
)
CORE = CorePlan(
    stack="pipewarden-prod-core",
    topics=(
        TopicPlan(
            name="pipewarden-prod-page-P1",
            purpose="page",
            display_name="P1",
            subscriptions=(("email", "oncall@example.com"),),
        ),
    ),
    queues=(QueuePlan(name="pipewarden-prod-signals", purpose="signals"),),
    rules=(
        RulePlan(name="pipewarden-prod-glue-job-failed", technology="glue-job", kind="failed", pattern={}),
        RulePlan(
            name="pipewarden-prod-lambda-failed", technology="lambda", kind="failed", pattern={}, open_pattern=True
        ),
    ),
    schedules=(
        SchedulePlan(name="heartbeat", expression="rate(1 minute)", timezone="UTC", target="signals", input={}),
    ),
    functions=(RESPONDER,),
    alarms=(),
    composites=(),
    scheduler_statements=(
        StatementPlan(sid="Signals", reason="retries that are due", actions=("sqs:SendMessage",), resources=(KEY,)),
    ),
    archive_days=90,
    retention_days=30,
    retention=(RetentionPlan(days=30, groups=("/aws-glue/jobs/error",)),),
    tracing=TRACING,
    tags={},
)
PLAN = Plan(
    environment=ENVIRONMENT,
    monthly_usd={"": 12.5, "import": 2.93},
    settings=Settings(
        environment="prod",
        account="123456789012",
        region="eu-west-1",
        partition="aws",
        mode="act",
        retries_per_hour=100,
        pipelines={"import": PIPELINE},
        alarms={
            "prod/crm/import/load.failed": AlarmSettings(
                pipeline="import", resource="load", key="load.failed", severity="P1", role="run", meaning=""
            )
        },
        severities=SEVERITIES,
        channels=CHANNELS,
    ),
    core=CORE,
    teams=(TEAM,),
    notices=("The rule of lambda is open: 90 functions do not fit into 2,048 characters.",),
)
