"""The anomaly detection band, imitated.

CloudWatch trains a model with seasons and trend; here the band is the mean of the points before the evaluated
range, plus and minus a number of standard deviations. With fewer than three such points there is no band, as on AWS
before training.
"""

from __future__ import annotations

import statistics

from pipewarden_cli.evaluator.samples import Values
from pipewarden_cli.evaluator.series import Series, present

HISTORY_PERIODS = 1440
"""How many periods before the evaluated range the band is made from: a day of minutes."""

_FEWEST = 3


def band(history: Values, length: int, deviations: float) -> list[Series]:
    """The lower and the upper limit, in this order, for `length` periods."""
    points = present(history)
    if len(points) < _FEWEST:
        return [Series("lower", [None] * length), Series("upper", [None] * length)]
    middle, spread = statistics.fmean(points), statistics.pstdev(points) * deviations
    return [Series("lower", [middle - spread] * length), Series("upper", [middle + spread] * length)]
