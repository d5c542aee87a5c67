"""An incident that the table has forgotten is read from the archive."""

import io
from collections.abc import Sequence
from typing import Any

import pytest

from pipewarden.names import Names
from pipewarden_cli.aws import Place
from pipewarden_cli.errors import CommandError
from pipewarden_cli.incident_table import IncidentTable
from tests.unit.runtime.memory_aws import MemoryDynamo, refusal
from tests.unit.runtime.scene import Scene
from tests.unit.runtime.test_crashes import recovered


class Forgetful(MemoryDynamo):
    def get_paginator(self, name: str) -> Any:
        class Pages:
            def paginate(self, **_: Any) -> Sequence[dict[str, Any]]:
                return [{"Items": []}]

        return Pages()


class Bucket:
    def __init__(self, objects: dict[str, bytes]) -> None:
        self.objects = objects

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803
        assert Bucket == "pipewarden-test-archive-123456789012-eu-west-1"
        if Key not in self.objects:
            raise refusal("GetObject", "NoSuchKey", 404)
        return {"Body": io.BytesIO(self.objects[Key])}


def table(objects: dict[str, bytes]) -> IncidentTable:
    clients = {"dynamodb": Forgetful(), "s3": Bucket(objects)}
    return IncidentTable(Place(Names("test", "123456789012", "eu-west-1"), clients.__getitem__))


def test_an_exported_incident_is_shown_with_its_timeline() -> None:
    scene = Scene()
    scene.handle(recovered(scene))
    name = scene.incident.id
    found = table(scene.aws.s3.objects)
    report = found.read(found.full_id(name))
    assert (report.incident, report.state, report.pipeline) == (name, "recovered", "import")
    assert len(report.timeline) == len(scene.store.timeline(name))


@pytest.mark.parametrize("name", ["import-20260301-0210-ffff", "orders"])
def test_what_is_nowhere_is_unknown(name: str) -> None:
    found = table({})
    with pytest.raises(CommandError, match="There is no incident"):
        found.read(found.full_id(name))
