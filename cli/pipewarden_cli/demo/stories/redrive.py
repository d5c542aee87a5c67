"""A Step Functions execution fails in its second state and is redriven from there."""

from typing import Any

from pipewarden_cli.demo.telling import Story, Telling
from pipewarden_cli.demo.world import World


def tell(telling: Telling, world: World) -> None:
    states = world.client("stepfunctions")
    machine = world.names.arn("states", "stateMachine:settlement-local")
    world.source.fail("/ledger", 1)
    with telling.step("the settlement starts; the ledger answers 503 once"):
        execution = states.start_execution(stateMachineArn=machine, name="settlement-of-the-day")["executionArn"]

    def described(status: str) -> Any:
        found = states.describe_execution(executionArn=execution)
        return found if found["status"] == status or found.get("redriveCount", 0) else None

    telling.wait("the execution fails", lambda: described("FAILED"), note=lambda found: str(found.get("error", "")))
    done = telling.wait(
        "the same execution is redriven and succeeds",
        lambda: found if (found := described("SUCCEEDED")) and found["status"] == "SUCCEEDED" else None,
        seen=lambda: states.describe_execution(executionArn=execution)["status"],
    )
    telling.check("it was redriven once, not started anew", done["redriveCount"] == 1, "redriveCount 1")
    started = states.list_executions(stateMachineArn=machine)["executions"]
    telling.check("there is one execution", len(started) == 1, f"{len(started)} executions")
    telling.wait(
        "the incident is recovered",
        lambda: world.incident("settlement", state="recovered"),
        seen=lambda: world.incident("settlement"),
    )
    telling.wait("one message: recovered", lambda: world.mails("settlement", "recovered"))
    mails = [mail for mail in world.mails("settlement") if "settlement" in mail.subject]
    telling.check("and nothing else", len(mails) == 1, "; ".join(mail.subject for mail in mails))


STORY = Story(
    key="redrive",
    title="A failed execution is redriven",
    summary="The ledger is briefly away; the same execution continues from its failed state.",
    pipeline="settlement",
    tell=tell,
)
