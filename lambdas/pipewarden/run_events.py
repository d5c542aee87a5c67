"""The rules for events that tell how a run ended, as most services send them: one kind of event, a word for the end."""

from collections.abc import Sequence
from typing import Any

from pipewarden.technology import EventRule


def run_events(
    source: tuple[str, ...],
    detail_type: str,
    *,
    word: str,
    failed: Sequence[Any],
    succeeded: Sequence[Any],
    identity_path: str,
    identity: str,
) -> tuple[EventRule, EventRule]:
    """One rule for failures and one for successes: `word` is the field below `detail` in which the event says so,
    `failed` and `succeeded` what EventBridge matches there. The rest is as in `EventRule`."""
    return (
        EventRule(
            kind="failed",
            source=source,
            detail_type=(detail_type,),
            detail={word: list(failed)},
            identity_path=identity_path,
            identity=identity,
        ),
        EventRule(
            kind="succeeded",
            source=source,
            detail_type=(detail_type,),
            detail={word: list(succeeded)},
            identity_path=identity_path,
            identity=identity,
        ),
    )
