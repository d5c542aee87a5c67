"""`pipewarden local`: the embedded AWS of this project, for trying things without an account."""

import argparse
import shlex
import sys
from argparse import ArgumentParser, Namespace
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipewarden_cli.errors import FINDINGS, CommandError

if TYPE_CHECKING:
    from pipewarden_cli.local.running import LocalAws

SUMMARY = "Start, stop, wipe and look at the embedded AWS on this machine."
EPILOG = """It listens on 127.0.0.1 only and keeps its files in .pipewarden/local below the root folder.
Point any AWS tool at it:  eval "$(pipewarden local env)"
"""
_ACTIONS = {
    "start": "start it, and say how to point AWS tools at it",
    "stop": "end it and everything it started",
    "reset": "wipe every resource, run and message; it keeps running",
    "status": "say whether it runs, where, and what is imitated (exit code 1: it does not run)",
    "inbox": "show the e-mails and text messages that were delivered",
    "env": "print the lines that point a shell at it, and nothing else",
}


def add_arguments(parser: ArgumentParser) -> None:
    """The actions, and the options of those that have some."""
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    for name, summary in _ACTIONS.items():
        action = actions.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name == "start":
            action.add_argument("--port", type=_port, help="port on 127.0.0.1 (default: a free one)")
            action.add_argument(
                "--account", type=_account, help="account that it answers as (default: that of the environment local)"
            )
            action.add_argument("--region", help="region that it answers as (default: that of the environment local)")
        if name == "inbox":
            action.add_argument("address", nargs="?", metavar="ADDRESS", help="only messages to this address or number")
        if name in ("status", "inbox"):
            action.add_argument("--json", action="store_true", help="print JSON")


def run(arguments: Namespace) -> int:
    """Do the action on the project's embedded AWS."""
    from pipewarden_cli.aws import state_folder

    state = state_folder(arguments.root)
    return {"start": _start, "stop": _stop, "reset": _reset, "status": _status, "inbox": _inbox, "env": _env}[
        arguments.action
    ](arguments, state)


def _start(arguments: Namespace, state: Path) -> int:
    from importlib.util import find_spec

    if find_spec("ministack") is None:
        raise CommandError("The embedded AWS is not installed; install it with: pip install 'pipewarden[local]'")
    from pipewarden_cli.local import control
    from pipewarden_cli.local.imitation import EMULATOR, imitations

    if not arguments.root.is_dir():
        raise CommandError(f"{arguments.root} is no folder; give the project's folder with --root.")
    found = control.start(state, port=arguments.port, **_account_and_region(arguments))
    print(f"The embedded AWS listens on {found.endpoint_url} (account {found.account}, {found.region}).")
    print("Point AWS tools of this shell at it:\n")
    _print_exports(found)
    parts = ", ".join(dict.fromkeys(part for part, _ in imitations()))
    print(f"\n{EMULATOR} {found.version}. Imitated by Pipewarden: {parts}.")
    print("How these differ from AWS: pipewarden local status")
    return 0


def _account_and_region(arguments: Namespace) -> dict[str, Any]:
    """As asked for, else as the environment `local` of this folder has them, so that it can be deployed at once."""
    from pipewarden_cli.project import LOCAL_ENVIRONMENT, find_environment

    chosen: dict[str, Any] = {}
    if (arguments.root / "config" / "environments" / f"{LOCAL_ENVIRONMENT}.yaml").is_file():
        # A broken file matters to whoever deploys it, not to the embedded AWS.
        with suppress(CommandError):
            environment = find_environment(arguments.root, LOCAL_ENVIRONMENT)
            chosen = {"account": environment.account, "region": environment.region}
    asked = {name: getattr(arguments, name) for name in ("account", "region") if getattr(arguments, name)}
    return {**chosen, **asked}


def _stop(_: Namespace, state: Path) -> int:
    from pipewarden_cli.local import control

    print("The embedded AWS has ended." if control.stop(state) else "No embedded AWS was running.")
    return 0


def _reset(_: Namespace, state: Path) -> int:
    from pipewarden_cli.local import control

    print(f"Everything is wiped; it keeps running on {control.reset(state).endpoint_url}.")
    return 0


def _status(arguments: Namespace, state: Path) -> int:
    from pipewarden_cli.local import control

    found = control.status(state)
    if arguments.json:
        import json

        entry = {**found.to_json(), "endpoint_url": found.endpoint_url} if found else {}
        print(json.dumps({"running": found is not None, **entry}, indent=2, sort_keys=True))
    elif found is None:
        print("No embedded AWS is running; start it with: pipewarden local start")
    else:
        auth = "IAM is enforced" if found.auth else "IAM is not enforced"
        print(f"The embedded AWS listens on {found.endpoint_url} (process {found.pid}; {auth}).")
        print(f"Account {found.account}, {found.region}. Its log: {found.log_path}\n")
        _print_imitations(found)
    return 0 if found else FINDINGS


def _inbox(arguments: Namespace, _: Path) -> int:
    from pipewarden_cli.aws import running_aws
    from pipewarden_cli.printable import printable
    from pipewarden_cli.report.times import date_and_clock

    deliveries = running_aws(arguments.root).inbox().deliveries(arguments.address)
    if arguments.json:
        import json

        print(json.dumps([delivery.to_json() for delivery in deliveries], indent=2))
        return 0
    for delivery in deliveries:
        about = f": {delivery.subject}" if delivery.subject else ""
        print(printable(f"{date_and_clock(delivery.delivered_at)}  {delivery.address}{about}"))
        print("\n".join(f"  | {line}" for line in printable(delivery.body).splitlines()) + "\n")
    if not deliveries:
        print("No message was delivered yet.")
    return 0


def _env(arguments: Namespace, _: Path) -> int:
    from pipewarden_cli.aws import running_aws

    _print_exports(running_aws(arguments.root))
    return 0


def _print_exports(found: "LocalAws") -> None:
    for name, value in found.environ().items():
        print(f"export {name}={shlex.quote(value)}")
    sys.stdout.flush()


def _print_imitations(found: "LocalAws") -> None:
    from rich.table import Table
    from rich.text import Text

    from pipewarden_cli.local.imitation import EMULATOR, imitations
    from pipewarden_cli.terminal import rich_console

    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    last = ""
    for part, sentence in imitations():
        table.add_row(Text("" if part == last else part), Text(sentence))
        last = part
    console = rich_console()
    console.print(f"{EMULATOR} {found.version}; these parts are imitated by Pipewarden and differ from AWS:")
    console.print(table)


def _port(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port (1 to 65535)")
    return int(text)


def _account(text: str) -> str:
    if len(text) != 12 or not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text!r} is no account (12 digits)")
    return text
