"""A task as the responder makes it, and clients that answer call by call; botocore judges arguments and answers."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.stub import Stubber

from pipewarden.action import Task, Way
from pipewarden.names import Names
from pipewarden.registry import actions
from pipewarden_plan.grammar import grammar

NOW = datetime(2026, 3, 1, 2, 10, tzinfo=UTC)
NAMES = Names("prod", "123456789012", "us-east-1")
Call = tuple[str, str, Mapping[str, Any], Mapping[str, Any] | str]
"""Service, method, what is asked, and the answer or the code of an error."""


class Conversation:
    """Clients by service; every call must come, in order, as it was recorded."""

    def __init__(self, *calls: Call) -> None:
        self.asked: list[str] = []
        self._clients: dict[str, Any] = {}
        self._stubbers: dict[str, Stubber] = {}
        for service, method, request, answer in calls:
            stubber = self._stubber(service)
            if isinstance(answer, str):
                stubber.add_client_error(method, answer, "recorded", 400, expected_params=dict(request))
            else:
                stubber.add_response(method, dict(answer), dict(request))

    def __call__(self, service: str) -> Any:
        self._stubber(service)
        return self._clients[service]

    def _stubber(self, service: str) -> Stubber:
        if service not in self._stubbers:
            keys = {"aws_access_key_id": "example", "aws_secret_access_key": "example"}
            client = boto3.client(service, region_name="us-east-1", **keys)  # type: ignore[call-overload]
            client.meta.events.register("before-parameter-build", self._note)
            self._clients[service], self._stubbers[service] = client, Stubber(client)
            self._stubbers[service].activate()
        return self._stubbers[service]

    def _note(self, model: Any, **_: Any) -> None:
        self.asked.append(f"{model.service_model.signing_name}:{model.name}")

    def close(self) -> None:
        for stubber in self._stubbers.values():
            stubber.assert_no_pending_responses()


def read(written: Mapping[str, Any]) -> dict[str, Any]:
    """An action as it is read from a declaration, in the environment prod."""

    def fill(text: str) -> str:
        return text.replace("$(env)", "prod").replace("$(account)", NAMES.account).replace("$(region)", NAMES.region)

    found: dict[str, Any] = grammar().reader("action")(dict(written), fill)
    return found


def task(written: Mapping[str, Any], plan: Mapping[str, Any] | None = None) -> tuple[Way, Task]:
    """The declared way, and its task."""
    fields = read(written)
    action = actions()[fields["type"]]
    way = action.way(written)
    assert way
    own = {name: value for name, value in fields.items() if name in way.fields}
    values = action.values(own, NAMES)
    return way, Task(values=values, names=NAMES, now=NOW, token="ab" * 32, plan=plan or {}, facts={"incident": "i-1"})
