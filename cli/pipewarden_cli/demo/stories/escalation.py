"""Nobody answers the page of the bad data: the next rung is called; then it is acknowledged and the chain stops."""

import re
import time
import urllib.error
import urllib.parse
import urllib.request

from pipewarden_cli.demo.telling import Story, Telling
from pipewarden_cli.demo.world import World

PRIMARY, SECONDARY, MANAGER = "oncall@example.com", "+15555550100", "manager@example.com"
MANAGER_AFTER_SECONDS = 25
FORBIDDEN = 403
LINK = re.compile(r"https://[a-z0-9]+\.lambda-url\.\S+")


def tell(telling: Telling, world: World) -> None:
    page = telling.wait("the first rung is called", lambda: world.mails("invoices", address=PRIMARY), seconds=90)[0]
    telling.wait(
        "nobody acknowledges: the second rung is called",
        lambda: world.mails("invoices", address=SECONDARY),
        note=lambda texts: texts[0].body.splitlines()[0],
    )
    found = LINK.search(page.body)
    telling.check("the page has a link to acknowledge", found is not None)
    link = found[0] if found else ""
    with telling.step("opening the link acknowledges nothing (mail scanners open links)"):
        status, text = _ask(world, link, post=False)
        incident = world.incident("invoices")
        if status != 200 or "<form" not in text or incident is None or incident.acknowledged_by:
            raise AssertionError(f"GET answered {status}; the incident is {incident}")
    with telling.step("a link that somebody else signed is refused"):
        status, _ = _ask(world, _forged(link), post=True)
        if status != FORBIDDEN:
            raise AssertionError(f"POST of a forged link answered {status}")
    with telling.step("pressing its button does"):
        status, text = _ask(world, link, post=True)
        if status != 200:
            raise AssertionError(f"POST answered {status}: {text}")
    done = telling.wait("the incident is acknowledged", lambda: world.incident("invoices", state="acknowledged"))
    until = page.delivered_at.timestamp() + MANAGER_AFTER_SECONDS + 4
    telling.wait("the time of the third rung passes", lambda: time.time() > until)
    called = world.mails("invoices", address=MANAGER)
    telling.check("the chain has stopped: the manager was not called", not called, done.acknowledged_by)


def _ask(world: World, link: str, post: bool) -> tuple[int, str]:
    """Follow an acknowledge link as a browser would, to where the embedded AWS serves function URLs."""
    query = urllib.parse.urlsplit(link).query
    address = f"{world.aws.function_url(world.names.function('acknowledge'))}?{query}"
    data = urllib.parse.urlencode({"by": "Kim (secondary)"}).encode() if post else None
    try:
        with urllib.request.urlopen(urllib.request.Request(address, data=data), timeout=20) as answer:
            return int(answer.status), answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def _forged(link: str) -> str:
    """The same incident and page, with a signature of the right length that our key did not make."""
    facts, signature = link.rsplit(".", 1)
    return f"{facts}.{'A' * len(signature)}"


STORY = Story(
    key="escalation",
    title="A page nobody answers climbs the ladder",
    summary="The second rung is called; an acknowledgement stops the chain before the third.",
    pipeline="invoices",
    tell=tell,
)
