"""What runs are billed for: units that technologies may report as `Run.usage`, and the metric that counts each."""

from collections.abc import Mapping
from typing import Final

METRICS: Final[Mapping[str, str]] = {
    "dpu_hours": "RunDPUHours",
    "flex_dpu_hours": "RunFlexDPUHours",
    "m_dpu_hours": "RunMemoryDPUHours",
}
"""Units differ where prices differ. A unit is written only for runs that report it, so that the others cost no metric.
"""
