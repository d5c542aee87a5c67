"""Every alarm that a shipped preset gives fires and clears by the points it is fed."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pipewarden_cli.local import control
from pipewarden_plan.plan import Plan
from pipewarden_plan.planned_alarm import AlarmPlan
from tests.e2e.default_alarms.account import Account, account_with, see_it_fire_and_clear
from tests.preset_plan import plan_of

pytestmark = pytest.mark.e2e

BAD_AND_GOOD = {
    "record-throughput/crm-throughput.min": (100.0, 10_000.0),
    "business-variance/revenue-variance.max": (121.0, 81.0),
    "glue-record-cost/load-record-cost.max": (1.0, 0.1),
}
"""Of a metric that is judged beside another one, whose points are a hundred each."""


def limits_of(plan: Plan) -> dict[str, list[AlarmPlan]]:
    """The alarms of each limit, the lightest severity first. Those that compare a metric with its own past go before
    those that feed it anything else."""
    found: dict[str, list[AlarmPlan]] = {}
    alarms = [alarm for team in plan.teams for alarm in team.alarms if alarm.deployed]
    for alarm in sorted(alarms, key=lambda alarm: not (alarm.comparison == "outside-band" or alarm.expression)):
        found.setdefault(f"{alarm.pipeline}/{alarm.resource}.{alarm.row}", []).append(alarm)
    return found


def limits() -> list[str]:
    with TemporaryDirectory() as folder:
        return list(limits_of(plan_of(Path(folder))))


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    folder = tmp_path_factory.mktemp("presets")

    def planned(local: control.LocalAws) -> Plan:
        return plan_of(folder / "project", account=local.account, region=local.region)

    with account_with(folder, planned) as made:
        yield made


@pytest.mark.parametrize("limit", limits())
def test_the_alarms_of_a_preset_fire_and_clear(account: Account, limit: str) -> None:
    see_it_fire_and_clear(account, *limits_of(account.plan)[limit], fed=BAD_AND_GOOD.get(limit))
