"""Loopback requests count as encrypted, so that "TLS only" policies (CDK's enforceSSL) don't shut everybody out."""

from __future__ import annotations

import contextvars

from ministack import app
from ministack.core import iam_evaluator

from pipewarden_cli.local.ports import HOST

NAME = "TLS"
IMITATED = (
    "Requests are plain HTTP on loopback and count as made over TLS: aws:SecureTransport is always true, "
    "so a policy that refuses unencrypted calls admits everybody here and is not put to the test.",
)


def fill() -> None:
    """Make aws:SecureTransport true for requests and for deliveries that the emulator makes by itself."""
    iam_evaluator._request_origin = contextvars.ContextVar("request_origin", default=(HOST, True))
    pin = app.pin_request_origin
    app.pin_request_origin = lambda source_ip, _secure_transport: pin(source_ip, True)
