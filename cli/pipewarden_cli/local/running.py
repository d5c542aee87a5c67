"""A running embedded AWS: where it is, with which credentials, and clients for it."""

from __future__ import annotations

import functools
import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

from pipewarden_cli.local.hooks import ROUTE_PREFIX
from pipewarden_cli.local.inbox import ROUTE as INBOX_ROUTE
from pipewarden_cli.local.inbox import Inbox
from pipewarden_cli.local.ports import HOST

# The emulator's root user: its policies are not looked at even when IAM is enforced.
ROOT_ACCESS_KEY = "test"
ROOT_SECRET_KEY = "test"
REQUEST_SECONDS = 10.0

# Neither the caller's profile nor a proxy may come between a client and loopback.
_NOT_INHERITED = ("AWS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


@dataclass(frozen=True)
class LocalAws:
    """The embedded AWS of one state folder, as it was when it was looked up."""

    state_dir: Path
    port: int
    pid: int
    account: str
    region: str
    auth: bool
    version: str

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> LocalAws:
        """Read the entry that the server publishes."""
        return cls(**{**entry, "state_dir": Path(entry["state_dir"])})

    def to_json(self) -> dict[str, Any]:
        """The entry as plain JSON values."""
        return {**asdict(self), "state_dir": str(self.state_dir)}

    @property
    def endpoint_url(self) -> str:
        """Where every AWS client must point."""
        return f"http://{HOST}:{self.port}"

    @property
    def log_path(self) -> Path:
        """The server's log."""
        return self.state_dir / "server.log"

    def environ(self, inherited: Mapping[str, str] | None = None) -> dict[str, str]:
        """Variables that point the AWS SDKs and the CDK CLI here, as root.

        With ``inherited`` they are laid over those variables, from which AWS settings and proxies are left out.
        """
        rest = {k: v for k, v in (inherited or {}).items() if not k.startswith(_NOT_INHERITED)}
        return {
            **rest,
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": ROOT_ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": ROOT_SECRET_KEY,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": f"{HOST},localhost",
            "no_proxy": f"{HOST},localhost",
        }

    def client(self, service: str, **credentials: str) -> Any:
        """A boto3 client as root, or with the ``aws_*`` credentials given (to see what a role may do)."""
        keys = credentials or {"aws_access_key_id": ROOT_ACCESS_KEY, "aws_secret_access_key": ROOT_SECRET_KEY}
        return _client(service, self.region, self.endpoint_url, tuple(sorted(keys.items())))

    def inbox(self) -> Inbox:
        """The e-mails and text messages that were delivered."""
        path = ROUTE_PREFIX + INBOX_ROUTE
        return Inbox(lambda: list(self.request("GET", path)), lambda: self.request("DELETE", path))

    def resources(self, kind: str | None = None) -> list[dict[str, Any]]:
        """CloudFormation resources that are recorded only (no service behind them), all or of one AWS:: type."""
        found: list[dict[str, Any]] = self.request("GET", ROUTE_PREFIX + "resources")
        return [record for record in found if kind in (None, record["Type"])]

    def function_url(self, function_name: str) -> str:
        """The address at which this machine reaches a function that has a function URL."""
        aws_url = self.client("lambda").get_function_url_config(FunctionName=function_name)["FunctionUrl"]
        url_id = aws_url.split("//", 1)[1].split(".", 1)[0]
        return f"{self.endpoint_url}/_aws/lambda-url/{url_id}/"

    def is_healthy(self) -> bool:
        """Whether it answers, and is the process this object speaks of."""
        try:
            identity = self.request("GET", ROUTE_PREFIX + "identity")
        except (OSError, ValueError):
            return False
        return bool(identity.get("pid") == self.pid)

    def request(self, method: str, path: str) -> Any:
        """Call one of the server's own pages (``/_pipewarden/...``, ``/_ministack/...``); the JSON it answers."""
        call = urllib.request.Request(self.endpoint_url + path, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(call, timeout=REQUEST_SECONDS) as answer:
            return json.loads(answer.read() or b"null")


@functools.lru_cache(maxsize=256)
def _client(service: str, region: str, endpoint_url: str, keys: tuple[tuple[str, str], ...]) -> Any:
    # Making a client takes a tenth of a second; a client may be shared by threads.
    config = Config(
        s3={"addressing_style": "path"},
        proxies={},
        connect_timeout=REQUEST_SECONDS,
        read_timeout=60,
        retries={"total_max_attempts": 2, "mode": "standard"},
    )
    make_client: Any = boto3.session.Session(botocore_session=_isolated_session()).client
    return make_client(service, region_name=region, endpoint_url=endpoint_url, config=config, **dict(keys))


def _isolated_session() -> botocore.session.Session:
    nothing = (None, None, None, None)
    files = {"config_file": (None, None, os.devnull, None), "credentials_file": (None, None, os.devnull, None)}
    return botocore.session.Session(session_vars={"profile": nothing, **files})
