"""What happens every minute: the sign of life, and the mark of maintenance on graphs."""

from pipewarden.measurement import Measurement
from pipewarden.window import open_windows
from pipewarden.workplace import Workplace


def beat(workplace: Workplace) -> None:
    """Measure `Heartbeat`, and `InMaintenance` (1) while a window is open: of the environment, and of each pipeline in
    it."""
    settings = workplace.settings
    workplace.measure(Measurement(name="Heartbeat"))
    windows = open_windows(settings.maintenance, workplace.now())
    if windows:
        workplace.measure(Measurement(name="InMaintenance"))
    for pipeline in settings.pipelines:
        if any(window.maintenance.covers(pipeline) for window in windows):
            workplace.measure(Measurement(name="InMaintenance", pipeline=pipeline))
