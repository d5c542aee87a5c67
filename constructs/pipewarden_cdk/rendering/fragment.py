"""CloudFormation resources by logical id, and ids of our own that stay the same when other things come and go."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any

Resource = dict[str, Any]
Fragment = dict[str, Resource]

WORD = re.compile(r"[A-Za-z0-9]+")
ID_CHARACTERS = 255


def logical_id(kind: str, name: str) -> str:
    """Readable and unique: the kind, the name's words, and eight hex digits that tell `a-b` from `ab`."""
    words = "".join(f"{word[0].upper()}{word[1:]}" for word in WORD.findall(name))
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{kind}{words[: ID_CHARACTERS - len(kind) - len(digest)]}{digest}"


def resource(type_: str, properties: Mapping[str, Any], **attributes: Any) -> Resource:
    """One resource; properties that are None, empty or "" are left out, `False` and 0 are not."""
    kept = {name: value for name, value in properties.items() if value is not None and value not in ("", [], {}, ())}
    return {"Type": type_, "Properties": kept, **attributes}


def tags(values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(values.items())]


def attribute(logical: str, name: str) -> dict[str, Any]:
    return {"Fn::GetAtt": [logical, name]}


def reference(logical: str) -> dict[str, str]:
    return {"Ref": logical}


def kept_when(protected: bool) -> dict[str, str]:
    """What happens to state when its stack is deleted, or the resource has to be made anew."""
    policy = "Retain" if protected else "Delete"
    return {"DeletionPolicy": policy, "UpdateReplacePolicy": policy}
