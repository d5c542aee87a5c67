"""One HTTPS call to a service behind a channel: bounded in time and size, to the address that was given, no other."""

import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from pipewarden.channel import Answer, Request

MOST_ANSWER_BYTES = 65_536
PASSING = frozenset({408, 425, 429})
"""Refusals that a later try may not meet; so are all of 500 and above."""


class DeliveryError(Exception):
    """A service did not take a message. Says why, never the address or what was sent: both may be secrets.

    `passing` says that a later try may succeed, `wait_seconds` how long the service asked to wait for it; `status` is
    the HTTP status, 0 when there was none.
    """

    def __init__(self, why: str, *, passing: bool = False, status: int = 0, wait_seconds: float = 0.0) -> None:
        super().__init__(why)
        self.passing = passing
        self.status = status
        self.wait_seconds = wait_seconds


def send(
    request: Request, timeout_seconds: float, *, loopback: bool = False, clock: Callable[[], float] = time.monotonic
) -> Answer:
    """Make the call within that time; the answer when its status is 2xx. Raises DeliveryError otherwise.

    Redirects are not followed: a service that is sure of its address sends none, and one that is not could send a page
    and its credentials anywhere. `loopback` lets this machine be called, without TLS: for tests and the embedded AWS.
    """
    ends = clock() + timeout_seconds
    try:
        place = urlsplit(request.url)
        connection = _connect(place, timeout_seconds, loopback)
        target = f"{place.path or '/'}?{place.query}" if place.query else place.path or "/"
        try:
            headers = {"User-Agent": "Pipewarden", **request.headers}
            connection.request(request.method, target, body=request.body or None, headers=headers)
            with connection.getresponse() as answer:
                return _judge(answer, _read(answer, ends, clock))
        finally:
            connection.close()
    except TimeoutError:
        raise DeliveryError(f"did not answer within {timeout_seconds:.0f} s", passing=True) from None
    except ssl.SSLCertVerificationError:
        raise DeliveryError("its certificate is not valid") from None
    except OSError as error:
        raise DeliveryError(f"could not be reached ({type(error).__name__})", passing=True) from None
    except HTTPException as error:
        raise DeliveryError(f"answered no HTTP ({type(error).__name__})", passing=True) from None
    except (ValueError, UnicodeError):
        raise DeliveryError("its address, or a header, is not valid") from None


def _connect(place: SplitResult, timeout_seconds: float, loopback: bool) -> HTTPConnection:
    host = place.hostname or ""
    here = host == "localhost" or _is_here(host)
    if here and loopback and place.scheme == "http":
        return HTTPConnection(host, place.port, timeout=timeout_seconds)
    if place.scheme != "https" or not host:
        raise DeliveryError("its address is no https address")
    if here and not loopback:
        raise DeliveryError("its address is this machine's own")
    return HTTPSConnection(host, place.port, timeout=timeout_seconds, context=_trust())


def _is_here(host: str) -> bool:
    """True for addresses of this machine and of the link, where services of the cloud itself answer."""
    try:
        found = ip_address(host)
    except ValueError:
        return False
    return found.is_loopback or found.is_link_local or found.is_unspecified


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()


def _read(answer: HTTPResponse, ends: float, clock: Callable[[], float]) -> bytes:
    """The beginning of the body. A service that sends it drop by drop is left when the time is over."""
    parts: list[bytes] = []
    size = 0
    while size < MOST_ANSWER_BYTES:
        if clock() > ends:
            raise TimeoutError
        part = answer.read1(MOST_ANSWER_BYTES - size)
        if not part:
            break
        parts.append(part)
        size += len(part)
    return b"".join(parts)


def _judge(answer: HTTPResponse, body: bytes) -> Answer:
    status = answer.status
    if 200 <= status < 300:
        return Answer(status=status, body=body)
    if 300 <= status < 400:
        raise DeliveryError(f"answered {status}, a redirect, which is not followed", status=status)
    passing = status in PASSING or status >= 500
    wait = _wait_seconds(answer.getheader("Retry-After") or "")
    raise DeliveryError(f"answered {status}", passing=passing, status=status, wait_seconds=wait)


def _wait_seconds(text: str) -> float:
    """`Retry-After` is a number of seconds or a date (RFC 9110, 10.2.3)."""
    if text.strip().isdecimal():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return 0.0
