"""A deployment of a declared stack, or a change of a table, is counted and asks for nothing else."""

from datetime import UTC, datetime

import pytest

from pipewarden.signal import Signal, SignalKind
from tests.unit.runtime.scene import Scene


@pytest.mark.parametrize(
    ("kind", "metric"), [(SignalKind.DEPLOYED, "Deployments"), (SignalKind.CHANGED, "TableChanges")]
)
@pytest.mark.parametrize(
    ("identity", "done", "counted"),
    [("extract", "", [("import", "extract")]), ("nobodys", "undeclared", [])],
    ids=["of what is declared", "of what nobody declared"],
)
def test_it_is_counted_once_for_who_declared_it(
    kind: SignalKind, metric: str, identity: str, done: str, counted: list[tuple[str, str]]
) -> None:
    scene = Scene()
    moment = datetime(2026, 3, 2, 9, 12, tzinfo=UTC)
    signal = Signal(kind=kind, time=moment, technology="job", identity=identity)
    assert scene.handle(signal) == (done or kind.value)
    found = [(row.pipeline, row.resource) for row in scene.measured if row.name == metric]
    assert found == counted
    assert scene.store.recent() == []
