"""What the contract tests share: the recorded files of a technology, and API clients that answer from a recording."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.stub import Stubber

from pipewarden.registry import technologies
from pipewarden.target import Target
from pipewarden.technology import Technology
from pipewarden_plan.grammar import grammar

RECORDINGS = Path(__file__).parents[2] / "events"
PLACES = {"environment": "prod", "account": "123456789012", "region": "us-east-1"}


class Conversation:
    """Clients that answer a recorded conversation, call by call; botocore judges every argument and every answer."""

    def __init__(self, calls: Sequence[Mapping[str, Any]]) -> None:
        self.calls = calls
        self.asked: list[str] = []
        self._clients: dict[str, tuple[BaseClient, Stubber]] = {}
        for call in calls:
            self._record(call)

    def __call__(self, service: str) -> BaseClient:
        return self._open(service)[0]

    def close(self) -> None:
        """Every recorded call was made."""
        for _, stubber in self._clients.values():
            stubber.assert_no_pending_responses()

    def _open(self, service: str) -> tuple[BaseClient, Stubber]:
        if service not in self._clients:
            client = boto3.client(
                service, region_name="us-east-1", aws_access_key_id="example", aws_secret_access_key="example"
            )
            client.meta.events.register("before-parameter-build", self._note)
            stubber = Stubber(client)
            stubber.activate()
            self._clients[service] = client, stubber
        return self._clients[service]

    def _note(self, model: Any, **_: Any) -> None:
        self.asked.append(f"{model.service_model.signing_name}:{model.name}")

    def _record(self, call: Mapping[str, Any]) -> None:
        client, stubber = self._open(call["service"])
        names = {operation: method for method, operation in client.meta.method_to_api_mapping.items()}
        method = names[call["operation"]]
        request = {key: value.encode() if key == "Payload" else value for key, value in call["request"].items()}
        if "error" in call:
            stubber.add_client_error(method, call["error"], "recorded", expected_params=request)
        else:
            shape = client.meta.service_model.operation_model(call["operation"]).output_shape
            stubber.add_response(method, _read(call["answer"], shape), request)


def _read(value: Any, shape: Any) -> Any:
    """An answer with its times as botocore gives them."""
    if shape is None:
        return value
    if shape.type_name == "structure":
        return {key: _read(item, shape.members.get(key)) for key, item in value.items()}
    if shape.type_name == "list":
        return [_read(item, shape.member) for item in value]
    if shape.type_name == "timestamp":
        return datetime.fromisoformat(value)
    return BytesIO(value.encode()) if shape.type_name == "blob" else value


@pytest.fixture
def converse() -> Iterator[Callable[[Sequence[Mapping[str, Any]]], Conversation]]:
    """Open a conversation; at the end of the test every recorded call must have been made."""
    opened: list[Conversation] = []

    def open_one(calls: Sequence[Mapping[str, Any]]) -> Conversation:
        opened.append(Conversation(calls))
        return opened[-1]

    yield open_one
    for conversation in opened:
        conversation.close()


@pytest.fixture
def declare() -> Callable[[Technology], Target]:
    """A technology's example as run-time code sees it: read by the declaration's own schema."""

    def target_of(technology: Technology) -> Target:
        places = {"$(env)": "prod", "$(account)": PLACES["account"], "$(region)": PLACES["region"]}

        def fill(text: str) -> str:
            for name, value in places.items():
                text = text.replace(name, value)
            return text

        read = grammar().reader(f"resource.{technology.type}")(dict(technology.example), fill)
        fields = {name: value for name, value in read.items() if name in technology.fields}
        return Target(pipeline="customer-import", resource="load", technology=technology.type, fields=fields, **PLACES)

    return target_of


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`technology`: each one; `recorded_<kind>`: each (technology, file) whose name starts with the kind."""
    everything = technologies().values()
    for name in metafunc.fixturenames:
        if name == "technology":
            metafunc.parametrize(name, everything, ids=[found.type for found in everything])
        elif name.startswith("recorded_"):
            kind = name.removeprefix("recorded_")
            found = [(each, path) for each in everything for path in recordings(each.type, kind)]
            metafunc.parametrize(name, found, ids=[f"{each.type} {path.stem}" for each, path in found])


def recordings(technology: str, kind: str) -> list[Path]:
    """Recorded files: events are `failed`, `succeeded`; conversations `retry`, `find`, `describe`, `recent`."""
    found = sorted((RECORDINGS / technology).glob(f"{kind}*.json"))
    return [path for path in found if not path.name.endswith(".signal.json")]


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
