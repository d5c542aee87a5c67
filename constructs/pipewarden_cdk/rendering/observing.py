"""Dashboards, X-Ray groups, the sampling rule, and how long logs are kept."""

import json
from collections.abc import Iterable

from pipewarden.names import Names
from pipewarden_cdk.rendering.fragment import Fragment, attribute, logical_id, resource
from pipewarden_plan.plan import DashboardPlan, LogFilterPlan, QueryPlan, RetentionPlan, TracingPlan

GROUPS_AT_ONCE = 250
"""Of one custom resource, so that one call of the retention function ends well within its time."""
SAMPLING_PRIORITY = 9_000
SAMPLED_A_SECOND = 1


def render_dashboards(dashboards: Iterable[DashboardPlan]) -> Fragment:
    return {
        logical_id("Dashboard", dashboard.name): resource(
            "AWS::CloudWatch::Dashboard",
            {"DashboardName": dashboard.name, "DashboardBody": dashboard.text},
        )
        for dashboard in dashboards
    }


def render_queries(queries: Iterable[QueryPlan]) -> Fragment:
    return {
        logical_id("Query", query.name): resource(
            "AWS::Logs::QueryDefinition",
            {"Name": query.name, "QueryString": query.text, "LogGroupNames": list(query.log_groups)},
        )
        for query in queries
    }


def render_log_filters(filters: Iterable[LogFilterPlan]) -> Fragment:
    """The log groups are there: the core stack makes those that are not, and comes first."""
    return {
        logical_id("LogFilter", found.name): resource(
            "AWS::Logs::MetricFilter",
            {
                "FilterName": found.name,
                "FilterPattern": found.pattern,
                "LogGroupName": found.log_group,
                "MetricTransformations": [
                    {
                        "MetricNamespace": found.namespace,
                        "MetricName": found.metric,
                        "MetricValue": found.value,
                        "Unit": found.unit,
                        "DefaultValue": 0,
                    }
                ],
            },
        )
        for found in filters
    }


def render_tracing(tracing: TracingPlan, environment: str) -> Fragment:
    """The sampling rule binds programs that give their spans the attribute `pipewarden.environment`: a rule for all
    services would change how everything else in the account is sampled. Lambda samples by a rate of its own."""
    fragment = {
        logical_id("Traces", name): resource("AWS::XRay::Group", {"GroupName": name, "FilterExpression": expression})
        for name, expression in tracing.groups
    }
    if tracing.sampling_rule:
        name, rate = tracing.sampling_rule
        anything = dict.fromkeys(("ServiceName", "ServiceType", "Host", "HTTPMethod", "URLPath", "ResourceARN"), "*")
        rule = {
            "RuleName": name,
            "Version": 1,
            "Priority": SAMPLING_PRIORITY,
            "FixedRate": rate,
            "ReservoirSize": SAMPLED_A_SECOND,
            "Attributes": {"pipewarden.environment": environment},
            **anything,
        }
        fragment[logical_id("Sampling", name)] = resource("AWS::XRay::SamplingRule", {"SamplingRule": rule})
    return fragment


def render_transaction_search(tracing: TracingPlan, names: Names) -> Fragment:
    """All spans of the account go to the log group `aws/spans`, where X-Ray may write by this policy, and part of them
    is indexed (CloudWatch guide, "Enable Transaction Search"). A switch of the account: hence only where declared."""
    if tracing.transaction_search is None:
        return {}
    groups = ("aws/spans", "/aws/application-signals/data")
    statement = {
        "Sid": "TransactionSearch",
        "Effect": "Allow",
        "Principal": {"Service": "xray.amazonaws.com"},
        "Action": "logs:PutLogEvents",
        "Resource": [names.arn("logs", f"log-group:{group}:*") for group in groups],
        "Condition": {
            "ArnLike": {"aws:SourceArn": names.arn("xray", "*")},
            "StringEquals": {"aws:SourceAccount": names.account},
        },
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return {
        "SpansPolicy": resource(
            "AWS::Logs::ResourcePolicy", {"PolicyName": f"{names.prefix}-spans", "PolicyDocument": policy}
        ),
        "TransactionSearch": resource(
            "AWS::XRay::TransactionSearchConfig",
            {"IndexingPercentage": tracing.transaction_search},
            DependsOn=["SpansPolicy"],
        ),
    }


def render_retention(retention: Iterable[RetentionPlan]) -> Fragment:
    """A service may have made a group already, or makes it later: CloudFormation's own log group would fail then."""
    parts = [
        (kept.days, list(kept.groups[start : start + GROUPS_AT_ONCE]))
        for kept in retention
        for start in range(0, len(kept.groups), GROUPS_AT_ONCE)
    ]
    return {
        f"Retention{number}": resource(
            "Custom::PipewardenRetention",
            {"ServiceToken": attribute("Retention", "Arn"), "Groups": groups, "Days": days},
        )
        for number, (days, groups) in enumerate(parts, 1)
    }
