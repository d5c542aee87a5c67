"""Anomaly detectors: records only; bands are calculated from recent history whether or not a detector exists."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from typing import Any

from ministack.core.responses import AccountRegionScopedDict

_stored = AccountRegionScopedDict()
_SINGLE = ("Namespace", "MetricName", "Dimensions", "Stat")


def put_detector(fields: Mapping[str, Any]) -> str:
    """Create or update the detector of a metric or of a math expression; its id, which those determine."""
    single = fields.get("SingleMetricAnomalyDetector") or {k: fields[k] for k in _SINGLE if fields.get(k)}
    math = fields.get("MetricMathAnomalyDetector")
    watched = {"MetricMathAnomalyDetector": math} if math else {"SingleMetricAnomalyDetector": dict(single)}
    identity = str(uuid.uuid5(uuid.NAMESPACE_OID, json.dumps(watched, sort_keys=True, default=str)))
    record: dict[str, Any] = {**watched, "AnomalyDetectorId": identity, "StateValue": "TRAINED"}
    if not math:
        record.update(single)
    for key in ("Configuration", "MetricCharacteristics"):
        if fields.get(key):
            record[key] = fields[key]
    _stored[identity] = record
    return identity


def list_detectors(fields: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The detectors DescribeAnomalyDetectors returns for its filters."""
    wanted = {key: fields[key] for key in ("Namespace", "MetricName") if fields.get(key)}
    ids = fields.get("AnomalyDetectorIds")
    return [
        record
        for identity, record in sorted(_stored.items())
        if (not ids or identity in ids) and all(record.get(key) == value for key, value in wanted.items())
    ]


def delete_detector(fields: Mapping[str, Any]) -> bool:
    """Remove a detector by id or by what it watches; False when there was none."""
    identity = fields.get("AnomalyDetectorId")
    if not identity:
        kept = dict(_stored.items())
        identity = put_detector(fields)
        if identity not in kept:
            _stored.pop(identity, None)
            return False
    return _stored.pop(identity, None) is not None


def forget_all() -> None:
    """Forget all detectors; the emulator was wiped."""
    _stored.clear()
