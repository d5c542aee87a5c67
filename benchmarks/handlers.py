"""How long each function takes to come up, beside bare boto3 with the same clients: `python benchmarks/handlers.py`.

Whole processes, taken in turns so that a busy machine hits both alike; each time is the median of `ROUNDS` in seconds
of the processor, without the start of Python itself. "Imported": the handler's module. "Ready": with every client that
the function may make. boto3 means `import boto3` and the same clients, made the same way. The target is 1.5 times boto3
for both. The exit code is 1 when a handler that is imported takes longer than that.
"""

import resource
import statistics
import subprocess
import sys
from collections.abc import Mapping

ROUNDS = 9
TARGET = 1.5
CLIENTS: Mapping[str, tuple[str, ...]] = {
    "acknowledge": ("dynamodb", "secretsmanager", "lambda"),
    "drainer": ("dynamodb", "sqs", "s3", "scheduler"),
    "escalator": ("dynamodb", "scheduler", "sns", "secretsmanager"),
    "probe": ("s3",),
    "reconciler": ("dynamodb", "sqs", "glue", "stepfunctions"),
    "responder": ("dynamodb", "scheduler", "ssm", "stepfunctions", "glue", "sns"),
    "retention": ("logs",),
}
"""What each function makes on its ordinary way, pages included."""
REGION = "import os; os.environ['AWS_DEFAULT_REGION'] = 'us-east-1'; "
HEAD = (
    "Handler | clients | imported, s | ready, s | boto3 with clients, s | imported / boto3 | ready / boto3\n"
    "--- | --- | ---: | ---: | ---: | ---: | ---:"
)


def main() -> int:
    """Print a row for each handler."""
    print(HEAD)
    worst = 0.0
    for name, services in CLIENTS.items():
        make = "; ".join(f"clients('{service}')" for service in services)
        imported = f"{REGION}import pipewarden.handlers.{name}"
        boto3 = f"{REGION}import boto3; clients = boto3.client; {make}"
        ready = f"{imported}; from pipewarden.handlers.clients import clients; {make}"
        nothing, alone, whole, bare = _medians("pass", imported, ready, boto3)
        alone, whole, bare = alone - nothing, whole - nothing, bare - nothing
        worst = max(worst, alone / bare)
        row = (name, " ".join(services), *(f"{seconds:.3f}" for seconds in (alone, whole, bare)))
        print(" | ".join((*row, f"{alone / bare:.2f}", f"{whole / bare:.2f}")), flush=True)
    return int(worst > TARGET)


def _medians(*programs: str) -> list[float]:
    """Seconds that each program takes as a process of its own."""
    times: dict[str, list[float]] = {program: [] for program in programs}
    for _ in range(ROUNDS):
        for program in programs:
            began = _processor_seconds()
            subprocess.run([sys.executable, "-c", program], check=True)
            times[program].append(_processor_seconds() - began)
    return [statistics.median(times[program]) for program in programs]


def _processor_seconds() -> float:
    """What the processes that have ended took: how long they waited for a processor says nothing about them."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


if __name__ == "__main__":
    sys.exit(main())
