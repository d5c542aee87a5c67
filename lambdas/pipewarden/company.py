"""What else of a resource goes on when a retry of it is about to start: one look at its recent runs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from pipewarden.attempt import Attempt
from pipewarden.place import Place
from pipewarden.run import Run
from pipewarden.workplace import Workplace

EARLIER = timedelta(minutes=15)
"""A failed run ended so long before its retry was planned, at most, whoever told of it."""


@dataclass(frozen=True, kw_only=True)
class Company:
    """`running` is the id of another run that is going on; `failed` the failed run as it is now, where the look has
    shown that nobody has started it again: then the technology need not look once more."""

    running: str = ""
    failed: Run | None = None


def look_around(workplace: Workplace, place: Place, attempt: Attempt | None) -> Company:
    """Looked where a retry is about to start and minds company; nothing is known elsewhere."""
    technology, target = place.technology, place.target
    minds = place.policy.retry is None or place.policy.retry.alone
    if not minds or not attempt or attempt.state != "planned":
        return Company()
    if technology is None or technology.recent_runs is None or technology.retry is None or target is None:
        return Company()
    runs = technology.recent_runs(workplace.clients, target, (attempt.planned or attempt.due) - EARLIER)
    others = (run.run_id for run in runs if run.state == "running" and not _is_heir(run, attempt))
    return Company(running=next(others, ""), failed=_untouched(runs, attempt, idempotent=technology.retry.idempotent))


def _is_heir(run: Run, attempt: Attempt) -> bool:
    """True for a run that retries the same failed run: the technology takes it for ours."""
    return attempt.failed_run_id in (run.run_id, run.retry_of)


def _untouched(runs: Sequence[Run], attempt: Attempt, *, idempotent: bool) -> Run | None:
    """The failed run, if it is as it was. Where the service knows no tokens, nothing may have started since it did:
    services name what a run retries in more than one way."""
    failed = next((run for run in runs if run.run_id == attempt.failed_run_id), None)
    if failed is None or failed.state != "failed" or failed.redrive != attempt.failed_redrive:
        return None
    began = failed.started
    later = [run for run in runs if run is not failed and (not began or not run.started or run.started >= began)]
    return None if later and not idempotent else replace(failed, current=True)
