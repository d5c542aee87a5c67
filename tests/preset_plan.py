"""A declaration that uses every shipped preset, each as its page shows it: one pipeline for each."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from pipewarden_plan.declaration import load_project
from pipewarden_plan.make_plan import make_plan
from pipewarden_plan.plan import Plan
from pipewarden_plan.preset import shipped_presets, usage
from pipewarden_plan.resolve import resolve
from tests.everything_on import ENVIRONMENT


def plan_of(root: Path, **environment: Any) -> Plan:
    """The plan of that declaration."""
    pipelines = {
        name: {
            "schedule": {"cron": "0 2 * * *"},
            "use": yaml.safe_load(f"[{usage(preset)}]"),
            "resources": {
                "load": {"type": "glue-job", "job_name": f"load-{name}"},
                "in": {"type": "sqs", "queue": f"in-{name}"},
            },
            "alarms": {"load.failed": {"enabled": False}},
        }
        for name, preset in shipped_presets().items()
    }
    return load_plan(root, pipelines, **environment)


def load_plan(root: Path, pipelines: Mapping[str, Any], **environment: Any) -> Plan:
    """The plan of such pipelines in an environment where every severity has a route."""
    files = {
        "pipelines": {"version": 1, "owner": "all", "pipelines": pipelines},
        "environments": {**ENVIRONMENT, **environment},
    }
    for kind, content in files.items():
        folder = root / "config" / kind
        folder.mkdir(parents=True)
        (folder / "all.yaml").write_text(json.dumps(content), encoding="utf-8")
    return make_plan(resolve(load_project(root), "all"))
