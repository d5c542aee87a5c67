"""Old objects under one declared prefix are deleted; without `dry_run: false` they are counted only."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from pipewarden.action import Action, NotPossibleError, Result, Task, Way
from pipewarden.duration import say_seconds
from pipewarden.technology import Clients, Grant

PER_CALL = 1_000  # keys of one ListObjectsV2 answer and of one DeleteObjects request
MOST_PAGES = 100
"""Pages that one run looks at: a prefix that holds more is looked at from its beginning each time."""
UNITS = ("bytes", "KB", "MB", "GB", "TB")


def settle_age(_clients: Clients, task: Task) -> Mapping[str, Any]:
    """The moment before which an object was changed: a second try deletes no younger ones."""
    before = task.now - timedelta(seconds=float(task.values["older_than"]))
    return {"before": before.isoformat()}


def clean(clients: Clients, task: Task) -> Result:
    """Delete, or count, at most `most` objects. Deleting one twice is the same as once."""
    s3, most, dry = clients("s3"), int(task.values["most"]), bool(task.values["dry_run"])
    before = datetime.fromisoformat(str(task.plan["before"]))
    taken: list[tuple[str, int]] = []
    for key, size in _old_objects(s3, task, before):
        taken.append((key, size))
        if len(taken) >= most:
            break
    if not dry:
        _delete(s3, task, [key for key, _ in taken])
    limit = f", the most of one run is {most}" if len(taken) >= most else ""
    age = say_seconds(float(task.values["older_than"]))
    what = f"{len(taken)} objects ({_say_bytes(sum(size for _, size in taken))}) older than {age} in "
    verb = "dry run: would have deleted" if dry else "deleted"
    return Result(
        state="succeeded", text=f"{verb} {what}{task.values['location']}{limit}", changed=bool(taken) and not dry
    )


def _old_objects(s3: Any, task: Task, before: datetime) -> Iterator[tuple[str, int]]:
    """Key and size of each, as the listing goes. The prefix itself, which consoles make as a folder, stays."""
    request = {"Bucket": task.values["bucket"], "Prefix": task.values["prefix"]}
    request["ExpectedBucketOwner"] = task.values["account"]
    more: dict[str, str] = {}
    for _ in range(MOST_PAGES):
        answer = s3.list_objects_v2(**request, **more)
        for row in answer.get("Contents", ()):
            if row["LastModified"] < before and row["Key"] != task.values["prefix"]:
                yield str(row["Key"]), int(row["Size"])
        if not answer.get("IsTruncated"):
            return
        more = {"ContinuationToken": answer["NextContinuationToken"]}


def _delete(s3: Any, task: Task, keys: list[str]) -> None:
    for start in range(0, len(keys), PER_CALL):
        answer = s3.delete_objects(
            Bucket=task.values["bucket"],
            Delete={"Objects": [{"Key": key} for key in keys[start : start + PER_CALL]], "Quiet": True},
            ExpectedBucketOwner=task.values["account"],
        )
        if errors := answer.get("Errors"):
            first = errors[0]
            raise NotPossibleError(
                f"{len(errors)} objects could not be deleted, the first one, {first.get('Key')}: {first.get('Code')}"
            )


def _say_bytes(size: float) -> str:
    for unit in UNITS:
        if size < 1000 or unit == UNITS[-1]:
            return f"{size:.3g} {unit}"
        size /= 1000
    raise AssertionError("the last unit takes every size")


def derive_place(values: Mapping[str, Any]) -> Mapping[str, Any]:
    bucket, _, prefix = str(values["location"]).removeprefix("s3://").partition("/")
    age = say_seconds(float(values["older_than"]))
    verb = "count" if values["dry_run"] else "delete"
    return {"bucket": bucket, "prefix": prefix, "age": age, "verb": verb, "deletes": not values["dry_run"]}


LOCATION = Way(
    field="location",
    title="objects under a prefix of an S3 bucket",
    intent="$(verb) objects older than $(age) in $(location)",
    fields={
        "location": {
            "type": "string",
            "title": "a folder of a bucket such as s3://bucket/tmp/, at least one level deep",
            "pattern": r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]/[^/*?\s][^*?\s]{0,900}/$",
            "description": "Nothing outside it is ever listed or deleted; a whole bucket cannot be declared.",
            "examples": ["s3://crm-scratch-$(env)/tmp/"],
        },
        "older_than": {
            "$ref": "#/$defs/duration",
            "description": "Objects that were changed since stay.",
            "default": "7d",
        },
        "most": {
            "type": "integer",
            "minimum": 1,
            "maximum": 10_000,
            "default": 1_000,
            "description": "Objects of one run.",
            "examples": [5000],
        },
        "dry_run": {
            "type": "boolean",
            "default": True,
            "description": "Whether objects are only counted, and the page says how many; `false` deletes them.",
            "examples": [False],
        },
    },
    required=("location",),
    example={
        "type": "clean_up",
        "location": "s3://crm-scratch-$(env)/tmp/",
        "older_than": "7d",
        "dry_run": False,
        "classes": ["resource"],
        "then": "retry",
    },
    grants=(
        Grant(
            purpose="act",
            actions=("s3:ListBucket",),
            resources=("arn:$(partition):s3:::$(bucket)",),
            conditions={"StringEquals": {"s3:prefix": ("$(prefix)",)}},
        ),
        Grant(
            purpose="act",
            actions=("s3:DeleteObject",),
            resources=("arn:$(partition):s3:::$(bucket)/$(prefix)*",),
            needs="deletes",
        ),
    ),
    calls=("s3:ListBucket", "s3:DeleteObject"),
    twice="What is deleted already is not listed again; a second try deletes what is left of those that were old when "
    "the first began.",
    prepare=settle_age,
    start=clean,
    derive=derive_place,
    source="https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html",
)

ACTION = Action(
    type="clean_up",
    title="Clean up",
    summary="Deletes old objects under one declared prefix. It only counts them unless `dry_run: false` is written. In "
    "a bucket with versioning it adds delete markers and frees nothing until a lifecycle rule does.",
    ways=(LOCATION,),
)
