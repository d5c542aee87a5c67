"""Limits of spending: unique names, severities that reach somebody, and what an account can have once only."""

from collections.abc import Iterator, Sequence

from pipewarden_plan.environment import EnvironmentReading
from pipewarden_plan.finding import Finding, finding
from pipewarden_plan.reading import PipelineReading

PARTS = ("spending", "cost_anomalies")


def check_money(environment: EnvironmentReading, _pipelines: Sequence[PipelineReading]) -> Iterator[Finding]:
    read = environment.read or {}
    for part in PARTS:
        names: set[str] = set()
        for place, row in enumerate(read.get(part, ())):
            path = f"{part}[{place}]"
            if row["severity"] not in read.get("severities", {}):
                message = f"{path} is told to {row['severity']}, which has no route: nobody would hear of it"
                cure = f"name one of: {', '.join(sorted(read.get('severities', {})))}"
                yield finding("PW302", environment.place(part, place), message, path=path, cure=cure)
            if row["name"] in names:
                message = f"{path}.name is taken by a row above: {row['name']}"
                mark = environment.place(part, place, "name")
                yield finding("PW321", mark, message, path=path, cure="rename one of them")
            names.add(row["name"])
    whole = [place for place, row in enumerate(read.get("cost_anomalies", ())) if "tag" not in row]
    for place in whole[1:]:
        path = f"cost_anomalies[{place}]"
        message = f"{path} watches every service of the account, as cost_anomalies[{whole[0]}] does already"
        mark = environment.place("cost_anomalies", place)
        yield finding("PW322", mark, message, path=path, cure="add a tag, e.g. tag: {team: crm-data}")
