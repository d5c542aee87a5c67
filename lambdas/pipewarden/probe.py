"""Measuring datasets in S3: how old the newest object is, and how much came in lately. No service publishes either."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError

from pipewarden.measurement import Measurement
from pipewarden.pipeline_settings import ResourceSettings
from pipewarden.workplace import Workplace

TYPE = "s3-dataset"
DEFAULT_WINDOW_SECONDS = 86_400.0
WEEK = timedelta(days=7)
NOTHING_AGE_SECONDS = 10 * 365 * 86_400.0
"""The age of a dataset without any object: ten years, so that its freshness alarm fires, as it should."""
MOST_PAGES = 2_000


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """What one listing says. `age_seconds` is that of the newest object, `week_before` how many of the objects that are
    still there came in the same window a week earlier."""

    age_seconds: float
    new_objects: int
    new_bytes: int
    week_before: int = 0

    @property
    def change(self) -> float | None:
        """By how many percent fewer or more objects came than a week before; None where nothing is left of then."""
        return 100.0 * abs(self.new_objects - self.week_before) / self.week_before if self.week_before else None


def measure_datasets(workplace: Workplace, deadline: datetime) -> dict[str, int]:
    """Measure every declared dataset; one that fails does not stop the others. Returns how many did what.

    `Probed` says that the round came to its end; an alarm lives on it.
    """
    counts = {"measured": 0, "failed": 0}
    for pipeline, declared in workplace.settings.pipelines.items():
        for name, resource in declared.resources.items():
            if resource.type != TYPE:
                continue
            try:
                found = _measure(workplace, resource, deadline)
            except (ClientError, BotoCoreError, KeyError, ValueError) as error:
                workplace.log.warning("dataset not measured", extra={"resource": name, "error": str(error)})
                workplace.measure(Measurement(name="ProbeErrors"))
                counts["failed"] += 1
                continue
            for metric, value, unit in (
                ("DataAgeSeconds", found.age_seconds, "Seconds"),
                ("NewObjects", float(found.new_objects), "Count"),
                ("NewBytes", float(found.new_bytes), "Bytes"),
                ("VolumeChange", found.change if "change" in _volume(resource) else None, "Percent"),
            ):
                if value is not None:
                    measured = Measurement(name=metric, value=value, unit=unit, pipeline=pipeline, resource=name)
                    workplace.measure(measured)
            counts["measured"] += 1
    workplace.measure(Measurement(name="Probed"))
    return counts


def read_location(location: str) -> tuple[str, str]:
    """Bucket and prefix of `s3://bucket/prefix/`. Raises ValueError for anything else."""
    parts = urlsplit(location)
    if parts.scheme != "s3" or not parts.netloc:
        raise ValueError(f"{location} is no s3:// location")
    return parts.netloc, parts.path.lstrip("/")


def summarize(objects: Iterable[Mapping[str, Any]], now: datetime, window_seconds: float) -> Freshness:
    """Freshness of listed objects. Folder markers (empty objects whose key ends in `/`) are no data. Pure."""
    since = now - timedelta(seconds=window_seconds)
    newest: datetime | None = None
    count = size = before = 0
    for found in objects:
        if found["Key"].endswith("/") and not found["Size"]:
            continue
        modified = found["LastModified"]
        newest = modified if newest is None or modified > newest else newest
        if modified >= since:
            count, size = count + 1, size + int(found["Size"])
        before += since - WEEK <= modified <= now - WEEK
    age = max(0.0, (now - newest).total_seconds()) if newest else NOTHING_AGE_SECONDS
    return Freshness(age_seconds=age, new_objects=count, new_bytes=size, week_before=before)


def _measure(workplace: Workplace, resource: ResourceSettings, deadline: datetime) -> Freshness:
    bucket, prefix = read_location(str(resource.fields["location"]))
    window = float(_volume(resource).get("over") or DEFAULT_WINDOW_SECONDS)
    listing = Listing(workplace, bucket, prefix, deadline)
    found = summarize(listing.objects(), workplace.now(), window)
    if listing.cut:
        # Keys are listed in alphabetical order: what was not reached may well be the newest.
        raise ValueError(f"{resource.fields['location']} has too many objects to list; declare a narrower prefix")
    return found


def _volume(resource: ResourceSettings) -> Mapping[str, Any]:
    return resource.expect.get("volume") or {}


class Listing:
    """Objects below a prefix, page by page, until the pages or the time run out: then `cut` is True."""

    def __init__(self, workplace: Workplace, bucket: str, prefix: str, deadline: datetime) -> None:
        self._workplace, self._deadline = workplace, deadline
        self._request: dict[str, Any] = {"Bucket": bucket, "Prefix": prefix}
        self.cut = False

    def objects(self) -> Iterator[Mapping[str, Any]]:
        s3 = self._workplace.clients("s3")
        for _ in range(MOST_PAGES):
            answer = s3.list_objects_v2(**self._request)
            yield from answer.get("Contents", ())
            if not answer.get("IsTruncated"):
                return
            if self._workplace.now() >= self._deadline:
                break
            self._request["ContinuationToken"] = answer["NextContinuationToken"]
        self.cut = True
