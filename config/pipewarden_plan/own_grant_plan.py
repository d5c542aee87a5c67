"""What each function may do on what Pipewarden itself deploys."""

from collections.abc import Iterable, Mapping

from pipewarden.names import Names
from pipewarden_plan.key_grant_plan import key
from pipewarden_plan.model import Environment
from pipewarden_plan.planned_function import StatementPlan
from pipewarden_plan.watched import Watched


def table(names: Names, *operations: str, begins: Iterable[str] = ()) -> StatementPlan:
    """`begins`: only items whose partition key begins so (DynamoDB guide, "Using IAM policy conditions for fine-grained
    access control"); none for every item."""
    keys = [f"{begin}*" for begin in begins]
    return StatementPlan(
        sid="Incidents",
        reason="incidents, attempts and leases",
        actions=tuple(f"dynamodb:{operation}" for operation in sorted(operations)),
        resources=(names.table_arn(),),
        conditions={"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}} if keys else {},
    )


def pages(environment: Environment, names: Names, channel_topics: Iterable[str]) -> StatementPlan:
    topics = [names.page_topic(severity) for severity in environment.severities]
    return StatementPlan(
        sid="Pages",
        reason="pages, and messages that an incident is over",
        actions=("sns:Publish",),
        resources=tuple(sorted(names.topic_arn(topic) for topic in [*topics, *channel_topics])),
    )


def secrets(environment: Environment, names: Names, *, links: bool = False, channels: bool = False) -> StatementPlan:
    """Secrets Manager ends every ARN in six characters of its own choice, hence the six question marks."""
    declared = [channel.secret for channel in environment.channels.values() if channel.secret] if channels else []
    reasons = ["the key of acknowledge links"] * links + ["the channels' secrets"] * channels
    return StatementPlan(
        sid="Secrets",
        reason=", and ".join(reasons),
        actions=("secretsmanager:GetSecretValue",),
        resources=tuple(sorted({secret_arn(names, name) for name in [*[names.link_secret()] * links, *declared]})),
    )


def secret_arn(names: Names, secret: str) -> str:
    """The ARN pattern of a secret by its name; a whole ARN stays as it is."""
    return secret if secret.startswith("arn:") else names.arn("secretsmanager", f"secret:{secret}-??????")


def schedules(names: Names) -> tuple[StatementPlan, StatementPlan]:
    return (
        StatementPlan(
            sid="Schedules",
            reason="one-shot schedules: delayed retries, rungs, next passes",
            actions=("scheduler:CreateSchedule",),
            resources=(names.arn("scheduler", f"schedule/{names.schedule_group()}/*"),),
        ),
        StatementPlan(
            sid="ScheduleRole",
            reason="the role that those schedules use, given to Scheduler only",
            actions=("iam:PassRole",),
            resources=(names.scheduler_role_arn(),),
            conditions={"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
        ),
    )


def signals_source(names: Names) -> StatementPlan:
    return StatementPlan(
        sid="SignalsIn",
        reason="the event source reads the signals queue in the function's name",
        actions=("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
        resources=(names.queue_arn(names.signals_queue()),),
    )


def signals_out(names: Names, queues: Iterable[str]) -> StatementPlan:
    return StatementPlan(
        sid="MessagesOut",
        reason="messages into quarantine or a queue that a drain names, and the news that a drain is finished",
        actions=("sqs:GetQueueUrl", "sqs:SendMessage"),
        resources=tuple(sorted({names.queue_arn(queue) for queue in [names.signals_queue(), *queues]})),
    )


def recovered_signals(names: Names) -> StatementPlan:
    return StatementPlan(
        sid="SignalsOut",
        reason="signals about runs that no event told of",
        actions=("sqs:GetQueueUrl", "sqs:SendMessage"),
        resources=(names.queue_arn(names.signals_queue()),),
    )


def archive(names: Names) -> StatementPlan:
    return StatementPlan(
        sid="Archive",
        reason="a copy of every message before it leaves its dead-letter queue",
        actions=("s3:PutObject",),
        resources=(f"arn:{names.partition}:s3:::{names.archive_bucket()}/dead-letters/*",),
        conditions=_ours(names),
    )


def exports(names: Names) -> StatementPlan:
    return StatementPlan(
        sid="Exports",
        reason="incidents that are over, kept when the table forgets them",
        actions=("s3:PutObject",),
        resources=(f"arn:{names.partition}:s3:::{names.archive_bucket()}/incidents/*",),
        conditions=_ours(names),
    )


def _ours(names: Names) -> Mapping[str, Mapping[str, str]]:
    """A bucket's ARN names no account: one of the same name that somebody else made after ours gets nothing."""
    return {"StringEquals": {"aws:ResourceAccount": names.account}}


def tell_acknowledged(names: Names) -> StatementPlan:
    return StatementPlan(
        sid="TellAcknowledged",
        reason="the escalator tells those who were paged that somebody has it",
        actions=("lambda:InvokeFunction",),
        resources=(names.function_arn("escalator"),),
    )


def message_moves(names: Names, queues: Iterable[str]) -> StatementPlan:
    return StatementPlan(
        sid="MessageMoves",
        reason="dead letters that SQS moves by itself, because their policy asks for no more",
        actions=("sqs:CancelMessageMoveTask", "sqs:ListMessageMoveTasks", "sqs:StartMessageMoveTask"),
        resources=tuple(sorted({names.queue_arn(queue) for queue in queues})),
    )


def failed_invocations(names: Names) -> StatementPlan:
    return StatementPlan(
        sid="FailedInvocations",
        reason="where Lambda puts asynchronous calls that failed for good",
        actions=("sqs:SendMessage",),
        resources=(names.queue_arn(names.signals_dead_letters()),),
    )


def start_drainer(names: Names) -> StatementPlan:
    return StatementPlan(
        sid="StartDrainer",
        reason="a dead-letter alarm starts a drain",
        actions=("lambda:InvokeFunction",),
        resources=(names.function_arn("drainer"),),
    )


def kill_switch(names: Names) -> StatementPlan:
    return StatementPlan(
        sid="KillSwitch",
        reason="whether remediation is switched off",
        actions=("ssm:GetParameter",),
        resources=(names.arn("ssm", f"parameter{names.remediation_parameter()}"),),
    )


def log_lines(names: Names, log_groups: Iterable[str]) -> StatementPlan:
    groups = [names.arn("logs", f"log-group:{group}:*") for group in log_groups]
    return StatementPlan(
        sid="LogLines",
        reason="the last log lines of a failed run",
        actions=("logs:FilterLogEvents", "logs:GetLogEvents"),
        resources=tuple(sorted(groups)),
    )


def retention(names: Names, log_groups: Iterable[str]) -> StatementPlan:
    groups = [names.arn("logs", f"log-group:{group}{suffix}") for group in log_groups for suffix in ("", ":*")]
    return StatementPlan(
        sid="Retention",
        reason="how long the declared resources' logs are kept, whoever made the groups",
        actions=("logs:CreateLogGroup", "logs:PutRetentionPolicy"),
        resources=tuple(sorted(groups)),
    )


def alarm_metrics() -> StatementPlan:
    return StatementPlan(
        sid="AlarmMetrics",
        reason="what the metric of an alarm has been lately, for its page; CloudWatch takes no resource here",
        actions=("cloudwatch:GetMetricData",),
        resources=("*",),
    )


def request_counts(everything: Iterable[Watched]) -> StatementPlan:
    """For targets over requests only: none of them, no statement."""
    aimed = any(watched.technology.requests and watched.resource.expect.get("slo") for watched in everything)
    return StatementPlan(
        sid="RequestCounts",
        reason="how many requests there were and failed, for targets; CloudWatch takes no resource here",
        actions=("cloudwatch:GetMetricData",),
        resources=("*",) if aimed else (),
    )


def every_function(names: Names, role: str) -> tuple[StatementPlan, ...]:
    """Logs, traces and the key, which all functions need."""
    return (
        StatementPlan(
            sid="OwnLogs",
            reason="its own log group, which the stack makes",
            actions=("logs:CreateLogStream", "logs:PutLogEvents"),
            resources=(names.arn("logs", f"log-group:/aws/lambda/{names.function(role)}:*"),),
        ),
        StatementPlan(
            sid="Traces",
            reason="X-Ray takes no resource here",
            actions=("xray:PutTelemetryRecords", "xray:PutTraceSegments"),
            resources=("*",),
        ),
        *key(names, role),
    )
