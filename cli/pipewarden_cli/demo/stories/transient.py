"""A run fails on a source that answers 503 twice, is retried with backoff and recovers. Nobody is paged."""

from typing import Any

from pipewarden_cli.demo.telling import Story, Telling
from pipewarden_cli.demo.world import World

JOB = "orders-import-local"
LEAST_BACKOFF_SECONDS = 8
"""As `environments/local.yaml` declares; longer than a retry takes to start that does not wait at all."""


def tell(telling: Telling, world: World) -> None:
    world.source.fail("/rates", 2)
    with telling.step("Glue job orders-import starts; its source answers 503 twice"):
        world.client("glue").start_job_run(JobName=JOB)
    telling.wait("the run fails: HTTP 503", lambda: _runs(world, "FAILED", 1), note=_error)
    telling.wait("retry 1 fails too", lambda: _runs(world, "FAILED", 2))
    telling.wait("retry 2 succeeds", lambda: _runs(world, "SUCCEEDED", 1))
    incident = telling.wait(
        "the incident is recovered",
        lambda: world.incident("orders-import", state="recovered"),
        seen=lambda: world.incident("orders-import"),
    )
    telling.check("two retries were counted", incident.attempts == 2, f"{incident.attempts} attempts")
    runs = world.glue_runs(JOB)
    gaps = [_seconds_between(runs[i], runs[i + 1]) for i in range(2)]
    waited = all(gap >= LEAST_BACKOFF_SECONDS for gap in gaps)
    telling.check("each waited its backoff", waited, f"{gaps[0]:.1f} s, {gaps[1]:.1f} s")
    telling.wait("one message: recovered", lambda: world.mails("orders-import", "recovered"))
    mails = world.mails("orders-import")
    telling.check("and nothing else: no page", len(mails) == 1, "; ".join(mail.subject for mail in mails))


def _runs(world: World, state: str, count: int) -> list[Any]:
    found = [run for run in world.glue_runs(JOB) if run["JobRunState"] == state]
    return found if len(found) >= count else []


def _error(runs: list[Any]) -> str:
    return str(runs[0].get("ErrorMessage", "")).splitlines()[-1]


def _seconds_between(failed: Any, retry: Any) -> float:
    return float((retry["StartedOn"] - failed["CompletedOn"]).total_seconds())


STORY = Story(
    key="transient",
    title="A transient failure heals itself",
    summary="The source answers 503 twice; the run is retried with backoff and recovers. Nobody is woken.",
    pipeline="orders-import",
    tell=tell,
)
