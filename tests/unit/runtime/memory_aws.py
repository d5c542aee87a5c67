"""A few AWS services in memory, as strict as the code's use of them needs, with crashes to order."""

# ruff: noqa: N803, N818 (parameters and exceptions are named as boto3 names them)

import json
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

from botocore.exceptions import ClientError

from tests.unit.runtime.memory_sqs import MemorySqs


class Crash(BaseException):
    """The process is gone: no except clause of the code may catch it."""


def refusal(operation: str, code: str, status: int = 400, **more: Any) -> ClientError:
    error: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}
    return ClientError(error, operation)


def copied(value: Any) -> Any:
    """Of JSON's types, and many times faster than `deepcopy`."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


class Exceptions:
    class TransactionCanceledException(ClientError):
        pass

    class TransactionInProgressException(ClientError):
        pass

    class ConditionalCheckFailedException(ClientError):
        pass

    class ConflictException(ClientError):
        pass


class MemoryDynamo:
    """One table; transactions are atomic; conditions are evaluated, and an unknown form is an error."""

    exceptions = Exceptions

    def __init__(self) -> None:
        self.items: dict[tuple[str, str], dict[str, Any]] = {}

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:
        ((table, request),) = RequestItems.items()
        assert request["ConsistentRead"]
        found = [self.items.get(_key(key)) for key in request["Keys"]]
        assert len({_key(key) for key in request["Keys"]}) == len(request["Keys"]), "duplicate keys are refused"
        return {"Responses": {table: copied([item for item in found if item])}, "UnprocessedKeys": {}}

    def get_item(self, Key: dict[str, Any], **_: Any) -> dict[str, Any]:
        item = self.items.get(_key(Key))
        return {"Item": copied(item)} if item else {}

    def put_item(self, **action: Any) -> dict[str, Any]:
        self._check({"Put": action})
        self._do({"Put": action})
        return {}

    def update_item(self, **action: Any) -> dict[str, Any]:
        self._check({"Update": action})
        self._do({"Update": action})
        return {"Attributes": copied(self.items[_key(action["Key"])])}

    def delete_item(self, **action: Any) -> dict[str, Any]:
        self._check({"Delete": action})
        self._do({"Delete": action})
        return {}

    def transact_write_items(self, TransactItems: list[dict[str, Any]]) -> dict[str, Any]:
        assert 0 < len(TransactItems) <= 100
        keys = [
            _key(a.get("Key") or {n: a["Item"][n] for n in ("pk", "sk")}) for t in TransactItems for a in t.values()
        ]
        assert len(set(keys)) == len(keys), f"one item twice in a transaction: {keys}"
        failed = []
        for action in TransactItems:
            try:
                self._check(action)
                failed.append({"Code": "None"})
            except Exceptions.ConditionalCheckFailedException:
                failed.append({"Code": "ConditionalCheckFailed"})
        if any(reason["Code"] != "None" for reason in failed):
            error: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": failed}
            raise Exceptions.TransactionCanceledException(error, "TransactWriteItems")
        for action in TransactItems:
            self._do(action)
        return {}

    def query(self, **request: Any) -> dict[str, Any]:
        values = {name: value["S"] for name, value in request["ExpressionAttributeValues"].items()}
        if request.get("IndexName"):
            found = [item for item in self.items.values() if item.get("gsi1pk", {}).get("S") == values[":all"]]
            found.sort(key=lambda item: item["gsi1sk"]["S"], reverse=True)
            return {"Items": copied(found[: request["Limit"]])}
        keys = sorted(k for k in self.items if k[0] == values[":pk"] and k[1].startswith(values[":prefix"]))
        return {"Items": [copied(self.items[key]) for key in keys]}

    def get_paginator(self, name: str) -> Any:
        assert name == "query"
        outer = self

        class Pages:
            def paginate(self, **request: Any) -> list[dict[str, Any]]:
                return [outer.query(**request)]

        return Pages()

    def _check(self, action: dict[str, Any]) -> None:
        ((_, body),) = action.items()
        old = self.items.get(_key(body.get("Key") or body["Item"]), {})
        condition = body.get("ConditionExpression")
        if condition and not _holds(condition, old, body.get("ExpressionAttributeValues", {})):
            raise Exceptions.ConditionalCheckFailedException(
                {"Error": {"Code": "ConditionalCheckFailedException", "Message": condition}}, "Write"
            )

    def _do(self, action: dict[str, Any]) -> None:
        ((kind, body),) = action.items()
        if kind == "Put":
            _assert_typed({"M": body["Item"]})
            self.items[_key(body["Item"])] = copied(body["Item"])
        elif kind == "Delete":
            self.items.pop(_key(body["Key"]), None)
        else:
            item = self.items.setdefault(_key(body["Key"]), copied(body["Key"]))
            _update(item, body["UpdateExpression"], body.get("ExpressionAttributeValues", {}))


def _key(item: dict[str, Any]) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _assert_typed(value: dict[str, Any]) -> None:
    ((kind, inner),) = value.items()
    assert kind in ("S", "N", "BOOL", "L", "M", "NULL"), kind
    assert not isinstance(inner, str) or inner or kind == "S"
    for each in inner.values() if kind == "M" else inner if kind == "L" else ():
        _assert_typed(each)


def _holds(condition: str, item: dict[str, Any], values: dict[str, Any]) -> bool:
    return any(all(_term(t, item, values) for t in part.split(" AND ")) for part in condition.split(" OR "))


def _term(term: str, item: dict[str, Any], values: dict[str, Any]) -> bool:
    if match := re.fullmatch(r"attribute_not_exists\((\w+)\)", term):
        return match[1] not in item
    if match := re.fullmatch(r"attribute_exists\((\w+)\)", term):
        return match[1] in item
    match = re.fullmatch(r"(\w+) (=|<|<=) (:\w+)", term)
    assert match, f"unknown condition {term!r}"
    if match[1] not in item:
        return False
    (left,), (right,) = item[match[1]].values(), values[match[3]].values()
    if "N" in values[match[3]]:
        left, right = float(left), float(right)
    return bool({"=": left == right, "<": left < right, "<=": left <= right}[match[2]])


def _update(item: dict[str, Any], expression: str, values: dict[str, Any]) -> None:
    for clause, rest in re.findall(r"(SET|ADD|REMOVE) (.*?)(?= SET | ADD | REMOVE |$)", expression):
        for part in re.split(r", (?![^(]*\))", rest):
            if clause == "SET":
                name, value = part.split(" = ")
                if match := re.fullmatch(rf"if_not_exists\({name}, (:\w+)\)", value):
                    item.setdefault(name, copied(values[match[1]]))
                else:
                    item[name] = copied(values[value])
            elif clause == "ADD":
                name, value = part.split(" ")
                if "SS" in values[value]:
                    item[name] = {"SS": sorted({*item.get(name, {"SS": []})["SS"], *values[value]["SS"]})}
                    continue
                old = float(item.get(name, {"N": "0"})["N"])
                item[name] = {"N": f"{old + float(values[value]['N']):g}"}
            else:
                item.pop(part, None)


class MemoryScheduler:
    """Schedules by name; a name that is there is refused as AWS does."""

    exceptions = Exceptions

    def __init__(self) -> None:
        self.schedules: dict[str, dict[str, Any]] = {}

    def create_schedule(self, **request: Any) -> dict[str, Any]:
        assert re.fullmatch(r"[0-9a-zA-Z-_.]{1,64}", request["Name"]), request["Name"]
        assert re.fullmatch(r"at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)", request["ScheduleExpression"])
        if request["Name"] in self.schedules:
            raise Exceptions.ConflictException({"Error": {"Code": "ConflictException"}}, "CreateSchedule")
        self.schedules[request["Name"]] = request
        return {}

    def inputs(self, target: str = "") -> list[dict[str, Any]]:
        """What the schedules will send, in the order of their creation."""
        chosen = [s for s in self.schedules.values() if s["Target"]["Arn"].endswith(target)]
        return [json.loads(schedule["Target"]["Input"]) for schedule in chosen]


class MemorySns:
    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = []

    def publish(self, **request: Any) -> dict[str, Any]:
        assert len(request["Subject"]) <= 100
        assert request["Subject"].isascii()
        assert "\n" not in request["Subject"]
        assert request["MessageStructure"] == "json"
        topic = request["TopicArn"].rsplit(":", 1)[1]
        self.published.append({**json.loads(request["Message"]), "topic": topic, "subject": request["Subject"]})
        return {"MessageId": "1"}


class MemorySecrets:
    def __init__(self) -> None:
        self.secrets = {"pipewarden/test/link-key": "the-key"}

    def get_secret_value(self, SecretId: str) -> dict[str, Any]:
        if SecretId not in self.secrets:
            raise refusal("GetSecretValue", "ResourceNotFoundException")
        return {"SecretString": self.secrets[SecretId]}


class MemorySsm:
    """Parameter Store. None: the parameter is missing; an exception is raised."""

    def __init__(self) -> None:
        self.value: str | Exception | None = "act"

    def get_parameter(self, Name: str) -> dict[str, Any]:
        assert Name == "/pipewarden/test/remediation"
        if isinstance(self.value, Exception):
            raise self.value
        if self.value is None:
            raise refusal("GetParameter", "ParameterNotFound")
        return {"Parameter": {"Name": Name, "Value": self.value}}


class MemoryLogs:
    def __init__(self) -> None:
        self.lines = ["starting", "password=hunter2 rejected"]

    def get_log_events(self, **_: Any) -> dict[str, Any]:
        return {"events": [{"message": line} for line in self.lines]}

    def filter_log_events(self, filterPattern: str, startTime: int, endTime: int, **_: Any) -> dict[str, Any]:
        assert filterPattern.strip('"')
        assert startTime < endTime
        return {"events": [{"message": line} for line in self.lines]}


class MemoryLambda:
    def __init__(self) -> None:
        self.invoked: list[tuple[str, dict[str, Any]]] = []
        self.refused: set[bytes] = set()

    def invoke(self, FunctionName: str, InvocationType: str, Payload: bytes, Qualifier: str = "") -> dict[str, Any]:
        assert InvocationType == "Event"
        if Payload in self.refused:
            raise refusal("Invoke", "TooManyRequestsException", 429)
        self.invoked.append((FunctionName, json.loads(Payload)))
        return {"StatusCode": 202}


class MemoryS3:
    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.listed: list[dict[str, Any]] = []

    def put_object(self, Bucket: str, Key: str, Body: bytes, **_: Any) -> dict[str, Any]:
        self.objects[Key] = Body
        return {}

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": BytesIO(self.objects[Key])}

    def list_objects_v2(self, Bucket: str, Prefix: str, ContinuationToken: str = "0") -> dict[str, Any]:
        if Bucket == "forbidden":
            raise refusal("ListObjectsV2", "AccessDenied", 403)
        start = int(ContinuationToken)
        found = [row for row in self.listed if row["Key"].startswith(Prefix)]
        more = start + 2 < len(found)
        answer: dict[str, Any] = {"Contents": found[start : start + 2], "IsTruncated": more}
        return {**answer, "NextContinuationToken": str(start + 2)} if more else answer


class MemoryAws:
    """The services together. `crash_at(n)` lets the process die at the n-th call from now, before or after it is done;
    from then on every call dies, until `revive`."""

    def __init__(self) -> None:
        self.dynamodb, self.scheduler, self.sns = MemoryDynamo(), MemoryScheduler(), MemorySns()
        self.secretsmanager, self.logs, self.functions = MemorySecrets(), MemoryLogs(), MemoryLambda()
        self.sqs, self.s3, self.ssm = MemorySqs(), MemoryS3(), MemorySsm()
        self.services: dict[str, Any] = {
            "dynamodb": self.dynamodb,
            "scheduler": self.scheduler,
            "sns": self.sns,
            "secretsmanager": self.secretsmanager,
            "logs": self.logs,
            "lambda": self.functions,
            "sqs": self.sqs,
            "s3": self.s3,
            "ssm": self.ssm,
        }
        self.calls: list[str] = []
        self.dead = False
        self._at: int | None = None
        self._after = False
        self.before_call: Callable[[str], None] | None = None

    def crash_at(self, number: int, *, after: bool) -> None:
        self.calls.clear()
        self._at, self._after = number, after

    def revive(self) -> None:
        self._at, self.dead = None, False

    def clients(self, service: str) -> Any:
        return _Counted(self, service, self.services[service])

    def call(self, name: str, function: Callable[..., Any], **request: Any) -> Any:
        if self.dead:
            raise Crash(name)
        self.calls.append(name)
        if self.before_call:
            self.before_call(name)
        dies = self._at is not None and len(self.calls) == self._at
        if dies and not self._after:
            self.dead = True
            raise Crash(name)
        answer = function(**request)
        if dies:
            self.dead = True
            raise Crash(name)
        return answer


class _Counted:
    def __init__(self, aws: MemoryAws, service: str, inner: Any) -> None:
        self._aws, self._service, self._inner = aws, service, inner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name in ("exceptions", "get_paginator") or not callable(found):
            return found
        return lambda **request: self._aws.call(f"{self._service}.{name}", found, **request)
