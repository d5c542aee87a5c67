"""CloudWatch resources that the emulator lacks: mute rules, anomaly detectors, and more types in templates."""

from __future__ import annotations

from ministack.services import cloudwatch
from ministack.services.cloudformation import provisioners

from pipewarden_cli.local import hooks
from pipewarden_cli.local.cloudwatch import detector, log_alarms, mutes, operation, request, template

NAME = "CloudWatch resources"
IMITATED = (
    "Mute rules hold back all actions of an alarm; when the window ends and the alarm is still in the state whose "
    "actions were held back, they run within a second. Rules are looked at as of the moment of the change.",
    "Anomaly detectors are records: always TRAINED, never trained, excluded time ranges ignored.",
    "Log alarms ask our own Logs Insights by their schedule, and once more each minute, with what was logged until "
    "then; the aggregation is the query's last command, and no row is no result. Contributors (`by` in the "
    "aggregation) are not told apart. The role that they name is not asked for its permissions, no log lines are added "
    "to messages, and the message of the action has no Trigger, because its form is not documented.",
    "Templates take AWS::CloudWatch::Alarm with every property of today's schema, CompositeAlarm, LogAlarm, "
    "AlarmMuteRule and AnomalyDetector; what the service refuses (range too long, unknown metric id, wrong expression) "
    "fails the stack.",
)


def fill() -> None:
    """Serve the operations and register the resource types."""
    cloudwatch.handle_request = operation.serving(cloudwatch.handle_request)
    provisioners._cw_metric_alarm_record = request.metric_alarm_record
    provisioners._RESOURCE_HANDLERS.update(template.HANDLERS)
    provisioners._RESOURCE_HANDLERS["AWS::CloudWatch::LogAlarm"] = log_alarms.HANDLER
    cloudwatch._describe_alarms = log_alarms.hiding(cloudwatch._describe_alarms)
    for resource_type in (
        "AWS::CloudWatch::CompositeAlarm",
        "AWS::CloudWatch::AlarmMuteRule",
        "AWS::CloudWatch::LogAlarm",
    ):
        provisioners._STACK_TAG_PROPERTY[resource_type] = ("Tags", "list")
    hooks.on_reset(mutes.forget_all)
    hooks.on_reset(detector.forget_all)
