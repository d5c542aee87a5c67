"""Where the stories happen: the embedded AWS with the team's workload and Pipewarden deployed on it."""

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from pipewarden.names import Names
from pipewarden_cli.aws import Place
from pipewarden_cli.demo.source import Source
from pipewarden_cli.incident_table import IncidentTable
from pipewarden_cli.local.inbox import Delivery
from pipewarden_cli.local.running import LocalAws
from pipewarden_cli.project import find_environment
from pipewarden_cli.report.contents import IncidentReport

ENVIRONMENT = "local"
WORKLOAD_STACK = "demo-workload"
WORKLOAD = Path(__file__).parent / "workload"
FUNCTIONS = ("settle", "consume", "export")
CSV_HEADER = "order,currency,amount\n"
GOOD_ORDERS = CSV_HEADER + "1,USD,12.50\n2,EUR,99.00\n3,GBP,7.25\n"
BAD_INVOICES = CSV_HEADER + "41,EUR,120.00\n42,EUR,twelve\n43,USD,8.00\n"


@dataclass(frozen=True)
class World:
    """What a story can touch and see. `root` is the checkout whose declarations are deployed."""

    aws: LocalAws
    source: Source
    root: Path

    @property
    def names(self) -> Names:
        return Names(ENVIRONMENT, self.aws.account, self.aws.region)

    @property
    def bucket(self) -> str:
        """The team's lake; jobs, raw data and results live in it."""
        return f"data-lake-{ENVIRONMENT}-silver"

    def client(self, service: str) -> Any:
        """A boto3 client as the team's administrator."""
        return _client(self.aws, service)

    def incidents(self) -> list[IncidentReport]:
        """Every incident so far with its timeline, oldest first."""
        return self._incidents.list(ended=True, timelines=True)[::-1]

    def incident(self, pipeline: str, state: str = "") -> IncidentReport | None:
        """The newest incident of a pipeline, if it is in that state."""
        newest = next((found for found in self._incidents.list(ended=True) if found.pipeline == pipeline), None)
        return newest if newest and state in ("", newest.state) else None

    @cached_property
    def _incidents(self) -> IncidentTable:
        severities = find_environment(self.root, ENVIRONMENT).severities
        return IncidentTable(Place(self.names, self.client, local=True, severities=severities))

    def mails(self, *words: str, address: str | None = None) -> list[Delivery]:
        """Deliveries whose subject or body holds every word, oldest first."""
        found = self.aws.inbox().deliveries(address)
        return [mail for mail in found if all(word in f"{mail.subject}\n{mail.body}" for word in words)]

    def queue_url(self, name: str) -> str:
        return str(self.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])

    def depth(self, queue: str) -> int:
        """Messages in a queue: visible, in flight and delayed."""
        wanted = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "NotVisible", "Delayed")]
        answer = self.client("sqs").get_queue_attributes(QueueUrl=self.queue_url(queue), AttributeNames=wanted)
        return sum(int(value) for value in answer["Attributes"].values())

    def glue_runs(self, job: str) -> list[Mapping[str, Any]]:
        """Runs of a job, oldest first."""
        runs = self.client("glue").get_job_runs(JobName=job)["JobRuns"]
        return sorted(runs, key=lambda run: run["StartedOn"])

    def alarm_state(self, name: str) -> str:
        """State of one alarm; "" when there is none of that name."""
        found = self.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return str(found[0]["StateValue"]) if found else ""


@cache
def _client(aws: LocalAws, service: str) -> Any:
    return aws.client(service)


def deploy_workload(world: World) -> None:
    """Make the jobs, queues, tables and buckets that the shipped declarations name, with healthy data in them."""
    s3 = world.client("s3")
    s3.create_bucket(Bucket=world.bucket)
    put: Callable[[str, bytes], Any] = lambda key, body: s3.put_object(Bucket=world.bucket, Key=key, Body=body)  # noqa: E731
    put("jobs/import_orders.py", (WORKLOAD / "import_orders.py").read_bytes())
    for function in FUNCTIONS:
        put(f"functions/{function}.zip", _zipped(WORKLOAD / f"{function}.py"))
    put("raw/orders.csv", GOOD_ORDERS.encode())
    put("raw/invoices.csv", GOOD_ORDERS.encode())
    put("customers/dt=2026-01-01/part-0.json", b'{"customer": 1}\n')
    put("catalogue/products.json", b'{"product": 1}\n')
    parameters = {
        "Env": ENVIRONMENT,
        "CodeBucket": world.bucket,
        "RatesUrl": f"{world.source.url}/rates",
        "LedgerUrl": f"{world.source.url}/ledger",
    }
    stacks = world.client("cloudformation")
    stacks.create_stack(
        StackName=WORKLOAD_STACK,
        TemplateBody=(WORKLOAD / "template.yaml").read_text(),
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    waiter = stacks.get_waiter("stack_create_complete")
    waiter.wait(StackName=WORKLOAD_STACK, WaiterConfig={"Delay": 1, "MaxAttempts": 60})


def _zipped(file: Path) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(file, file.name)
    return packed.getvalue()
