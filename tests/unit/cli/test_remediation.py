"""`pipewarden remediation`: the kill switch is read and written where the functions read it."""

from argparse import Namespace
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pipewarden.names import Names
from pipewarden_cli.commands import remediation


class Parameters:
    """Parameter Store with at most one parameter."""

    def __init__(self, value: str | None) -> None:
        self.value = value

    def get_parameter(self, **request: Any) -> Any:
        assert request == {"Name": "/pipewarden/prod/remediation"}
        if self.value is None:
            raise ClientError({"Error": {"Code": "ParameterNotFound"}}, "GetParameter")  # type: ignore[typeddict-item]
        return {"Parameter": {"Value": self.value}}

    def put_parameter(self, **request: Any) -> None:
        assert request["Name"] == "/pipewarden/prod/remediation"
        assert request["Overwrite"]
        self.value = request["Value"]


def switch(monkeypatch: pytest.MonkeyPatch, parameters: Parameters, mode: str | None) -> None:
    names = Names("prod", "123456789012", "eu-west-1", "aws")
    place = SimpleNamespace(names=names, client=lambda _: parameters, not_deployed=lambda: LookupError("not deployed"))
    monkeypatch.setattr("pipewarden_cli.aws.connect", lambda *_: place)
    monkeypatch.setattr("pipewarden_cli.project.find_environment", lambda *_: SimpleNamespace(name="prod"))
    assert remediation.run(Namespace(root=None, env="prod", local=False, mode=mode)) == 0


@pytest.mark.parametrize(
    ("before", "mode", "after", "words"),
    [
        ("act", None, "act", "Remediation in prod: act (failures are remediated as declared)."),
        ("nonsense", None, "nonsense", "Remediation in prod: nonsense (counts as observe)."),
        ("act", "off", "off", "Remediation in prod: off (was act). Within a minute:"),
        ("off", "act", "act", "Remediation in prod: act (was off). Within a minute:"),
    ],
    ids=["shown", "shown: no mode", "switched off", "switched on"],
)
def test_the_switch_is_shown_and_thrown(
    before: str,
    mode: str | None,
    after: str,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    parameters = Parameters(before)
    switch(monkeypatch, parameters, mode)
    assert parameters.value == after
    assert capsys.readouterr().out.splitlines()[0] == words


def test_an_environment_that_is_not_deployed_is_not_switched(monkeypatch: pytest.MonkeyPatch) -> None:
    parameters = Parameters(None)
    with pytest.raises(LookupError, match="not deployed"):
        switch(monkeypatch, parameters, "off")
    assert parameters.value is None
