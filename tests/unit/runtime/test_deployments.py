"""A deployment of a declared stack is counted, and asks for nothing else."""

from datetime import UTC, datetime

import pytest

from pipewarden.signal import Signal, SignalKind
from tests.unit.runtime.scene import Scene


@pytest.mark.parametrize(
    ("identity", "done", "counted"),
    [("extract", "deployed", [("import", "extract")]), ("nobodys", "undeclared", [])],
    ids=["of a declared stack", "of a stack that nobody declared"],
)
def test_a_deployment_is_counted_once_for_who_declared_it(
    identity: str, done: str, counted: list[tuple[str, str]]
) -> None:
    scene = Scene()
    moment = datetime(2026, 3, 2, 9, 12, tzinfo=UTC)
    signal = Signal(kind=SignalKind.DEPLOYED, time=moment, technology="job", identity=identity)
    assert scene.handle(signal) == done
    found = [(row.pipeline, row.resource) for row in scene.measured if row.name == "Deployments"]
    assert found == counted
    assert scene.store.recent() == []
