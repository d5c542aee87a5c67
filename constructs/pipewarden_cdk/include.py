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

from pipewarden_cdk.rendering.fragment import Fragment


def include(scope: Construct, fragment: Fragment, parameters: Mapping[str, Any] | None = None) -> None:
    """Add the resources to the scope's stack under their own logical ids; `parameters` fill its references."""
    values = dict(parameters or {})
    declared = {name: {"Type": "String"} for name in values}
    template = {"Resources": fragment, **({"Parameters": declared} if declared else {})}
    with tempfile.TemporaryDirectory(prefix="pipewarden-") as folder:
        file = Path(folder, "fragment.json")
        file.write_text(json.dumps(template), encoding="utf-8")
        cloudformation_include.CfnInclude(scope, "Resources", template_file=str(file), parameters=values or None)
