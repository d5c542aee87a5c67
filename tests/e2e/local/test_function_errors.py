"""A handler's exception as the caller of the function sees it."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from pipewarden_cli.local.control import LocalAws

CODE = """
import urllib.error
class Broken(Exception): pass
def handler(event, context):
    print("about: to fail")
    if event["as"] == "library":
        raise urllib.error.HTTPError("u", 503, "Service Unavailable", {}, None)
    raise Broken("two\\nlines: here")
"""


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("how", "kind", "message"),
    [("library", "HTTPError", "HTTP Error 503: Service Unavailable"), ("own", "Broken", "two\nlines: here")],
    ids=["an exception of a library", "an exception of the function, over two lines"],
)
def test_an_exception_has_its_class(
    local: LocalAws, name: str, role: Callable[..., str], how: str, kind: str, message: str
) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("failing.py", CODE)
    functions: Any = local.client("lambda")
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=role(name, "lambda.amazonaws.com"),
        Handler="failing.handler",
        Code={"ZipFile": packed.getvalue()},
    )
    answer = functions.invoke(FunctionName=name, Payload=json.dumps({"as": how}))
    error = json.loads(answer["Payload"].read())
    assert answer["FunctionError"] == "Unhandled"
    assert (error["errorType"], error["errorMessage"]) == (kind, message)
    assert any("in handler" in line for line in error["stackTrace"])
