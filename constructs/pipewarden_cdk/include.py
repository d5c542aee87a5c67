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

from pipewarden_cdk.rendering.fragment import Fragment, reference

BULK = (
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Logs::QueryDefinition",
)
"""What a stack holds by the hundred, or by the hundred kilobytes. It names other resources and refers to none."""


def include(scope: Construct, fragment: Fragment, parameters: Mapping[str, Any] | None = None) -> None:
    """Add the resources to the scope's stack under their own logical ids; `parameters` fill its references.

    The properties of `BULK` go in as values: CfnInclude reads the file as YAML, a second for ten megabytes.
    """
    bulk = {f"{logical}Properties": found["Properties"] for logical, found in fragment.items() if found["Type"] in BULK}
    lean = {
        logical: {**found, "Properties": reference(name)} if (name := f"{logical}Properties") in bulk else found
        for logical, found in fragment.items()
    }
    values = {**bulk, **(parameters or {})}
    template = {"Resources": lean, "Parameters": {name: {"Type": "String"} for name in values}}
    with tempfile.TemporaryDirectory(prefix="pipewarden-") as folder:
        file = Path(folder, "fragment.json")
        file.write_text(json.dumps(template), encoding="utf-8")
        cloudformation_include.CfnInclude(scope, "Resources", template_file=str(file), parameters=values)
