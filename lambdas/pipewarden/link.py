"""Links in pages: signed ones that acknowledge, and the console's."""

import base64
import binascii
import hashlib
import hmac
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode

from pipewarden.settings import Settings
from pipewarden.target import CONSOLES

VALID = timedelta(hours=24)
SIGNATURE_BYTES = 24


class LinkError(Exception):
    """The link is not one of ours, or no longer valid; the message is for people, the status for HTTP."""

    def __init__(self, message: str, status: int = 403) -> None:
        super().__init__(message)
        self.status = status


def sign_link(url: str, incident: str, page: int, now: datetime, key: bytes) -> str:
    """A link that acknowledges one page of one incident, for 24 hours."""
    facts = f"{incident}|{page}|{int((now + VALID).timestamp())}".encode()
    token = f"{_encode(facts)}.{_encode(_signature(facts, key))}"
    return f"{url.rstrip('/')}/?{urlencode({'t': token})}"


def read_link(token: str, now: datetime, key: bytes) -> tuple[str, int]:
    """The incident and page number of a token. Raises LinkError when it was changed, cut or has expired."""
    try:
        facts, signature = (_decode(part) for part in token.split("."))
    except (ValueError, binascii.Error):
        raise LinkError("This link is damaged. Open it from the page itself, as a whole.") from None
    if not hmac.compare_digest(signature, _signature(facts, key)):
        raise LinkError("This link was not made by Pipewarden, or it is damaged.")
    incident, page, expiry = facts.decode().rsplit("|", 2)
    if now.timestamp() > int(expiry):
        raise LinkError("This link has expired. Use a newer page, or the command line.", status=410)
    return incident, int(page)


def log_link(settings: Settings, group: str, stream: str) -> str:
    """The console's page of a log stream, or of its group."""
    base = f"https://{_console(settings)}/cloudwatch/home?region={settings.region}#logsV2:log-groups/log-group/"
    return base + _twice(group) + (f"/log-events/{_twice(stream)}" if stream else "")


def dashboard_link(settings: Settings, dashboard: str) -> str:
    region = settings.region
    return f"https://{_console(settings)}/cloudwatch/home?region={region}#dashboards/dashboard/{quote(dashboard)}"


def alarm_link(settings: Settings, alarm: str) -> str:
    """The page of the alarm, or of the fleet alarm that watches in its place."""
    region, name = settings.region, quote(settings.fleet_of.get(alarm, alarm), safe="")
    return f"https://{_console(settings)}/cloudwatch/home?region={region}#alarmsV2:alarm/{name}"


def _console(settings: Settings) -> str:
    return f"{settings.region}.{CONSOLES.get(settings.partition, 'console.aws.amazon.com')}"


def _twice(text: str) -> str:
    """The console's own escape inside a fragment: percent-encoded twice, with `$` in place of the percent sign."""
    return quote(quote(text, safe=""), safe="").replace("%", "$")


def _signature(facts: bytes, key: bytes) -> bytes:
    return hmac.new(key, facts, hashlib.sha256).digest()[:SIGNATURE_BYTES]


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
