"""Every default alarm of every technology, and every alarm over ourselves, fires and clears by the points it is fed.

A new technology is tested by standing in the folder: `tests/everything_on.py` declares it.
"""

from collections.abc import Iterator

import pytest

from pipewarden.registry import technologies
from tests.e2e.default_alarms.account import Account, account_with, see_it_fire_and_clear
from tests.everything_on import alarm_of, everything_on, own_keys, rules

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    folder = tmp_path_factory.mktemp("default-alarms")
    with account_with(
        folder, lambda local: everything_on(folder / "project", account=local.account, region=local.region)
    ) as made:
        yield made


JUDGED_BY_POINTS = [(type_, rule.key) for type_, rule in rules() if technologies()[type_].log_query is None]
"""Those that ask log groups are fed events: test_log_queries.py."""


@pytest.mark.parametrize(("type_", "key"), JUDGED_BY_POINTS)
def test_the_default_alarm_fires_and_clears(account: Account, type_: str, key: str) -> None:
    see_it_fire_and_clear(account, alarm_of(account.plan, type_, key))


@pytest.mark.parametrize("key", own_keys())
def test_the_alarm_over_ourselves_fires_and_clears(account: Account, key: str) -> None:
    (alarm,) = [found for found in account.plan.core.alarms if found.key == key]
    see_it_fire_and_clear(account, alarm)


def test_no_alarm_is_left_out(account: Account) -> None:
    seen = {alarm_of(account.plan, type_, rule.key).name for type_, rule in rules()}
    assert seen == {alarm.name for team in account.plan.teams for alarm in team.alarms}
    assert len(seen) > 20
