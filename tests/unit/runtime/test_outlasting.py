"""Since when a run that goes on is overdue, by its schedule and by what is usual."""

from datetime import UTC, datetime

import pytest

from pipewarden.outlasting import outlasts


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


OFFICE = {"cron": "0 9-17 * * MON-FRI"}


@pytest.mark.parametrize(
    ("schedule", "started", "now", "usual", "due"),
    [
        pytest.param({}, "2026-03-02T09:00", "2026-03-09T09:00", 0, None, id="no schedule, no habit"),
        pytest.param(OFFICE, "2026-03-02T09:00", "2026-03-02T10:00", 0, None, id="the next one is due just now"),
        pytest.param(OFFICE, "2026-03-02T09:00", "2026-03-02T10:01", 0, "2026-03-02T10:00", id="an hour is over"),
        pytest.param(OFFICE, "2026-03-02T09:50", "2026-03-02T10:30", 0, None, id="started by hand before its time"),
        pytest.param(OFFICE, "2026-03-02T09:50", "2026-03-02T10:55", 0, "2026-03-02T10:50", id="by hand, an hour ago"),
        pytest.param(OFFICE, "2026-03-02T08:58", "2026-03-02T09:59", 0, None, id="its own start is not the next one"),
        pytest.param(OFFICE, "2026-03-06T17:00", "2026-03-09T08:59", 0, None, id="the weekend has no next one"),
        pytest.param(OFFICE, "2026-03-06T17:00", "2026-03-09T09:01", 0, "2026-03-09T09:00", id="Monday has"),
        pytest.param(
            OFFICE, "2026-03-02T09:00", "2026-03-02T10:30", 1_200, "2026-03-02T10:00", id="20 minutes are usual"
        ),
        pytest.param(OFFICE, "2026-03-02T09:00", "2026-03-02T10:30", 3_600, None, id="an hour is usual"),
        pytest.param(OFFICE, "2026-03-02T09:00", "2026-03-02T12:01", 3_600, "2026-03-02T12:00", id="three are not"),
        pytest.param({"rate": "900s"}, "2026-03-02T09:00", "2026-03-02T09:15", 0, None, id="a rate, not yet"),
        pytest.param({"rate": "900s"}, "2026-03-02T09:00", "2026-03-02T09:16", 0, "2026-03-02T09:15", id="a rate"),
    ],
)
def test_outlasts(schedule: dict[str, str], started: str, now: str, usual: float, due: str | None) -> None:
    assert outlasts(schedule, at(started), at(now), usual) == (at(due) if due else None)
