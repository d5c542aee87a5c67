"""Declared actions in the words of run time."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipewarden.action import Action
from pipewarden.action_policy import ActionPolicy, action_name
from pipewarden.names import Names
from pipewarden.registry import actions
from pipewarden.retry_policy import RetryPolicy
from pipewarden.template import fill


def declared_actions(
    resource: str, read: Mapping[str, Mapping[str, Any]], retry: RetryPolicy
) -> dict[str, ActionPolicy]:
    """The actions of one resource. Window, breaker and turn are those of its `retry`, or of its file's."""
    return {name: _policy(resource, row, retry) for name, row in read.items()}


def _policy(resource: str, read: Mapping[str, Any], retry: RetryPolicy) -> ActionPolicy:
    return ActionPolicy(
        type=read["type"],
        fields=fields_of(actions()[read["type"]], read),
        classes=tuple(read.get("classes", ())),
        alarms=tuple(alarm_key(resource, key) for key in read.get("alarms", ())),
        then=read["then"],
        clears_within_seconds=read["clears_within"],
        guards=RetryPolicy(
            attempts=read["attempts"],
            backoff_seconds=(0.0, 0.0),
            cooldown_seconds=read["cooldown"],
            cost_per_day={},
            breaker=retry.breaker,
            window=retry.window,
            one_at_a_time=retry.one_at_a_time,
        ),
    )


def fields_of(action: Action, read: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the way that was declared; defaults of other ways are nobody's."""
    way = action.way(read)
    return {name: read[name] for name in way.fields if name in read} if way else {}


def alarm_key(resource: str, key: str) -> str:
    """The whole key of an alarm; one without a dot is of the resource at which it stands."""
    return key if "." in key else action_name(resource, key)


def with_intent(policy: ActionPolicy, names: Names) -> ActionPolicy:
    """The action with what it will do in words. Raises KeyError where no way is declared."""
    action = actions()[policy.type]
    values, way = action.values(policy.fields, names), action.way(policy.fields)
    return replace(policy, intent=fill(way.intent, values)) if way else policy
