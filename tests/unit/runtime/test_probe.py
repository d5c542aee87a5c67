"""Measuring datasets."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipewarden.pipeline_settings import ResourceSettings
from pipewarden.probe import NOTHING_AGE_SECONDS, measure_datasets, read_location, summarize
from tests.unit.runtime.scene import START, Scene


def stored(key: str, hours_ago: float, size: int = 10) -> dict[str, Any]:
    return {"Key": key, "LastModified": START - timedelta(hours=hours_ago), "Size": size}


@pytest.mark.parametrize(
    ("objects", "expected"),
    [
        ([stored("d/a", 2), stored("d/b", 30), stored("d/c", 1)], (3600.0, 2, 20)),
        ([stored("d/", 0, size=0), stored("d/a", 2)], (7200.0, 1, 10)),
        ([], (NOTHING_AGE_SECONDS, 0, 0)),
        ([stored("d/", 0, size=0)], (NOTHING_AGE_SECONDS, 0, 0)),
        ([stored("d/a", -1)], (0.0, 1, 10)),
    ],
    ids=[
        "the newest counts",
        "folder markers do not count",
        "nothing at all",
        "only a folder marker",
        "from the future",
    ],
)
def test_freshness(objects: list[dict[str, Any]], expected: tuple[float, int, int]) -> None:
    found = summarize(objects, START, 86_400)
    assert (found.age_seconds, found.new_objects, found.new_bytes) == expected


@pytest.mark.parametrize(
    ("location", "expected"),
    [("s3://lake/customers/", ("lake", "customers/")), ("s3://lake", ("lake", "")), ("s3://lake/a/b", ("lake", "a/b"))],
)
def test_a_location_is_a_bucket_and_a_prefix(location: str, expected: tuple[str, str]) -> None:
    assert read_location(location) == expected


@pytest.mark.parametrize("location", ["lake/customers", "https://lake/", "s3:///x", ""])
def test_anything_else_is_no_location(location: str) -> None:
    with pytest.raises(ValueError, match="no s3:// location"):
        read_location(location)


def probe_scene(**locations: str) -> Scene:
    scene = Scene()
    scene.time = START
    resources = scene.workplace.settings.pipelines["import"].resources
    for name, location in locations.items():
        resources[name] = ResourceSettings(  # type: ignore[index]
            type="s3-dataset", fields={"location": location}, expect={"volume": {"over": 7200}}
        )
    return scene


def test_every_page_is_read_and_one_failure_does_not_stop_the_others() -> None:
    scene = probe_scene(broken="s3://forbidden/x/", good="s3://lake/d/", other="nonsense")
    scene.aws.s3.listed = [stored(f"d/{number}", number + 1) for number in range(5)]
    assert measure_datasets(scene.workplace, START + timedelta(minutes=1)) == {"measured": 1, "failed": 2}
    found = {m.name: m.value for m in scene.measured if m.resource == "good"}
    assert found == {"DataAgeSeconds": 3600.0, "NewObjects": 2.0, "NewBytes": 20.0}
    assert scene.metric("ProbeErrors") == [1.0, 1.0]
    assert scene.metric("Probed") == [1.0], "the round came to its end"


def test_a_listing_that_cannot_be_finished_measures_nothing() -> None:
    """What was not reached may be the newest: half a listing would raise a false alarm."""
    scene = probe_scene(good="s3://lake/d/")
    scene.aws.s3.listed = [stored(f"d/{number}", 50 - number) for number in range(5)]
    assert measure_datasets(scene.workplace, START) == {"measured": 0, "failed": 1}
    assert scene.metric("DataAgeSeconds") == []


@pytest.mark.parametrize(
    ("hours_ago", "change"),
    [
        ([1, 2, 168.5, 169, 170, 171], 50.0),
        ([1, 2, 3, 169], 200.0),
        ([169], 100.0),
        ([1, 2], None),
        ([1, 193], None),
        ([1, 25, 167.5, 169], 0.0),
    ],
    ids=["half as many", "three times as many", "none any more", "nothing then", "a week and a day", "the same"],
)
def test_the_volume_is_compared_with_that_of_a_week_before(hours_ago: list[float], change: float | None) -> None:
    objects = [stored(f"d/{number}", hours) for number, hours in enumerate(hours_ago)]
    assert summarize(objects, START, 86_400).change == change


@pytest.mark.parametrize(
    ("volume", "expected"),
    [({"change": 50.0}, [100.0]), ({"min": 1}, []), ({"change": 50.0, "over": 3600}, [])],
    ids=["declared", "not declared", "nothing a week before"],
)
def test_a_change_of_volume_is_written_where_it_is_declared(volume: dict[str, Any], expected: list[float]) -> None:
    scene = probe_scene(good="s3://lake/d/")
    good = scene.workplace.settings.pipelines["import"].resources["good"]
    scene.workplace.settings.pipelines["import"].resources["good"] = replace(good, expect={"volume": volume})  # type: ignore[index]
    scene.aws.s3.listed = [stored("d/old", 170)]
    measure_datasets(scene.workplace, START + timedelta(minutes=1))
    assert scene.metric("VolumeChange") == expected


@pytest.mark.parametrize(("volume", "objects"), [({}, 2.0), ({"over": 7200}, 1.0)], ids=["a day", "as declared"])
def test_what_arrived_counts_within_the_declared_time(volume: dict[str, Any], objects: float) -> None:
    """Whatever the freshness is."""
    scene = probe_scene(good="s3://lake/d/")
    good = scene.workplace.settings.pipelines["import"].resources["good"]
    expect = {"freshness": 60, "volume": volume}
    scene.workplace.settings.pipelines["import"].resources["good"] = replace(good, expect=expect)  # type: ignore[index]
    scene.aws.s3.listed = [stored("d/a", 1), stored("d/b", 3)]
    measure_datasets(scene.workplace, START + timedelta(minutes=1))
    assert scene.metric("NewObjects") == [objects]
