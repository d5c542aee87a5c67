"""`pipewarden exercise`, with AWS in memory."""

import json
from typing import Any

import pytest

from pipewarden.transport import read_alarm
from pipewarden_cli.errors import CommandError
from pipewarden_cli.exercise import send_exercise
from pipewarden_cli.main import main
from tests.unit.cli.incident_sample import FakeAws
from tests.unit.cli.test_incidents import aws
from tests.unit.runtime.memory_aws import refusal
from tests.unit.runtime.scene import Scene

__all__ = ["aws"]


class Sns:
    """Hands what is published to the responder of a scene, unless the path is broken."""

    def __init__(self, scene: Scene, broken: bool = False) -> None:
        self.scene, self.broken, self.published = scene, broken, list[dict[str, Any]]()

    def publish(self, TopicArn: str, Message: str) -> None:  # noqa: N803
        self.published.append({"topic": TopicArn, **json.loads(Message)})
        signal = read_alarm(json.loads(Message)).signal
        if signal and not self.broken:
            self.scene.handle(signal)


class At:
    """The environment of a scene, as commands see it."""

    local = True

    def __init__(self, scene: Scene, sns: Any) -> None:
        self.names = scene.workplace.settings.names
        self._clients = {"sns": sns, "dynamodb": scene.workplace.clients("dynamodb")}

    def client(self, service: str) -> Any:
        return self._clients[service]

    def not_deployed(self) -> CommandError:
        return CommandError("not deployed")


def test_it_goes_to_the_alarm_topic_and_says_when_people_were_told() -> None:
    scene = Scene()
    sns = Sns(scene)
    place: Any = At(scene, sns)
    waited = send_exercise(place, "P1", "ada", 5.0)
    assert waited is not None
    assert waited < 5.0
    assert sns.published[0]["topic"] == "arn:aws:sns:eu-west-1:123456789012:pipewarden-test-alarm-P1"
    assert scene.subjects == ["pipewarden-test-page-P1: [exercise] test: an alarm of P1 reaches you"]


def test_a_path_that_is_broken_is_noticed() -> None:
    scene, slept = Scene(), list[float]()
    place: Any = At(scene, Sns(scene, broken=True))
    assert send_exercise(place, "P1", "ada", 0.05, sleep=slept.append) is None
    assert slept


def test_an_environment_that_is_not_deployed_is_a_sentence() -> None:
    class Missing:
        def publish(self, **_: Any) -> None:
            raise refusal("Publish", "NotFound", 404)

    place: Any = At(Scene(), Missing())
    with pytest.raises(CommandError, match="not deployed"):
        send_exercise(place, "P1", "ada", 1.0)


@pytest.mark.parametrize(
    ("waited", "code", "said"),
    [
        (2.34, 0, "An alarm of P3 reached the responder and was told within 2.3 s; look whether it arrived.\n"),
        (
            None,
            1,
            "pipewarden: An alarm of P3 had reached nobody after 60 s. Look at the queues pipewarden-prod-signals and "
            "pipewarden-prod-signals-dlq, and at /aws/lambda/pipewarden-prod-responder.\n",
        ),
    ],
    ids=["it arrived", "it did not"],
)
def test_the_command_says_what_became_of_it(
    waited: float | None,
    code: int,
    said: str,
    aws: FakeAws,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pipewarden_cli.exercise.send_exercise", lambda *_: waited)
    assert main(["exercise", "prod"]) == code
    assert "".join(capsys.readouterr()) == said


def test_severities_and_seconds_are_checked(aws: FakeAws, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["exercise", "prod", "--severity", "P7"]) == 2
    assert "has no severity 'P7'; it has: P0, P1, P2, P3" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["exercise", "prod", "--wait", "601"])
    assert "must be a whole number of seconds from 1 to 600" in capsys.readouterr().err
