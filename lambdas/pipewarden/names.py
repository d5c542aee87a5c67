"""Names and ARNs of everything Pipewarden itself deploys: the same function serves plan, constructs, handlers and CLI.

Names are chosen, not generated: so the plan is pure data, IAM statements hold real ARNs, and people can guess them.
"""

import hashlib
from dataclasses import dataclass

FUNCTIONS = ("responder", "drainer", "escalator", "acknowledge", "probe", "reconciler", "retention")


def shorten(name: str, limit: int) -> str:
    """The name itself while it fits, else its head and eight hex digits of its hash: stable and still readable."""
    if len(name) <= limit:
        return name
    return f"{name[: limit - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Names:
    """What is called how in one environment of one account and region."""

    environment: str
    account: str
    region: str
    partition: str = "aws"

    @property
    def prefix(self) -> str:
        return f"pipewarden-{self.environment}"

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"

    def core_stack(self) -> str:
        return f"{self.prefix}-core"

    def team_stack(self, team: str) -> str:
        return f"{self.prefix}-{team}"

    def function(self, role: str) -> str:
        """`role` is one of FUNCTIONS."""
        return f"{self.prefix}-{role}"

    def function_arn(self, role: str) -> str:
        return self.arn("lambda", f"function:{self.function(role)}")

    def alarm_topic(self, severity: str) -> str:
        """Alarms act on it; only the signals queue listens."""
        return f"{self.prefix}-alarm-{severity}"

    def page_topic(self, severity: str) -> str:
        """People listen; each incident appears once."""
        return f"{self.prefix}-page-{severity}"

    def channel_topic(self, channel: str) -> str:
        """Reaches one e-mail or SMS channel, for the rungs of an escalation."""
        return f"{self.prefix}-to-{channel}"

    def topic_arn(self, topic: str) -> str:
        return self.arn("sns", topic)

    def signals_queue(self) -> str:
        return f"{self.prefix}-signals"

    def signals_dead_letters(self) -> str:
        """Everything that could not be delivered to, or handled by, one of our functions."""
        return f"{self.prefix}-signals-dlq"

    def quarantine_queue(self, pipeline: str, resource: str, fifo: bool = False) -> str:
        suffix = ".fifo" if fifo else ""
        return shorten(f"{self.prefix}-{pipeline}-{resource}-quarantine", 80 - len(suffix)) + suffix

    def queue_arn(self, queue: str) -> str:
        return self.arn("sqs", queue)

    def table(self) -> str:
        return f"{self.prefix}-incidents"

    def table_arn(self) -> str:
        return self.arn("dynamodb", f"table/{self.table()}")

    def archive_bucket(self) -> str:
        return shorten(f"{self.prefix}-archive-{self.account}-{self.region}", 63)

    def key_alias(self) -> str:
        return f"alias/{self.prefix}"

    def link_secret(self) -> str:
        """Secrets Manager name of the key that signs acknowledge links."""
        return f"pipewarden/{self.environment}/link-key"

    def remediation_parameter(self) -> str:
        """SSM parameter that holds the mode of remediation: the kill switch."""
        return f"/pipewarden/{self.environment}/remediation"

    def schedule_group(self) -> str:
        return self.prefix

    def scheduler_role(self) -> str:
        """EventBridge Scheduler assumes it to reach the signals queue and the functions that the clock calls."""
        return f"{self.prefix}-scheduler-{self.region}"

    def scheduler_role_arn(self) -> str:
        return f"arn:{self.partition}:iam::{self.account}:role/{self.scheduler_role()}"

    def log_query_role(self, team: str) -> str:
        """CloudWatch Logs takes it to run the queries of a team's alarms. Roles are global per account."""
        return shorten(f"{self.prefix}-{team}-logs-{self.region}", 64)

    def chat(self, channel: str) -> str:
        """The configuration of a channel in AWS's own chat service."""
        return shorten(f"{self.prefix}-{channel}", 128)

    def rule(self, technology: str, kind: str) -> str:
        return f"{self.prefix}-{technology}-{kind}"

    def budget(self, name: str, content: str) -> str:
        """Budgets and cost monitors are global per account, and changed by being made anew: so `content`, whatever
        cannot be changed in place, is part of the name, and old and new can stand beside each other."""
        digest = hashlib.sha256(content.encode()).hexdigest()[:8]
        return shorten(f"{self.prefix}-{self.region}-{name}-{digest}", 100)

    def dashboard(self, kind: str, team: str = "", page: int = 1) -> str:
        """Dashboards are global per account: the region is part of the name."""
        parts = [self.prefix, self.region, kind, *([team] if team else []), *([str(page)] if page > 1 else [])]
        return "-".join(parts)

    def alarm(self, team: str, pipeline: str, key: str) -> str:
        """What and where: `prod/crm/customer-import/extract.failed`, at most 255 characters."""
        return shorten(f"{self.environment}/{team}/{pipeline}/{key}", 255)

    def composite(self, team: str, severity: str) -> str:
        return shorten(f"{self.environment}/{team}/{severity}", 255)

    def team_composite(self, team: str) -> str:
        """`prod/crm`: every alarm of a team, where each of its pipelines has a composite."""
        return shorten(f"{self.environment}/{team}", 255)

    def pipeline_composite(self, team: str, pipeline: str) -> str:
        """`prod/crm/customer-import`; severities are in capitals, so no team's composite has that name."""
        return shorten(f"{self.environment}/{team}/{pipeline}", 255)

    def fleet_alarm(self, severity: str, key: str) -> str:
        """One alarm over all pipelines: `prod/pipewarden/fleet/P1/glue-job.failed`."""
        return shorten(f"{self.fleet_composite(severity)}/{key}", 255)

    def fleet_composite(self, severity: str) -> str:
        """`prod/pipewarden/fleet/P1`."""
        return self.own_alarm(f"fleet/{severity}")

    def fleet_prefix(self) -> str:
        """What the names of all fleet alarms begin with."""
        return self.own_alarm("fleet/")

    def mute(self, team: str, window: str, part: int = 0) -> str:
        """A mute rule; names are taken once per account and region."""
        return shorten(f"{self.prefix}-{team}-{window}{f'-{part}' if part else ''}", 255)

    def own_alarm(self, key: str) -> str:
        """Alarms over Pipewarden itself: `prod/pipewarden/signals.age`."""
        return f"{self.environment}/pipewarden/{key}"
