"""A declared resource together with its technology and the values that fill the technology's templates."""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from pipewarden.names import Names
from pipewarden.target import Target
from pipewarden.technology import Technology
from pipewarden.template import PLACEHOLDER, fill, fill_dimensions, look_up
from pipewarden_plan.model import Environment, Model, Pipeline, Resource


class Watched(NamedTuple):
    """What every part of the plan starts from."""

    pipeline: Pipeline
    resource: Resource
    technology: Technology
    values: Mapping[str, Any]

    def fill(self, template: str) -> str:
        """The template with this resource's values."""
        if "$(" not in template:
            return template
        form = _percent_form(template)
        return fill(template, self.values) if form is None else form % self.values

    def dimensions(self, templates: Mapping[str, str]) -> dict[str, str]:
        """The dimension set of a metric of this resource."""
        if "*" in templates:
            return fill_dimensions(templates, self.values)
        return {name: self.fill(template) for name, template in templates.items()}

    def declares(self, field: str) -> bool:
        """Whether a field (dotted names reach into mappings) has a value; "" asks for nothing."""
        return not field or look_up(self.values, field) not in (None, False, "", {})

    @property
    def is_retried(self) -> bool:
        """Whether Pipewarden starts failed runs of this resource again by itself."""
        retry = self.resource.retry
        return bool(self.technology.retry and retry and retry.attempts and not self.resource.within)


@cache
def _percent_form(template: str) -> str | None:
    """The template for Python's `%`, which is many times faster than the regular expression; None where a dotted name
    asks for more. A plan fills some hundred templates with the values of thousands of resources."""
    if any("." in name for name in PLACEHOLDER.findall(template)):
        return None
    return PLACEHOLDER.sub(r"%(\1)s", template.replace("%", "%%"))


def names_of(environment: Environment) -> Names:
    """The names of everything deployed in this environment."""
    return Names(environment.name, environment.account, environment.region, environment.partition)


def watch(model: Model, technologies: Mapping[str, Technology]) -> tuple[Watched, ...]:
    """Every declared resource in the model's order. Raises KeyError for a type that no technology has."""
    return tuple(
        Watched(pipeline, resource, technology, technology.values(_target(model.environment, pipeline, resource)))
        for pipeline in model.pipelines
        for resource in pipeline.resources
        for technology in (technologies[resource.type],)
    )


def _target(environment: Environment, pipeline: Pipeline, resource: Resource) -> Target:
    return Target(
        pipeline=pipeline.name,
        resource=resource.name,
        technology=resource.type,
        fields=resource.fields,
        environment=environment.name,
        account=environment.account,
        region=environment.region,
        partition=environment.partition,
    )
