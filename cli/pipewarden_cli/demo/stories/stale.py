"""A dataset is not refreshed in time: the alarm fires and the page arrives through SNS."""

from pipewarden_cli.demo.telling import Story, Telling
from pipewarden_cli.demo.world import World


def tell(telling: Telling, world: World) -> None:
    alarm = world.names.alarm("shop", "catalogue", "products.freshness")
    telling.wait(
        "nobody refreshes the catalogue: its freshness alarm fires",
        lambda: world.alarm_state(alarm) == "ALARM",
        seconds=120,
        seen=lambda: f"{alarm} is {world.alarm_state(alarm)}",
    )
    mails = telling.wait(
        "its message arrives through SNS",
        lambda: world.mails("catalogue", address="data@example.com"),
        note=lambda mails: mails[0].subject,
    )
    shown = mails[0].body.partition("\nMETRIC\n")[2].partition("\n\n")[0]
    telling.check(
        "its page shows what the metric has been", bool(shown) and "could not be read" not in shown, note=shown
    )
    incident = telling.wait("the incident is paged", lambda: world.incident("catalogue", state="paged"))
    telling.check("nothing was retried: a dataset has no runs", incident.attempts == 0)


STORY = Story(
    key="stale",
    title="A dataset goes stale",
    summary="No new object arrives in time; the alarm fires and its page reaches the team.",
    pipeline="catalogue",
    tell=tell,
)
