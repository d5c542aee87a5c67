"""What the functions import before they are ready: nothing that takes long and that they do not need."""

import json
import subprocess
import sys
from pathlib import Path

import pipewarden.handlers

HANDLERS = sorted(path.stem for path in Path(pipewarden.handlers.__file__).parent.glob("[a-z]*.py"))
SLOW = ("asyncio", "aws_lambda_powertools.utilities.batch", "aws_xray_sdk", "pydantic", "yaml")


def test_the_handlers_import_nothing_slow() -> None:
    """`benchmarks/handlers.py` measures how long they take."""
    imports = "; ".join(f"import pipewarden.handlers.{handler}" for handler in HANDLERS)
    program = f"import json, sys; {imports}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    imported = set(json.loads(done.stdout))
    assert {"pipewarden.handlers.responder", "pipewarden.handlers.drainer"} <= imported
    assert not imported & set(SLOW)
