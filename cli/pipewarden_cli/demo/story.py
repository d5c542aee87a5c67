"""`pipewarden demo`: start the embedded AWS, deploy the examples for real, tell the stories, check them, report."""

import os
import shutil
import tempfile
import threading
import time
from argparse import Namespace
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from pipewarden_cli.demo import source
from pipewarden_cli.demo.deployment import Cdk
from pipewarden_cli.demo.ending import draw_dashboards_page, make_report
from pipewarden_cli.demo.screen import Screen
from pipewarden_cli.demo.stories import dead_letters, deterministic, escalation, redrive, stale, transient
from pipewarden_cli.demo.telling import InterruptedStoryError, Story, Telling
from pipewarden_cli.demo.world import ENVIRONMENT, World, deploy_workload
from pipewarden_cli.local import control
from pipewarden_cli.report.html import render_html
from pipewarden_cli.report.text import render_text

STORIES: tuple[Story, ...] = (
    transient.STORY,
    deterministic.STORY,
    redrive.STORY,
    dead_letters.STORY,
    stale.STORY,
    escalation.STORY,
)


def run(arguments: Namespace) -> int:
    """Tell every story; 0 when each step of each happened, 1 otherwise. Leaves no process behind, unless `--keep`."""
    console = Console()
    root = Path(arguments.root).resolve()
    started = datetime.now(UTC)
    tellings = [Telling(story.key, story.title) for story in STORIES]
    screen = Screen(console, tellings)
    with ExitStack() as stack:
        folder = stack.enter_context(workspace(root))
        with screen.showing():
            world = stack.enter_context(prepared(root, folder, screen, keep=arguments.keep))
            tell_all(STORIES, tellings, world)
        report = make_report(STORIES, tellings, world, started)
        dashboards = draw_dashboards_page(world)
        if arguments.keep:
            console.print(f"The embedded AWS keeps running at {world.aws.endpoint_url}; end it: pipewarden local stop")
    page = Path(arguments.report or root / ".pipewarden" / "demo.html").resolve()
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(render_html(report), encoding="utf-8")
    beside = page.with_name(f"{page.stem}-dashboards.html")
    beside.write_text(dashboards, encoding="utf-8")
    console.print(render_text(report), markup=False, highlight=False)
    console.print(f"The same as a page: {page}", soft_wrap=True, markup=False, highlight=False)
    console.print(f"The dashboards with this data: {beside}", soft_wrap=True, markup=False, highlight=False)
    return 0 if report.passed else 1


@contextmanager
def workspace(root: Path) -> Iterator[Path]:
    """A folder below `.pipewarden` for logs and the server's files. It stays after an error, not after Ctrl-C."""
    parent = root / ".pipewarden"
    parent.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="demo-", dir=parent))
    try:
        yield folder
    except Exception:
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def prepared(root: Path, folder: Path, screen: Screen, keep: bool = False) -> Iterator[World]:
    """The embedded AWS with the team's workload, bootstrapped, and both example teams deployed by the real CDK CLI.

    Synthesis needs no AWS, so it runs beside the start of everything else.
    """
    state = root / ".pipewarden" / "local" if keep else folder / "aws"
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=1, thread_name_prefix="demo-synth"))
        with screen.phase("start the embedded AWS on loopback, IAM enforced"):
            aws = control.start(state, parent_pid=None if keep else os.getpid())
            if not keep:
                stack.callback(control.stop, state)
        cdk = Cdk(root, aws.environ(), folder)
        stack.callback(cdk.stop)
        synth = pool.submit(cdk.synth, ENVIRONMENT)
        world = World(aws, stack.enter_context(source.serve()), root)
        with screen.phase("deploy the team's own jobs, queues and tables"):
            deploy_workload(world)
        with screen.phase("cdk synth: the declarations become templates"):
            synth.result()
        with screen.phase("cdk bootstrap"):
            cdk.bootstrap(aws.account, aws.region)
        with screen.phase("cdk deploy --all"):
            cdk.deploy()
        yield world


def tell_all(stories: Sequence[Story], tellings: Sequence[Telling], world: World) -> None:
    """Tell the stories side by side, each in a thread of its own; a failed story does not stop the others."""
    stop = threading.Event()
    with ThreadPoolExecutor(max_workers=len(stories), thread_name_prefix="story") as pool:
        told = [
            pool.submit(_tell, story, telling, world, stop) for story, telling in zip(stories, tellings, strict=True)
        ]
        try:
            for future in as_completed(told):
                future.result()
        except BaseException:
            stop.set()
            raise


def _tell(story: Story, telling: Telling, world: World, stop: threading.Event) -> None:
    telling.stop = stop
    telling.started = time.monotonic()
    try:
        story.tell(telling, world)
    except InterruptedStoryError:
        telling.failure = "interrupted"
    except Exception as reason:  # noqa: BLE001 (whatever went wrong is this story's failure; the report shows it)
        telling.failure = f"{type(reason).__name__}: {reason}" if not str(reason) else str(reason)
        if telling.steps and telling.steps[-1].state == "done":
            with telling.step("the story went on") as step:
                step.note = telling.failure
            telling.steps[-1].state = "failed"
    finally:
        telling.ended = time.monotonic()
