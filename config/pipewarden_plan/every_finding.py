"""Everything that is wrong with a project, at once."""

from pipewarden_plan.declaration import Project
from pipewarden_plan.finding import DeclarationError, Finding, in_order
from pipewarden_plan.make_plan import alarms_that_cannot_fire, make_plan
from pipewarden_plan.resolve import resolve, resolve_sound


def every_finding(project: Project) -> tuple[Finding, ...]:
    """What cannot be read, what does not fit together, and what AWS would not take, of each environment.

    Where something cannot be read there is no plan; the alarms of the pipelines beside it are looked at all the same.
    """
    found = list(project.findings)
    for name in project.environments:
        try:
            make_plan(resolve(project, name))
        except DeclarationError as error:
            found += error.findings
            sound = resolve_sound(project, name, error.findings)
            found += alarms_that_cannot_fire(sound) if sound else []
    return in_order(found)
