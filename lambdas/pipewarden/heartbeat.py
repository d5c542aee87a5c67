"""What happens every minute: the sign of life, the mark of maintenance on graphs, the kill switch's copy."""

from botocore.exceptions import BotoCoreError, ClientError

from pipewarden.measurement import Measurement
from pipewarden.switch_copy import write_copy
from pipewarden.window import open_windows
from pipewarden.workplace import Workplace


def beat(workplace: Workplace) -> None:
    """Measure `Heartbeat`, and `InMaintenance` (1) while a window is open: of the environment, and of each pipeline in
    it. Then read the kill switch for all processes; one that cannot be read now leaves the copy as it is."""
    settings = workplace.settings
    workplace.measure(Measurement(name="Heartbeat"))
    windows = open_windows(settings.maintenance, workplace.now())
    if windows:
        workplace.measure(Measurement(name="InMaintenance"))
    for pipeline in settings.pipelines:
        if any(window.maintenance.covers(pipeline) for window in windows):
            workplace.measure(Measurement(name="InMaintenance", pipeline=pipeline))
    _copy_switch(workplace)


def _copy_switch(workplace: Workplace) -> None:
    """Without a copy everybody reads the parameter: no reason to fail, or to beat twice."""
    known = workplace.kill_switch.look()
    if not known.switch.readable:
        return
    try:
        write_copy(workplace.clients("dynamodb"), workplace.settings.names.table(), known)
    except (ClientError, BotoCoreError) as error:
        workplace.log.warning("no copy of the kill switch", extra={"error": str(error)})
