"""What the whole environment gets, and the sums."""

from collections.abc import Iterator

from pipewarden_cli.tree.branch import Branch, branch
from pipewarden_cli.tree.pipeline_tree import pipeline_branch
from pipewarden_cli.tree.words import alarm_words, counted, remediation_words, route_words
from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_function import KEY, FunctionPlan, StatementPlan

_NAMED = {KEY: "the environment's KMS key"}


def plan_branch(plan: Plan, grants: bool = False) -> Branch:
    """Every pipeline, the core, the notices and the totals."""
    place = plan.environment
    about = f"account {place.account}, {place.region}, remediation {place.remediation_mode}"
    children = [pipeline_branch(plan, name) for name in plan.settings.pipelines]
    children.append(_core(plan, grants))
    children += [branch("saved queries", queries, "name") for queries in _queries(plan)]
    children += [branch("notice", notice, "warn") for notice in plan.notices]
    return branch(place.name, about, "title", [*children, branch("total", totals(plan), "title")])


def _queries(plan: Plan) -> Iterator[str]:
    """How many a team finds in the console, and in which folder."""
    for team in plan.teams:
        if team.queries:
            folder = "/".join(team.queries[0].name.split("/")[:2])
            yield f"{team.team}: {len(team.queries)} in Logs Insights, under {folder}/{team.team}"


def totals(plan: Plan) -> str:
    """`41 alarms (1 disabled), 3 composite alarms, 2 dashboards, 7 rules, 4 queues, 6 functions in 3 stacks: 32.50 USD
    a month by list prices`."""
    fleets = [fleet.alarm for fleet in plan.core.fleets]
    alarms = [*plan.core.alarms, *fleets, *(alarm for team in plan.teams for alarm in team.alarms)]
    disabled = sum(bool(alarm.disabled_reason) for alarm in alarms)
    composites = len(plan.core.composites) + sum(len(team.composites) for team in plan.teams)
    figures = (
        counted(sum(alarm.deployed for alarm in alarms), "alarm") + (f" ({disabled} disabled)" if disabled else ""),
        counted(composites, "composite alarm"),
        counted(len(plan.core.dashboards) + sum(len(team.dashboards) for team in plan.teams), "dashboard"),
        counted(sum(len(team.queries) for team in plan.teams), "saved query", "saved queries"),
        counted(len(plan.core.rules), "rule"),
        counted(len(plan.core.queues) + sum(len(team.queues) for team in plan.teams), "queue"),
        counted(len(plan.core.functions), "function"),
    )
    cost = f"{sum(plan.monthly_usd.values()):,.2f} USD a month"
    return f"{', '.join(figures)} in {counted(len(plan.teams) + 1, 'stack')}: {cost} by list prices"


def _core(plan: Plan, grants: bool) -> Branch:
    parts = [
        branch("severities", children=_routes(plan)),
        branch("functions", children=(_function(function, grants) for function in plan.core.functions)),
        branch("roles of alarms on log queries", children=_log_query_roles(plan) if grants else ()),
        branch("scheduler", children=map(_statement, plan.core.scheduler_statements if grants else ())),
        branch("rules", children=_rules(plan)),
        branch("schedules", children=_schedules(plan)),
        branch("fleet alarms", children=_fleets(plan)),
        branch("watch over itself", children=_own_alarms(plan)),
    ]
    kept = [branch("remediation", remediation_words(plan)), *(part for part in parts if part.children)]
    return branch("core", f"stack {plan.core.stack}", "title", kept)


def _routes(plan: Plan) -> Iterator[Branch]:
    receivers = {topic.name: topic.subscriptions for topic in plan.core.topics if topic.purpose == "page"}
    for name, severity in plan.settings.severities.items():
        topic = plan.settings.names.page_topic(name)
        heard = ", ".join(f"{protocol} {endpoint}" for protocol, endpoint in receivers.get(topic, ()))
        below = [branch("topic", f"{topic}, heard by {heard or 'no subscription'}")] if topic in receivers else []
        yield branch(name, route_words(severity, plan.settings.channels), "name", below)


def _function(function: FunctionPlan, grants: bool) -> Branch:
    statements = [*function.statements, *(statement for policy in function.managed for statement in policy)]
    size = f"{function.memory_mb} MB, {function.timeout_seconds} s, {counted(len(statements), 'IAM statement')}"
    about = f"{function.description.rstrip('.')} ({size})" if function.description else size
    return branch(function.name, about, "name", map(_statement, statements) if grants else ())


def _log_query_roles(plan: Plan) -> Iterator[Branch]:
    for team in plan.teams:
        if team.log_query_statements:
            role = plan.settings.names.log_query_role(team.team)
            yield branch(role, "CloudWatch Logs takes it", "name", map(_statement, team.log_query_statements))


def _statement(statement: StatementPlan) -> Branch:
    resources = [branch("on", _NAMED.get(resource, resource)) for resource in statement.resources]
    conditions = [
        branch("if", f"{key} {operator} {value}")
        for operator, pairs in statement.conditions.items()
        for key, value in pairs.items()
    ]
    return branch(statement.sid, f"{', '.join(statement.actions)}: {statement.reason}", children=resources + conditions)


def _rules(plan: Plan) -> Iterator[Branch]:
    for rule in plan.core.rules:
        scope = "all of the account; the responder drops what nobody declared" if rule.open_pattern else "declared only"
        yield branch(rule.name, f"{rule.technology} {rule.kind}, {scope}")


def _schedules(plan: Plan) -> Iterator[Branch]:
    for schedule in plan.core.schedules:
        yield branch(schedule.name, f"{schedule.expression} {schedule.timezone} to {schedule.target}")


def _fleets(plan: Plan) -> Iterator[Branch]:
    for fleet in plan.core.fleets:
        members = branch("stands for", ", ".join(fleet.members))
        query = branch("query", fleet.alarm.query, "faint")
        yield branch(fleet.alarm.name, alarm_words(fleet.alarm), "name", [query, members])


def _own_alarms(plan: Plan) -> Iterator[Branch]:
    for alarm in plan.core.alarms:
        yield branch(alarm.key, alarm_words(alarm))
    for composite in plan.core.composites:
        yield branch(composite.name, composite.description)
