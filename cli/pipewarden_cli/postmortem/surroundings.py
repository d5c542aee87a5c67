"""What stood around an incident: deployments from our own metric, maintenance windows from the declaration."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from pipewarden.duration import say_seconds, say_time
from pipewarden.incident import Incident
from pipewarden.window import Maintenance, open_window
from pipewarden_cli.aws_failures import error_code
from pipewarden_cli.postmortem.contents import Mark, Surroundings
from pipewarden_plan.model import Environment

BEFORE = timedelta(hours=24)
"""What changed within a day before a failure is worth a look."""
PERIOD_SECONDS = 300
STEP = timedelta(minutes=5)
MOST_DAYS = 14


def look_around(
    environment: Environment, incident: Incident, client: Callable[[str], Any], now: datetime | None = None
) -> Surroundings:
    """Everything that stood around it; what could not be read is said, and keeps nothing else from being told."""
    now = now or datetime.now(UTC)
    since, until = incident.since - BEFORE, min(incident.ended or now, incident.since + timedelta(days=MOST_DAYS))
    unknown, deployed = [], []
    try:
        deployed = list(_deployments(client("cloudwatch"), environment.name, incident.pipeline, since, until))
    except ClientError as error:
        unknown.append(f"deployments (CloudWatch said {error_code(error)})")
    route = environment.severities.get(incident.severity)
    return Surroundings(
        environment=environment.name,
        now=now,
        respond_within_seconds=route.respond_within_seconds if route else 0.0,
        marks=(*deployed, *windows_between(environment.maintenance, incident.pipeline, since, until)),
        unknown=tuple(unknown),
    )


def windows_between(declared: Iterable[Maintenance], pipeline: str, since: datetime, until: datetime) -> Iterator[Mark]:
    """Starts and ends of the windows that were open at some time in between."""
    for window in declared:
        if not window.covers(pipeline):
            continue
        found, moment = set(), since
        while moment <= until:
            if occurrence := open_window(window, moment):
                found.add((occurrence.start, occurrence.end))
            moment += STEP
        for start, end in sorted(found):
            length = say_seconds((end - start).total_seconds())
            yield Mark(time=start, kind="maintenance", text=f"{window.name} began, for {length} until {say_time(end)}")


def _deployments(cloudwatch: Any, environment: str, pipeline: str, since: datetime, until: datetime) -> Iterator[Mark]:
    """By one call: the metric that the responder writes for each deployment of a declared stack, to five minutes."""
    dimensions = "Pipewarden,Environment,Pipeline,Resource"
    wanted = f'MetricName="Deployments" Environment="{environment}" Pipeline="{pipeline}"'
    expression = f"SEARCH('{{{dimensions}}} {wanted}', 'Sum', {PERIOD_SECONDS})"
    query = {"Id": "deployed", "Expression": expression, "Label": "${PROP('Dim.Resource')}"}
    answer = cloudwatch.get_metric_data(MetricDataQueries=[query], StartTime=since, EndTime=until)
    for result in answer["MetricDataResults"]:
        for moment, count in zip(result["Timestamps"], result["Values"], strict=True):
            if count:
                text = f"{result.get('Label', '')} was deployed within five minutes of this".strip()
                yield Mark(time=moment.astimezone(UTC), kind="deployment", text=text)
