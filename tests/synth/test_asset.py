"""What Lambda receives: the same bytes wherever the package comes from, and everything that it imports."""

import hashlib
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from pipewarden.names import FUNCTIONS
from pipewarden_cdk.asset import SETTINGS_FILE, stage
from pipewarden_plan.plan import Plan

ROOT = Path(__file__).parents[2]
IN_THE_RUNTIME = ("boto3", "botocore", "s3transfer", "dateutil", "urllib3", "six")


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    content = [f"{path.relative_to(folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]
    return hashlib.sha256("\n".join(content).encode()).hexdigest()


@pytest.fixture
def staged(tmp_path: Path, bare_plan: Plan) -> Path:
    folder = tmp_path / "asset"
    folder.mkdir()
    return stage(folder, bare_plan.settings.to_json())


def test_it_holds_sources_and_settings_only(staged: Path, bare_plan: Plan) -> None:
    assert (staged / SETTINGS_FILE).read_text() == bare_plan.settings.to_json()
    assert [path for path in staged.rglob("*") if path.suffix in (".pyc", ".so") or path.name == "__pycache__"] == []
    assert sum(path.stat().st_size for path in staged.rglob("*")) < 10_000_000


def test_every_handler_starts_with_what_is_in_it(staged: Path, tmp_path: Path) -> None:
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    for name in IN_THE_RUNTIME:
        spec = find_spec(name)
        assert spec
        assert spec.origin
        origin = Path(spec.origin)
        found = origin.parent if origin.name == "__init__.py" else origin
        (runtime / found.name).symlink_to(found)
    handlers = "; ".join(f"import pipewarden.handlers.{role}; pipewarden.handlers.{role}.handler" for role in FUNCTIONS)
    code = f"import sys; sys.path[:0] = [{str(staged)!r}, {str(runtime)!r}]; {handlers}"
    environ = {"AWS_DEFAULT_REGION": "us-east-1", "POWERTOOLS_METRICS_NAMESPACE": "Pipewarden", "PATH": ""}
    # -S: no site-packages, so that nothing is found but the asset and what the runtime brings.
    ended = subprocess.run([sys.executable, "-S", "-c", code], env=environ, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr


def test_a_wheel_gives_the_same_asset(staged: Path, tmp_path: Path, bare_plan: Plan) -> None:
    """Same bytes, same hash: installing Pipewarden in another way deploys nothing anew."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True, timeout=120)
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    (tmp_path / "settings.json").write_text(bare_plan.settings.to_json())
    (tmp_path / "again").mkdir()
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'installed')!r}); from pathlib import Path; "
        "from pipewarden_cdk.asset import stage; import pipewarden; "
        f"assert pipewarden.__file__.startswith({str(tmp_path / 'installed')!r}); "
        f"stage(Path({str(tmp_path / 'again')!r}), Path({str(tmp_path / 'settings.json')!r}).read_text())"
    )
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True, timeout=60)
    assert digest(tmp_path / "again") == digest(staged)
