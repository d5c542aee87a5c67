"""What `pipewarden preview` does: choose dashboards and a source, draw, write."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipewarden_cli.errors import CommandError
from pipewarden_cli.preview.body import Dashboard, parse_body, read_dashboard
from pipewarden_cli.preview.html import Page, Theme, render_page
from pipewarden_cli.preview.render import draw_dashboards
from pipewarden_cli.preview.request import Answers

if TYPE_CHECKING:
    from pipewarden_plan.model import Environment
    from pipewarden_plan.plan import Plan

Source = Literal["samples", "local", "aws"]
ORIGINS: dict[Source, str] = {"samples": "sample data", "local": "embedded AWS", "aws": "live data"}


def write_preview(
    *,
    root: Path,
    environment: str | None,
    source: Source,
    body: Path | None,
    team: str | None,
    output: Path,
    theme: Theme,
) -> str:
    """Write the page; the sentence that says where it is and what it holds. Raises CommandError."""
    if body:
        dashboards, title = [_of_body(body)], body.stem
    else:
        plan = _plan(root, environment)
        dashboards, title = planned_dashboards(plan, team), plan.environment.name
    answers, now = _answers(root, environment, source, None if body else plan)
    page = Page(title=title, origin=ORIGINS[source], now=now, theme=theme)
    text = render_page(page, draw_dashboards(dashboards, answers, now))
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text, encoding="utf-8")
    widgets = sum(len(dashboard.widgets) for dashboard in dashboards)
    counts = f"{_counted(len(dashboards), 'dashboard')}, {_counted(widgets, 'widget')}"
    return f"{output}: {counts}, {ORIGINS[source]}, {len(text.encode()) / 1e6:.1f} MB"


def _counted(number: int, one: str) -> str:
    return f"{number} {one}{'' if number == 1 else 's'}"


def planned_dashboards(plan: "Plan", team: str | None = None) -> list[Dashboard]:
    """The dashboards of a plan, the environment's own first. Raises CommandError for an unknown team."""
    from pipewarden_plan.nearest import cure_for

    teams = {found.team: found for found in plan.teams}
    if team is not None and team not in teams:
        cure = cure_for(team, teams, "declared are")
        raise CommandError(f"There is no team {team!r} in environment {plan.environment.name}; {cure}")
    chosen = [teams[team]] if team else list(plan.teams)
    own = () if team else getattr(plan.core, "dashboards", ())
    rows = [*own, *(dashboard for found in chosen for dashboard in found.dashboards)]
    return [read_dashboard(row.body, row.name, row.title) for row in rows]


def _of_body(path: Path) -> Dashboard:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise CommandError(f"{path} is not a text file in UTF-8; a dashboard body is JSON.") from None
    return read_dashboard(parse_body(text, str(path)), path.stem)


def _plan(root: Path, environment: str | None) -> "Plan":
    from pipewarden_cli.project import find_environment, plan_environment

    return plan_environment(root, environment or find_environment(root, None, local=True).name)


def _answers(root: Path, environment: str | None, source: Source, plan: "Plan | None") -> tuple[Answers, int]:
    if source == "samples":
        from pipewarden_cli.preview.samples.answers import SampleAnswers
        from pipewarden_cli.preview.samples.world import World

        world = World(plan)
        return SampleAnswers(world), world.now
    from pipewarden_cli.preview.account.answers import AccountAnswers
    from pipewarden_cli.preview.account.place import account_clients, local_clients

    clients, region = (
        local_clients(root) if source == "local" else account_clients(root, _environment(root, environment))
    )
    return AccountAnswers(clients, region), int(time.time())


def _environment(root: Path, name: str | None) -> "Environment":
    from pipewarden_cli.project import find_environment

    return find_environment(root, name)
