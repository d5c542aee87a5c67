"""Alarms, retries, drains and routes as short phrases."""

from collections.abc import Iterable, Mapping

from pipewarden.action_policy import ActionPolicy
from pipewarden.cost import Cost
from pipewarden.drain_policy import DrainPolicy
from pipewarden.error_pattern import ErrorPattern
from pipewarden.retry_policy import RetryPolicy
from pipewarden.route_settings import Channel, Severity
from pipewarden_cli.report.times import duration
from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_alarm import AlarmPlan

_NO_DATA = {
    "notBreaching": "no data is fine",
    "breaching": "no data counts as broken",
    "ignore": "no data changes nothing",
    "missing": "no data leaves it undecided",
}
ALL = 100.0
_ROLES = {"run": "pages only what no event told", "drain": "starts the drain", "health": "", "own": ""}


def number(value: float) -> str:
    """`3`, `0.5`, `1,048,576`: as short as it can be said exactly."""
    return f"{value:,.6f}".rstrip("0").rstrip(".")


def quantity(value: float, unit: str) -> str:
    """A number with the CloudWatch unit in people's words."""
    if unit == "Seconds":
        return duration(value)
    if unit == "Milliseconds":
        return duration(value / 1000)
    if unit == "Percent":
        return f"{number(value)}%"
    return number(value) if unit in ("", "Count", "None") else f"{number(value)} {unit.lower()}"


def alarm_words(alarm: AlarmPlan) -> str:
    """`P1: AWS/SQS ApproximateAgeOfOldestMessage Maximum > 10 min over 5 min, no data is fine`."""
    if alarm.comparison == "outside-band":
        limit = f"outside {number(alarm.threshold)} standard deviations of the usual"
    else:
        limit = f"{alarm.comparison} {quantity(alarm.threshold, alarm.metric.unit)}"
    metric = alarm.expression or f"{alarm.metric.namespace} {alarm.metric.name} {alarm.metric.statistic}"
    if alarm.asks:
        metric = f"{alarm.asks.value} of its query"
    length = duration(alarm.period_seconds)
    window = f"over {length}" if alarm.periods == 1 else f"in {alarm.datapoints} of {alarm.periods} x {length}"
    phrases = [f"{alarm.severity}: {metric} {limit} {window}", _NO_DATA.get(alarm.missing, alarm.missing)]
    if role := _ROLES[alarm.role]:
        phrases.append(role)
    return ", ".join(phrases)


def retry_words(policy: RetryPolicy) -> str:
    """`at most 3 times, after 2 min to 30 min, when the failure is transient`."""
    if policy.attempts == 0:
        return "never"
    shortest, longest = policy.backoff_seconds
    times = "once" if policy.attempts == 1 else f"{policy.attempts} times"
    delay = duration(shortest) if shortest == longest else f"{duration(shortest)} to {duration(longest)}"
    return f"at most {times}, after {delay}, when the failure is {either(policy.classes)}"


def action_words(policy: ActionPolicy) -> str:
    """`roll back /a/b when the failure is deterministic, then retried; once an incident, cooldown 1 h`."""
    when = [f"when the failure is {either(policy.classes)}"] if policy.classes else []
    when += [f"when {either(policy.alarms)} is raised"] if policy.alarms else []
    after = f", then {'the run is started again' if policy.then == 'retry' else 'paged'}" if policy.classes else ""
    clears = f", paged unless it clears within {duration(policy.clears_within_seconds)}" if policy.alarms else ""
    times = "once" if policy.guards.attempts == 1 else f"{policy.guards.attempts} times"
    dry = " (dry run)" if policy.fields.get("dry_run") else ""
    return (
        f"{policy.intent}{dry} {' or '.join(when)}{after}{clears}; {times} an incident, "
        f"cooldown {duration(policy.guards.cooldown_seconds)}"
    )


def pattern_words(pattern: ErrorPattern) -> str:
    """`ORA-12541 means transient: the database restarts at 02:00`."""
    advice = f": {pattern.advice}" if pattern.advice else ""
    return f"{pattern.pattern} means {pattern.failure_class}{advice}"


