"""A run fails on a malformed row: not worth a retry, so the page goes out at once, with the evidence."""

from pipewarden_cli.demo.telling import Story, Telling
from pipewarden_cli.demo.world import BAD_INVOICES, World

JOB = "invoices-local"
ONCALL = "oncall@example.com"


def tell(telling: Telling, world: World) -> None:
    with telling.step("a partner uploads an invoice file with a malformed row; the job starts"):
        world.client("s3").put_object(Bucket=world.bucket, Key="raw/invoices.csv", Body=BAD_INVOICES.encode())
        world.client("glue").start_job_run(JobName=JOB)
    run = telling.wait("the run fails", lambda: [r for r in world.glue_runs(JOB) if r["JobRunState"] == "FAILED"])[0]
    page = telling.wait(
        "on-call is paged at once",
        lambda: world.mails("invoices", address=ONCALL),
        note=lambda mails: mails[0].subject,
        seen=lambda: [mail.subject for mail in world.mails()],
    )[0]
    evidence = {
        "the error": "amount 'twelve' is not a number",
        "its class": "deterministic",
        "the log lines": "  | Traceback (most recent call last)",
        "the run's link": f"#/job/{JOB}/run/{run['Id']}",
        "the runbook": "https://wiki.example.com/runbooks/invoices",
        "how to acknowledge": "lambda-url",
    }
    for what, words in evidence.items():
        telling.check(f"the page holds {what}", words in page.body, words)
    incident = telling.wait("the incident is paged", lambda: world.incident("invoices"))
    telling.check("nothing was retried", incident.attempts == 0 and len(world.glue_runs(JOB)) == 1, "1 run")


STORY = Story(
    key="deterministic",
    title="Bad data is paged at once",
    summary="A malformed row fails every time: it is classified deterministic, not retried, and paged with evidence.",
    pipeline="invoices",
    tell=tell,
)
