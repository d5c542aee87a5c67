"""What fleet alarms save and lose, in two sentences for the reader of the plan."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

from pipewarden.names import Names
from pipewarden_plan.composite_plan import plan_fleet_composites
from pipewarden_plan.fleet_plan import Fleets
from pipewarden_plan.limits import INSIGHTS_ALARMS
from pipewarden_plan.plan import TeamPlan
from pipewarden_plan.planned_alarm import AlarmPlan, CompositePlan
from pipewarden_plan.price_table import price_table
from pipewarden_plan.remarks import Remarks

Compose = Callable[[str, Sequence[AlarmPlan]], Sequence[CompositePlan]]
LOSES = (
    "Fleet alarms lose: windows over 3 hours; alarms named after a pipeline in the console; mute rules (the responder "
    "holds back the pages of maintenance windows all the same); and, while the responder is dead, composites of a "
    "team: people get one page per severity for all pipelines then. A region takes {most} of them, this environment "
    "has {count}."
)
WHOLE_ACCOUNT = (
    "Fleets over AWS's own metrics watch every resource of the account and region: the responder drops what nobody "
    "declared, CloudWatch charges for it, and the composites page for it while the responder is dead."
)


def notice_fleets(
    fleets: Fleets, teams: Sequence[TeamPlan], compose: Compose, names: Names, remarks: Remarks, *, whole_account: bool
) -> None:
    """Nothing where no environment asked for fleets. `compose` makes the composites that a team has over alarms."""
    if not fleets.fleets and not fleets.stays:
        return
    count, moved = len(fleets.fleets), len(fleets.watched_by)
    why = "; ".join(f"{number} because {reason}" for reason, number in Counter(fleets.stays.values()).most_common())
    stay = f" Alarms of their own stay {len(fleets.stays)}: {why}." if fleets.stays else ""
    saved = _saved_usd(fleets, teams, compose, names)
    money = f"{saved:,.2f} USD a month less" if saved > 0 else f"{-saved:,.2f} USD a month more"
    remarks.notice(
        f"Fleet alarms: {count} in place of {moved}, so {moved - count} fewer to deploy and to keep, for {money}: "
        f"CloudWatch charges for each metric that a query analyses what it charges for an alarm on it.{stay}"
    )
    remarks.notice(LOSES.format(most=INSIGHTS_ALARMS, count=count))
    if whole_account:
        remarks.notice(WHOLE_ACCOUNT)


def _saved_usd(fleets: Fleets, teams: Sequence[TeamPlan], compose: Compose, names: Names) -> float:
    """List prices: alarms against analysed metrics, and the composites of teams against those over all pipelines."""
    prices, moved = price_table(), len(fleets.watched_by)
    without = sum(len(compose(team.team, [replace(alarm, fleet="") for alarm in team.alarms])) for team in teams)
    have = sum(len(team.composites) for team in teams) + len(plan_fleet_composites(fleets.fleets, names))
    alarms = prices.usd("alarm-metric", moved) - prices.usd("insights-alarm-metric", moved)
    return alarms + prices.usd("composite-alarm", without - have)
