"""Numbers of AWS that a plan must fit into. Sources: the service's quota page, where not said otherwise."""

STACK_RESOURCES = 500  # CloudFormation: resources per template
STACK_BYTES = 1_000_000  # CloudFormation: template body in S3 is at most 1 MB
DASHBOARD_WIDGETS = 500  # CloudWatch
DASHBOARD_METRICS = 2_500  # CloudWatch
WIDGET_ALARMS = 100  # CloudWatch: alarms in one alarm widget
DESCRIPTION_CHARACTERS = 1_024  # CloudWatch API model: AlarmDescription
COMPOSITE_CHILDREN = 100  # CloudWatch API model: child alarms of one composite
COMPOSITE_RULE_CHARACTERS = 10_240  # CloudWatch API model: AlarmRule
MUTED_ALARMS = 100  # CloudWatch API model: MuteTargets.AlarmNames
SHORT_PERIOD_RANGE_SECONDS = 86_400  # CloudWatch: period x periods, for periods under an hour
LONG_PERIOD_RANGE_SECONDS = 604_800  # CloudWatch: period x periods, for periods of an hour or more
PATTERN_CHARACTERS = 2_048  # EventBridge: default quota of an event pattern
INLINE_POLICY_CHARACTERS = 10_240  # IAM: all inline policies of a role together
MANAGED_POLICY_CHARACTERS = 6_144  # IAM
MANAGED_POLICIES = 10  # IAM: managed policies per role, default quota
SCHEDULE_NAME_CHARACTERS = 64  # EventBridge Scheduler API model
TRACING_NAME_CHARACTERS = 32  # X-Ray API model: GroupName, RuleName
TAG_CHARACTERS = 256  # value of a tag
LOG_GROUP_FILTERS = 100  # CloudWatch Logs: metric filters of one log group
QUERY_LOG_GROUPS = 50  # CloudWatch Logs Insights: log groups of one query
QUERY_CHARACTERS = 10_000  # CloudWatch Logs API model: queryString
QUERY_DEFINITIONS = 1_000  # CloudWatch Logs: saved queries per account and region
EXPRESSION_CHARACTERS = 2_048  # CloudWatch API model: Expression of a metric query
INSIGHTS_ALARMS = 200  # CloudWatch: alarms on Metrics Insights queries per region, not adjustable
INSIGHTS_RANGE_SECONDS = 10_800  # CloudWatch: period x periods of such an alarm
INSIGHTS_SERIES = 500  # CloudWatch: time series that one query returns
