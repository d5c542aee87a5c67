"""A small storm: several threads, shuffled events, each tenth one twice (`benchmarks/storm.py` has the large one)."""

from __future__ import annotations

import pytest

from pipewarden_cli.local import control
from tests.storm.estate import Estate
from tests.storm.storm import Storm

pytestmark = pytest.mark.e2e


def test_in_a_storm_nothing_is_missed_started_twice_or_paged_twice(local: control.LocalAws) -> None:
    control.reset(local.state_dir)
    estate = Estate(local, pipelines=8)
    report = Storm(estate, events=240, threads=3, most_seconds=120.0).run()
    assert (report.missed, report.twice, report.unfinished, report.dead) == (0, 0, 0, 0)
    assert report.pages == dict.fromkeys(estate.settings.pipelines, 1), "one page for each pipeline"
    assert report.failures == 240 + report.retries
    assert report.retries
    handled = {"ignored", "held", "retried", "paged", "told already", "start"}
    assert handled <= report.meter.kinds.keys()
