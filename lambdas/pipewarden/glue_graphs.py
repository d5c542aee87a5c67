"""What tells why a Glue job is slow or fails: graphs of the metrics that Glue itself writes."""

from pipewarden.technology import Widget


def _job_graph(title: str, unit: str, statistic: str, kind: str, metrics: str, group: str = "") -> Widget:
    """Metrics of all runs of the job (JobRunId ALL), as `name label, ...` with `stages` for all stages together; with a
    group one of those that observability metrics bring."""
    dimensions = {"JobName": "$(job_name)", "JobRunId": "ALL", "Type": kind}
    if group:
        dimensions["ObservabilityGroup"] = group
    pairs = (text.split(" ", 1) for text in metrics.replace("stages.", f"{ALL_STAGES}.").split(", "))
    rows = tuple(("Glue", f"glue.{metric}", dimensions, statistic, label) for metric, label in pairs)
    return Widget(title=f"$(resource): {title}", metrics=rows, unit=unit)


ALL_STAGES, EXECUTORS = "driver.aggregate", "driver.ExecutorAllocationManager.executors"
PART = "(1 is all of it)"
HEAP = "driver.jvm.heap.usage driver, ALL.jvm.heap.usage executors"
LOAD = "driver.system.cpuSystemLoad driver, ALL.system.cpuSystemLoad executors"
TASKS = "stages.numCompletedTasks succeeded, stages.numFailedTasks failed, stages.numKilledTasks killed"
BYTES = "stages.bytesRead read, stages.shuffleBytesWritten shuffle written, stages.shuffleLocalBytesRead shuffle read"
SKEW, WORKERS = "driver.skewness.job job", "driver.workerUtilization workers"
DIAGNOSTICS = (
    _job_graph("executors running", "Count", "Average", "gauge", f"{EXECUTORS}.numberAllExecutors running"),
    _job_graph("executors needed", "Count", "Maximum", "gauge", f"{EXECUTORS}.numberMaxNeededExecutors needed"),
    _job_graph(f"heap in use {PART}", "None", "Average", "gauge", HEAP),
    _job_graph(f"processor load {PART}", "None", "Average", "gauge", LOAD),
    _job_graph("time of stages", "Milliseconds", "Sum", "count", "stages.elapsedTime elapsed"),
    _job_graph("stages completed", "Count", "Sum", "count", "stages.numCompletedStages completed"),
    _job_graph("tasks by outcome", "Count", "Sum", "count", TASKS),
    _job_graph("records read", "Count", "Sum", "count", "stages.recordsRead records"),
    _job_graph("bytes read and shuffled", "Bytes", "Sum", "count", BYTES),
    _job_graph("skew of the work (0 is even)", "None", "Maximum", "gauge", SKEW, "job_performance"),
    _job_graph("workers in use (1 is all of them)", "None", "Average", "gauge", WORKERS, "resource_utilization"),
)
"""Glue writes them for Spark jobs with `--enable-metrics`, the last two with `--enable-observability-metrics`."""
