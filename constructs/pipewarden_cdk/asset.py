"""The code that Lambda receives: the importable package, its pure dependencies, and the settings beside them."""

import importlib.util
import shutil
from pathlib import Path

PACKAGES = ("pipewarden", "aws_lambda_powertools", "jmespath", "typing_extensions", "tzdata")
"""`tzdata` because the runtime may lack a time zone database (github.com/aws/aws-lambda-dotnet/issues/1620). boto3 is
not among them: the runtime has it, and everything that is called is older than the runtime's copy."""
SETTINGS_FILE = "settings.json"
IGNORED = shutil.ignore_patterns("__pycache__", "*.pyc", "*.pyo", "*.so", "swagger_ui")


def stage(folder: Path, settings: str) -> Path:
    """Fill an empty folder with the asset and return it.

    Sources come from wherever `import` finds them, so a checkout, an editable install and a wheel give the same bytes,
    and with them the same asset hash. Raises ModuleNotFoundError when a dependency is not installed.
    """
    for name in PACKAGES:
        source = _source(name)
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=IGNORED)
        else:
            shutil.copyfile(source, folder / source.name)
    (folder / SETTINGS_FILE).write_text(settings, encoding="utf-8")
    return folder


def _source(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{name} is not installed, and our functions need it: pip install --editable .")
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin
