"""Alarm mute rules: stored, described, and asked whether they mute an alarm now."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region

from pipewarden_cli.evaluator.mute import MuteRule, MuteWindow, muting, read_mute_rule, status

_stored = AccountRegionScopedDict()


def rule_arn(name: str) -> str:
    """The ARN of a mute rule."""
    return f"arn:aws:cloudwatch:{get_region()}:{get_account_id()}:alarm-mute-rule:{name}"


def muting_window(alarm: str, now: datetime | None = None) -> MuteWindow | None:
    """The open window that holds back an alarm's actions, None if there is none."""
    return muting((rule for rule, _ in _stored.values()), alarm, now or datetime.now(UTC))


def put_rule(fields: Mapping[str, Any]) -> None:
    """Create or update a rule from PutAlarmMuteRule's parameters. Raises EvaluatorError."""
    rule = read_mute_rule(fields)
    record = {key: fields[key] for key in ("Name", "Description", "Rule", "MuteTargets") if fields.get(key)}
    record.update({key: moment.timestamp() for key, moment in _dates(rule).items() if moment is not None})
    record["LastUpdatedTimestamp"] = round(time.time(), 3)
    _stored[rule.name] = (rule, record)


def _dates(rule: MuteRule) -> dict[str, datetime | None]:
    return {"StartDate": rule.starts, "ExpireDate": rule.expires}


def describe_rule(name: str) -> dict[str, Any] | None:
    """A rule as GetAlarmMuteRule returns it, None if there is none of that name."""
    found = _stored.get(name)
    if found is None:
        return None
    rule, record = found
    return {
        **record,
        "AlarmMuteRuleArn": rule_arn(name),
        "Status": status(rule, datetime.now(UTC)),
        "MuteType": "ONE_TIME" if rule.at is not None else "RECURRING",
    }


def list_rules(alarm: str | None, statuses: list[str] | None) -> list[dict[str, Any]]:
    """The rules as ListAlarmMuteRules summarizes them, by name; optionally those of one alarm or of some statuses."""
    keys = ("AlarmMuteRuleArn", "ExpireDate", "Status", "MuteType", "LastUpdatedTimestamp")
    found = []
    for name, (rule, _) in sorted(_stored.items()):
        described = describe_rule(name) or {}
        if (alarm is None or alarm in rule.alarms) and (not statuses or described["Status"] in statuses):
            found.append({key: described[key] for key in keys if key in described})
    return found


def delete_rule(name: str) -> None:
    """Remove a rule; one that does not exist is no error, as on AWS."""
    _stored.pop(name, None)


def forget_all() -> None:
    """Forget all rules; the emulator was wiped."""
    _stored.clear()
