"""What a job needs to write the metrics that Pipewarden's presets watch: see `job_metrics` and `quality`."""