def guard_words(policy: RetryPolicy) -> str:
    """`cooldown 15 min; at most 100 DPU-hours or 1d of retries a day; breaker at 6 failures in 6 h; alone; in turn`."""
    breaker = policy.breaker
    costs = [str(Cost(unit, most)) for unit, most in policy.cost_per_day.items()]
    phrases = [
        f"cooldown {duration(policy.cooldown_seconds)}",
        f"at most {' or '.join(costs)} of retries a day",
        f"breaker at {breaker.failures} failures in {duration(breaker.within_seconds)}",
    ]
    if window := policy.window:
        phrases.append(f"only {window.begin}-{window.end} {window.timezone}")
    if scale := policy.scale:
        phrases.append(f"out of resources: {scale.factor:g} times the {scale.of}, up to {scale.most:g}")
    phrases += ["alone"] if policy.alone else ["beside other runs"]
    phrases += ["in turn"] if policy.one_at_a_time else []
    phrases += ["also runs of workflows"] if policy.owned else []
    return "; ".join(phrases)


def remediation_words(plan: Plan) -> str:
    """`act, at most 100 retries an hour; breaker opens for 30 min at 30 failures in 1 h; kill switch ...`."""
    environment, breaker = plan.environment, plan.environment.breaker
    return (
        f"{environment.remediation_mode}, at most {environment.retries_per_hour} retries an hour; breaker opens for "
        f"{duration(breaker.open_seconds)} at {breaker.failures} failures in {duration(breaker.within_seconds)}; "
        f"kill switch {plan.settings.names.remediation_parameter()}"
    )


def drain_words(policy: DrainPolicy) -> str:
    """`from a-dlq to a at 20/s, 3 replays a message, then quarantine in a-quarantine; every message is archived`."""
    target = policy.source if policy.to == "source" else "the archive" if policy.to == "archive" else policy.to
    if policy.to == "quarantine":
        target = policy.quarantine_queue
    way = f"from {policy.dead_letter_queue} to {target} at {number(policy.rate_per_second)}/s"
    phrases = [way, f"only where {policy.where}" if policy.where else ""]
    if policy.is_plain:
        phrases.append("as often as it takes, moved by SQS itself")
    elif policy.to not in ("archive", "quarantine"):
        after = f"quarantine in {policy.quarantine_queue}" if policy.then == "quarantine" else policy.then
        limit = (
            f"{counted(policy.attempts, 'replay')} a message, then {after}" if policy.attempts else "without a limit"
        )
        phrases.append(limit)
    if policy.to == "source" and policy.most_returned < ALL:
        phrases.append(f"stops when more than {number(policy.most_returned)}% come back")
    archived = "; every message is archived first" if policy.archive and policy.to != "archive" else ""
    return ", ".join(phrase for phrase in phrases if phrase) + archived


def channel_words(name: str, channel: Channel | None) -> str:
    """`primary (email oncall@example.com)`; a secret is never shown, only its name."""
    if channel is None:
        return name
    declared = " ".join(str(value) for value in channel.fields.values())
    where = channel.address or (f"secret {channel.secret}" if channel.secret else declared)
    return f"{name} ({channel.type}{' ' + where if where else ''})"


def route_words(severity: Severity, channels: Mapping[str, Channel]) -> str:
    """Who is told at once, and who is called while nobody acknowledges."""
    told = ", ".join(channel_words(name, channels.get(name)) for name in severity.notify) or "nobody"
    rungs = [
        f"{channel_words(rung.to, channels.get(rung.to))} {_after(rung.after_seconds)}" for rung in severity.escalate
    ]
    climb = "; until acknowledged it calls " + ", then ".join(rungs) if severity.escalate else ""
    repeat, quiet = severity.repeat, severity.quiet_hours
    again = f", the last one {repeat.times} times more every {duration(repeat.every_seconds)}" if repeat.times else ""
    night = f"; quiet {quiet.start} to {quiet.end} {quiet.timezone}" if quiet else ""
    return f"answer within {duration(severity.respond_within_seconds)}; tells {told}{climb}{again * bool(climb)}{night}"


def _after(seconds: float) -> str:
    return f"after {duration(seconds)}" if seconds else "at once"


def either(names: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    found = list(names)
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} or {found[-1]}" if found else "nothing"


def counted(amount: int, one: str, many: str = "") -> str:
    """`1 alarm`, `1,200 alarms`."""
    return f"{amount:,} {one if amount == 1 else many or one + 's'}"
