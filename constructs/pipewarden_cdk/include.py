"""One generated fragment becomes part of a stack in a single call.

Each call from Python into the CDK costs about a millisecond; a stack has hundreds of resources.
"""

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_cdk import cloudformation_include
from constructs import Construct

from pipewarden_cdk.rendering.fragment import Fragment, Resource

LONG_TEXT_CHARACTERS = 2_000


def include(scope: Construct, fragment: Fragment, parameters: Mapping[str, Any] | None = None) -> None:
    """Add the resources to the scope's stack under their own logical ids; `parameters` fill its references."""
    values = dict(parameters or {})
    lean = {logical: _without_long_text(logical, found, values) for logical, found in fragment.items()}
    declared = {name: {"Type": "String"} for name in values}
    template = {"Resources": lean, **({"Parameters": declared} if declared else {})}
    with tempfile.TemporaryDirectory(prefix="pipewarden-") as folder:
        file = Path(folder, "fragment.json")
        file.write_text(json.dumps(template), encoding="utf-8")
        cloudformation_include.CfnInclude(scope, "Resources", template_file=str(file), parameters=values or None)


def _without_long_text(logical: str, found: Resource, values: dict[str, Any]) -> Resource:
    """Long texts (dashboards) go in as values: CfnInclude reads the file as YAML, a second for ten megabytes."""
    long = {
        name: text
        for name, text in found["Properties"].items()
        if isinstance(text, str) and len(text) > LONG_TEXT_CHARACTERS
    }
    if not long:
        return found
    values.update({f"{logical}{name}": text for name, text in long.items()})
    named = {name: {"Ref": f"{logical}{name}"} for name in long}
    return {**found, "Properties": {**found["Properties"], **named}}
