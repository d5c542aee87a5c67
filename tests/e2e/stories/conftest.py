"""One embedded AWS with everything deployed by the real CDK command line, and all six stories told on it."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from rich.console import Console

from pipewarden_cli.demo.screen import Screen
from pipewarden_cli.demo.story import STORIES, prepared, tell_all
from pipewarden_cli.demo.telling import Telling
from pipewarden_cli.demo.world import World

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("stories")
    with prepared(ROOT, folder, Screen(Console(file=io.StringIO()), [])) as ready:
        yield ready


@pytest.fixture(scope="session")
def told(world: World) -> Mapping[str, Telling]:
    tellings = [Telling(story.key, story.title) for story in STORIES]
    tell_all(STORIES, tellings, world)
    return {telling.key: telling for telling in tellings}
